//! `hardtack open`: what is in cookies.

use std::ffi::OsString;

use clap::Args;

use crate::args::{SEALING, SECRETS, Sealing};
use crate::cookies::Cookies;
use crate::input;
use crate::lines::{self, Answer, JSONL, VALUES};
use crate::open_all;
use crate::source::{HELP as SOURCES, Source};

#[derive(Args)]
#[command(after_help = help())]
pub(crate) struct Open {
    #[arg(
        value_name = "COOKIE",
        allow_negative_numbers = true,
        conflicts_with_all = ["har", "log"],
        help = VALUES
    )]
    values: Vec<OsString>,

    #[arg(long, help = JSONL)]
    jsonl: bool,

    #[command(flatten)]
    source: Source,

    #[command(flatten, next_help_heading = SEALING)]
    sealing: Sealing,
}

fn help() -> String {
    format!(
        "\
A COOKIE is the bare value (as it was sent, escaped, or no longer escaped),
NAME=VALUE, or a whole 'Cookie:' or 'Set-Cookie:' line. Only what stands behind
--name and a '=' is taken for NAME=VALUE, since a value may hold '=' itself.

--jsonl prints {{\"value\": ...}}, and for a cookie that does not open
{{\"error\": \"...\"}}: of several attempts (purposes, secrets) the one that got
furthest is told.
  malformed         no message of this jar, or the header has no such cookie
  invalid           no key fits, or it was tampered with
  expired           the expiry that was sealed with the value has passed
  wrong purpose     sealed under another cookie's name
  unreadable value  in Marshal where --serializer does not allow it, or broken
  too large         more than 16 KiB

What JSON has no form for is printed as Rails' as_json shows it, and what a
terminal would obey as \\uXXXX.

{SOURCES}
Of a log or a HAR file the cookies of --name (or the app's) are opened, without
a name those that have the form of a Rails message, each under its own name;
identical ones once, where they come first. --jsonl then prints
  {{\"line\": 1, \"name\": \"...\", \"opens\": true, \"value\": ...}}
  {{\"entry\": 1, \"in\": \"response\", \"name\": \"...\", \"opens\": false,
   \"error\": \"...\"}}
with lines and entries counted from 1, on one line each; name is null for a
value that stands alone. What it came to is told on standard error.

{SECRETS}\
Exit status: 0 all opened, 1 some did not, or a log or HAR file has no such
cookie or is broken in places, 2 wrong use.

Examples:
  export SECRET_KEY_BASE=...
  hardtack open --name _shop_session --rails 7.1 'cKMlQ...--w%3D%3D'

  # A whole header; an app on Rails 6.1 with JSON cookies.
  hardtack open --name _shop_session --rails 6.1 --serializer json \\
    'Cookie: theme=dark; _shop_session=cKMlQ...'

  # Many, one a line, sealed under this secret or the one before.
  hardtack open --jar signed --name user_id --jsonl \\
    --secret-key-base-file new.txt --secret-key-base-file old.txt < cookies

  # Whose sessions are in this log?
  hardtack open --rails-app /srv/shop --jsonl --log access.log \\
    | jq 'select(.opens) | .value.user_id'

  # What Rails 3 signed with its secret_token; 2.3 with a digest of its own.
  SECRET_TOKEN=... hardtack open --rails 3.2 'BAh7B0kiD3...--3e0862f8'
  hardtack open --rails 2.3 --hmac-digest MD5 --secret-token-file token.txt \\
    'BAh7B0kiD3...--8b1a9953'"
    )
}

pub(crate) fn run(options: Open) -> Result<u8, String> {
    let cookies = Cookies::new(options.sealing, None)?;
    if options.source.is_named() {
        return open_all::run(&options.source, &cookies, options.jsonl);
    }
    lines::each(&options.values, options.jsonl, |line| {
        let opened = input::open(&cookies, line, |jar, name, value| jar.explain(name, value))?;
        let value = opened.into_value();
        Ok(Answer {
            text: format!("{value:#}"),
            json: format!("{{\"value\":{value}}}"),
        })
    })
}
