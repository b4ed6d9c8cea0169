//! [`Node`]: the cookies of express-session, as `open` and `seal` take them with `--system`.

use std::ffi::OsString;
use std::fmt::Write as _;

use hardtack::express::CookieSignature;
use hardtack::{CookieAttributes, Refusal};

use crate::input;
use crate::lines::{self, Answer, Failure};
use crate::system::{NodeSecret, SystemOptions};

/// The cookie's name, unless the app sets another.
const NAME: &str = "connect.sid";

/// The characters of an id that express-session makes.
const ID_LENGTH: usize = 32;

/// Cookies of one name, and the secrets that open and seal them.
pub(crate) struct Node {
    name: String,
    signature: CookieSignature,
}

impl Node {
    pub(crate) fn new(options: &SystemOptions, name: Option<String>) -> Result<Self, String> {
        let name = name.unwrap_or_else(|| NAME.to_owned());
        let attributes = CookieAttributes::new().secure(true);
        let checked = attributes.check(&name);
        checked.map_err(|error| format!("--name: {error}"))?;
        let signature = signature(&options.secrets()?)?;
        Ok(Self { name, signature })
    }

    /// Opens each cookie, and returns the exit status.
    pub(crate) fn open(&self, values: &[OsString], jsonl: bool) -> Result<u8, String> {
        lines::each(values, jsonl, |line| self.open_line(line))
    }

    /// Signs each id, and returns the exit status.
    pub(crate) fn seal(&self, values: &[OsString], jsonl: bool) -> Result<u8, String> {
        lines::each(values, jsonl, |line| self.seal_line(line))
    }

    fn open_line(&self, line: &[u8]) -> Result<Answer, Failure> {
        let value = input::value(line, &self.name, "")?;
        let text = decoded(value).ok_or_else(|| malformed("it is not UTF-8"))?;
        let Some(signed) = text.strip_prefix("s:") else {
            return Err(malformed(if text.starts_with("j:") {
                "it is a JSON value of res.cookie (j:), and no session of express-session"
            } else {
                "it is not signed: a cookie of express-session is s:, an id, a dot and a signature"
            }));
        };
        let id = self.signature.verify(signed).ok_or_else(invalid)?;
        Ok(Answer {
            text: id.to_owned(),
            json: serde_json::json!({ "value": id }).to_string(),
        })
    }

    fn seal_line(&self, line: &[u8]) -> Result<Answer, Failure> {
        let unreadable = |detail: String| Failure {
            reason: Refusal::UnreadableValue,
            detail,
        };
        let text = std::str::from_utf8(line)
            .map_err(|error| unreadable(format!("an id must be UTF-8: {error}")))?;
        let id = if text.starts_with('"') {
            serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?
        } else {
            text.to_owned()
        };
        if id.is_empty() {
            return Err(unreadable(
                "an empty id, which Express takes for none".to_owned(),
            ));
        }
        Ok(answer(escaped(&format!("s:{}", self.signature.sign(&id)))))
    }
}

fn signature(secrets: &[NodeSecret]) -> Result<CookieSignature, String> {
    let (first, older) = secrets.split_first().ok_or("no secret")?;
    let told = |secret: &NodeSecret, error: hardtack::Error| format!("{}: {error}", secret.label);
    let made = CookieSignature::new(&*first.text).map_err(|error| told(first, error))?;
    older.iter().try_fold(made, |signature, secret| {
        let more = signature.older_secret(&*secret.text);
        more.map_err(|error| told(secret, error))
    })
}

/// Answers with the value of a cookie.
fn answer(cookie: String) -> Answer {
    Answer {
        json: serde_json::json!({ "cookie": cookie }).to_string(),
        text: cookie,
    }
}

/// Returns the id of a cookie of Express, whose signature is not verified, or an id of
/// express-session's own form alone.
pub(crate) fn id_of(text: &str) -> Option<&str> {
    let is_own = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let id = match text.strip_prefix("s:") {
        Some(signed) => signed.rsplit_once('.').map(|(id, _)| id),
        None => Some(text).filter(|id| id.len() == ID_LENGTH && id.bytes().all(is_own)),
    };
    id.filter(|id| !id.is_empty())
}

/// Decodes a value as JavaScript's `decodeURIComponent` does: `+` is itself, and a value whose
/// escapes are broken stays as it is. Returns `None` if the value is no text.
pub(crate) fn decoded(value: &[u8]) -> Option<String> {
    let as_it_is = || String::from_utf8(value.to_vec()).ok();
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after
            .get(..2)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            return as_it_is();
        };
        bytes.push(byte);
        rest = after.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).ok().or_else(as_it_is)
}

/// Escapes a value as JavaScript's `encodeURIComponent` does.
fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    let mut escaped = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if is_plain(byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

fn malformed(detail: &str) -> Failure {
    Failure {
        reason: Refusal::Malformed,
        detail: detail.to_owned(),
    }
}

fn invalid() -> Failure {
    Failure {
        reason: Refusal::Invalid,
        detail: "no secret fits, or the value was changed; check the secret (--secret-file or \
                 SESSION_SECRET); 'hardtack doctor' tells what it finds"
            .to_owned(),
    }
}
