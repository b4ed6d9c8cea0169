//! The time of the same work in straight-line code, written by hand: the fastest safe parts that there are (`aws-lc-rs`,
//! `base64-turbo`, `serde_json` into an owned struct), one generator of nonces a thread, every
//! buffer used again, Rails' envelope matched letter by letter, and nothing else of Rails: no
//! expiry, no rotation, no other format, no check of what browsers take. Values are escaped without
//! AVX-512, as hardtack did it when the floor was made (`floor_codec`).

use std::cell::RefCell;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rand::Rng;

use crate::contender::Contender;
use crate::floor_codec::{escape_into, unescape_into};
use crate::operation::Operation;
use crate::samples::{NAME, Session};

const PREFIX: &[u8] = br#"{"_rails":{"message":""#;
const SUFFIX: &[u8] = br#"","exp":null,"pur":"cookie._shop_session"}}"#;
const ATTRIBUTES: &[u8] = b"; path=/; httponly; samesite=lax";

/// The floor's name.
pub(crate) const FLOOR: &str = "floor";

pub(crate) struct Floor {
    key: LessSafeKey,
    buffers: RefCell<[Vec<u8>; 4]>,
}

/// Appends the text of the bytes.
fn encode(text: &mut Vec<u8>, bytes: &[u8]) {
    let start = text.len();
    text.resize(start + bytes.len().div_ceil(3) * 4, 0);
    base64_turbo::STANDARD
        .encode_slice(bytes, &mut text[start..])
        .expect("there is room");
}

/// The bytes of the text, in place of what was in the buffer.
fn decode(bytes: &mut Vec<u8>, text: &[u8]) -> Option<()> {
    bytes.resize(text.len().div_ceil(4) * 3 + 3, 0);
    let length = base64_turbo::STANDARD.decode_slice(text, bytes).ok()?;
    bytes.truncate(length);
    Some(())
}

impl Contender for Floor {
    const NAME: &'static str = FLOOR;
    type Opened = Session;
    type Values = serde_json::Value;

    fn new() -> Self {
        let mut key = [0; 32];
        rand::rng().fill_bytes(&mut key);
        let key = UnboundKey::new(&AES_256_GCM, &key).expect("32 bytes are a key");
        Self {
            key: LessSafeKey::new(key),
            buffers: RefCell::default(),
        }
    }

    fn can(operation: Operation) -> bool {
        matches!(
            operation,
            Operation::OpenTyped
                | Operation::SealTyped
                | Operation::SealChanged
                | Operation::ChangeOneKey
        )
    }

    fn open(&self, cookie: &str) -> Option<Session> {
        self.typed(cookie)
    }

    fn user_id(opened: &Session) -> Option<u32> {
        Some(opened.user_id)
    }

    fn typed(&self, cookie: &str) -> Option<Session> {
        let [unescaped, sealed, text, json] = &mut *self.buffers.borrow_mut();
        let raw = cookie
            .split("; ")
            .find_map(|pair| pair.strip_prefix(NAME)?.strip_prefix('='))?;
        unescaped.clear();
        unescape_into(unescaped, raw.as_bytes());
        let (rest, tag) = unescaped.split_at_checked(unescaped.len().checked_sub(24)?)?;
        let rest = rest.strip_suffix(b"--")?;
        let (rest, iv) = rest.split_at_checked(rest.len().checked_sub(16)?)?;
        let data = rest.strip_suffix(b"--")?;
        let mut nonce = [0; 12];
        base64_turbo::STANDARD.decode_slice(iv, &mut nonce).ok()?;
        let mut tag_bytes = [0; 18];
        base64_turbo::STANDARD
            .decode_slice(tag, &mut tag_bytes)
            .ok()?;
        decode(sealed, data)?;
        text.resize(sealed.len(), 0);
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.key
            .open_separate_gather(nonce, Aad::empty(), sealed, &tag_bytes[..16], text)
            .ok()?;
        let message = text.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
        decode(json, message)?;
        serde_json::from_str(std::str::from_utf8(json).ok()?).ok()
    }

    fn values(&self, _: &str) -> Option<serde_json::Value> {
        None
    }

    fn seal(&self, session: &Session) -> String {
        let [json, text, message, header] = &mut *self.buffers.borrow_mut();
        json.clear();
        serde_json::to_writer(&mut *json, session).expect("it is JSON");
        text.clear();
        text.extend_from_slice(PREFIX);
        encode(text, json);
        text.extend_from_slice(SUFFIX);
        let mut iv = [0; 12];
        rand::rng().fill_bytes(&mut iv);
        let nonce = Nonce::assume_unique_for_key(iv);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::empty(), text)
            .expect("it is short enough");
        message.clear();
        encode(message, text);
        message.extend_from_slice(b"--");
        encode(message, &iv);
        message.extend_from_slice(b"--");
        encode(message, tag.as_ref());
        header.clear();
        header.extend_from_slice(NAME.as_bytes());
        header.push(b'=');
        escape_into(header, message);
        header.extend_from_slice(ATTRIBUTES);
        std::str::from_utf8(header).expect("it is ASCII").to_owned()
    }

    fn seal_by_key(&self, session: &Session) -> String {
        self.seal(session)
    }

    fn change(&self, mut opened: Session, user_id: u32) -> String {
        opened.user_id = user_id;
        self.seal(&opened)
    }
}
