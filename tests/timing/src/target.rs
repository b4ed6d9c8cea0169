//! The refusals that are measured: each compares a code with a secret one.

use std::hint::black_box;

use hardtack::csrf::AuthenticityTokens;
use hardtack::settings::Cipher;
use hardtack::value::Value;
use hardtack::{Jar, LoadDefaults, SecretKeyBase, SessionData};

use crate::pool::{Pool, Text};

/// The cookie's name.
const NAME: &str = "_app_session";

/// The path that a form is for.
const PATH: &str = "/orders";

/// Checks a message: `true` means accepted.
type Accepts = dyn Fn(&[u8]) -> bool;

/// A refusal that is measured, with its messages.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) pool: Pool,
    pub(crate) accepts: Box<Accepts>,
}

/// Returns every target. The codes of the first class are wrong in their first byte, those of the
/// second class in their last.
pub(crate) fn all() -> Vec<Target> {
    let cbc = LoadDefaults::V7_1.settings().cipher(Cipher::Aes256Cbc);
    let secret = secret();
    vec![
        cookie(
            "tag of AES-256-GCM",
            Jar::encrypted(&secret, LoadDefaults::V7_1),
            (Text::Base64, 16),
        ),
        cookie(
            "digest of AES-256-CBC",
            Jar::encrypted(&secret, cbc),
            (Text::Hexadecimal, 20),
        ),
        cookie(
            "digest of the signed jar",
            Jar::signed(&secret, LoadDefaults::V7_1),
            (Text::Hexadecimal, 20),
        ),
        token("CSRF, real token", Token::Real),
        token("CSRF, global token", Token::Global),
        token("CSRF, per-form token", Token::PerForm),
    ]
}

/// Returns a jar's refusal of cookies with codes of `length` bytes.
fn cookie(name: &'static str, jar: Jar, (text, length): (Text, usize)) -> Target {
    let pool = Pool::new(text, [0, length - 1], || {
        // Of one length, and each with its own code.
        let value = format!("{:016x}", fastrand::u64(..));
        let cookie = jar.write(NAME, &value, None).expect("sealed");
        let message = String::from_utf8(cookie.value().to_vec()).expect("ASCII");
        let start = message.rfind("--").expect("a code") + 2;
        (message, start)
    });
    let accepts = Box::new(move |message: &[u8]| jar.read_value::<Value>(NAME, message).is_ok());
    Target {
        name,
        pool,
        accepts,
    }
}

/// The kinds of authenticity tokens.
#[derive(Clone, Copy)]
enum Token {
    Real,
    Global,
    PerForm,
}

/// Returns the refusal of a session's authenticity tokens.
fn token(name: &'static str, kind: Token) -> Target {
    let mut session = SessionData::new();
    let tokens =
        AuthenticityTokens::load_or_create(&mut session, LoadDefaults::V7_1).expect("made");
    let real: String = session.get("_csrf_token").expect("text").expect("there");
    // Of a masked token the first 32 bytes are the pad: what counts is behind them.
    let places = match kind {
        Token::Real => [0, 31],
        Token::Global | Token::PerForm => [32, 63],
    };
    let pool = Pool::new(Text::UrlSafe, places, || {
        let token = match kind {
            Token::Real => real.clone(),
            Token::Global => tokens.masked_authenticity_token().expect("made"),
            Token::PerForm => tokens.masked_per_form_token(PATH, "post").expect("made"),
        };
        (token, 0)
    });
    let accepts = Box::new(move |token: &[u8]| tokens.verify(token, PATH, "POST"));
    Target {
        name,
        pool,
        accepts,
    }
}

/// Returns the refusal of a cookie, followed by a comparison that leaks: it compares a digest of 20
/// bytes byte by byte, up to the first wrong byte.
pub(crate) fn leaky_refusal() -> Target {
    let jar = Jar::signed(&secret(), LoadDefaults::V7_1);
    let cookie = jar.write(NAME, "a value", None).expect("sealed");
    let right = cookie.value().to_vec();
    let start = right.len() - 40;
    let message = String::from_utf8(right.clone()).expect("ASCII");
    let pool = Pool::new(Text::Hexadecimal, [0, 19], || (message.clone(), start));
    let accepts = Box::new(move |message: &[u8]| {
        let opens = jar.read_value::<Value>(NAME, message).is_ok();
        let codes = right[start..].iter().zip(&message[start..]);
        let mut leaky = true;
        for (right, sent) in codes {
            if black_box(right) != black_box(sent) {
                leaky = false;
                break;
            }
        }
        opens | leaky
    });
    Target {
        name: "control: byte by byte after a refusal",
        pool,
        accepts,
    }
}

/// Returns a plain `==` of 2048 bytes, which stops at the first difference.
pub(crate) fn leaky_comparison() -> Target {
    let right = "0123456789abcdef".repeat(128);
    let message = right.clone();
    let pool = Pool::new(Text::Hexadecimal, [0, 1023], || (message.clone(), 0));
    let right = right.into_bytes();
    Target {
        name: "control: == of 2048 bytes",
        pool,
        accepts: Box::new(move |message| right.as_slice() == message),
    }
}

/// Returns a target whose two classes are the same: the measurement itself must show no difference.
pub(crate) fn no_difference() -> Target {
    let jar = Jar::signed(&secret(), LoadDefaults::V7_1);
    let cookie = jar.write(NAME, "a value", None).expect("sealed");
    let message = String::from_utf8(cookie.value().to_vec()).expect("ASCII");
    let start = message.len() - 40;
    let pool = Pool::new(Text::Hexadecimal, [10, 10], || (message.clone(), start));
    Target {
        name: "control: the same place twice",
        pool,
        accepts: Box::new(move |message| jar.read_value::<Value>(NAME, message).is_ok()),
    }
}

fn secret() -> SecretKeyBase {
    SecretKeyBase::generate().expect("randomness")
}
