//! [`Progress`]: how far a long reading has come, on a terminal, in one line that is gone at the
//! end.
//!
//! By hand: it is one line, drawn by the reader itself as it reads, and needs no thread.

use std::cell::Cell;
use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What is done sooner needs no progress.
const PATIENCE: Duration = Duration::from_millis(500);
const INTERVAL: Duration = Duration::from_millis(100);

/// How wide the bar is, in characters.
const WIDTH: u64 = 24;

/// Whether the line stands on the terminal: messages wipe it first.
static DRAWN: AtomicBool = AtomicBool::new(false);

/// Wipes the line, if it stands there.
pub(crate) fn wipe() {
    if DRAWN.swap(false, Ordering::Relaxed) {
        let _ = io::stderr().write_all(b"\r\x1b[K");
    }
}

/// A reader that shows how far it has come.
pub(crate) struct Progress<R> {
    inner: R,
    is_on: bool,
    done: u64,
    /// In bytes; none where nobody knows.
    total: Option<u64>,
    start: Instant,
    drawn: Cell<Instant>,
}

impl<R> Progress<R> {
    /// Shows nothing unless it is wanted, and standard error is a terminal that can wipe a line.
    pub(crate) fn new(inner: R, total: Option<u64>, is_wanted: bool) -> Self {
        let is_able =
            io::stderr().is_terminal() && env::var_os("TERM").is_some_and(|t| t != "dumb");
        let start = Instant::now();
        Self {
            inner,
            is_on: is_wanted && is_able,
            done: 0,
            total: total.filter(|total| *total > 0),
            start,
            drawn: Cell::new(start),
        }
    }

    fn draw(&self) {
        let now = Instant::now();
        let elapsed = now - self.start;
        if !self.is_on || elapsed < PATIENCE || now - self.drawn.get() < INTERVAL {
            return;
        }
        self.drawn.set(now);
        let line = line(self.done, self.total, elapsed);
        // Without wrapping (DECAWM), or a narrow terminal would keep what was wrapped.
        let drawn = write!(io::stderr(), "\r\x1b[?7l\x1b[K{line}\x1b[?7h");
        DRAWN.store(drawn.is_ok(), Ordering::Relaxed);
    }
}

impl<R: Read> Read for Progress<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.done = self.done.saturating_add(read as u64);
        self.draw();
        Ok(read)
    }
}

impl<R> Drop for Progress<R> {
    fn drop(&mut self) {
        wipe();
    }
}

/// What the line says of so many bytes, of so many.
fn line(done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let Some(total) = total else {
        return format!("{} read", bytes(done));
    };
    // A log may grow while it is read.
    let done = done.min(total);
    let part = |whole: u64| {
        u64::try_from(u128::from(done) * u128::from(whole) / u128::from(total)).unwrap_or(whole)
    };
    let filled = part(WIDTH);
    let mut line = String::from("[");
    for cell in 0..WIDTH {
        line.push(if cell < filled { '#' } else { '.' });
    }
    let _ = write!(line, "] {:>3}% of {}", part(100), bytes(total));
    let left = elapsed.as_millis() * u128::from(total - done) / u128::from(done.max(1));
    let _ = match left / 1000 {
        seconds @ 0..120 => write!(line, ", {seconds} s left"),
        seconds => write!(line, ", {} min left", seconds / 60),
    };
    line
}

/// So many bytes in the largest unit of which there is one, with one digit behind the point.
fn bytes(number: u64) -> String {
    const UNITS: [(u32, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = UNITS.iter().find(|(shift, _)| number >> shift > 0);
    unit.map_or_else(
        || format!("{number} bytes"),
        |(shift, unit)| {
            let tenths = (u128::from(number) * 10) >> shift;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_has_come() {
        let half = Duration::from_secs(3);
        let cases = [
            (0, None, "0 bytes read"),
            (1536, None, "1.5 KiB read"),
            (
                1 << 30,
                Some(2 << 30),
                "[############............]  50% of 2.0 GiB, 3 s left",
            ),
            (
                1 << 20,
                Some(100 << 20),
                "[........................]   1% of 100.0 MiB, 4 min left",
            ),
            // It grew.
            (
                5,
                Some(4),
                "[########################] 100% of 4 bytes, 0 s left",
            ),
            (
                u64::MAX,
                Some(u64::MAX),
                "[########################] 100% of 16777215.9 TiB, 0 s left",
            ),
        ];
        let mut ran = 0;
        for (done, total, expected) in cases {
            assert_eq!(line(done, total, half), expected);
            ran += 1;
        }
        assert_eq!(ran, 6);
    }
}
