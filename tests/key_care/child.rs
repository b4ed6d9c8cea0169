//! The process whose memory is searched.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;

use zeroize::Zeroizing;

use crate::cases::{CASES, Given};

/// Makes the value of the case, waits, drops the value, and waits again.
pub(crate) fn run(name: &str) {
    let case = CASES.iter().find(|case| case.name == name).unwrap();
    // The standard library's own handle reads ahead into a buffer that nobody wipes.
    let mut input = File::from(std::io::stdin().as_fd().try_clone_to_owned().unwrap());
    let kept = (case.make)(given(&mut input));
    pause("made", &mut input);
    drop(kept);
    pause("dropped", &mut input);
}

#[inline(never)]
fn given(input: &mut File) -> Given {
    let mut secret = Zeroizing::new(vec![0; 128]);
    input.read_exact(&mut secret).unwrap();
    Given {
        secret,
        #[cfg(feature = "rails-app")]
        folder: line(input),
    }
}

#[cfg(feature = "rails-app")]
fn line(input: &mut File) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        input.read_exact(&mut byte).unwrap();
        if byte == *b"\n" {
            return String::from_utf8(line).unwrap();
        }
        line.extend(byte);
    }
}

fn pause(word: &str, input: &mut File) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{word}").unwrap();
    output.flush().unwrap();
    input.read_exact(&mut [0]).unwrap();
}
