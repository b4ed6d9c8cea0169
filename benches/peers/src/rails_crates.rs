//! The crates that open Rails' messages: `rails-cookie-parser` and `message_verifier`. They end at
//! the message's text, so that header, escaping, envelope and JSON are added here, as their users
//! add them (`percent-encoding`, `base64`, `serde_json`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use message_verifier::{AesGcmEncryptor, DerivedKeyParams, Encryptor};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rails_cookie_parser::{HashDigest, RailsCookieParser};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::contender::Contender;
use crate::cookie_crate::by_key;
use crate::operation::Operation;
use crate::samples::{NAME, Session};

const SECRET: &str = "b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33";
const SALT: &str = "authenticated encrypted cookie";

#[derive(Deserialize)]
struct Outer {
    #[serde(rename = "_rails")]
    rails: Envelope,
}

#[derive(Deserialize)]
struct Envelope {
    message: String,
    pur: Option<String>,
}

/// The cookie's value, no longer escaped.
fn value(cookie: &str) -> Option<String> {
    let raw = cookie
        .split("; ")
        .find_map(|pair| pair.strip_prefix(NAME)?.strip_prefix('='))?;
    Some(percent_decode_str(raw).decode_utf8().ok()?.into_owned())
}

fn extract<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    let Outer { rails } = serde_json::from_slice(text).ok()?;
    (rails.pur? == format!("cookie.{NAME}")).then_some(())?;
    serde_json::from_slice(&STANDARD.decode(rails.message).ok()?).ok()
}

fn wrap(json: &str) -> String {
    let pur = format!("cookie.{NAME}");
    json!({"_rails": {"message": STANDARD.encode(json), "exp": null, "pur": pur}}).to_string()
}

pub(crate) struct MessageVerifier(AesGcmEncryptor);

impl MessageVerifier {
    fn load<T: DeserializeOwned>(&self, cookie: &str) -> Option<T> {
        extract(&self.0.decrypt_and_verify(&value(cookie)?).ok()?)
    }

    fn write(&self, json: &str) -> String {
        let message = self.0.encrypt_and_sign(&wrap(json)).expect("it encrypts");
        let value = utf8_percent_encode(&message, NON_ALPHANUMERIC);
        format!("{NAME}={value}; path=/; httponly; samesite=lax")
    }
}

impl Contender for MessageVerifier {
    const NAME: &'static str = "message_verifier 2.0";
    type Opened = Map<String, Value>;
    type Values = Value;

    fn new() -> Self {
        let keys = DerivedKeyParams::default();
        Self(AesGcmEncryptor::new(SECRET, SALT, keys).expect("it derives"))
    }

    fn open(&self, cookie: &str) -> Option<Self::Opened> {
        self.load(cookie)
    }

    fn user_id(opened: &Self::Opened) -> Option<u32> {
        opened.get("user_id")?.as_u64()?.try_into().ok()
    }

    fn typed(&self, cookie: &str) -> Option<Session> {
        self.load(cookie)
    }

    fn values(&self, cookie: &str) -> Option<Value> {
        self.load(cookie)
    }

    fn seal(&self, session: &Session) -> String {
        self.write(&serde_json::to_string(session).expect("it is JSON"))
    }

    fn seal_by_key(&self, session: &Session) -> String {
        self.write(&Value::Object(by_key(session)).to_string())
    }

    fn change(&self, mut opened: Self::Opened, user_id: u32) -> String {
        opened.insert("user_id".to_owned(), user_id.into());
        self.write(&Value::Object(opened).to_string())
    }
}

/// It only opens: what it is given the other one sealed.
pub(crate) struct CookieParser {
    parser: RailsCookieParser,
    other: MessageVerifier,
}

impl CookieParser {
    fn load<T: DeserializeOwned>(&self, cookie: &str) -> Option<T> {
        let text = self.parser.decipher_cookie(&value(cookie)?).ok()?;
        extract(text.as_bytes())
    }
}

impl Contender for CookieParser {
    const NAME: &'static str = "rails-cookie-parser 0.1";
    type Opened = Map<String, Value>;
    type Values = Value;

    fn new() -> Self {
        Self {
            parser: RailsCookieParser::new(SECRET, SALT, 1000, HashDigest::Sha1),
            other: MessageVerifier::new(),
        }
    }

    fn can(operation: Operation) -> bool {
        operation.floor() == Some(Operation::OpenTyped)
    }

    fn open(&self, cookie: &str) -> Option<Self::Opened> {
        self.load(cookie)
    }

    fn user_id(opened: &Self::Opened) -> Option<u32> {
        MessageVerifier::user_id(opened)
    }

    fn typed(&self, cookie: &str) -> Option<Session> {
        self.load(cookie)
    }

    fn values(&self, cookie: &str) -> Option<Value> {
        self.load(cookie)
    }

    fn seal(&self, session: &Session) -> String {
        self.other.seal(session)
    }

    fn seal_by_key(&self, session: &Session) -> String {
        self.other.seal_by_key(session)
    }

    fn change(&self, opened: Self::Opened, user_id: u32) -> String {
        self.other.change(opened, user_id)
    }
}
