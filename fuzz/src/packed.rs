//! A corpus as one text: an input a line, in base64, the shortest first.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The inputs of a packed corpus.
///
/// # Errors
/// The number of the line that is no base64.
pub fn unpack(text: &str) -> Result<Vec<Vec<u8>>, usize> {
    let input = |(place, line): (usize, &str)| STANDARD.decode(line).map_err(|_| place + 1);
    text.lines().enumerate().map(input).collect()
}

/// Inputs as a packed corpus, each of them once. The empty one, which every run starts with, is
/// left out.
#[must_use]
pub fn pack(mut inputs: Vec<Vec<u8>>) -> String {
    inputs.retain(|input| !input.is_empty());
    inputs.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    inputs.dedup();
    let line = |input: &Vec<u8>| STANDARD.encode(input) + "\n";
    inputs.iter().map(line).collect()
}
