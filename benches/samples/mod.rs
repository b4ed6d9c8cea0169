//! Sample sessions of an exact size in bytes of JSON.
//!
//! Each sample differs, and so does its cookie. A fixed cookie teaches the branch predictor the
//! places of its escapes, which makes the code look up to 2.5 times faster.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

/// The number of sessions of each size: a power of two.
pub(crate) const COUNT: usize = 256;

/// The sizes that are measured, in bytes of session JSON.
pub(crate) const SIZES: [usize; 3] = [128, 512, 2048];

/// The name of the session's cookie.
pub(crate) const NAME: &str = "_shop_session";

/// The content of a Rails app's session, in the order in which it stands there: six keys, of which
/// the cart has most of a large session's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "`session_id` is what Rails calls it"
)]
pub(crate) struct Session {
    pub(crate) session_id: String,
    #[serde(rename = "_csrf_token")]
    pub(crate) csrf_token: String,
    pub(crate) user_id: u32,
    pub(crate) return_to: String,
    pub(crate) flash: Flash,
    pub(crate) cart: Vec<Item>,
}

/// The flash, as Rails writes it; `{}` where there is no room for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flash {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) discard: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) flashes: Option<Flashes>,
}

/// Its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flashes {
    pub(crate) notice: String,
}

/// A product in the cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) quantity: u32,
    pub(crate) cents: u32,
    pub(crate) gift: bool,
}

/// [`COUNT`] sessions, each of `size` bytes of JSON.
pub(crate) fn sessions(size: usize) -> Vec<Session> {
    let random = Random(Cell::new(0x9E37_79B9_7F4A_7C15 ^ size as u64));
    (0..COUNT).map(|_| session(size, &random)).collect()
}

fn session(size: usize, random: &Random) -> Session {
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut session = Session {
        session_id: random.text(b"0123456789abcdef", 32),
        csrf_token: String::new(),
        user_id: 100_000 + u32::from(random.next()),
        return_to: "/".to_owned(),
        flash: Flash::default(),
        cart: Vec::new(),
    };
    if size > 256 {
        session.csrf_token = random.text(BASE64, 43);
        session.return_to = format!("/orders/{}?page={}", random.next(), random.next() % 9 + 1);
        session.flash.discard = Some(Vec::new());
        session.flash.flashes = Some(Flashes {
            notice: "Signed in successfully.".to_owned(),
        });
    }
    // Items as long as there is room; the rest is made up by a longer path.
    loop {
        let item = item(random);
        session.cart.push(item);
        if length(&session) > size {
            session.cart.pop();
            break;
        }
    }
    let room = size - length(&session);
    session.return_to += &random.text(b"etaoin-shrdlu/cmfwyp", room);
    session
}

fn length(session: &Session) -> usize {
    serde_json::to_string(session).unwrap().len()
}

fn item(random: &Random) -> Item {
    const NAMES: [&str; 8] = [
        "Tea",
        "Hardtack, 1 kg",
        "Rope",
        "Lamp oil",
        "Salt",
        "Dried apples",
        "Lime juice",
        "Sailcloth",
    ];
    Item {
        sku: random.text(b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 8),
        name: NAMES[usize::from(random.next()) % NAMES.len()].to_owned(),
        quantity: u32::from(random.next() % 12) + 1,
        cents: u32::from(random.next()),
        gift: random.next().is_multiple_of(8),
    }
}

/// Xorshift (Marsaglia, 2003): the same sessions in every run.
struct Random(Cell<u64>);

impl Random {
    fn next(&self) -> u16 {
        let mut state = self.0.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.0.set(state);
        state.to_be_bytes()[..2]
            .try_into()
            .map_or(0, u16::from_be_bytes)
    }

    fn text(&self, letters: &[u8], length: usize) -> String {
        let letter = |_| char::from(letters[usize::from(self.next()) % letters.len()]);
        (0..length).map(letter).collect()
    }
}

/// Walks through values without an end.
pub(crate) struct Wheel<T> {
    values: Vec<T>,
    at: Cell<usize>,
}

impl<T> Wheel<T> {
    /// Of [`COUNT`] values.
    pub(crate) fn new(values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<T> = values.into_iter().collect();
        assert_eq!(values.len(), COUNT);
        Self {
            values,
            at: Cell::new(0),
        }
    }

    /// The next one.
    #[inline]
    pub(crate) fn turn(&self) -> &T {
        let at = self.at.get();
        self.at.set(at + 1);
        &self.values[at % COUNT]
    }
}
