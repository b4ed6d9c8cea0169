//! [`Pool`]: messages of two classes, which differ only in the place of the wrong byte.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Messages of each class. A pool of many keeps the branch predictor from learning one of them.
const MESSAGES: usize = 512;

/// The characters of a code.
#[derive(Clone, Copy)]
pub(crate) enum Text {
    /// Base64, padded.
    Base64,
    /// Url-safe base64, not padded.
    UrlSafe,
    /// Lower-case hexadecimal digits.
    Hexadecimal,
}

impl Text {
    fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD.encode(bytes),
            Self::UrlSafe => URL_SAFE_NO_PAD.encode(bytes),
            Self::Hexadecimal => bytes
                .iter()
                .flat_map(|byte| [byte >> 4, byte & 15])
                .map(|nibble| char::from_digit(nibble.into(), 16).expect("a digit"))
                .collect(),
        }
    }

    fn decode(self, text: &str) -> Vec<u8> {
        let digits = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(pair, 16).expect("digits")
        };
        match self {
            Self::Base64 => STANDARD.decode(text).expect("base64"),
            Self::UrlSafe => URL_SAFE_NO_PAD.decode(text).expect("base64"),
            Self::Hexadecimal => text.as_bytes().chunks(2).map(digits).collect(),
        }
    }
}

/// The messages of both classes, in random order.
pub(crate) struct Pool {
    /// The class and the bytes of each message. All have the same length.
    messages: Vec<(bool, Vec<u8>)>,
    /// Returns a message whose code is right.
    right: Vec<u8>,
}

impl Pool {
    /// Creates a pool with a message of each class for each right message that `make` makes. Only the
    /// byte of the code at the class's place differs.
    ///
    /// The code is the end of the message from `start` on. The wrong byte is written in the same
    /// kinds of characters as the right one (capitals for capitals, digits for digits), so that
    /// any reader of the text takes the same branches.
    pub(crate) fn new(
        text: Text,
        places: [usize; 2],
        mut make: impl FnMut() -> (String, usize),
    ) -> Self {
        let mut messages = Vec::with_capacity(2 * MESSAGES);
        let mut right = String::new();
        while messages.len() < 2 * MESSAGES {
            let (message, start) = make();
            let (head, code) = message.split_at(start);
            let wrong = places.map(|place| spoil(text, code, place));
            // Now and then no other byte is written in the same kinds of characters.
            if let [Some(first), Some(second)] = wrong {
                messages.push((false, format!("{head}{first}").into_bytes()));
                messages.push((true, format!("{head}{second}").into_bytes()));
            }
            right = message;
        }
        fastrand::shuffle(&mut messages);
        let lengths = messages.iter().map(|(_, message)| message.len());
        assert!(
            lengths
                .clone()
                .all(|length| Some(length) == lengths.clone().next())
        );
        Self {
            messages,
            right: right.into_bytes(),
        }
    }

    /// Returns the length of each message.
    pub(crate) fn message_len(&self) -> usize {
        self.messages
            .first()
            .map_or(0, |(_, message)| message.len())
    }

    /// Copies a random message into the buffer. Returns `true` if it is of the second class.
    pub(crate) fn draw(&self, buffer: &mut [u8]) -> bool {
        let (second_class, message) = &self.messages[fastrand::usize(..self.messages.len())];
        buffer.copy_from_slice(message);
        *second_class
    }

    /// Checks that exactly the messages with a wrong code are refused. A message that is refused for
    /// another reason would never be compared with the right code.
    pub(crate) fn is_told_apart_by(&self, accepts: impl Fn(&[u8]) -> bool) -> bool {
        let wrong = |(_, message): &(bool, Vec<u8>)| !accepts(message);
        accepts(&self.right) && self.messages.iter().all(wrong)
    }
}

/// Changes the byte of a code at a place, and keeps the kinds of its characters.
fn spoil(text: Text, code: &str, place: usize) -> Option<String> {
    let bytes = text.decode(code);
    let other = |change| {
        let mut wrong = bytes.clone();
        wrong[place] ^= change;
        text.encode(&wrong)
    };
    let alike: Vec<String> = (1..=255)
        .map(other)
        .filter(|wrong| kinds(wrong).eq(kinds(code)))
        .collect();
    fastrand::choice(alike)
}

/// Returns the kind of each character.
fn kinds(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|character| match character {
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a',
        b'0'..=b'9' => b'0',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_is_wrong_and_the_characters_are_of_the_same_kinds() {
        for (text, code) in [
            (Text::Base64, "q83vASNFZ4mrze8BI0VniQ=="),
            (Text::UrlSafe, "q83vASNFZ4mrze8BI0VniQ"),
            (Text::Hexadecimal, "abcdef0123456789abcdef0123456789"),
        ] {
            for place in [0, 15] {
                let wrong = spoil(text, code, place).unwrap();
                assert_eq!(
                    kinds(&wrong).collect::<Vec<_>>(),
                    kinds(code).collect::<Vec<_>>()
                );
                let differing: Vec<usize> = (0..16)
                    .filter(|i| text.decode(&wrong)[*i] != text.decode(code)[*i])
                    .collect();
                assert_eq!(differing, [place]);
            }
        }
    }
}
