//! Finds the cookies in a copied text: a value, a pair, a header, or a row from a browser's tools.

/// The most cookies of a text that are examined.
const MOST: usize = 16;

/// The longest name of a cookie that is recognized, in bytes.
const LONGEST_NAME: usize = 256;

/// The shortest message, in bytes: `--` and a digest of 16 bytes in hex, with no data.
const SHORTEST: usize = 34;

/// The attributes of a cookie in `Set-Cookie` (RFC 6265 section 5.2).
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

/// The signs that stand around a whole copy, in pairs.
const AROUND: [(&[u8], &[u8]); 12] = [
    (b"\"", b"\""),
    (b"'", b"'"),
    (b"`", b"`"),
    (b"**", b"**"),
    (b"(", b")"),
    (b"[", b"]"),
    (b"<", b">"),
    ("\u{201C}".as_bytes(), "\u{201D}".as_bytes()),
    ("\u{201E}".as_bytes(), "\u{201C}".as_bytes()),
    ("\u{2018}".as_bytes(), "\u{2019}".as_bytes()),
    ("\u{AB}".as_bytes(), "\u{BB}".as_bytes()),
    ("\u{BB}".as_bytes(), "\u{AB}".as_bytes()),
];

/// A copied cookie.
#[derive(Clone, Copy)]
pub(super) struct Pasted<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) value: &'a [u8],
    /// Is `true` if the cookie was copied from a request: not from `Set-Cookie`, nor from a table,
    /// whose cookies may be for other paths.
    is_sent: bool,
    /// Is `true` if the cookie stands in a `Cookie` header that has its name: the value is as it
    /// was sent, so Rack unescapes it.
    pub(super) in_header: bool,
    /// Is `true` if the request sends an earlier cookie of the same name.
    pub(super) is_second: bool,
}

/// The cookies of a text.
pub(super) struct Found<'a> {
    pub(super) cookies: Vec<Pasted<'a>>,
    /// The names of the cookies that have no value, each with `true` if a request sends it.
    pub(super) empty: Vec<(&'a str, bool)>,
}

/// The source of a pair of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A field `Cookie`.
    Cookie,
    /// A field `Set-Cookie`.
    SetCookie,
    /// Pairs without the name of their field.
    Bare,
    /// A row of a table.
    Row,
}

/// Finds the cookies of a text, at most [`MOST`]; those named `wanted` come first.
pub(super) fn cookies<'a>(text: &'a [u8], wanted: Option<&str>) -> Found<'a> {
    let text = text.trim_ascii();
    let mut found: Vec<Pasted<'a>> = Vec::new();
    let mut others = Vec::new();
    let mut empty: Vec<(&str, bool)> = Vec::new();
    let rows = rows(text);
    let pairs = if rows.is_empty() {
        pairs(text)
    } else {
        rows.into_iter().map(|row| (row, Origin::Row)).collect()
    };
    for ((name, value), origin) in pairs {
        let is_wanted = wanted.is_some() && name == wanted;
        let list = if is_wanted { &mut found } else { &mut others };
        let is_sent = matches!(origin, Origin::Cookie | Origin::Bare);
        if value.trim_ascii().is_empty() {
            let has_room = empty.len() < MOST;
            empty.extend(name.filter(|_| has_room).map(|name| (name, is_sent)));
            continue;
        }
        if list.len() >= MOST {
            continue;
        }
        let is_same = |earlier: &Pasted<'_>| earlier.is_sent && earlier.name == name;
        let is_second = is_sent
            && name.is_some_and(|name| empty.contains(&(name, true)) || list.iter().any(is_same));
        list.push(Pasted {
            name,
            value,
            is_sent,
            in_header: origin == Origin::Cookie,
            is_second,
        });
    }
    found.extend(others);
    found.truncate(MOST);
    Found {
        cookies: found,
        empty,
    }
}

/// Finds possible messages inside any other text (code, a command, a log), with the names before
/// their `=`. A candidate is a run of characters that a sent value may hold, with `--` in it.
pub(super) fn amid(text: &[u8]) -> impl Iterator<Item = Pasted<'_>> {
    let stays = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=%-_.".contains(byte);
    text.split(move |byte| !stays(byte))
        .filter(|run| run.len() >= SHORTEST && memchr::memmem::find(run, b"--").is_some())
        .map(pair)
        .take(MOST)
        .map(|(name, value)| Pasted {
            name,
            value,
            is_sent: false,
            in_header: false,
            is_second: false,
        })
}

/// A name, if any, and a value.
type Pair<'a> = (Option<&'a str>, &'a [u8]);

/// Splits a table of cookies at its tabs. A browser's rows begin with name and value; the rows of
/// curl's cookie file end with them. Returns an empty list if the first line is no row.
fn rows(text: &[u8]) -> Vec<Pair<'_>> {
    let lines = text.split(|byte| *byte == b'\n');
    lines.map_while(|line| row(line.trim_ascii_end())).collect()
}

fn row(line: &[u8]) -> Option<Pair<'_>> {
    let mut fields = line.split(|byte| *byte == b'\t');
    let (first, second) = (fields.next()?, fields.next()?);
    let is_flag = |field: &[u8]| matches!(field, b"TRUE" | b"FALSE");
    if is_flag(second) {
        let rest: Vec<_> = fields.take(6).collect();
        if let [_, secure, _, name, value] = *rest
            && is_flag(secure)
        {
            return Some((Some(token(name)?), value));
        }
    }
    Some((Some(token(first)?), second))
}

