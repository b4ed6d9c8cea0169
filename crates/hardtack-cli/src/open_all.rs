//! `hardtack open` with the cookies of a whole access log or HAR file.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use crate::cookies::Cookies;
use crate::distinct::{Distinct, MOST, Meeting, Wanted};
use crate::found::{Found, shown};
use crate::input::{hint, open_value};
use crate::lines::{Answer, Answers, Failure, Stop};
use crate::output::complain;
use crate::source::Source;
use crate::summary::{cookies, grouped};

/// Opens each distinct cookie where it is met first, and gives the exit status.
pub(crate) fn run(source: &Source, jar: &Cookies, jsonl: bool) -> Result<u8, String> {
    let wanted = if jar.is_named {
        Wanted::Name(jar.name.clone())
    } else {
        Wanted::Rails
    };
    let mut distinct = Distinct::new(wanted, MOST);
    let mut answers = Answers::new(jsonl);
    let mut tally = Tally::default();
    // What is printed to a terminal would mix with the progress.
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
            complain(&format!(
                "{source} {}: more than {} distinct cookies: others are opened each time they come",
                found.place,
                grouped(MOST as u64)
            ));
        }
        answer(jar, &found, &mut answers, &mut tally)?;
        // Whoever waits for it gets it now.
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
    let opened = open_value(value, |value| {
        jar.jar.explain(name.unwrap_or(&jar.name), value)
    });
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
            let detail = hint(reason, jar.prefix);
            Err(Failure { reason, detail })
        }
    };
    answers.add(&place, &members, answer)
}

/// What it comes to.
#[derive(Default)]
struct Tally {
    /// How many cookies there were, identical ones too.
    met: u64,
    /// Whether identical ones are no longer told apart.
    is_full: bool,
    opened: u64,
    refused: BTreeMap<String, u64>,
}

impl Tally {
    /// Tells it, in a line.
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
        complain(&format!(
            "{} in {within}, {} of them {answered}: {} opened, {} did not{reasons}",
            cookies(self.met),
            grouped(self.opened + refused),
            grouped(self.opened),
            grouped(refused),
        ));
    }
}
