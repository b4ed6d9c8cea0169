//! `hardtack doctor` with the cookies of a whole access log or HAR file.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use console::style;
use hardtack::doctor::{Cause, CauseKind, CookieFormat, Diagnosis, Doctor, JarKind, Repair};
use hardtack::{Cipher, HmacDigest, KeyDigest, Serializer, Shown};

use crate::distinct::{Distinct, MOST, Meeting};
use crate::found::{Found, Place, shown};
use crate::lines::Stop;
use crate::output::{complain, print};
use crate::source::{Reading, Source};
use crate::summary::{Summary, cookies, grouped};
use crate::wanted::{Wanted, text};

/// How many bytes of JSON are kept for the end.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Examines each distinct cookie once, prints a row for each, and gives the exit status.
pub(crate) fn run(
    source: &Source,
    doctor: &Doctor,
    name: Option<&str>,
    is_json: bool,
    shows_value: bool,
) -> Result<u8, String> {
    for (label, weak) in doctor.weak_secrets() {
        complain(&format!("weak secret {:?}: {weak}", Shown::new(label)));
    }
    let mut wanted = name.map_or_else(Wanted::any_form, Wanted::name);
    let mut distinct = Distinct::new(MOST);
    let mut rows: Vec<Row> = Vec::new();
    let (mut bytes, mut left_out) = (0, 0);
    let read = source.read(true, &mut |found| {
        if !wanted.admits(&found) {
            return Ok(());
        }
        match distinct.meet(found.name, found.value) {
            Meeting::Again(place) => {
                if let Some(row) = rows.get_mut(place) {
                    row.times += 1;
                }
            }
            Meeting::First => {
                let diagnosis = doctor.examine(text(found.name, found.value));
                let json = is_json.then(|| json(&diagnosis, shows_value));
                let json = json.transpose().map_err(Stop::Broken)?;
                bytes += json.as_ref().map_or(0, String::len);
                if bytes > MOST_BYTES {
                    distinct.close();
                }
                rows.push(Row::new(&found, diagnosis, json));
            }
            Meeting::Full => {
                if left_out == 0 {
                    complain(&format!(
                        "{source} {}: more than {} distinct cookies: others are not examined",
                        found.place,
                        grouped(distinct.len() as u64)
                    ));
                }
                left_out += 1;
            }
        }
        Ok(())
    });
    let reading = match read {
        Ok(reading) => reading,
        Err(Stop::ReaderGone) => return Ok(crate::OK),
        Err(Stop::Broken(message)) => return Err(message),
    };
    let table = if is_json {
        rows.iter().map(Row::json).collect()
    } else {
        table(&rows)
    };
    print(table.as_bytes())?;
    conclude(&rows, source, &reading, left_out, &wanted);
    let all_open = rows.iter().all(|row| row.opens) && !rows.is_empty();
    Ok(if all_open && reading.troubles == 0 && left_out == 0 {
        crate::OK
    } else {
        crate::FAILED
    })
}

/// The object of `--json`, on a line.
pub(crate) fn json(diagnosis: &Diagnosis, shows_value: bool) -> Result<String, String> {
    let mut object = serde_json::to_string(diagnosis).map_err(|error| error.to_string())?;
    if let Some(value) = diagnosis.value().filter(|_| shows_value) {
        object.pop();
        let _ = write!(object, ",\"value\":{value}}}");
    }
    Ok(format!("{}\n", Shown::json(&object)))
}

/// A distinct cookie, and what the doctor found.
struct Row {
    place: Place,
    name: Option<String>,
    times: u64,
    opens: bool,
    format: CookieFormat,
    jar: Option<JarKind>,
    cipher: Option<Cipher>,
    secret: Option<String>,
    key_digest: Option<KeyDigest>,
    hmac_digest: Option<HmacDigest>,
    serializer: Option<Serializer>,
    repairs: Vec<Repair>,
    causes: Vec<CauseKind>,
    json: Option<String>,
}

impl Row {
    fn new(found: &Found<'_>, diagnosis: Diagnosis, json: Option<String>) -> Self {
        Self {
            place: found.place,
            name: found.name.map(str::to_owned),
            times: 1,
            opens: diagnosis.opens,
            format: diagnosis.format,
            jar: diagnosis.jar,
            cipher: diagnosis.cipher,
            key_digest: diagnosis.key_digest,
            hmac_digest: diagnosis.hmac_digest,
            serializer: diagnosis.serializer,
            causes: diagnosis.causes.iter().map(Cause::kind).collect(),
            secret: diagnosis.secret,
            repairs: diagnosis.repairs,
            json,
        }
    }

