//! `hardtack open`: what is in cookies.

use clap::{ArgMatches, Command};
use hardtack::{Opened, Refusal, Value, unescape};

use crate::args::{self, Cookies};
use crate::input;
use crate::lines::{self, Answer, Failure};

pub(crate) fn command() -> Command {
    Command::new("open")
        .about("Open cookies and print their values as JSON")
        .after_help(
            "\
A COOKIE is the bare value (as it was sent, escaped, or no longer escaped),
NAME=VALUE, or a whole 'Cookie:' or 'Set-Cookie:' line. Only what stands behind
--name and a '=' is taken for NAME=VALUE, since a value may hold '=' itself.

--jsonl prints {\"value\": ...}, and for a cookie that does not open
{\"error\": \"...\"}: of several attempts (purposes, secrets) the one that got
furthest is told.
  malformed         no message of this jar, or the header has no such cookie
  invalid           no key fits, or it was tampered with
  expired           the expiry that was sealed with the value has passed
  wrong purpose     sealed under another cookie's name
  unreadable value  in a format that --serializer does not read, or broken
  too large         more than 16 KiB

Exit status: 0 all opened, 1 some did not, 2 wrong use.

Examples:
  export SECRET_KEY_BASE=...
  hardtack open --name _shop_session --rails 7.1 'cKMlQ...--w%3D%3D'

  # A whole header; an app on Rails 6.1 with JSON cookies.
  hardtack open --name _shop_session --rails 6.1 --serializer json \\
    'Cookie: theme=dark; _shop_session=cKMlQ...'

  # Many, one a line, sealed under this secret or the one before.
  hardtack open --jar signed --name user_id --jsonl \\
    --secret-key-base-file new.txt --secret-key-base-file old.txt < cookies",
        )
        .args(lines::args("COOKIE"))
        .args(args::args(&args::PLAIN))
}

pub(crate) fn run(matches: &ArgMatches) -> Result<u8, String> {
    let cookies = Cookies::from(matches, &args::PLAIN)?;
    lines::each(matches, |line| {
        let value = open(&cookies, line)?.into_value();
        Ok(Answer {
            text: format!("{value:#}"),
            json: format!("{{\"value\":{value}}}"),
        })
    })
}

/// Opens the cookie of a line.
pub(crate) fn open(cookies: &Cookies, line: &[u8]) -> Result<Opened<Value>, Failure> {
    let Cookies { jar, name } = cookies;
    let value = input::value(line, name)?;
    let opened = match jar.explain(name, value) {
        // What is too large as it was sent is not unescaped first.
        Err(Refusal::TooLarge) => Err(Refusal::TooLarge),
        // No message holds `%`: what does is escaped. In what does not, `+` stands for itself.
        _ if value.contains(&b'%') => jar.explain(name, unescape(value)),
        opened => opened,
    };
    opened.map_err(|reason| match (reason, input::advice(line, name)) {
        (Refusal::Malformed, Some(detail)) => Failure { reason, detail },
        _ => reason.into(),
    })
}
