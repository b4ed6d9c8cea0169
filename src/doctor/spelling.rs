//! [`Spelling`]: a secret as it may be written elsewhere: with a line feed, in quotes, in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::hex;

/// The most spellings of one secret that are tried.
const MOST: usize = 48;

/// The most values of one text, such as a YAML file, that are tried as the secret.
const MOST_VALUES: usize = 8;

/// The shortest value of a text that may be its secret, in bytes.
const SHORTEST_VALUE: usize = 20;

/// A text that is wiped when it is dropped.
type Text = Zeroizing<Vec<u8>>;

/// The difference between a given secret and the one that fits, as the end of the sentences "the
/// given secret ..." and "the app's secret ...".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spelling {
    /// The signs of the given secret that the app's has not.
    pub(super) given: Vec<&'static str>,
    /// The signs of the app's secret that the given one has not.
    pub(super) app: Option<&'static str>,
}

/// Returns the spellings of a secret, the likeliest first, without the given one.
pub(super) fn spellings(given: &[u8]) -> Vec<(Spelling, Text)> {
    let mut found: Vec<(Spelling, Text)> = Vec::new();
    let mut add = |spelling: Spelling, text: Text| {
        let is_new =
            text.as_slice() != given && !found.iter().any(|(_, other)| other.as_slice() == &**text);
        if is_new && found.len() < MOST && !text.iter().all(u8::is_ascii_whitespace) {
            found.push((spelling, text));
        }
    };
    let cores = cores(given);
    for (steps, core) in &cores {
        let spelling = Spelling {
            given: steps.clone(),
            app: None,
        };
        add(spelling, core.clone());
    }
    for (steps, core) in &cores {
        for (step, text) in undone(core) {
            let spelling = Spelling {
                given: steps.iter().copied().chain([step]).collect(),
                app: None,
            };
            add(spelling, text);
        }
        for (app, text) in added(core) {
            let spelling = Spelling {
                given: steps.clone(),
                app: Some(app),
            };
            add(spelling, text);
        }
    }
    found
}

/// Returns the secret as given, the secret without anything that is no part of it, and the values
/// of a text of lines.
fn cores(given: &[u8]) -> Vec<(Vec<&'static str>, Text)> {
    let mut cores = vec![(Vec::new(), Text::new(given.to_vec()))];
    let (steps, clean) = cleaned(given);
    for value in values(&clean) {
        let mut steps = steps.clone();
        steps.push("is a whole line or file (SECRET_KEY_BASE=..., secret_key_base: ...)");
        cores.push((steps, Text::new(value.to_vec())));
    }
    if !steps.is_empty() {
        cores.insert(1, (steps, clean));
    }
    cores
}

/// Removes what editors, shells and copying put around a secret.
fn cleaned(given: &[u8]) -> (Vec<&'static str>, Text) {
    let mut steps = Vec::new();
    let mut note = |step| {
        if !steps.contains(&step) {
            steps.push(step);
        }
    };
    let mut text = match narrow(given) {
        Some(text) => {
            note("is a file in UTF-16");
            text
        }
        None => Text::new(given.to_vec()),
    };
    for (mark, step) in [
        (&b"\xef\xbb\xbf"[..], "begins with a byte order mark"),
        (b"\xe2\x80\x8b", "has invisible characters in it"),
        (b"\xc2\xad", "has invisible characters in it"),
        (b"\xc2\xa0", "has a no-break space in it"),
    ] {
        if memchr::memmem::find(&text, mark).is_some() {
            note(step);
            text = without(&text, mark);
        }
    }
    loop {
        let trimmed = text.trim_ascii();
        if trimmed.len() < text.len() {
            let ending = text.strip_prefix(trimmed).unwrap_or_default();
            note(match ending {
                [b'\r', b'\n'] | [b'\r'] => "ends with a carriage return (Windows line ends)",
                _ => "has white space (a space, a tab or a line feed) around it",
            });
        }
        let unquoted = PAIRS.iter().find_map(|(open, close)| {
            let inner = trimmed.strip_prefix(open.as_bytes())?;
            inner.strip_suffix(close.as_bytes())
        });
        let ended = || {
            let ends = [&b"\\r\\n"[..], b"\\n", b"\\r"];
            ends.iter().find_map(|end| trimmed.strip_suffix(*end))
        };
        let next = if let Some(unquoted) = unquoted {
            note("has quotes around it");
            unquoted
        } else if let Some(ended) = ended() {
            note("ends with a backslash and a letter (\\n), which is no line feed");
            ended
        } else if trimmed.len() < text.len() {
            trimmed
        } else {
            return (steps, text);
        };
        text = Text::new(next.to_vec());
    }
}