    /// The object of `--json`, after where it stands and how often it came.
    fn json(&self) -> String {
        let name = serde_json::to_string(&self.name).unwrap_or_default();
        let object = self.json.as_deref().unwrap_or_default();
        format!(
            "{{{},\"name\":{},\"times\":{},{}",
            self.place.json(),
            Shown::json(&name),
            self.times,
            object.strip_prefix('{').unwrap_or(object)
        )
    }

    /// What stands in the last column.
    fn verdict(&self) -> String {
        let mut verdict = String::from(if self.opens { "opens: " } else { "" });
        if self.opens {
            let parts = [
                self.secret.as_deref().map(|secret| shown(Some(secret))),
                self.cipher.map(|cipher| cipher.name().to_owned()),
                self.hmac_digest
                    .filter(|_| self.cipher.is_none())
                    .map(|digest| format!("signed {}", digest.name())),
                self.key_digest
                    .map(|digest| format!("{} keys", digest.name())),
                self.serializer.map(|format| format.name().to_owned()),
            ];
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            verdict += &parts.join(", ");
            for cause in &self.causes {
                let _ = write!(verdict, "; {}", cause.name());
            }
        } else {
            let cause = self.causes.first().map_or("", |cause| cause.name());
            let _ = write!(verdict, "does not open: {cause}, {}", self.format.name());
        }
        verdict
    }

    fn count(&self, summary: &mut Summary) {
        let mut add = |group, what: &str| summary.add(group, what, self.times);
        add("opens", if self.opens { "yes" } else { "no" });
        add("format", self.format.name());
        if !self.opens {
            let cause = self.causes.first().map_or("", |cause| cause.name());
            add("why not", cause);
            return;
        }
        let secret = self.secret.as_deref().map(|secret| shown(Some(secret)));
        let facts = [
            ("jar", self.jar.map(JarKind::name)),
            ("cipher", self.cipher.map(Cipher::name)),
            ("secret", secret.as_deref()),
            ("key digest", self.key_digest.map(KeyDigest::name)),
            ("hmac digest", self.hmac_digest.map(HmacDigest::name)),
            ("serializer", self.serializer.map(Serializer::name)),
        ];
        for (group, what) in facts {
            if let Some(what) = what {
                add(group, what);
            }
        }
        for repair in &self.repairs {
            add("repair", repair.name());
        }
        for cause in &self.causes {
            add("opens, but", cause.name());
        }
    }
}

/// One line for each cookie.
fn table(rows: &[Row]) -> String {
    let columns: Vec<_> = rows
        .iter()
        .map(|row| {
            let name = shown(row.name.as_deref());
            (grouped(row.times), row.place.to_string(), name)
        })
        .collect();
    let width = |of: fn(&(String, String, String)) -> &String| {
        columns
            .iter()
            .map(|row| of(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (times, places, names) = (
        width(|row| &row.0),
        width(|row| &row.1),
        width(|row| &row.2),
    );
    let mut table = String::new();
    for (row, (time, place, name)) in rows.iter().zip(&columns) {
        let verdict = row.verdict();
        let verdict = match (row.opens, row.causes.is_empty()) {
            (true, true) => style(verdict).green().to_string(),
            (true, false) => verdict,
            (false, _) => style(verdict).red().to_string(),
        };
        let _ = writeln!(
            table,
            "{time:>times$}x  {place:places$}  {name:names$}  {verdict}"
        );
    }
    table
}

/// The summary, on standard error: what is piped on is rows and nothing else.
fn conclude(rows: &[Row], source: &Source, reading: &Reading, left_out: u64, wanted: &Wanted) {
    let within = format!("{} {} of {source}", grouped(reading.count), source.unit());
    if rows.is_empty() {
        let (wanted, advice) = (wanted.in_words(), source.advice());
        complain(&format!("no {wanted} in {within}{advice}"));
        return;
    }
    let mut summary = Summary::default();
    for row in rows {
        row.count(&mut summary);
    }
    let times: u64 = rows.iter().map(|row| row.times).sum();
    let mut text = format!(
        "\n{} in {within}, {} of them distinct\n\n{summary}",
        cookies(times),
        grouped(rows.len() as u64)
    );
    if left_out > 0 {
        let _ = writeln!(text, "\nNot examined: {}", cookies(left_out));
    }
    let _ = io::stderr().write_all(text.as_bytes());
}
