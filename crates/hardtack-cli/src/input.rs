//! What somebody may hand us as a cookie: its value, a pair, or a whole header.

use hardtack::{CookieHeader, Refusal, Shown};

use crate::args::Names;
use crate::cookies::Cookies;
use crate::lines::Failure;

/// The most cookies of a header that are named.
const MOST_NAMES: usize = 10;

/// The value of the cookie of our name as it stands in the line, escaped or not.
///
/// A line is `name=value` only where that is the name: a value itself may hold `=`.
pub(crate) fn value<'a>(line: &'a [u8], cookies: &Cookies) -> Result<&'a [u8], Failure> {
    let Cookies { name, names, .. } = cookies;
    if let Some(header) = strip_field(line, "Cookie") {
        let header = CookieHeader::new(header);
        header
            .get_raw(name)
            .ok_or_else(|| missing(name, names, header.into_iter()))
    } else if let Some(header) = strip_field(line, "Set-Cookie") {
        let first = CookieHeader::new(first_pair(header));
        let value = strip_name(header, name).map(first_pair);
        value.ok_or_else(|| missing(name, names, first.into_iter()))
    } else if let Some(pair) = strip_name(line, name) {
        Ok(first_pair(pair))
    } else {
        Ok(line)
    }
}

/// What to say of a malformed value that may be a pair under another name, or pairs without their
/// field's name.
pub(crate) fn advice(line: &[u8], cookies: &Cookies) -> Option<String> {
    let Cookies { name, names, .. } = cookies;
    let place = line.iter().position(|byte| *byte == b'=')?;
    let (before, after) = line.split_at_checked(place)?;
    let after = after.strip_prefix(b"=")?;
    // In a message only `=` and `--` follow a `=`.
    let ends_base64 = after.is_empty() || after.starts_with(b"=") || after.starts_with(b"--");
    let is_ours = before == name.as_bytes() || before.contains(&b':');
    (!ends_base64 && !is_ours).then(|| {
        format!(
            "it looks like a cookie {:?}, and --{} is {:?}; several cookies need their \
             field's name, as in 'Cookie: a=1; b=2'",
            Shown::new(before),
            names.name,
            Shown::new(name)
        )
    })
}

fn missing<'a>(
    name: &str,
    options: &Names,
    cookies: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
) -> Failure {
    let names: Vec<_> = cookies.map(|(name, _)| name).collect();
    let mut shown: Vec<_> = names
        .iter()
        .take(MOST_NAMES)
        .map(|name| format!("{:?}", Shown::new(name)))
        .collect();
    match names.len().checked_sub(MOST_NAMES) {
        Some(more @ 1..) => shown.push(format!("and {more} more")),
        _ if shown.is_empty() => shown.push("none".to_owned()),
        _ => {}
    }
    Failure {
        reason: Refusal::Malformed,
        detail: format!(
            "the header has no value for {:?}, only: {}; see --{}",
            Shown::new(name),
            shown.join(", "),
            options.name
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
