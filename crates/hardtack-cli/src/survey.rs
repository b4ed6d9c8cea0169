//! `hardtack doctor` for the cookies of a whole access log or HAR file.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use console::style;
use hardtack::doctor::{Diagnosis, Doctor};
use hardtack::observe::Shown;

use crate::distinct::{Distinct, MOST, Meeting, Wanted, text};
use crate::found::{Found, Place, shown};
use crate::lines::Stop;
use crate::output::{error, print, warn};
use crate::source::Source;
use crate::summary::{Summary, cookies, grouped};

/// The most bytes of JSON that are kept until the end.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Examines each distinct cookie once, prints a row for each, and returns the exit status.
pub(crate) fn run(
    source: &Source,
    doctor: &Doctor,
    name: Option<&str>,
    is_json: bool,
    shows_value: bool,
) -> Result<u8, String> {
    for (label, weak) in doctor.weak_secrets() {
        warn(&format!("weak secret {:?}: {weak}", Shown::new(label)));
    }
    let wanted = name.map_or(Wanted::Form, |name| Wanted::Name(name.to_owned()));
    let mut distinct = Distinct::new(wanted, MOST);
    let mut rows: Vec<Row> = Vec::new();
    let (mut bytes, mut left_out) = (0, 0);
    let read = source.read(true, &mut |found| {
        // Rails up to 7.0 under Rack 3 sets a cookie whose name begins with `["`: it is examined
        // under this name, which the app does not read.
        let own = name
            .filter(|name| found.name.and_then(|found| found.strip_prefix("[\"")) == Some(name));
        let met = Found {
            name: own.or(found.name),
            ..found
        };
        match distinct.meet(&met) {
            Meeting::Unwanted => {}
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
                rows.push(Row {
                    place: found.place,
                    name: found.name.map(str::to_owned),
                    times: 1,
                    opens: diagnosis.opens,
                    is_fine: is_read_as_it_is(&diagnosis),
                    facts: facts(&diagnosis),
                    json,
                });
            }
            Meeting::Full => {
                if left_out == 0 {
                    error(&format!(
                        "{source} {}: more than {} distinct cookies; the others are not examined",
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
    if rows.is_empty() {
        reading.found_none(source, &distinct);
        return Ok(crate::FAILED);
    }
    conclude(&rows, &reading.within, left_out, distinct.hidden);
    let all_are_fine = rows.iter().all(|row| row.is_fine);
    Ok(if all_are_fine && reading.troubles == 0 && left_out == 0 {
        crate::OK
    } else {
        crate::FAILED
    })
}

/// Returns `true` if nothing is known that keeps the app from reading the cookie as it is.
pub(crate) fn is_read_as_it_is(diagnosis: &Diagnosis) -> bool {
    diagnosis.opens && diagnosis.causes.is_empty()
}

/// Returns the object of `--json` with a line end.
pub(crate) fn json(diagnosis: &Diagnosis, shows_value: bool) -> Result<String, String> {
    let mut object = serde_json::to_string(diagnosis).map_err(|error| error.to_string())?;
    if let Some(value) = diagnosis.value().filter(|_| shows_value) {
        object.pop();
        let _ = write!(object, ",\"value\":{value}}}");
    }
    Ok(format!("{}\n", Shown::json(&object)))
}

/// A distinct cookie with the doctor's findings.
struct Row {
    place: Place,
    name: Option<String>,
    times: u64,
    opens: bool,
    /// Is `true` if the app would read it as it is.
    is_fine: bool,
    facts: Facts,
    json: Option<String>,
}

/// The pairs that the summary counts: a group, and the cookie's entry in it.
type Facts = Vec<(&'static str, Cow<'static, str>)>;

fn facts(diagnosis: &Diagnosis) -> Facts {
    let secret = diagnosis.secret.as_deref();
    let known = [
        ("secret", secret.map(|secret| shown(Some(secret)).into())),
        ("jar", diagnosis.jar.map(|it| it.name().into())),
        ("cipher", diagnosis.cipher.map(|it| it.name().into())),
        (
            "hmac digest",
            diagnosis.hmac_digest.map(|it| it.name().into()),
        ),
        (
            "key digest",
            diagnosis.key_digest.map(|it| it.name().into()),
        ),
        (
            "serializer",
            diagnosis.serializer.map(|it| it.name().into()),
        ),
    ];
    let known = known
        .into_iter()
        .filter_map(|(group, fact)| Some((group, fact?)));
    let repairs = diagnosis.repairs.iter();
    let repairs = repairs.map(|repair| ("repair", repair.name().into()));
    let causes = diagnosis
        .causes
        .iter()
        .map(|cause| cause.kind().name().into());
    let format = ("format", diagnosis.format.name().into());
    if diagnosis.opens {
        let causes = causes.map(|cause| ("opens, but", cause));
        let facts = [("opens", "yes".into()), format].into_iter();
        facts.chain(known).chain(repairs).chain(causes).collect()
    } else {
        let cause = causes.take(1).map(|cause| ("why not", cause));
        [("opens", "no".into()), format]
            .into_iter()
            .chain(cause)
            .collect()
    }
}

impl Row {
    /// Returns the text of the last column.
    fn verdict(&self) -> String {
        let all = |group| self.facts.iter().filter(move |fact| fact.0 == group);
        let fact = |group| all(group).next().map_or("", |fact| &fact.1);
        if !self.opens {
            return format!("does not open: {}, {}", fact("why not"), fact("format"));
        }
        let parts = self.facts.iter().filter_map(|(group, fact)| match *group {
            "secret" | "cipher" | "serializer" => Some(fact.to_string()),
            "hmac digest" if all("cipher").next().is_none() => Some(format!("signed {fact}")),
            "key digest" => Some(format!("{fact} keys")),
            _ => None,
        });
        let parts: Vec<_> = parts.collect();
        let mut verdict = format!("opens: {}", parts.join(", "));
        verdict.extend(all("opens, but").flat_map(|(_, cause)| ["; ", cause]));
        verdict
    }

    /// Returns the object of `--json`, which begins with the place, the name and the number of times.
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
}

/// Returns a table with one line for each cookie.
fn table(rows: &[Row]) -> String {
    let cells = rows.iter().map(|row| {
        let name = shown(row.name.as_deref());
        [grouped(row.times), row.place.to_string(), name]
    });
    let cells: Vec<_> = cells.collect();
    let mut widths = [0; 3];
    for cells in &cells {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.chars().count().max(*width);
        }
    }
    let [times, places, names] = widths;
    let mut table = String::new();
    for (row, [time, place, name]) in rows.iter().zip(&cells) {
        let verdict = style(row.verdict());
        let has_causes = row.facts.iter().any(|fact| fact.0 == "opens, but");
        let verdict = match (row.opens, has_causes) {
            (true, false) => verdict.green(),
            (true, true) => verdict,
            (false, _) => verdict.red(),
        };
        let _ = writeln!(
            table,
            "{time:>times$}x  {place:places$}  {name:names$}  {verdict}"
        );
    }
    table
}

/// Prints the summary to standard error: standard output holds rows only, for pipes.
fn conclude(rows: &[Row], within: &str, left_out: u64, hidden: u64) {
    let mut summary = Summary::default();
    for row in rows {
        for (group, fact) in &row.facts {
            summary.add(group, fact, row.times);
        }
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
    if hidden > 0 {
        let _ = writeln!(
            text,
            "\nNot examined: {}, whose values a filter hid ([FILTERED])",
            cookies(hidden)
        );
    }
    let _ = io::stderr().write_all(text.as_bytes());
}
