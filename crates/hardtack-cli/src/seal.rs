//! `hardtack seal`: cookies from JSON values.

use std::ffi::OsString;

use clap::Args;
use hardtack::value::Value;
use hardtack::{Error, Refusal, SetCookie};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::{Limit, SEALING, Sealing, help};
use crate::cookies::{Cookies, attributes};
use crate::lines::{self, Answer, Failure, JSONL, VALUES};
use crate::output::complain;

#[derive(Args)]
#[command(after_help = help(include_str!("help/seal.txt")))]
pub(crate) struct Seal {
    #[arg(value_name = "JSON", allow_negative_numbers = true, help = VALUES)]
    values: Vec<OsString>,

    #[arg(long, help = JSONL)]
    jsonl: bool,

    /// When the value expires, sealed with it: RFC 3339, as 2030-10-15T05:00:00Z
    #[arg(long, value_name = "TIME", value_parser = expires)]
    expires: Option<OffsetDateTime>,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten, next_help_heading = SEALING)]
    sealing: Sealing,
}

fn expires(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|error| format!("{error}; write it as 2030-10-15T05:00:00Z"))
}

pub(crate) fn run(options: Seal) -> Result<u8, String> {
    let cookies = Cookies::new(options.sealing, options.limit.limit)?;
    let expires = options.expires;
    cookies.try_out(expires)?;
    if expires.is_some() && !cookies.seal_expiry() {
        complain(EXPIRY_LOST);
    }
    lines::each(&options.values, options.jsonl, |line| {
        let Cookies { jar, name, .. } = &cookies;
        answer(jar.write(name, &value(line)?, &attributes(expires)))
    })
}

/// What to say where an expiry ought to be sealed, and is not.
pub(crate) const EXPIRY_LOST: &str = "the expiry is not sealed with the value: Rails does so from \
    5.2 on, and in 5.2 itself for aes-256-gcm only; set it in Set-Cookie";

/// What is printed of a cookie, its value as it belongs after `name=`; or why there is none.
pub(crate) fn answer(written: Result<SetCookie, Error>) -> Result<Answer, Failure> {
    let cookie = written.map_err(|error| Failure {
        reason: match error {
            Error::CookieOverflow(_) => Refusal::TooLarge,
            _ => Refusal::UnreadableValue,
        },
        detail: error.to_string(),
    })?;
    let cookie = cookie.escaped_value().to_owned();
    Ok(Answer {
        json: format!("{{\"cookie\":\"{cookie}\"}}"),
        text: cookie,
    })
}

/// The JSON value of a line.
fn value(line: &[u8]) -> Result<Value, Failure> {
    let unreadable = |detail: String| Failure {
        reason: Refusal::UnreadableValue,
        detail,
    };
    let text =
        std::str::from_utf8(line).map_err(|error| unreadable(format!("JSON is UTF-8: {error}")))?;
    let value = serde_json::from_str(text).map_err(|error| {
        unreadable(format!(
            "no JSON that Rails would read: {error}; a text needs its quotes, as in '\"text\"'"
        ))
    })?;
    if is_finite(&value) {
        Ok(value)
    } else {
        Err(unreadable(
            "a number is beyond the range of a Float".to_owned(),
        ))
    }
}

/// Whether every Float is one that JSON can say: Rails writes null for the others.
fn is_finite(value: &Value) -> bool {
    match value {
        Value::Float(float) => float.is_finite(),
        Value::Array(values) => values.iter().all(is_finite),
        Value::Hash(pairs) => pairs.iter().all(|(_, value)| is_finite(value)),
        _ => true,
    }
}
