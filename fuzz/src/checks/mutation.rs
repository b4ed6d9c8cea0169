//! The edits that a sender may make to a sealed text: the edits that base64, case, separators and escapes
//! invite, and any other.

use arbitrary::{Result, Unstructured};

/// A text after the edits that the input says; `other` is a sealed text to take parts from.
pub(super) fn mutated(sealed: &[u8], other: &[u8], script: &[u8]) -> Vec<u8> {
    let mut text = sealed.to_vec();
    let mut script = Unstructured::new(script);
    while !script.is_empty() {
        if edit(&mut text, other, &mut script).is_err() {
            break;
        }
    }
    text
}

fn edit(text: &mut Vec<u8>, other: &[u8], script: &mut Unstructured<'_>) -> Result<()> {
    let kind: u8 = script.arbitrary()?;
    let place = usize::from(script.arbitrary::<u16>()?) % (text.len() + 1);
    let Some(byte) = text.get_mut(place) else {
        // Behind the end: more of it.
        let more = script.arbitrary::<[u8; 2]>()?;
        text.extend_from_slice(&more[..=usize::from(kind % 2)]);
        return Ok(());
    };
    match kind % 14 {
        0 => *byte ^= 1 << (kind / 14 % 8),
        1 => *byte = script.arbitrary()?,
        // The other case: hexadecimal digits, escapes.
        2 => *byte ^= 0x20,
        // The other alphabet.
        3 => {
            *byte = match *byte {
                b'+' => b'-',
                b'/' => b'_',
                b'-' => b'+',
                b'_' => b'/',
                byte => byte.wrapping_add(1),
            }
        }
        4 => {
            text.remove(place);
        }
        5 => text.insert(place, script.arbitrary()?),
        6 => text.truncate(place),
        7 => {
            text.drain(..place);
        }
        // Padding, white space and separators, where they may not matter to somebody.
        8 => {
            const MORE: &[&[u8]] = &[
                b"=", b"==", b" ", b"\n", b"\r\n", b"--", b"-", b"\0", b"%3D",
            ];
            let more = MORE[usize::from(kind / 14) % MORE.len()];
            text.splice(place..place, more.iter().copied());
        }
        9 => text.retain(|byte| *byte != b'='),
        // A stray bit in the last digit before a separator or the end.
        10 => {
            let ends = (0..text.len()).filter(|at| {
                let rest = &text[*at..];
                rest.len() == 1 || rest[1..].starts_with(b"--") || rest[1] == b'='
            });
            let ends: Vec<usize> = ends.collect();
            if let Some(end) = ends.get(usize::from(kind / 14) % ends.len().max(1)) {
                text[*end] = text[*end].wrapping_add(1 + kind / 14 % 3);
            }
        }
        // A part of another sealed text at the place of this one's.
        11 => {
            let mut parts = parts(text);
            let others = self::parts(other);
            let index = usize::from(kind / 14) % parts.len();
            if let Some(part) = others.get(index) {
                parts[index].clone_from(part);
            }
            *text = parts.join(&b"--"[..]);
        }
        // Parts in another order, or twice.
        12 => {
            let mut parts = parts(text);
            parts.rotate_left(1);
            *text = parts.join(&b"--"[..]);
        }
        _ => {
            let end = (place + 16).min(text.len());
            let copy = text[place..end].to_vec();
            text.splice(place..place, copy);
        }
    }
    Ok(())
}

fn parts(text: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    text.split("--")
        .map(|part| part.as_bytes().to_vec())
        .collect()
}
