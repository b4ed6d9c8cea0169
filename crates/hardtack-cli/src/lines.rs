//! Reads values from arguments or standard input, and prints one answer for each.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, IsTerminal, StdoutLock, Write};

use hardtack::Refusal;
use hardtack::observe::Shown;

use crate::output::{self, error, note};

/// The longest line in bytes that is kept whole. A server's headers are far shorter, and so are
/// cookies.
pub(crate) const LONGEST_LINE: usize = 1024 * 1024;

/// The answer to a value.
pub(crate) struct Answer {
    /// For a person: JSON, or a cookie.
    pub(crate) text: String,
    /// For a program: a JSON object.
    pub(crate) json: String,
}

/// The failure of a value: the reason for a program, and the details for a person.
pub(crate) struct Failure {
    pub(crate) reason: Refusal,
    pub(crate) detail: String,
}

/// The reason for stopping before the last value.
pub(crate) enum Stop {
    /// The reader of the results has read enough (`| head`).
    ReaderGone,
    Broken(String),
}

impl Stop {
    fn writing(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Broken(output::failed(error)),
        }
    }
}

/// Answers every value, and returns the exit status.
pub(crate) fn each(
    values: &[OsString],
    jsonl: bool,
    answer: impl Fn(&[u8]) -> Result<Answer, Failure>,
) -> Result<u8, String> {
    let mut answers = Answers::new(jsonl);
    let done = if values.is_empty() {
        each_line(&mut answers, answer)
    } else {
        values.iter().enumerate().try_for_each(|(index, value)| {
            let place = format!("value {}", index + 1);
            answers.add(&place, "", answer(value.as_encoded_bytes()))
        })
    };
    match done.and_then(|()| answers.flush()) {
        Ok(()) | Err(Stop::ReaderGone) => Ok(answers.status),
        Err(Stop::Broken(message)) => Err(message),
    }
}

/// Answers every line of standard input. A value has no line end.
fn each_line(
    answers: &mut Answers,
    answer: impl Fn(&[u8]) -> Result<Answer, Failure>,
) -> Result<(), Stop> {
    if io::stdin().is_terminal() {
        note("reading one value a line from the terminal; press Ctrl-D to end");
    }
    let mut input = BufReader::new(io::stdin().lock());
    let mut line = Vec::new();
    for index in 0.. {
        line.clear();
        let length = read_line(&mut input, &mut line)
            .map_err(|error| Stop::Broken(format!("standard input: {error}")))?;
        if length == 0 {
            break;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let answer = if length > line.len() as u64 {
            Err(too_long())
        } else {
            answer(text)
        };
        answers.add(&format!("line {}", index + 1), "", answer)?;
        // A program that waits for this answer before it sends more gets it now.
        if input.buffer().is_empty() {
            answers.flush()?;
        }
    }
    Ok(())
}

/// Reads a line with its end, keeps its first [`LONGEST_LINE`] bytes, and returns its length.
pub(crate) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    let mut length = 0;
    loop {
        let some = match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            some => some?,
        };
        let end = memchr::memchr(b'\n', some);
        let taken = end.map_or(some.len(), |end| end + 1);
        let kept = taken.min(LONGEST_LINE - line.len());
        line.extend_from_slice(some.get(..kept).unwrap_or_default());
        length += taken as u64;
        input.consume(taken);
        if end.is_some() || taken == 0 {
            return Ok(length);
        }
    }
}

fn too_long() -> Failure {
    Failure {
        reason: Refusal::TooLarge,
        detail: format!("the line has more than {LONGEST_LINE} bytes and is skipped"),
    }
}

/// The output of the answers, and the exit status so far.
pub(crate) struct Answers {
    out: BufWriter<StdoutLock<'static>>,
    jsonl: bool,
    pub(crate) status: u8,
}

impl Answers {
    pub(crate) fn new(jsonl: bool) -> Self {
        Self {
            out: BufWriter::new(io::stdout().lock()),
            jsonl,
            status: crate::OK,
        }
    }

    /// Prints an answer, or why there is none. A person reads `place`; a program reads `members` at
    /// the start of the JSON object.
    pub(crate) fn add(
        &mut self,
        place: &str,
        members: &str,
        answer: Result<Answer, Failure>,
    ) -> Result<(), Stop> {
        let printed = match answer {
            Ok(answer) if self.jsonl => answer.json,
            Ok(answer) => answer.text,
            Err(Failure { reason, detail }) => {
                self.status = crate::FAILED;
                if !self.jsonl {
                    // On a terminal, a message appears between the results before and after it.
                    self.flush()?;
                    error(&format!("{place}: {reason}: {detail}"));
                    return Ok(());
                }
                format!("{{{members}\"error\":\"{reason}\"}}")
            }
        };
        let written = writeln!(self.out, "{}", Shown::json(&printed));
        written.map_err(|error| Stop::writing(&error))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        self.out.flush().map_err(|error| Stop::writing(&error))
    }
}
