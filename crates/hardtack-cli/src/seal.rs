//! `hardtack seal`: makes cookies from JSON values.

use std::cell::Cell;
use std::ffi::OsString;

use clap::Args;
use hardtack::value::Value;
use hardtack::{Error, Refusal, SetCookie};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::{Limit, SEALING, Sealing, help};
use crate::cookies::{Cookies, attributes};
use crate::lines::{self, Answer, Failure};
use crate::node;
use crate::output::warn;
use crate::system::{System, SystemOptions};

#[derive(Args)]
#[command(
    after_help = help(include_str!("help/seal-short.txt")),
    after_long_help = help(include_str!("help/seal.txt"))
)]
pub(crate) struct Seal {
    /// The values; without any, one a line from standard input
    ///
    /// A line has at most 1 MiB.
    #[arg(value_name = "JSON", allow_negative_numbers = true)]
    values: Vec<OsString>,

    /// Print one JSON object a line for each value, in order, errors included
    #[arg(long)]
    jsonl: bool,

    /// The expiry of the value: a time of RFC 3339, such as 2030-10-15T05:00:00Z
    ///
    /// The time is sealed with the value.
    #[arg(long, value_name = "TIME", value_parser = expires)]
    expires: Option<OffsetDateTime>,

    #[command(flatten)]
    system: SystemOptions,

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
    if let Some(system) = options.system.of_node(&options.sealing)? {
        let named = [
            ("limit", options.limit.limit.is_some()),
            (
                "expires",
                options.expires.is_some() && system != System::IronSession,
            ),
        ];
        if let Some((option, _)) = named.into_iter().find(|(_, is_given)| *is_given) {
            return Err(format!(
                "--{option}: a cookie of {} has no such setting",
                system.name()
            ));
        }
        let node = node::Node::new(system, &options.system, options.sealing.name)?;
        return node.seal(&options.values, options.jsonl, options.expires);
    }
    let cookies = Cookies::to_seal(options.sealing, options.limit.limit)?;
    let expires = options.expires;
    cookies.try_out(expires)?;
    if expires.is_some() && !cookies.seal_expiry() {
        warn(EXPIRY_LOST);
    }
    // The warning is printed once.
    let needs_id = Cell::new(cookies.is_session);
    lines::each(&options.values, options.jsonl, |line| {
        let value = value(line)?;
        let lacks_id = value.as_hash().is_some() && value.get("session_id").is_none();
        if lacks_id && needs_id.take() {
            warn(NO_SESSION_ID);
        }
        let Cookies { jar, name, .. } = &cookies;
        answer(jar.write(name, &value, &attributes(expires)))
    })
}

/// The warning for an expiry that is not sealed with the value.
pub(crate) const EXPIRY_LOST: &str = "the expiry is not sealed with the value: Rails seals it from \
    5.2 on, and in 5.2 itself for aes-256-gcm only; set it in Set-Cookie";

/// The warning for a session that Rails does not load.
const NO_SESSION_ID: &str = "a session without session_id reads as empty in Rails; add \
    \"session_id\" with 32 hexadecimal digits";

/// Returns what is printed for a cookie: its value as it follows `name=` in `Set-Cookie`, or why
/// there is none.
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

/// Parses the JSON value of a line.
pub(crate) fn value(line: &[u8]) -> Result<Value, Failure> {
    let unreadable = |detail: String| Failure {
        reason: Refusal::UnreadableValue,
        detail,
    };
    let text = std::str::from_utf8(line)
        .map_err(|error| unreadable(format!("JSON must be UTF-8: {error}")))?;
    let value = serde_json::from_str(text).map_err(|error| {
        unreadable(format!(
            "not JSON that Rails reads: {error}; a string needs its quotes, as in '\"text\"'"
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

/// Checks that every Float is finite: Rails writes null for the others.
fn is_finite(value: &Value) -> bool {
    match value {
        Value::Float(float) => float.is_finite(),
        Value::Array(values) => values.iter().all(is_finite),
        Value::Hash(pairs) => pairs.iter().all(|(_, value)| is_finite(value)),
        _ => true,
    }
}
