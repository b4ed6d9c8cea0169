//! `hardtack doctor`: why does this cookie not open?

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Read};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use console::style;
use hardtack::doctor::{Diagnosis, Doctor};
use hardtack::{RailsVersion, Shown};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::{self, PLAIN, parsed, text};
use crate::output::{complain, print};
use crate::rails_app::App;
use crate::secrets;
use crate::source::{self, HELP as SOURCES, Source};
use crate::survey;

/// The most bytes of standard input: more is no cookie, and the doctor says so.
const MOST: u64 = 64 * 1024 + 1;

pub(crate) fn command() -> Command {
    Command::new("doctor")
        .about("Why does this cookie not open? Try every secret, digest, salt and cipher")
        .after_help(format!(
            "\
A COOKIE is what was copied: a bare value, NAME=VALUE, a whole Cookie or
Set-Cookie header, or a row of a browser's table; escaped or not, quoted, with
line breaks. It is named by its form; then each secret is tried, as a
secret_key_base and as a secret_token. What opens it is told, with the rotation
to add in Rust and in Rails, or else what was tried and what is left.

Secrets come from files (--secret-key-base-file and --secret-token-file, any
number of them, of either kind), and from the environment: SECRET_KEY_BASE and
SECRET_TOKEN, where no file is named. With --rails-app they are looked for where
that app's Rails does, and its settings are those that should open the cookie.
Without any secret the form alone is told. No secret is printed, and no value
without --show-values. A secret that keeps nobody out is named: one that guides,
tutorials or examples publish, a short pattern over and over, or one of fewer
than 30 characters.

--json prints one object with format, opens, jar, cipher, key_digest,
hmac_digest, serializer, purpose, expires, secret (its file or variable),
repairs and causes (the names of both; see the documentation of the library),
where there are some weak_secrets (of each its file or variable as secret, the
reason, which is published, repeated or too-short, and where it was published),
and with --show-values value.

{SOURCES}
Of a log or a HAR file the cookies of --name (or the app's) are examined, without
a name those of any form that the doctor knows; identical ones once. Each has a
row (with --json an object, which begins with line or entry and in, name, and
times), printed at the end, when it is known how often it came. A summary by
format, secret, cipher, digest, serializer and cause follows on standard error,
so that what is piped on is rows and nothing else. Up to 100,000 distinct cookies
are examined; if there are more, that is told.

Exit status: 0 it opened, or all did; 1 it did not, or some did not, or a log or
HAR file has no such cookie or is broken in places; 2 wrong use.

Examples:
  # As copied from the browser's tools.
  export SECRET_KEY_BASE=...
  hardtack doctor 'Cookie: theme=dark; _shop_session=cKMlQ...--w%3D%3D'

  # Which of these secrets was it, and what does load_defaults 7.1 lack?
  hardtack doctor --rails 7.1 --name _shop_session < cookie.txt \\
    --secret-key-base-file now.txt --secret-key-base-file before.txt

  # Why does this app not open it?
  hardtack doctor --rails-app /srv/shop < cookie.txt

  # Do cookies still come in under the old secret?
  hardtack doctor --log access.log --name _shop_session \\
    --secret-key-base-file now.txt --secret-key-base-file before.txt"
        ))
        .args(source::args(&["cookie"]))
        .args([
            Arg::new("cookie")
                .value_name("COOKIE")
                .value_parser(value_parser!(OsString))
                .help("What was copied; without it, the whole of standard input"),
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print one JSON object (of a log or HAR file one a line), for programs"),
            Arg::new("show-values")
                .long("show-values")
                .action(ArgAction::SetTrue)
                .help("Print the cookie's value as well, which may be personal"),
            args::option(PLAIN.name, "NAME").help("The name of the cookie that the app reads"),
            args::option(PLAIN.rails, "VERSION").help(
                "The load_defaults of the app, or of the Jar, that does not open it: the report \
                 tells what differs",
            ),
            args::file(PLAIN.secret_key_base_file).help(
                "A file that holds a secret, verbatim save one final newline [default: the \
                 environment variable SECRET_KEY_BASE]",
            ),
            args::file(PLAIN.secret_token_file)
                .help("The same for a secret_token [default: SECRET_TOKEN]"),
            args::rails_app(PLAIN),
            args::rails_env(PLAIN),
            args::option("salt", "SALT")
                .action(ArgAction::Append)
                .help("A salt that the app set in place of Rails' own; any number of them"),
            args::option("now", "TIME")
                .help("Examine it as of this time, such as 2030-10-15T05:00:00Z"),
        ])
}

pub(crate) fn run(matches: &ArgMatches) -> Result<u8, String> {
    let (doctor, name) = doctor(matches)?;
    if let Some(source) = Source::from(matches) {
        return survey::run(matches, &doctor, name.as_deref(), &source);
    }
    let diagnosis = doctor.examine(cookie(matches)?);
    let shows_value = matches.get_flag("show-values");
    let text = if matches.get_flag("json") {
        survey::json(&diagnosis, shows_value)?
    } else {
        report(&diagnosis, shows_value)
    };
    match print(text.as_bytes())? {
        crate::OK if !diagnosis.opens => Ok(crate::FAILED),
        status => Ok(status),
    }
}

/// The one place where secrets, name and settings come in; with the name of the app's cookie.
fn doctor(matches: &ArgMatches) -> Result<(Doctor, Option<String>), String> {
    let version = parsed::<RailsVersion>(matches, PLAIN.rails)?;
    let app = App::new(matches, PLAIN, version)?;
    let mut doctor = Doctor::new();
    match (secrets::labelled(matches, PLAIN, app.as_ref())?, &app) {
        (None, Some(app)) => doctor = app.doctor(doctor, PLAIN)?,
        (secrets, _) => {
            for (label, secret) in secrets.unwrap_or_default() {
                doctor = doctor.secret(label, &secret);
            }
        }
    }
    let told = app.as_ref().map(|app| app.settings.session.name.as_str());
    let name = text(matches, PLAIN.name).or(told).map(str::to_owned);
    if let Some(name) = &name {
        doctor = doctor.cookie_name(name);
    }
    if let Some(version) = version {
        doctor = doctor.settings(version);
    } else if let Some(app) = app {
        doctor = doctor.settings(app.settings.settings);
    }
    for salt in matches.get_many::<String>("salt").unwrap_or_default() {
        doctor = doctor.salt(salt);
    }
    if let Some(now) = text(matches, "now") {
        let now = OffsetDateTime::parse(now, &Rfc3339).map_err(|_| {
            format!(
                "--now {:?}: write it as 2030-10-15T05:00:00Z",
                Shown::new(now)
            )
        })?;
        doctor = doctor.now(now);
    }
    Ok((doctor, name))
}

fn cookie(matches: &ArgMatches) -> Result<Vec<u8>, String> {
    if let Some(cookie) = matches.get_one::<OsString>("cookie") {
        return Ok(cookie.as_encoded_bytes().to_vec());
    }
    if io::stdin().is_terminal() {
        complain("paste the cookie, then Ctrl-D");
    }
    let mut cookie = Vec::new();
    let read = io::stdin().lock().take(MOST).read_to_end(&mut cookie);
    read.map_err(|error| format!("standard input: {error}"))?;
    Ok(cookie)
}

/// The report, its first line in colour.
fn report(diagnosis: &Diagnosis, shows_value: bool) -> String {
    let report = diagnosis.to_string();
    let (answer, details) = report.split_once('\n').unwrap_or((&report, ""));
    let answer = style(answer).bold();
    let answer = match (diagnosis.opens, diagnosis.causes.is_empty()) {
        (true, true) => answer.green(),
        (true, false) => answer,
        (false, _) => answer.red(),
    };
    let mut text = format!("{answer}\n{details}");
    if let Some(value) = diagnosis.value().filter(|_| shows_value) {
        let _ = write!(text, "\nValue:\n{}\n", Shown::json(&format!("{value:#}")));
    }
    text
}
