//! The check that each target makes of its input: the one body that the fuzzer and the replay on
//! stable (`tests/corpora.rs` at the root) both run. A check that fails panics.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a finding is a panic"
)]

mod cache_entry;
mod cookie_header;
mod cookie_signature;
mod credentials;
mod doctor;
mod encrypted_cbc;
mod encrypted_gcm;
mod envelope;
mod escape;
mod express_session;
mod iron_seal;
mod jars;
mod json;
mod keygrip;
mod laravel;
mod marshal;
mod message;
mod message_pack;
mod mutation;
mod parts;
mod php;
mod rack;
mod ruby;
mod session;
mod session_row;
mod signed;
mod signed_rails_3;
mod stored;
mod vectors;

use hardtack::SecretKeyBase;
use hardtack::value::Value;

/// A target's name, and what it checks.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target there is.
pub(crate) const TARGETS: &[Target] = &[
    ("cache_entry", cache_entry::check),
    ("cookie_header", cookie_header::check),
    ("cookie_signature", cookie_signature::check),
    ("credentials", credentials::check),
    ("doctor", doctor::check),
    ("encrypted_cbc", encrypted_cbc::check),
    ("encrypted_gcm", encrypted_gcm::check),
    ("envelope", envelope::check),
    ("escape", escape::check),
    ("express_session", express_session::check),
    ("iron_seal", iron_seal::check),
    ("json", json::check),
    ("keygrip", keygrip::check),
    ("laravel", laravel::check),
    ("marshal", marshal::check),
    ("message", message::check),
    ("message_pack", message_pack::check),
    ("parts", parts::check),
    ("php", php::check),
    ("rack", rack::check),
    ("ruby", ruby::check),
    ("session", session::check),
    ("session_row", session_row::check),
    ("signed", signed::check),
    ("signed_rails_3", signed_rails_3::check),
];

/// A value as a text in which NaN is NaN, so that two can be compared. A time in UTC is written
/// with the zone UTC, whatever name it was read with.
fn text(value: &Value) -> String {
    const UTC: &str = "utc: true, zone: ";
    let text = format!("{value:?}");
    let mut pieces = text.split(UTC);
    let mut out = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let rest = match piece.strip_prefix("Some(\"") {
            Some(name) => {
                let mut is_escaped = false;
                let end = name.find(|letter| {
                    let ends = letter == '"' && !is_escaped;
                    is_escaped = letter == '\\' && !is_escaped;
                    ends
                });
                name[end.unwrap()..].strip_prefix("\")").unwrap()
            }
            None => piece.strip_prefix("None").unwrap_or(piece),
        };
        out += UTC;
        out += rest;
    }
    out
}

/// Checks that a value was written and read without a change. Three may change once: a binary String
/// of MessagePack is text in Marshal if it can be, where Ruby 1.8 says no encodings; and of those
/// that no Ruby writes a Regexp that it would not compile gets a group, and an `IPAddr` loses what
/// its mask hides.
fn assert_kept(value: &Value, again: &Value, write_and_read: impl Fn(&Value) -> Value) {
    if text(value) != text(again) {
        let is_odd = ["Regexp(", "IpAddr(", "encoding: \"ASCII-8BIT\""]
            .iter()
            .any(|odd| text(value).contains(odd));
        assert!(is_odd, "{again:?} was {value:?}");
        assert_eq!(text(&write_and_read(again)), text(again));
    }
}

/// One of these, by a byte of the input.
fn one_of<T>(choices: &[T], byte: u8) -> &T {
    &choices[usize::from(byte) % choices.len()]
}

/// The secret under which Rails sealed the recorded cookies.
fn secret() -> SecretKeyBase {
    let quarter = "b3c631c314c0bbca50c1b2843150fe33";
    SecretKeyBase::new(quarter.repeat(4)).unwrap()
}

/// The `secret_token` of the recorded Rails 2 and 3.
fn secret_token() -> SecretKeyBase {
    let text = "a 30+ character secret token, as Rails 3 asked for it: 0123456789abcdef";
    SecretKeyBase::new(text).unwrap()
}

/// A secret under which nothing was ever sealed.
fn other_secret() -> SecretKeyBase {
    SecretKeyBase::new("0123456789abcdef".repeat(8)).unwrap()
}
