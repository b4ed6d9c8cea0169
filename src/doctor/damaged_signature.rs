//! [`DamagedSignature`]: a signature in base64 that lost or changed characters on the way.

use super::cause::CauseKind;

/// The fewest characters of a signature that tell whose it is.
const FEWEST: usize = 8;

/// The most characters that may differ from the right signature.
const MOST_CHANGED: usize = 3;

/// A signature in base64 that no Node program writes.
pub(super) struct DamagedSignature {
    pub(super) kind: CauseKind,
    pub(super) text: String,
}

/// A row: the kind, the check of the signature for it, and the text.
type Row = (
    CauseKind,
    fn(&str, &Shape) -> bool,
    fn(&str, &Shape) -> String,
);

/// The form that a whole signature has.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// The number of characters, without padding.
    pub(super) length: usize,
    pub(super) is_url_safe: bool,
}

/// The damages that a signature's form tells, the clearest first.
const ROWS: [Row; 6] = [
    (
        CauseKind::CutOff,
        |signature, shape| signature.len() < shape.length && signature.chars().all(is_digit),
        |signature, shape| {
            format!(
                "cut off: its signature ends after {} of its {} characters",
                signature.len(),
                shape.length
            )
        },
    ),
    (
        CauseKind::Damaged,
        |signature, shape| {
            let mended = signature.replace(' ', "+");
            signature.contains(' ') && !shape.is_url_safe && is_whole(&mended, *shape)
        },
        |signature, _| {
            format!(
                "damaged: {} of its signature became a space, as form decoding makes it of a + \
                 that is not escaped",
                match signature.matches(' ').count() {
                    1 => "a +".to_owned(),
                    count => format!("each of {count} +"),
                }
            )
        },
    ),
    (
        CauseKind::Damaged,
        |signature, shape| {
            signature.ends_with('=') && is_whole(signature.trim_end_matches('='), *shape)
        },
        |_, _| "damaged: = was added to its signature, which has no padding".to_owned(),
    ),
    (
        CauseKind::Damaged,
        |signature, shape| {
            !shape.is_url_safe && is_whole(&signature.replace('-', "+").replace('_', "/"), *shape)
        },
        |_, _| {
            "damaged: its signature is in url-safe base64 (- and _), and was in standard base64 \
             (+ and /)"
                .to_owned()
        },
    ),
    (
        CauseKind::Damaged,
        |signature, shape| {
            shape.is_url_safe && is_whole(&signature.replace('+', "-").replace('/', "_"), *shape)
        },
        |_, _| {
            "damaged: its signature is in standard base64 (+ and /), and was in url-safe base64 \
             (- and _)"
                .to_owned()
        },
    ),
    (
        CauseKind::Damaged,
        |signature, shape| {
            let start = signature.get(..shape.length);
            start.is_some_and(|start| is_whole(start, *shape)) && signature.len() < 2 * shape.length
        },
        |signature, shape| {
            format!(
                "damaged: characters were added to its signature, which has {} and not {}",
                shape.length,
                signature.chars().count()
            )
        },
    ),
];

impl DamagedSignature {
    /// Names the damage that the form of a signature tells; `None` if it is whole, or no signature.
    pub(super) fn of(signature: &str, shape: Shape) -> Option<Self> {
        if is_whole(signature, shape) {
            return None;
        }
        let row = ROWS.iter().find(|(_, is_so, _)| is_so(signature, &shape));
        row.map(|(kind, _, text)| Self {
            kind: *kind,
            text: text(signature, &shape),
        })
    }

    /// Compares a signature with the right one; `None` if they are the same, or if it is nobody's
    /// or another secret's.
    pub(super) fn beside(right: &str, signature: &str, shape: Shape) -> Option<Self> {
        if right == signature || !is_remnant(right, signature) {
            return None;
        }
        Some(Self::of(signature, shape).unwrap_or_else(|| {
            let text = if right.eq_ignore_ascii_case(signature) {
                "damaged: letters of its signature changed their case".to_owned()
            } else {
                let count = changed(right, signature);
                format!(
                    "damaged: {} of its signature's characters {} not those that were signed",
                    count,
                    if count == 1 { "is" } else { "are" }
                )
            };
            Self {
                kind: CauseKind::Damaged,
                text,
            }
        }))
    }
}

/// Checks that a signature is what is left of the right one.
fn is_remnant(right: &str, signature: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim_end_matches('=');
        text.replace([' ', '-'], "+").replace('_', "/")
    };
    let (right, left) = (plain(right), plain(signature));
    let is_start = left.len() >= FEWEST && right.starts_with(&left);
    is_start
        || left.starts_with(&right)
        || right.eq_ignore_ascii_case(&left)
        || right.len() == left.len() && changed(&right, &left) <= MOST_CHANGED
}

fn changed(right: &str, signature: &str) -> usize {
    let pairs = right.bytes().zip(signature.bytes());
    pairs.filter(|(right, other)| right != other).count()
}

/// Checks the length and the alphabet.
pub(super) fn is_whole(signature: &str, shape: Shape) -> bool {
    let is_own = |letter: char| match letter {
        '+' | '/' => !shape.is_url_safe,
        '-' | '_' => shape.is_url_safe,
        letter => letter.is_ascii_alphanumeric(),
    };
    signature.len() == shape.length && signature.chars().all(is_own)
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '-' | '_')
}
