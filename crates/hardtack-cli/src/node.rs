//! [`Node`]: the cookies of Node's systems, as `open` and `seal` take them with `--system`.

use std::ffi::OsString;
use std::fmt::Write as _;

use hardtack::express::{CookieSignature, IronPasswords, Keygrip};
use hardtack::value::Value;
use hardtack::{CookieAttributes, Error, Refusal, SessionData};
use time::{Duration, OffsetDateTime};

use crate::cookies::attributes;
use crate::input;
use crate::lines::{self, Answer, Failure};
use crate::system::{NodeSecret, System, SystemOptions};

/// The characters of an id that express-session makes.
const ID_LENGTH: usize = 32;

/// The life of a seal of iron-session, unless the app sets `ttl`.
const IRON_LIFE: Duration = Duration::days(14);

/// The most bytes of a cookie's name and value that browsers keep.
const MOST: usize = 4096;

/// Cookies of one name, and the secrets that open and seal them.
pub(crate) struct Node {
    name: String,
    secrets: Secrets,
}

/// The secrets, as each system uses them.
enum Secrets {
    Express(CookieSignature),
    CookieSession(Keygrip),
    IronSession(IronPasswords),
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
        let checked = CookieAttributes::new().secure(true).check(&name);
        checked.map_err(|error| format!("--name: {error}"))?;
        let given = options.secrets(system)?;
        let secrets = match system {
            System::Rails | System::Express => {
                let older = |made: CookieSignature, text: &str| made.older_secret(text);
                Secrets::Express(chained(&given, |text| CookieSignature::new(text), older)?)
            }
            System::CookieSession => {
                let older = |made: Keygrip, text: &str| made.older_key(text);
                Secrets::CookieSession(chained(&given, |text| Keygrip::new(text), older)?)
            }
            System::IronSession => Secrets::IronSession(passwords(&given)?),
        };
        Ok(Self { name, secrets })
    }

    /// Opens each cookie, and returns the exit status.
    pub(crate) fn open(&self, values: &[OsString], jsonl: bool) -> Result<u8, String> {
        lines::each(values, jsonl, |line| match &self.secrets {
            Secrets::Express(signature) => self.open_express(signature, line),
            Secrets::CookieSession(keys) => self.open_cookie_session(keys, line),
            Secrets::IronSession(passwords) => self.open_iron_session(passwords, line),
        })
    }

    /// Seals each value, and returns the exit status.
    pub(crate) fn seal(
        &self,
        values: &[OsString],
        jsonl: bool,
        expires: Option<OffsetDateTime>,
    ) -> Result<u8, String> {
        lines::each(values, jsonl, |line| match &self.secrets {
            Secrets::Express(signature) => seal_express(signature, line),
            Secrets::CookieSession(keys) => self.seal_cookie_session(keys, line),
            Secrets::IronSession(passwords) => self.seal_iron_session(passwords, line, expires),
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
        let id = signature.verify(signed);
        let id = id.ok_or_else(|| failure(Refusal::Invalid))?;
        Ok(Answer {
            text: id.to_owned(),
            json: serde_json::json!({ "value": id }).to_string(),
        })
    }

    fn open_cookie_session(&self, keys: &Keygrip, line: &[u8]) -> Result<Answer, Failure> {
        let beside = format!("{}.sig", self.name);
        let field = line.get(..7).unwrap_or_default();
        let header = if field.eq_ignore_ascii_case(b"cookie:") {
            line.to_vec()
        } else {
            [b"Cookie: ", line].concat()
        };
        let value = input::value(&header, &self.name, "")?;
        let signature = input::value(&header, &beside, "").map_err(|_| {
            malformed(&format!(
                "the signature is not there: give the Cookie line with {} and {beside}",
                self.name
            ))
        })?;
        let opened = keys.open(&self.name, value, signature);
        shown(opened.map_err(failure)?.value())
    }

    fn open_iron_session(&self, passwords: &IronPasswords, line: &[u8]) -> Result<Answer, Failure> {
        let value = input::value(line, &self.name, "")?;
        let seal = decoded(value).ok_or_else(|| malformed("it is not UTF-8"))?;
        let opened = passwords.open(seal, OffsetDateTime::now_utc());
        shown(opened.map_err(failure)?.value())
    }

    fn seal_cookie_session(&self, keys: &Keygrip, line: &[u8]) -> Result<Answer, Failure> {
        let session = session(line)?;
        let sealed = keys.seal(&session, &self.name, &attributes(None));
        let sealed = sealed.map_err(|error| unsealed(&error))?;
        let pairs = sealed.map(|cookie| format!("{}={}", cookie.name(), cookie.escaped_value()));
        Ok(Answer {
            json: serde_json::json!({ "cookies": pairs }).to_string(),
            text: pairs.join("\n"),
        })
    }

    fn seal_iron_session(
        &self,
        passwords: &IronPasswords,
        line: &[u8],
        expires: Option<OffsetDateTime>,
    ) -> Result<Answer, Failure> {
        let session = session(line)?;
        let end = expires.unwrap_or_else(|| OffsetDateTime::now_utc() + IRON_LIFE);
        let seal = passwords.seal(&session, end);
        let seal = seal.map_err(|error| unsealed(&error))?;
        let length = self.name.len() + 1 + seal.len();
        if length > MOST {
            return Err(Failure {
                reason: Refusal::TooLarge,
                detail: format!("name and value take {length} bytes, and browsers keep {MOST}"),
            });
        }
        Ok(answer(seal))
    }
}

/// Makes the first secret, and adds the others.
fn chained<T>(
    secrets: &[NodeSecret],
    first: impl Fn(&str) -> Result<T, Error>,
    older: impl Fn(T, &str) -> Result<T, Error>,
) -> Result<T, String> {
    let (newest, others) = secrets.split_first().ok_or("no secret")?;
    let told = |secret: &NodeSecret, error: Error| format!("{}: {error}", secret.label);
    let made = first(&newest.text).map_err(|error| told(newest, error))?;
    others.iter().try_fold(made, |made, secret| {
        older(made, &secret.text).map_err(|error| told(secret, error))
    })
}

/// Makes the passwords of iron-session. Those without a number are the newest first, as of the other
/// systems, and the highest number seals.
fn passwords(secrets: &[NodeSecret]) -> Result<IronPasswords, String> {
    let mut made: Option<IronPasswords> = None;
    for (place, secret) in secrets.iter().rev().enumerate() {
        let number = secret.number.or(u32::try_from(place + 1).ok());
        let (number, text) = (number.unwrap_or(1), secret.text.as_str());
        let more = match made {
            None => IronPasswords::with_id(number, text),
            Some(made) => made.password(number, text),
        };
        made = Some(more.map_err(|error| format!("{}: {error}", secret.label))?);
    }
    made.ok_or_else(|| "no secret".to_owned())
}

/// Reads the JSON of a session.
fn session(line: &[u8]) -> Result<SessionData, Failure> {
    SessionData::from_json(line).ok_or_else(|| Failure {
        reason: Refusal::UnreadableValue,
        detail: "a session is a JSON object, as in '{\"user_id\":42}'".to_owned(),
    })
}

/// Answers with the values of a session.
fn shown(session: &SessionData) -> Result<Answer, Failure> {
    let value = session.view::<Value>().map_err(|error| Failure {
        reason: Refusal::UnreadableValue,
        detail: error.to_string(),
    })?;
    Ok(Answer {
        text: format!("{value:#}"),
        json: format!("{{\"value\":{value}}}"),
    })
}

fn seal_express(signature: &CookieSignature, line: &[u8]) -> Result<Answer, Failure> {
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

/// Tells why a session was not sealed.
fn unsealed(error: &Error) -> Failure {
    Failure {
        reason: match error {
            Error::CookieOverflow(_) => Refusal::TooLarge,
            _ => Refusal::UnreadableValue,
        },
        detail: error.to_string(),
    }
}

/// Tells what is known from the reason alone.
fn failure(reason: Refusal) -> Failure {
    let detail = match reason {
        Refusal::Invalid => {
            "no secret fits, or the value was changed; check the secret (--secret-file or \
             SESSION_SECRET) and --name; 'hardtack doctor' tells what it finds"
        }
        Refusal::Malformed => "it is no seal of iron-session, which begins Fe26.2*",
        Refusal::Expired => "the end that was sealed with the session has passed",
        Refusal::UnreadableValue => "a secret fits, but what it opens is no session",
        Refusal::TooLarge => "the value has more than 16 KiB",
        other => other.hint(),
    };
    Failure {
        reason,
        detail: detail.to_owned(),
    }
}
