//! `hardtack open` for the cookies of a whole access log or HAR file.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use crate::cookies::Cookies;
use crate::distinct::{Distinct, MOST, Meeting, Wanted};
use crate::found::{Found, shown};
use crate::input::{self, explain, open_value};
use crate::lines::{Answer, Answers, Failure, Stop};
use crate::output::{note, warn};
use crate::source::Source;
use crate::summary::{cookies, grouped};

/// Opens each distinct cookie where it occurs first, and returns the exit status.
pub(crate) fn run(source: &Source, jar: &Cookies, jsonl: bool) -> Result<u8, String> {
    let wanted = if jar.is_named {
        Wanted::Name(jar.name.clone())
    } else {
        Wanted::Rails
    };
    let mut distinct = Distinct::new(wanted, MOST);
    let mut answers = Answers::new(jsonl);
    let mut tally = Tally::default();
    // Results on a terminal would mix with the progress bar.
    let shows_progress = !io::stdout().is_terminal();
    let read = source.read(shows_progress, &mut |found| {
        let meeting = distinct.meet(&found);
        if meeting == Meeting::Unwanted {
            return Ok(());
        }
        tally.met += 1;
        if let Meeting::Again(_) = meeting {
            return Ok(());
        }
        if meeting == Meeting::Full && !tally.is_full {
            tally.is_full = true;
            warn(&format!(
                "{source} {}: more than {} distinct cookies; more of them are opened each time they \
                 occur",
                found.place,
                grouped(MOST as u64)
            ));
        }
        answer(jar, &found, &mut answers, &mut tally)?;
        // A program that waits for this answer gets it now.
        if source.is_stdin() {
            answers.flush()?;
        }
        Ok(())
    });
    match read.and_then(|reading| answers.flush().map(|()| reading)) {
        Ok(reading) if tally.met == 0 => {
            reading.found_none(source, &distinct);
            Ok(crate::FAILED)
        }
        Ok(reading) => {
            tally.conclude(&reading.within);
            if !tally.refused.is_empty() {
                input::point_to_doctor();
            }
            let is_good = reading.troubles == 0;
            Ok(if is_good {
                answers.status
            } else {
                crate::FAILED
            })
        }
        Err(Stop::ReaderGone) => Ok(answers.status),
        Err(Stop::Broken(message)) => Err(message),
    }
}

fn answer(
    jar: &Cookies,
    found: &Found<'_>,
    answers: &mut Answers,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let Found { place, name, value } = *found;
    let found_name = name.unwrap_or(&jar.name);
    let opened = open_value(value, |value| jar.jar.explain(found_name, value));
    let members = format!(
        "{},\"name\":{},\"opens\":{},",
        place.json(),
        serde_json::to_string(&name).unwrap_or_default(),
        opened.is_ok()
    );
    let place = format!("{place}, {}", shown(name));
    let answer = match opened {
        Ok(opened) => {
            tally.opened += 1;
            let value = opened.into_value();
            Ok(Answer {
                text: format!("{place}:\n{value:#}"),
                json: format!("{{{members}\"value\":{value}}}"),
            })
        }
        Err(reason) => {
            *tally.refused.entry(reason.to_string()).or_default() += 1;
            let detail = explain(jar, found_name, value, reason);
            Err(Failure { reason, detail })
        }
    };
    answers.add(&place, &members, answer)
}

/// The number of cookies that opened, and of the others by reason.
#[derive(Default)]
struct Tally {
    /// The number of cookies, identical ones included.
    met: u64,
    /// More distinct cookies than are counted: later ones are opened each time.
    is_full: bool,
    opened: u64,
    refused: BTreeMap<String, u64>,
}

impl Tally {
    /// Prints the tally in one line.
    fn conclude(&self, within: &str) {
        let refused: u64 = self.refused.values().sum();
        let reasons: Vec<_> = self
            .refused
            .iter()
            .map(|(reason, count)| format!("{reason} {}", grouped(*count)))
            .collect();
        let reasons = if reasons.is_empty() {
            String::new()
        } else {
            format!(" ({})", reasons.join(", "))
        };
        let answered = if self.is_full { "answered" } else { "distinct" };
        note(&format!(
            "{} in {within}, {} of them {answered}: {} opened, {} did not{reasons}",
            cookies(self.met),
            grouped(self.opened + refused),
            grouped(self.opened),
            grouped(refused),
        ));
    }
}
