//! [`Source`]: a whole access log or HAR file, and the reading of its cookies.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use hardtack::doctor::Doctor;
use hardtack::observe::Shown;
use memchr::memmem;

use crate::access_log;
use crate::distinct::Distinct;
use crate::found::{Found, Troubles};
use crate::har;
use crate::lines::Stop;
use crate::output::{error, with_progress};
use crate::summary::grouped;

/// The most lines of standard input that are looked at to tell whether each is a cookie.
const MOST_LINES: usize = 1000;

/// The number of bytes that are read at a time.
const BUFFER: usize = 128 * 1024;

// No doc comment: see `args`.
#[derive(Args)]
pub(crate) struct Source {
    /// Take all cookies of a HAR file, requests and responses; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "log")]
    har: Option<PathBuf>,

    /// Take all cookies of an access log; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    log: Option<PathBuf>,

    // Lines that were read from standard input already.
    #[arg(skip)]
    lines: Option<Vec<u8>>,
}

/// The result of a reading.
pub(crate) struct Reading {
    /// The number of lines or entries that were read of the source, in words.
    pub(crate) within: String,
    pub(crate) troubles: u64,
}

impl Reading {
    /// Prints that no wanted cookie was found, and what to look at.
    pub(crate) fn found_none(&self, source: &Source, wanted: &Distinct) {
        let advice = if wanted.hidden > 0 {
            "; a filter hid their values before they were written"
        } else if source.har.is_some() {
            "; Chrome leaves cookies out of its exports unless the settings of its network tools \
             allow sensitive data"
        } else {
            "; check that the log has the Cookie header (nginx: $http_cookie, Apache: %{Cookie}i)"
        };
        let (wanted, within) = (wanted.in_words(), &self.within);
        error(&format!("no {wanted} in {within}{advice}"));
    }
}

impl Source {
    /// Returns the lines of standard input as a source, if they hold several cookies: two lines or
    /// more, at least half of all, with a different message of Rails in each.
    pub(crate) fn of_lines(text: &[u8]) -> Option<Self> {
        let doctor = Doctor::new();
        let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let lines: Vec<_> = lines
            .filter(|line| !line.is_empty())
            .take(MOST_LINES)
            .collect();
        let has_message = |line: &&&[u8]| {
            memmem::find(line, b"--").is_some() && {
                let diagnosis = doctor.examine(line);
                diagnosis.format.is_rails() && diagnosis.repairs.is_empty()
            }
        };
        if lines.len() < 2 {
            return None;
        }
        let messages: Vec<_> = lines.iter().filter(has_message).collect();
        // A value that was pasted twice, once with its name, is one cookie.
        let is_other = |line: &&&&[u8]| {
            messages
                .first()
                .is_some_and(|first| !first.ends_with(line) && !line.ends_with(first))
        };
        let others = messages.iter().filter(is_other).count();
        (others >= 1 && 2 * messages.len() >= lines.len()).then(|| Self {
            har: None,
            log: None,
            lines: Some(text.to_vec()),
        })
    }

    pub(crate) fn is_named(&self) -> bool {
        self.har.is_some() || self.log.is_some()
    }

    fn path(&self) -> &Path {
        let path = self.har.as_deref().or(self.log.as_deref());
        path.unwrap_or(Path::new("-"))
    }

    pub(crate) fn is_stdin(&self) -> bool {
        self.path() == Path::new("-")
    }

    /// Visits every cookie in order.
    pub(crate) fn read(
        &self,
        shows_progress: bool,
        visit: &mut dyn FnMut(Found<'_>) -> Result<(), Stop>,
    ) -> Result<Reading, Stop> {
        let mut troubles = Troubles::of(self.to_string());
        let (input, total): (Box<dyn Read + '_>, _) = if let Some(lines) = &self.lines {
            (Box::new(&lines[..]), None)
        } else if self.is_stdin() {
            (Box::new(io::stdin().lock()), None)
        } else {
            let file = File::open(self.path()).map_err(|error| troubles.broken(&error))?;
            let total = file.metadata().ok().map(|metadata| metadata.len());
            (Box::new(file), total)
        };
        let input: Box<dyn Read + '_> = if shows_progress && self.lines.is_none() {
            Box::new(with_progress(input, total))
        } else {
            input
        };
        let mut input = BufReader::with_capacity(BUFFER, input);
        let start = input.fill_buf().map_err(|error| troubles.broken(&error))?;
        if let Some(tool) = compressed(start) {
            return Err(Stop::Broken(format!(
                "{self} is compressed; unpack it first: {tool} FILE | hardtack ... -"
            )));
        }
        // Some tools write a byte order mark.
        if start.starts_with(b"\xEF\xBB\xBF") {
            input.consume(3);
        }
        let (count, unit) = if self.har.is_some() {
            (har::read(input, &mut troubles, visit)?, "entries")
        } else {
            (access_log::read(input, &mut troubles, visit)?, "lines")
        };
        Ok(Reading {
            within: format!("{} {unit} of {self}", grouped(count)),
            troubles: troubles.conclude(),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_stdin() {
            f.write_str("standard input")
        } else {
            write!(f, "{}", Shown::path(self.path()))
        }
    }
}

/// Returns the tool that unpacks a file of this start (RFC 1952 section 2.3.1, RFC 8878 section
/// 3.1.1).
fn compressed(start: &[u8]) -> Option<&'static str> {
    match start {
        [0x1F, 0x8B, ..] => Some("zcat"),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Some("zstdcat"),
        _ => None,
    }
}
