//! [`Shown`]: text from outside, made safe for a person to see.

use std::fmt::{self, Write as _};
use std::path::Path;

/// Shows text from outside to a person: on a terminal, in a log, in an error.
///
/// Such text may hold characters that control a terminal, end a line of a log, or hide or reorder
/// the text around them. These characters are written as Rust escapes them:
///
/// | characters | written as |
/// | --- | --- |
/// | tab, line feed, carriage return | `\t`, `\n`, `\r` |
/// | other control characters: C0, DEL, C1 | `\u{1b}`, `\u{7f}`, `\u{9b}` |
/// | line and paragraph separators (U+2028, U+2029) | `\u{2028}` |
/// | controls of the writing direction (U+061C, U+200E, U+202A, U+2066 ...) | `\u{202e}` |
/// | other characters that display as nothing (`Default_Ignorable_Code_Point`) | `\u{200b}` |
/// | bytes that are not UTF-8 | `\xff` |
///
/// All other characters stay. A backslash stays too, since file names and Ruby code have many.
/// `Debug` adds quotes, and escapes a quote or a backslash inside them.
///
/// A longer text is cut after 120 characters and ends in `…`: see [`whole`](Self::whole) and
/// [`at_most`](Self::at_most). An escape counts as the characters that it is written in.
///
/// hardtack's own errors, events and reports show text from outside in this way.
///
/// ```
/// use hardtack::observe::Shown;
///
/// let name = "cart\n\u{1b}[2J\u{9b}\u{202e}";
/// assert_eq!(Shown::new(name).to_string(), r"cart\n\u{1b}[2J\u{9b}\u{202e}");
/// assert_eq!(Shown::new("größe").to_string(), "größe");
/// assert_eq!(Shown::new(b"caf\xe9").to_string(), r"caf\xe9");
/// assert_eq!(format!("{:?}", Shown::new("a \"b\"")), r#""a \"b\"""#);
/// ```
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    text: &'a [u8],
    most: usize,
}

/// The number of characters that are shown by default.
const MOST: usize = 120;

impl<'a> Shown<'a> {
    /// Shows the first 120 characters of a text (example: at [`Shown`]).
    #[must_use]
    pub fn new(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        let text = text.as_ref();
        Self { text, most: MOST }
    }

    /// Shows the whole of a path.
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// let path = hardtack::observe::Shown::path(Path::new("config/\u{1b}]0;pwned.rb"));
    /// assert_eq!(path.to_string(), r"config/\u{1b}]0;pwned.rb");
    /// ```
    #[must_use]
    pub fn path(path: &'a Path) -> Self {
        Self::new(path.as_os_str().as_encoded_bytes()).whole()
    }

    /// Sets the number of characters that are shown at most; a longer text ends in `…`.
    ///
    /// ```
    /// use hardtack::observe::Shown;
    ///
    /// assert_eq!(Shown::new("_shop_session").at_most(5).to_string(), "_shop…");
    /// assert_eq!(Shown::new("_shop").at_most(5).to_string(), "_shop");
    /// assert_eq!(Shown::new("ab\u{1b}c").at_most(5).to_string(), "ab…"); // \u{1b} takes 6
    /// ```
    #[must_use]
    pub fn at_most(self, characters: usize) -> Self {
        Self {
            most: characters,
            ..self
        }
    }

    /// Shows the whole text, without a limit.
    ///
    /// ```
    /// use hardtack::observe::Shown;
    ///
    /// assert_eq!(Shown::new(&"a".repeat(500)).whole().to_string().len(), 500);
    /// ```
    #[must_use]
    pub fn whole(self) -> Self {
        self.at_most(usize::MAX)
    }