/// Finds the pairs of a text, each with its origin.
fn pairs(text: &[u8]) -> Vec<(Pair<'_>, Origin)> {
    let inner = without_signs_around(text);
    let headers = headers(inner);
    if headers.is_empty() {
        return split(inner)
            .map(|text| (pair(text), Origin::Bare))
            .filter(is_no_attribute)
            .collect();
    }
    let pairs = |(origin, text)| {
        split(text).map(move |text| (odd_pair(text).unwrap_or_else(|| pair(text)), origin))
    };
    headers
        .into_iter()
        .flat_map(pairs)
        .filter(is_no_attribute)
        .collect()
}

/// Removes the quotes and brackets around a whole copy: a header, or pairs. Those around a value
/// alone stay, since Rack would take them for part of it.
fn without_signs_around(text: &[u8]) -> &[u8] {
    let ends = text
        .strip_suffix(b",")
        .or(text.strip_suffix(b";"))
        .unwrap_or(text);
    AROUND
        .iter()
        .find_map(|(open, close)| {
            let inner = ends.strip_prefix(*open)?.strip_suffix(*close)?;
            let first = split(inner).next()?;
            let is_named = pair(first).0.is_some() || !headers(inner).is_empty();
            // `["a=1"` is the start of a name, see `odd_pair`.
            (is_named && !first.starts_with(b"\"")).then_some(inner)
        })
        .unwrap_or(text)
}

/// Finds the values of the fields `Cookie` and `Set-Cookie`, each with its origin. A value ends at the next line that is a field. The whole text may be quoted; curl marks each
/// line (`> `, `< `).
fn headers(text: &[u8]) -> Vec<(Origin, &[u8])> {
    let mut headers: Vec<(Origin, usize, usize)> = Vec::new();
    let mut is_open = false;
    let mut start = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        let quoted = line
            .iter()
            .take_while(|byte| matches!(byte, b'"' | b'\'' | b' ' | b'>' | b'<'))
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
            let origin = if length == "cookie:".len() {
                Origin::Cookie
            } else {
                Origin::SetCookie
            };
            headers.push((origin, start + quoted + length, end));
            is_open = true;
        } else if is_field(field) || line.starts_with(b">") || line.starts_with(b"<") {
            is_open = false;
        } else if let Some((.., last)) = headers.last_mut().filter(|_| is_open) {
            *last = end;
        }
        start = end;
    }
    headers
        .into_iter()
        .filter_map(|(origin, start, end)| Some((origin, text.get(start..end)?)))
        .collect()
}

/// Checks that a line is a header field: a token, a colon and a space.
fn is_field(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', line) else {
        return false;
    };
    let (name, rest) = line.split_at_checked(colon).unwrap_or_default();
    token(name).is_some() && rest.get(1) == Some(&b' ')
}

/// Splits a header's value at its semicolons.
fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b';')
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty())
}

/// Checks that a pair is a cookie, and no attribute of one.
fn is_no_attribute(((name, value), _): &(Pair<'_>, Origin)) -> bool {
    let name = name.unwrap_or_else(|| std::str::from_utf8(value).unwrap_or_default());
    !ATTRIBUTES
        .iter()
        .any(|attribute| name.eq_ignore_ascii_case(attribute))
}

/// Splits a pair of a header whose name begins with `["`: Rails up to 7.0 under Rack 3 writes the
/// list of its `Set-Cookie` headers into one, and browsers take `["_shop_session` for the name. A
/// header that ends the list as well was only printed so.
fn odd_pair(text: &[u8]) -> Option<Pair<'_>> {
    let named = text.strip_prefix(b"[\"")?;
    let place = memchr::memchr(b'=', named)?;
    token(named.get(..place)?)?;
    let name = std::str::from_utf8(text.get(..place + 2)?).ok()?;
    let value = text.get(place + 3..)?;
    (!value.ends_with(b"\"]")).then_some((Some(name), value))
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
                // In a HAR file "value" is the key of the value; the cookie's name is elsewhere.
                let name = (!name.eq_ignore_ascii_case("value")).then_some(name);
                let edge = |byte: &u8| matches!(byte, b'"' | b'}' | b' ' | b'\n' | b'\r' | b',');
                let start = value.iter().position(|byte| !edge(byte)).unwrap_or(0);
                let end = value
                    .iter()
                    .rposition(|byte| !edge(byte))
                    .map_or(0, |end| end + 1);
                return (name, value.get(start..end).unwrap_or_default());
            }
        }
    }
    let bare = (None, text);
    let Some(place) = memchr::memchr(b'=', text) else {
        return bare;
    };
    let (name, rest) = text.split_at_checked(place).unwrap_or_default();
    let value = rest.get(1..).unwrap_or_default();
    // Inside a message `=` is padding, and only `=` or `--` may follow it. A name is shorter.
    let is_long = text.len() > SHORTEST;
    let ends_base64 =
        value.is_empty() && is_long || value.starts_with(b"=") || value.starts_with(b"--");
    match token(name) {
        Some(name) if !ends_base64 => (Some(name), value),
        _ => bare,
    }
}

/// Checks a cookie's name: a token (RFC 9110 section 5.6.2) of at most [`LONGEST_NAME`] bytes.
fn token(name: &[u8]) -> Option<&str> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let fits = (1..=LONGEST_NAME).contains(&name.len());
    let name = (fits && name.iter().all(is_token)).then_some(name)?;
    std::str::from_utf8(name).ok()
}
