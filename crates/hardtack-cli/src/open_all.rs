//! `hardtack open` with the cookies of a whole access log or HAR file.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal, Write};

use hardtack::Shown;

use crate::cookies::Cookies;
use crate::distinct::{Distinct, MOST, Meeting};
use crate::found::{Found, shown};
use crate::input::{hint, open_value};
use crate::lines::Stop;
use crate::output::complain;
use crate::source::Source;
use crate::summary::{cookies, grouped};
use crate::wanted::Wanted;

/// Opens each distinct cookie where it is met first, and gives the exit status.
pub(crate) fn run(source: &Source, jar: &Cookies, jsonl: bool) -> Result<u8, String> {
    let mut wanted = if jar.is_named {
        Wanted::name(&jar.name)
    } else {
        Wanted::rails()
    };
    let mut answers = Answers {
        out: BufWriter::new(io::stdout().lock()),
        jsonl,
        met: 0,
        is_full: false,
        opened: 0,
        refused: BTreeMap::new(),
    };
    let mut distinct = Distinct::new(MOST);
    // What is printed to a terminal would mix with the progress.
    let shows_progress = !io::stdout().is_terminal();
    let read = source.read(shows_progress, &mut |found| {
        if !wanted.admits(&found) {
            return Ok(());
        }
        answers.met += 1;
        match distinct.meet(found.name, found.value) {
            Meeting::Again(_) => return Ok(()),
            Meeting::First => {}
            Meeting::Full if answers.is_full => {}
            Meeting::Full => {
                answers.is_full = true;
                complain(&format!(
                    "{source} {}: more than {} distinct cookies: others are opened each time they \
                     come",
                    found.place,
                    grouped(MOST as u64)
                ));
            }
        }
        answers.add(jar, &found)?;
        // Whoever waits for it gets it now.
        if source.is_stdin() {
            answers.flush()?;
        }
        Ok(())
    });
    let read = read.and_then(|reading| answers.flush().map(|()| reading));
    match read {
        Ok(reading) => {
            answers.conclude(source, reading.count, &wanted);
            let is_good = answers.refused.is_empty() && answers.met > 0 && reading.troubles == 0;
            Ok(if is_good { crate::OK } else { crate::FAILED })
        }
        Err(Stop::ReaderGone) if answers.refused.is_empty() => Ok(crate::OK),
        Err(Stop::ReaderGone) => Ok(crate::FAILED),
        Err(Stop::Broken(message)) => Err(message),
    }
}

struct Answers {
    out: BufWriter<io::StdoutLock<'static>>,
    jsonl: bool,
    /// How many cookies there were, identical ones too.
    met: u64,
    /// Whether identical ones are no longer told apart.
    is_full: bool,
    opened: u64,
    refused: BTreeMap<String, u64>,
}

impl Answers {
    fn add(&mut self, jar: &Cookies, found: &Found<'_>) -> Result<(), Stop> {
        let Found { place, name, value } = *found;
        let opened = open_value(value, |value| {
            jar.jar.explain(name.unwrap_or(&jar.name), value)
        });
        let start = || {
            let name = serde_json::to_string(&name).unwrap_or_default();
            let name = Shown::json(&name);
            format!("{{{},\"name\":{name},\"opens\"", place.json())
        };
        let written = match opened {
            Ok(opened) => {
                self.opened += 1;
                let value = opened.into_value();
                if self.jsonl {
                    let value = value.to_string();
                    let value = Shown::json(&value);
                    writeln!(self.out, "{}:true,\"value\":{value}}}", start())
                } else {
                    let value = format!("{value:#}");
                    let value = Shown::json(&value);
                    writeln!(self.out, "{place}, {}:\n{value}", shown(name))
                }
            }
            Err(reason) => {
                *self.refused.entry(reason.to_string()).or_default() += 1;
                if self.jsonl {
                    writeln!(self.out, "{}:false,\"error\":\"{reason}\"}}", start())
                } else {
                    self.flush()?;
                    let name = shown(name);
                    let detail = hint(reason, jar.prefix);
                    complain(&format!("{place}, {name}: {reason}: {detail}"));
                    Ok(())
                }
            }
        };
        written.map_err(|error| Stop::writing(&error))
    }

    fn flush(&mut self) -> Result<(), Stop> {
        self.out.flush().map_err(|error| Stop::writing(&error))
    }

    /// What it came to, in a line.
    fn conclude(&self, source: &Source, count: u64, wanted: &Wanted) {
        let within = format!("{} {} of {source}", grouped(count), source.unit());
        if self.met == 0 {
            let (wanted, advice) = (wanted.in_words(), source.advice());
            complain(&format!("no {wanted} in {within}{advice}"));
            return;
        }
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
        let answered = if self.is_full {
            "of them answered"
        } else {
            "of them distinct"
        };
        complain(&format!(
            "{} in {within}, {} {answered}: {} opened, {} did not{reasons}",
            cookies(self.met),
            grouped(self.opened + refused),
            grouped(self.opened),
            grouped(refused),
        ));
    }
}