/// Quotes, straight and typographic.
const PAIRS: [(&str, &str); 8] = [
    ("\"", "\""),
    ("'", "'"),
    ("`", "`"),
    ("\u{201c}", "\u{201d}"),
    ("\u{2018}", "\u{2019}"),
    ("\u{201e}", "\u{201c}"),
    ("\u{ab}", "\u{bb}"),
    ("<", ">"),
];

/// Decodes UTF-16 of ASCII characters; `None` for any other text.
fn narrow(text: &[u8]) -> Option<Text> {
    let (body, is_little) = match text {
        [0xff, 0xfe, body @ ..] => (body, true),
        [0xfe, 0xff, body @ ..] => (body, false),
        [_, 0, ..] => (text, true),
        [0, _, ..] => (text, false),
        _ => return None,
    };
    let mut out = Text::new(Vec::with_capacity(body.len() / 2));
    // A final newline that was cut off leaves half a character.
    for pair in body.chunks(2) {
        match (pair, is_little) {
            ([byte, 0], true) | ([0, byte], false) if byte.is_ascii() => out.push(*byte),
            ([b'\n'], true) | ([0], false) => {}
            _ => return None,
        }
    }
    Some(out)
}

fn without(text: &[u8], mark: &[u8]) -> Text {
    let mut out = Text::new(Vec::with_capacity(text.len()));
    let mut start = 0;
    for place in memchr::memmem::find_iter(text, mark) {
        out.extend_from_slice(text.get(start..place).unwrap_or_default());
        start = place + mark.len();
    }
    out.extend_from_slice(text.get(start..).unwrap_or_default());
    out
}

/// Returns the values of a text that names variables: `.env`, YAML, JSON, Ruby, a shell. A value is
/// a run of characters that a generated secret may have.
fn values(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let names_values = text
        .iter()
        .any(|byte| matches!(byte, b'=' | b':' | b' ' | b'\n' | b'\t'));
    let stays = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(byte);
    let runs = text.split(move |byte| !stays(byte));
    let values = runs.flat_map(|run| {
        // `NAME=value`: base64 has `=` at its end only.
        let name = run.iter().position(|byte| *byte == b'=');
        let value = name.and_then(|place| run.get(place + 1..));
        let value = value.filter(|value| value.len() >= SHORTEST_VALUE);
        [Some(run), value].into_iter().flatten()
    });
    values
        .filter(move |value| names_values && value.len() >= SHORTEST_VALUE && *value != text)
        .take(MOST_VALUES)
}

/// Returns what the given secret may be an encoding of.
fn undone(core: &[u8]) -> Vec<(&'static str, Text)> {
    let mut found = Vec::new();
    let lines = without(&without(core, b"\n"), b"\r");
    if let Some(decoded) = from_base64(&lines) {
        let trimmed = Text::new(decoded.trim_ascii().to_vec());
        found.push(("is in base64", decoded));
        found.push(("is in base64, of a secret with a line feed", trimmed));
    }
    if !core.is_ascii() || core.iter().any(u8::is_ascii_control) {
        found.push((
            "holds the bytes that the app's hexadecimal digits stand for",
            to_hex(core),
        ));
    }
    if core.iter().any(u8::is_ascii_uppercase) && core.iter().all(u8::is_ascii_hexdigit) {
        found.push(("is in upper case", Text::new(core.to_ascii_lowercase())));
    }
    let (first, second) = core.split_at(core.len() / 2);
    let second = second.trim_ascii();
    if first.trim_ascii() == second {
        found.push(("is the app's secret twice", Text::new(second.to_vec())));
    }
    found
}

