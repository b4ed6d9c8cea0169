//! Random letters and digits, as `Illuminate\Support\Str::random` makes ids and tokens.

use crate::error::Error;
use crate::random;

const CHARACTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Creates a text of this length from the operating system's randomness, in which each character
/// is equally likely.
pub(super) fn random_text<const LENGTH: usize>() -> Result<String, Error> {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let mut bytes = [0; LENGTH];
        random::fill(&mut bytes)?;
        // Six bits of each byte; two of the 64 numbers have no character.
        let characters = bytes
            .iter()
            .filter_map(|byte| CHARACTERS.get(usize::from(byte & 63)));
        let left = LENGTH - text.len();
        text.extend(characters.take(left).copied().map(char::from));
    }
    Ok(text)
}
