//! What somebody copied: a value, a pair, a header or a row of a browser's tools, and the cookies
//! in it.

/// The most cookies of a text that are looked at.
const MOST: usize = 16;

/// The longest name that is taken for one.
const LONGEST_NAME: usize = 256;

/// What stands beside a cookie in `Set-Cookie` (RFC 6265 section 5.2).
const ATTRIBUTES: [&str; 9] = [
    "path",
    "domain",
    "expires",
    "max-age",
    "secure",
    "httponly",
    "samesite",
    "partitioned",
    "priority",
];

/// A cookie as it was copied.
pub(super) struct Pasted<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) value: &'a [u8],
    /// Whether one of the same name stood before it.
    pub(super) is_second: bool,
}

/// The cookies of a text, those of the wanted name first.
pub(super) fn cookies<'a>(text: &'a [u8], wanted: Option<&str>) -> Vec<Pasted<'a>> {
    let text = text.trim_ascii();
    let mut found: Vec<Pasted<'a>> = Vec::new();
    let mut others = Vec::new();
    let rows = row(text).map_or_else(|| pairs(text), |row| vec![row]);
    for (name, value) in rows {
        let is_wanted = wanted.is_some() && name == wanted;
        let list = if is_wanted { &mut found } else { &mut others };
        if list.len() >= MOST || value.trim_ascii().is_empty() {
            continue;
        }
        let is_second =
            name.is_some() && list.iter().any(|earlier: &Pasted<'_>| earlier.name == name);
        list.push(Pasted {
            name,
            value,
            is_second,
        });
    }
    found.extend(others);
    found.truncate(MOST);
    found
}

/// A name, where there is one, and a value.
type Pair<'a> = (Option<&'a str>, &'a [u8]);

/// A row of a browser's table of cookies: name, value, domain and so on, between tabs.
fn row(text: &[u8]) -> Option<Pair<'_>> {
    let mut fields = text.split(|byte| *byte == b'\t');
    let name = token(fields.next()?)?;
    let value = fields.next()?;
    (!value.contains(&b'\n')).then_some((Some(name), value))
}

fn pairs(text: &[u8]) -> Vec<Pair<'_>> {
    let headers = headers(text);
    if headers.is_empty() {
        return split(text).collect();
    }
    headers.into_iter().flat_map(split).collect()
}

/// The values of the fields `Cookie` and `Set-Cookie`, each up to the next line that is a field.
/// A text may be quoted as a whole.
fn headers(text: &[u8]) -> Vec<&[u8]> {
    let mut headers: Vec<(usize, usize)> = Vec::new();
    let mut is_open = false;
    let mut start = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        let quoted = line
            .iter()
            .take_while(|byte| matches!(byte, b'"' | b'\'' | b' '))
            .count();
        let field = line.get(quoted..).unwrap_or_default();
        if let Some(length) = ["cookie:", "set-cookie:"]
            .iter()
            .find(|name| {
                field
                    .get(..name.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
            })
            .map(|name| name.len())
        {
            headers.push((start + quoted + length, end));
            is_open = true;
        } else if is_field(line) {
            is_open = false;
        } else if let Some((_, last)) = headers.last_mut().filter(|_| is_open) {
            *last = end;
        }
        start = end;
    }
    headers
        .into_iter()
        .filter_map(|(start, end)| text.get(start..end))
        .collect()
}

/// Whether a line is some header's field: a token, a colon and a space.
fn is_field(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', line) else {
        return false;
    };
    let (name, rest) = line.split_at_checked(colon).unwrap_or_default();
    token(name).is_some() && rest.get(1) == Some(&b' ')
}

/// The pairs between semicolons, without a cookie's attributes.
fn split(text: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    text.split(|byte| *byte == b';')
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty())
        .map(pair)
        .filter(|(name, value)| {
            let name = name.unwrap_or_else(|| std::str::from_utf8(value).unwrap_or_default());
            !ATTRIBUTES
                .iter()
                .any(|attribute| name.eq_ignore_ascii_case(attribute))
        })
}

fn pair(text: &[u8]) -> Pair<'_> {
    // A browser's tools copy `name:"value"`, and JSON `{"name": "value"`.
    for separator in [&b"\":"[..], b":\""] {
        if let Some(place) = memchr::memmem::find(text, separator) {
            let (name, value) = text.split_at_checked(place).unwrap_or_default();
            let name = name.strip_prefix(b"{").unwrap_or(name).trim_ascii();
            let name = name.strip_prefix(b"\"").unwrap_or(name);
            let value = value.get(separator.len()..).unwrap_or_default();
            if let Some(name) = token(name) {
                let edge = |byte: &u8| matches!(byte, b'"' | b'}' | b' ' | b'\n' | b'\r' | b',');
                let start = value.iter().position(|byte| !edge(byte)).unwrap_or(0);
                let end = value
                    .iter()
                    .rposition(|byte| !edge(byte))
                    .map_or(0, |end| end + 1);
                return (Some(name), value.get(start..end).unwrap_or_default());
            }
        }
    }
    let bare = (None, text);
    let Some(place) = memchr::memchr(b'=', text) else {
        return bare;
    };
    let (name, rest) = text.split_at_checked(place).unwrap_or_default();
    let value = rest.get(1..).unwrap_or_default();
    // In a message only `=` and `--` follow a `=`.
    let ends_base64 = value.is_empty() || value.starts_with(b"=") || value.starts_with(b"--");
    match token(name) {
        Some(name) if !ends_base64 => (Some(name), value),
        _ => bare,
    }
}

/// A cookie's name: a token (RFC 9110 section 5.6.2) of a sane length.
fn token(name: &[u8]) -> Option<&str> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let fits = (1..=LONGEST_NAME).contains(&name.len());
    let name = (fits && name.iter().all(is_token)).then_some(name)?;
    std::str::from_utf8(name).ok()
}