    /// Shows JSON text as JSON of the same value that hides nothing.
    ///
    /// JSON allows DEL, C1, U+2028, the controls of the writing direction and the like unescaped in
    /// a string; here they are written as `\uXXXX`.
    ///
    /// ```
    /// use hardtack::observe::Shown;
    /// use hardtack::value::Value;
    ///
    /// let json = Value::from("a\u{9b}\u{202e}\u{e0041}").to_string();
    /// assert_eq!(Shown::json(&json).to_string(), r#""a\u009b\u202e\udb40\udc41""#);
    /// ```
    #[must_use]
    pub fn json(json: &'a str) -> impl fmt::Display + 'a {
        Json(json)
    }

    fn write(self, f: &mut fmt::Formatter<'_>, is_quoted: bool) -> fmt::Result {
        let mut left = self.most;
        // Takes the room of the next piece, if it is there.
        let mut fits = |length: usize| {
            let rest = left.checked_sub(length);
            left = rest.unwrap_or(left);
            rest.is_some()
        };
        for chunk in self.text.utf8_chunks() {
            let text = chunk.valid();
            let mut written = 0;
            for (at, character) in text.char_indices() {
                let is_escaped =
                    is_hidden(character) || is_quoted && matches!(character, '"' | '\\');
                let escape = is_escaped.then(|| character.escape_default());
                let is_cut = !fits(escape.as_ref().map_or(1, ExactSizeIterator::len));
                if escape.is_none() && !is_cut {
                    continue;
                }
                f.write_str(text.get(written..at).unwrap_or_default())?;
                let Some(escape) = escape.filter(|_| !is_cut) else {
                    return f.write_char('…');
                };
                write!(f, "{escape}")?;
                written = at + character.len_utf8();
            }
            f.write_str(text.get(written..).unwrap_or_default())?;
            for byte in chunk.invalid() {
                if !fits(4) {
                    return f.write_char('…');
                }
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        self.write(f, true)?;
        f.write_char('"')
    }
}

/// Displays JSON of the same value without hidden characters.
struct Json<'a>(&'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        for (at, character) in self.0.char_indices() {
            // A raw line feed never occurs in a JSON string: it separates and indents values.
            if character == '\n' || !is_hidden(character) {
                continue;
            }
            f.write_str(self.0.get(written..at).unwrap_or_default())?;
            written = at + character.len_utf8();
            if character.is_ascii_whitespace() {
                f.write_char(' ')?;
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(f, "\\u{unit:04x}")?;
            }
        }
        f.write_str(self.0.get(written..).unwrap_or_default())
    }
}

/// Checks if a terminal obeys a character, a log ends a line at it, or it is invisible.
pub(crate) fn is_hidden(character: char) -> bool {
    if character < '\u{7f}' {
        return character < ' ';
    }
    character.is_control()
        || matches!(
            character,
            // Line_Separator and Paragraph_Separator, and the anchors of annotations.
            '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}'
            // Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode 16).
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_is_what_unicode_says() {
        // 65 control characters, 2 separators, 3 anchors of annotations, and as many code points as
        // DerivedCoreProperties.txt counts under Default_Ignorable_Code_Point.
        let all = '\0'..=char::MAX;
        assert_eq!(
            all.clone().filter(|c| is_hidden(*c)).count(),
            65 + 2 + 3 + 4174
        );
        // Unicode's Bidi_Control, and white space that ends a line (UAX #14: BK, CR, LF, NL).
        for character in "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\n\r\u{b}\u{c}\u{85}\u{2028}\u{2029}".chars() {
            assert!(is_hidden(character), "{character:?}");
        }
        // Rust's own Debug escapes all of them except these letters, which are fillers.
        let seen = all.filter(|c| is_hidden(*c) && format!("{c:?}").chars().count() == 3);
        assert_eq!(seen.collect::<String>(), "\u{115f}\u{1160}\u{3164}\u{ffa0}");
    }

    #[test]
    fn what_is_written_can_be_shown_again_and_stays() {
        let all: String = ('\0'..=char::MAX).collect();
        let shown = Shown::new(&all).whole().to_string();
        assert!(!shown.chars().any(is_hidden));
        assert_eq!(Shown::new(&shown).whole().to_string(), shown);

        let json = serde_json::to_string(&all).unwrap();
        let shown = Shown::json(&json).to_string();
        assert!(!shown.chars().any(is_hidden));
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), all);
        assert_eq!(Shown::json("{\n\t\"a\":\r1}").to_string(), "{\n \"a\": 1}");
    }

    #[test]
    fn a_cut_never_exceeds_its_length() {
        let text = b"ab\x1bc\xff\xe2\x82d";
        let expected = [
            "…",
            "a…",
            "ab…",
            "ab…",
            "ab…",
            "ab…",
            "ab…",
            "ab…",
            r"ab\u{1b}…",
            r"ab\u{1b}c…",
            r"ab\u{1b}c…",
            r"ab\u{1b}c…",
            r"ab\u{1b}c…",
            r"ab\u{1b}c\xff…",
        ];
        for (most, expected) in expected.into_iter().enumerate() {
            assert_eq!(
                Shown::new(text).at_most(most).to_string(),
                expected,
                "{most}"
            );
        }
        let whole = r"ab\u{1b}c\xff\xe2\x82d";
        assert_eq!(Shown::new(text).to_string(), whole);
        assert_eq!(Shown::new(text).at_most(whole.len()).to_string(), whole);
    }
}
