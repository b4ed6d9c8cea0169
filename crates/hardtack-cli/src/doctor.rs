//! `hardtack doctor`: explains why a cookie does not open.

#![expect(
    clippy::doc_markdown,
    reason = "the doc comments of options are their help"
)]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use clap::{Args, ValueHint};
use console::style;
use hardtack::LoadDefaults;
use hardtack::doctor::{Diagnosis, Doctor as Examiner};
use hardtack::observe::Shown;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::{AppOptions, Versions, help};
use crate::output::{note, print};
use crate::rails_app::App;
use crate::secrets::Sources;
use crate::source::Source;
use crate::stored;
use crate::survey;
use crate::system::node_secrets;

/// The most bytes that are read from standard input. The doctor reports more as no cookie.
const MOST: u64 = 64 * 1024 + 1;

#[derive(Args)]
#[command(
    after_help = help(include_str!("help/doctor-short.txt")),
    after_long_help = help(include_str!("help/doctor.txt"))
)]
pub(crate) struct Doctor {
    #[command(flatten)]
    source: Source,

    /// The copied cookie; without it, the whole of standard input
    #[arg(conflicts_with_all = ["har", "log"])]
    cookie: Option<OsString>,

    /// Print the report as JSON
    ///
    /// For one cookie this is one object; for a log or HAR file it is one object a line.
    #[arg(long)]
    json: bool,

    /// Print the cookie's value too, which may be personal
    #[arg(long)]
    show_values: bool,

    /// The name of the cookie that the app reads
    #[arg(long)]
    name: Option<String>,

    /// The load_defaults of the app that does not open the cookie
    ///
    /// The report tells which settings differ. Before 5.1, give the app's Rails version.
    #[arg(long, value_name = "VERSION", value_parser = Versions, hide_possible_values = true)]
    rails: Option<LoadDefaults>,

    /// A file with a secret [default: $SECRET_KEY_BASE]
    ///
    /// The file holds the secret verbatim; one final newline does not count. The option may be given
    /// several times.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    secret_key_base_file: Vec<PathBuf>,

    /// A file with a secret_token [default: $SECRET_TOKEN]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    secret_token_file: Vec<PathBuf>,

    /// A file with a secret of a Node app [default: $SESSION_SECRET]
    ///
    /// The secret of express-session, a key of cookie-session, or the password of iron-session; a
    /// map of passwords is JSON: {"1": "...", "2": "..."}. The option may be given several times,
    /// the app's present secret first.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    secret_file: Vec<PathBuf>,

    /// A file with what Express' store has under the session's key; an empty one if it has nothing
    ///
    /// 'hardtack key --format express' prints the key.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    stored: Option<PathBuf>,

    #[command(flatten)]
    app: AppOptions,

    /// A salt that the app set in place of Rails' own; may be given several times
    #[arg(long)]
    salt: Vec<String>,

    /// Examine the cookie as of this time, such as 2030-10-15T05:00:00Z
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
}

pub(crate) fn run(options: Doctor) -> Result<u8, String> {
    let (doctor, name) = examiner(&options)?;
    let (is_json, shows_value) = (options.json, options.show_values);
    if options.source.is_named() {
        return survey::run(
            &options.source,
            &doctor,
            name.as_deref(),
            is_json,
            shows_value,
        );
    }
    let is_read = options.cookie.is_none();
    let text = cookie(options.cookie)?;
    if let Some(lines) = Source::of_lines(&text).filter(|_| is_read) {
        let doctor = doctor.try_rounds(false);
        return survey::run(&lines, &doctor, name.as_deref(), is_json, shows_value);
    }
    let diagnosis = doctor.examine(text);
    let text = if is_json {
        survey::json(&diagnosis, shows_value)?
    } else {
        report(&diagnosis, shows_value)
    };
    match print(text.as_bytes())? {
        crate::OK if !survey::is_read_as_it_is(&diagnosis) => Ok(crate::FAILED),
        status => Ok(status),
    }
}

/// Creates the doctor from the options, and returns it with the name of the cookie.
fn examiner(options: &Doctor) -> Result<(Examiner, Option<String>), String> {
    let version = options.rails;
    let app = App::new(&options.app, "", version, options.name.is_some())?;
    // A log may hold very many cookies that nothing opens; one cookie is worth the time.
    let mut doctor = Examiner::new().try_rounds(!options.source.is_named());
    let sources = Sources {
        prefix: "",
        key_base_files: options.secret_key_base_file.clone(),
        token_files: options.secret_token_file.clone(),
        allow_short: true,
        app: app.clone(),
    };
    for (label, secret) in sources.all()?.unwrap_or_default() {
        doctor = doctor.secret(label, &secret);
    }
    for secret in node_secrets(&options.secret_file, true)? {
        let made = secret.for_doctor()?;
        doctor = match secret.number {
            Some(number) => doctor.iron_password(number, secret.label, &made),
            None => doctor.node_secret(secret.label, &made),
        };
    }
    if let Some(file) = &options.stored {
        let entry = stored::read(Some(file))?;
        // `redis-cli --raw` prints an empty line for no entry, and one behind each.
        let entry = entry.strip_suffix(b"\n").unwrap_or(&entry);
        doctor = doctor.stored((!entry.is_empty()).then(|| entry.to_vec()));
    }
    let has_files = sources.names_files();
    if let Some(app) = &app {
        // The app's own secret is tried too, and counts as its own. Without it, the files do.
        match app.doctor(doctor.clone()) {
            Ok(with_app) => doctor = with_app,
            Err(message) if has_files => {
                note(&format!("{message}; the files' secrets are tried alone"));
                doctor = doctor.settings(app.settings.settings.clone());
            }
            Err(message) => return Err(message),
        }
    }
    let told = app.as_ref().map(|app| &app.settings);
    let name = options.name.as_ref();
    let name = name
        .or(told.and_then(|told| told.session.name.as_ref()))
        .cloned();
    if let Some(name) = &name {
        doctor = doctor.cookie_name(name);
    }
    if let Some(version) = version {
        doctor = doctor.settings(version);
    }
    for salt in &options.salt {
        doctor = doctor.salt(salt);
    }
    if let Some(now) = &options.now {
        let parsed = OffsetDateTime::parse(now, &Rfc3339);
        doctor = doctor.now(parsed.map_err(|_| {
            format!(
                "--now {:?}: write it as 2030-10-15T05:00:00Z",
                Shown::new(now)
            )
        })?);
    }
    Ok((doctor, name))
}

fn cookie(given: Option<OsString>) -> Result<Vec<u8>, String> {
    if let Some(cookie) = given {
        return Ok(cookie.into_encoded_bytes());
    }
    if io::stdin().is_terminal() {
        note("paste the cookie, then press Ctrl-D");
    }
    let mut cookie = Vec::new();
    let read = io::stdin().lock().take(MOST).read_to_end(&mut cookie);
    read.map_err(|error| format!("standard input: {error}"))?;
    Ok(cookie)
}

/// Returns the report with its first line in colour.
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
