//! Bytes as programs print them for people: hexadecimal digits, and the quoted text of `redis-cli`.

use crate::hex;

/// A way in which a program prints bytes.
pub(crate) struct Printed {
    /// The way, for a note.
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Reads bytes back from a printed form; `None` if the text has none of them.
pub(crate) fn read(text: &[u8]) -> Option<Printed> {
    let text = text.trim_ascii();
    let printed = |name| move |bytes| Printed { name, bytes };
    quoted(text)
        .map(printed("redis-cli's quoted text"))
        .or_else(|| digits(text).map(printed("hexadecimal digits")))
}

/// Reads digits; Postgres puts `\x` before those of a `bytea`, and SQL dialects `0x`.
fn digits(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_prefix("\\x").or(text.strip_prefix("0x"));
    hex::decode(digits.unwrap_or(text)).filter(|bytes| !bytes.is_empty())
}

/// Reads a text in quotation marks, as `redis-cli` prints to a terminal (`sdscatrepr` of Redis 7).
fn quoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut text = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?.iter();
    let mut bytes = Vec::with_capacity(text.len());
    while let Some(&byte) = text.next() {
        bytes.push(match byte {
            b'"' => return None,
            b'\\' => match text.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'a' => 0x07,
                b'b' => 0x08,
                b'x' => {
                    let digits = [*text.next()?, *text.next()?];
                    let decoded = hex::decode(std::str::from_utf8(&digits).ok()?)?;
                    decoded.first().copied()?
                }
                byte @ (b'\\' | b'"') => *byte,
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte, as `redis-cli --no-raw get` of Redis 7.0.15 prints it.
    const ALL: &[&str] = &[
        r#""\x00\x01\x02\x03\x04\x05\x06\a\b\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17"#,
        r##"\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUV"##,
        r"WXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89",
        r"\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f",
        r"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf\xb0\xb1\xb2\xb3\xb4\xb5",
        r"\xb6\xb7\xb8\xb9\xba\xbb\xbc\xbd\xbe\xbf\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb",
        r"\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd\xde\xdf\xe0\xe1",
        r"\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7",
        r#"\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff""#,
    ];

    #[test]
    fn redis_quotes_every_byte() {
        let read = read(ALL.concat().as_bytes()).map(|printed| printed.bytes);
        assert_eq!(read, Some((0..=255).collect()));
    }
}
