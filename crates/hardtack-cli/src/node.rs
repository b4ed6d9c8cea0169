//! [`Node`]: the cookies of Node's systems, as `open` and `seal` take them with `--system`.

use std::ffi::OsString;

use hardtack::express::CookieSignature;
use hardtack::{CookieAttributes, Refusal};
use time::OffsetDateTime;

use crate::input;
use crate::lines::{self, Answer, Failure};
use crate::system::{NodeSecret, System, SystemOptions};

/// The characters of an id that express-session makes.
const ID_LENGTH: usize = 32;

/// Cookies of one name, and the secrets that open and seal them.
pub(crate) struct Node {
    name: String,
    opener: Opener,
}

/// The secrets, as each system uses them.
enum Opener {
    Express(CookieSignature),
}

impl Node {
    pub(crate) fn new(
        system: System,
        options: &SystemOptions,
        name: Option<String>,
    ) -> Result<Self, String> {
        let default = match system {
            System::Rails | System::Express => "connect.sid",
            System::CookieSession | System::IronSession => "session",
        };
        let name = name.unwrap_or_else(|| default.to_owned());
        let attributes = CookieAttributes::new().secure(true);
        let checked = attributes.check(&name);
        checked.map_err(|error| format!("--name: {error}"))?;
        let secrets = options.secrets(system)?;
        let opener = match system {
            System::Rails | System::Express => Opener::Express(signature(&secrets)?),
            System::CookieSession | System::IronSession => {
                return Err(format!("--system {}: not yet", system.name()));
            }
        };
        Ok(Self { name, opener })
    }

    /// Opens each cookie, and returns the exit status.
    pub(crate) fn open(&self, values: &[OsString], jsonl: bool) -> Result<u8, String> {
        lines::each(values, jsonl, |line| match &self.opener {
            Opener::Express(signature) => self.open_express(signature, line),
        })
    }

    /// Seals each value, and returns the exit status.
    pub(crate) fn seal(
        &self,
        values: &[OsString],
        jsonl: bool,
        _: Option<OffsetDateTime>,
    ) -> Result<u8, String> {
        lines::each(values, jsonl, |line| match &self.opener {
            Opener::Express(signature) => seal_express(signature, line),
        })
    }

    fn open_express(&self, signature: &CookieSignature, line: &[u8]) -> Result<Answer, Failure> {
        let value = input::value(line, &self.name, "")?;
        let text = decoded(value).ok_or_else(|| malformed("it is not UTF-8"))?;
        let Some(signed) = text.strip_prefix("s:") else {
            return Err(malformed(if text.starts_with("j:") {
                "it is a JSON value of res.cookie (j:), and no session of express-session"
            } else {
                "it is not signed: a cookie of express-session is s:, an id, a dot and a signature"
            }));
        };
        let id = signature.verify(signed).ok_or_else(invalid)?;
        Ok(Answer {
            text: id.to_owned(),
            json: serde_json::json!({ "value": id }).to_string(),
        })
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

fn seal_express(signature: &CookieSignature, line: &[u8]) -> Result<Answer, Failure> {
    let unreadable = |detail: String| Failure {
        reason: Refusal::UnreadableValue,
        detail,
    };
    let text = std::str::from_utf8(line)
        .map_err(|error| unreadable(format!("an id must be UTF-8: {error}")))?;
    let id = match text.starts_with('"') {
        true => serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?,
        false => text.to_owned(),
    };
    if id.is_empty() {
        return Err(unreadable(
            "an empty id, which Express takes for none".to_owned(),
        ));
    }
    Ok(answer(escaped(&format!("s:{}", signature.sign(&id)))))
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
            escaped.push_str(&format!("%{byte:02X}"));
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
