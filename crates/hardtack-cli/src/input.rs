//! What somebody may hand us as a cookie: its value, a pair, or a whole header; how it is opened,
//! and which option may mend it where it does not open.

use hardtack::headers::unescape;
use hardtack::message::Opened;
use hardtack::observe::Shown;
use hardtack::{CookieHeader, Jar, Refusal};

use crate::cookies::Cookies;
use crate::lines::Failure;

/// The most cookies of a header that are named.
const MOST_NAMES: usize = 10;

/// Opens the cookie of a line, by one of the jar's ways to open a value that is not escaped.
pub(crate) fn open<T>(
    cookies: &Cookies,
    line: &[u8],
    by: impl Fn(&Jar, &str, &[u8]) -> Result<Opened<T>, Refusal>,
) -> Result<Opened<T>, Failure> {
    let Cookies {
        jar, name, prefix, ..
    } = cookies;
    let opened = open_value(value(line, cookies)?, |value| by(jar, name, value));
    opened.map_err(|reason| {
        let advice = match reason {
            Refusal::Malformed => advice(line, cookies),
            _ => None,
        };
        let detail = advice.unwrap_or_else(|| hint(reason, prefix));
        Failure { reason, detail }
    })
}

/// Opens a value, escaped or not, by a way to open one that is not escaped.
pub(crate) fn open_value<T>(
    value: &[u8],
    by: impl Fn(&[u8]) -> Result<Opened<T>, Refusal>,
) -> Result<Opened<T>, Refusal> {
    match by(value) {
        // What is too large as it was sent is not unescaped first.
        Err(Refusal::TooLarge) => Err(Refusal::TooLarge),
        // No message holds `%`: what does is escaped. In what does not, `+` stands for itself.
        _ if value.contains(&b'%') => by(&unescape(value)),
        opened => opened,
    }
}

/// What to say of a cookie that was refused under the options of this prefix.
pub(crate) fn hint(refusal: Refusal, prefix: &str) -> String {
    match refusal {
        Refusal::TooLarge => "more than 16 KiB; no browser keeps a cookie of more than 4096 \
                              bytes, so no app set it"
            .to_owned(),
        Refusal::Malformed => format!(
            "cut off, or no message of this jar: see --{prefix}jar and --{prefix}rails, and --{prefix}hmac-digest \
             for a signed one"
        ),
        Refusal::Invalid => format!(
            "no key fits: another secret (see --{prefix}secret-key-base-file, and --{prefix}secret-token-file \
             for what Rails 3 signed), another digest of the keys (SHA1 up to Rails 6.1, SHA256 \
             from load_defaults 7.0 on: see --{prefix}rails and --{prefix}key-digest), another --{prefix}jar or \
             --{prefix}hmac-digest, or it was tampered with"
        ),
        Refusal::Expired => "the expiry that was sealed with the value has passed".to_owned(),
        Refusal::WrongPurpose => {
            format!("it was sealed under another cookie's name: see --{prefix}name")
        }
        Refusal::UnreadableValue => format!(
            "a key fits, but the value is broken, or in Marshal, which --{prefix}serializer has to \
             allow (hybrid, marshal, message_pack_allow_marshal)"
        ),
        other => other.hint().to_owned(),
    }
}

/// The value of the cookie of our name as it stands in the line, escaped or not.
///
/// A line is `name=value` only where that is the name: a value itself may hold `=`.
fn value<'a>(line: &'a [u8], cookies: &Cookies) -> Result<&'a [u8], Failure> {
    let Cookies { name, prefix, .. } = cookies;
    if let Some(header) = strip_field(line, "Cookie") {
        let header = CookieHeader::new(header);
        header
            .get_raw(name)
            .ok_or_else(|| missing(name, prefix, header.into_iter()))
    } else if let Some(header) = strip_field(line, "Set-Cookie") {
        let first = CookieHeader::new(first_pair(header));
        let value = strip_name(header, name).map(first_pair);
        value.ok_or_else(|| missing(name, prefix, first.into_iter()))
    } else if let Some(pair) = strip_name(line, name) {
        Ok(first_pair(pair))
    } else {
        Ok(line)
    }
}

/// What to say of a malformed value that may be a pair under another name, or pairs without their
/// field's name.
fn advice(line: &[u8], cookies: &Cookies) -> Option<String> {
    let Cookies { name, prefix, .. } = cookies;
    let place = line.iter().position(|byte| *byte == b'=')?;
    let (before, after) = line.split_at_checked(place)?;
    let after = after.strip_prefix(b"=")?;
    // In a message only `=` and `--` follow a `=`.
    let ends_base64 = after.is_empty() || after.starts_with(b"=") || after.starts_with(b"--");
    let is_ours = before == name.as_bytes() || before.contains(&b':');
    (!ends_base64 && !is_ours).then(|| {
        format!(
            "it looks like a cookie {:?}, and --{prefix}name is {:?}; several cookies need their \
             field's name, as in 'Cookie: a=1; b=2'",
            Shown::new(before),
            Shown::new(name)
        )
    })
}

fn missing<'a>(
    name: &str,
    prefix: &str,
    cookies: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
) -> Failure {
    let names = cookies.map(|(name, _)| format!("{:?}", Shown::new(name)));
    let mut names: Vec<_> = names.collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    if more > 0 {
        names.push(format!("and {more} more"));
    } else if names.is_empty() {
        names.push("none".to_owned());
    }
    Failure {
        reason: Refusal::Malformed,
        detail: format!(
            "the header has no value for {:?}, only: {}; see --{prefix}name",
            Shown::new(name),
            names.join(", ")
        ),
    }
}

/// The field's value, where the line is a header line of this name (in any case: RFC 9110
/// section 5.1).
fn strip_field<'a>(line: &'a [u8], field: &str) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(field.len())?;
    let value = rest.strip_prefix(b":")?;
    start
        .eq_ignore_ascii_case(field.as_bytes())
        .then(|| value.trim_ascii())
}

fn strip_name<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

/// What stands before the attributes.
fn first_pair(text: &[u8]) -> &[u8] {
    let first = text.split(|byte| *byte == b';').next();
    first.unwrap_or_default()
}