/// Returns what the app's secret may have beside the given one, or be made of it.
fn added(core: &[u8]) -> Vec<(&'static str, Text)> {
    let around = |before: &[u8], after: &[u8]| {
        // A vector that grows leaves its old bytes in memory.
        let length = before.len() + core.len() + after.len();
        let mut out = Text::new(Vec::with_capacity(length));
        out.extend_from_slice(before);
        out.extend_from_slice(core);
        out.extend_from_slice(after);
        out
    };
    let mut found = vec![
        ("ends with a line feed", around(b"", b"\n")),
        (
            "ends with a carriage return and a line feed (a file with Windows line ends)",
            around(b"", b"\r\n"),
        ),
        ("ends with a carriage return", around(b"", b"\r")),
        ("ends with a space", around(b"", b" ")),
        ("begins with a space", around(b" ", b"")),
        ("ends with a tab", around(b"", b"\t")),
        ("has double quotes around it", around(b"\"", b"\"")),
        ("has single quotes around it", around(b"'", b"'")),
        (
            "has double quotes around it, and ends with a line feed",
            around(b"\"", b"\"\n"),
        ),
        ("ends with two line feeds", around(b"", b"\n\n")),
        (
            "ends with a backslash and an n, which were no line feed",
            around(b"", b"\\n"),
        ),
        (
            "begins with a byte order mark",
            around(b"\xef\xbb\xbf", b""),
        ),
        (
            "begins with the variable's name",
            around(b"SECRET_KEY_BASE=", b""),
        ),
        ("is the given one twice", around(core, b"")),
        ("is the given one in base64", to_base64(core)),
    ];
    let with_line_feed = around(b"", b"\n");
    found.push((
        "is the given one with a line feed, in base64",
        to_base64(&with_line_feed),
    ));
    if core.iter().all(u8::is_ascii_hexdigit) {
        if let Some(bytes) = from_hex(core) {
            found.push((
                "is the bytes that the given one's hexadecimal digits stand for",
                bytes,
            ));
        }
        if core.iter().any(u8::is_ascii_lowercase) {
            found.push(("is in upper case", Text::new(core.to_ascii_uppercase())));
        }
    }
    found
}

fn to_hex(bytes: &[u8]) -> Text {
    let mut out = Text::new(Vec::with_capacity(2 * bytes.len()));
    out.extend(bytes.iter().flat_map(|byte| hex::digits(*byte)));
    out
}

fn from_hex(digits: &[u8]) -> Option<Text> {
    let mut out = Text::new(Vec::with_capacity(digits.len() / 2));
    for pair in digits.chunks(2) {
        let [high, low] = pair else { return None };
        let value = |digit: &u8| hex::value(digit.to_ascii_lowercase());
        out.push(value(high)? << 4 | value(low)?);
    }
    Some(out)
}

fn to_base64(bytes: &[u8]) -> Text {
    let mut out = Text::new(vec![0; bytes.len().div_ceil(3) * 4]);
    let length = STANDARD.encode_slice(bytes, &mut out).unwrap_or(0);
    out.truncate(length);
    out
}

fn from_base64(text: &[u8]) -> Option<Text> {
    if text.len() < SHORTEST_VALUE {
        return None;
    }
    let mut out = Text::new(vec![0; text.len()]);
    let length = STANDARD.decode_slice(text, &mut out).ok()?;
    out.truncate(length);
    Some(out)
}

/// Returns what a text is that stands in the place of a secret; `None` if it may be a secret.
pub(super) fn placeholder(secret: &[u8]) -> Option<&'static str> {
    let (_, text) = cleaned(secret);
    let text = std::str::from_utf8(&text).ok()?;
    let lower = Zeroizing::new(text.to_ascii_lowercase());
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if has(&[
        "<%",
        "{{",
        "${",
        "$(",
        "#{",
        "%{",
        "env[",
        "env.fetch",
        "%(",
    ]) || lower.starts_with('$')
    {
        return Some("a template that was not filled in (ERB, a shell's or a tool's)");
    }
    if has(&[
        "[filtered]",
        "[redacted]",
        "[hidden]",
        "[masked]",
        "<redacted>",
        "***",
        "•",
        "xxxxx",
    ]) {
        return Some("a placeholder that hides the secret");
    }
    if lower.starts_with('/') || lower.starts_with("./") || lower.starts_with("file:") {
        let is_path = lower.bytes().filter(|byte| *byte == b'/').count() > 1;
        if is_path && !lower.contains('=') && !lower.contains('+') {
            return Some("a placeholder: the path of a file, not its content");
        }
    }
    if has(&["op://", "vault:", "arn:aws:", "secretsmanager", "projects/"]) {
        return Some("a placeholder: the address of the secret in a vault");
    }
    // Generated secrets have no words in them.
    let is_random = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = [
        "changeme",
        "change_me",
        "change-me",
        "change me",
        "replace",
        "your",
        "placeholder",
        "todo",
        "insert",
        "example",
        "secret_key_base",
        "secret-key-base",
        "put_",
        "fixme",
        "dummy",
        "rails secret",
        "generate",
        "here",
        "<",
    ];
    let is_short = text.len() < 64;
    (!is_random && is_short && has(&words)).then_some("a placeholder, no secret")
}
