//! Steps that mend a value: what stands around it, its white space, its alphabet and its end.
//!
//! Each step returns `None` if it changes nothing.

/// The longest text between two copies of a value, in bytes: `, ` or a line break.
const LONGEST_GAP: usize = 4;

/// The lengths of the last parts of an encrypted message with AES-256-GCM, in bytes of base64: the
/// tag with all its padding, with half and without, and the nonce.
const TAGS: [usize; 3] = [24, 23, 22];
const NONCE: usize = 16;

/// Removes what is in no cookie of Rails from both ends.
pub(super) fn unquoted(value: &[u8]) -> Option<Vec<u8>> {
    let stays = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'.')
    };
    let start = value.iter().position(stays).unwrap_or(value.len());
    let end = value.iter().rposition(stays).map_or(start, |end| end + 1);
    // A full stop that ends a sentence.
    let end = match value.get(..end) {
        Some([.., b'.']) if memchr::memchr(b'.', value) == Some(end - 1) => end - 1,
        _ => end,
    };
    let inner = value.get(start..end)?;
    (inner.len() < value.len()).then(|| inner.to_vec())
}

/// Removes line breaks, and the white space at the ends of the lines.
pub(super) fn without_line_breaks(value: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr2(b'\n', b'\r', value)?;
    let lines = value.split(|byte| matches!(byte, b'\n' | b'\r'));
    Some(lines.flat_map(<[u8]>::trim_ascii).copied().collect())
}

/// Replaces spaces by `+`. The first one of a value is lost where a copy is trimmed: it is added if
/// the first part lacks one character.
pub(super) fn with_plus(value: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b' ', value)?;
    let first = memchr::memmem::find(value, b"--").unwrap_or(value.len());
    let lost = (first % 4 == 3).then_some(b'+');
    let plus = |byte: &u8| if *byte == b' ' { b'+' } else { *byte };
    Some(lost.into_iter().chain(value.iter().map(plus)).collect())
}

/// Removes spaces and tabs.
pub(super) fn without_spaces(value: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr2(b' ', b'\t', value)?;
    let stays = |byte: &&u8| !matches!(byte, b' ' | b'\t');
    Some(value.iter().filter(stays).copied().collect())
}

/// Returns one copy of a value that was pasted two or three times, with or without its name.
pub(super) fn without_copies(value: &[u8], name: Option<&str>) -> Option<Vec<u8>> {
    let name_len = name.map_or(0, |name| name.len() + 1);
    let is_copy = |rest: &[u8], first: &[u8]| {
        let named = name.and_then(|name| {
            rest.strip_suffix(first)?
                .strip_suffix(b"=")?
                .strip_suffix(name.as_bytes())
        });
        let rest = rest.strip_suffix(first)?;
        (rest.len() <= LONGEST_GAP)
            .then_some(())
            .or(named.map(|_| ()))
    };
    for copies in [2, 3] {
        for gap in (0..=LONGEST_GAP).chain(name_len..=name_len + LONGEST_GAP) {
            let Some(copied) = value.len().checked_sub(gap * (copies - 1)) else {
                continue;
            };
            if copied == 0 || copied % copies != 0 || copied / copies < 2 * LONGEST_GAP {
                continue;
            }
            let length = copied / copies;
            let (first, rest) = value.split_at_checked(length)?;
            let mut others = rest.chunks(length + gap);
            if others.all(|other| is_copy(other, first).is_some()) {
                return Some(first.to_vec());
            }
        }
    }
    None
}

/// Replaces the url-safe alphabet (RFC 4648 section 5) by the standard one. The `--` between the
/// parts of a message stay.
pub(super) fn with_standard_alphabet(value: &[u8]) -> Option<Vec<u8>> {
    let mut out = value.to_vec();
    let mut separators = separators(value);
    separators.sort_unstable();
    if separators.is_empty() {
        return None;
    }
    for (place, byte) in out.iter_mut().enumerate() {
        let is_separator = separators
            .iter()
            .any(|start| (*start..start + 2).contains(&place));
        match *byte {
            b'-' if !is_separator => *byte = b'+',
            b'_' => *byte = b'/',
            _ => {}
        }
    }
    (out != value).then_some(out)
}

/// Finds the starts of the `--` between the parts, from the end: url-safe data may hold `--` itself.
fn separators(value: &[u8]) -> Vec<usize> {
    let separator_before = |end: usize, part: usize| {
        let start = end.checked_sub(part + 2)?;
        (value.get(start..start + 2)? == b"--").then_some(start)
    };
    for tag in TAGS {
        if let Some(second) = separator_before(value.len(), tag)
            && let Some(first) = separator_before(second, NONCE)
        {
            return vec![first, second];
        }
    }
    let last = memchr::memmem::rfind(value, b"--").filter(|start| {
        let digest = value.get(start + 2..).unwrap_or_default();
        !digest.is_empty() && digest.iter().all(u8::is_ascii_hexdigit)
    });
    last.into_iter().collect()
}

/// Replaces the upper-case digits of a signature by lower-case ones.
pub(super) fn with_lower_digest(value: &[u8]) -> Option<Vec<u8>> {
    let start = memchr::memmem::rfind(value, b"--")? + 2;
    let digest = value.get(start..)?;
    let is_digest = digest.len() >= 32
        && digest.iter().all(u8::is_ascii_hexdigit)
        && digest.iter().any(u8::is_ascii_uppercase);
    is_digest.then(|| {
        let mut out = value.to_vec();
        out.get_mut(start..)
            .unwrap_or_default()
            .make_ascii_lowercase();
        out
    })
}

/// Pads each part with the `=` that its length needs.
pub(super) fn padded(value: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len() + 8);
    let mut start = 0;
    let ends = memchr::memmem::find_iter(value, b"--").chain([value.len()]);
    for end in ends {
        let part = value.get(start..end).unwrap_or_default();
        if start > 0 {
            out.extend_from_slice(b"--");
        }
        out.extend_from_slice(part);
        if matches!(part.len() % 4, 2 | 3) {
            out.resize(out.len() + 4 - part.len() % 4, b'=');
        }
        start = end + 2;
    }
    (out != value).then_some(out)
}

/// Removes an escape that is cut off at the end.
pub(super) fn without_cut_escape(value: &[u8]) -> Option<Vec<u8>> {
    let cut = value.iter().rev().take(2).position(|byte| *byte == b'%')?;
    Some(value.get(..value.len() - cut - 1)?.to_vec())
}

/// Removes each `%` that begins no escape, with the one or two characters after it if the value ends
/// with them.
pub(super) fn without_bad_escapes(value: &[u8]) -> Option<Vec<u8>> {
    let is_good = |rest: &[u8]| {
        matches!(rest, [b'%', high, low, ..]
        if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
    };
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' || is_good(rest) {
            out.push(*first);
        } else if after.len() <= 2 {
            break;
        }
        rest = after;
    }
    (out.len() < value.len()).then_some(out)
}
