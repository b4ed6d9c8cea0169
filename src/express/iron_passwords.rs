//! [`IronPasswords`]: opens and seals the sessions of iron-session.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::cipher::aes_cbc::{AesCbcKey, Ciphertext, Iv};
use crate::cipher::hmac::HmacKey;
use crate::error::{Error, Refusal};
use crate::hex;
use crate::http::limit::MAX_READ_SIZE;
use crate::key_generator::{KeyArray, KeyGenerator};
use crate::message::jar_kind::JarKind;
use crate::message::opened::Opened;
use crate::message::sealed_by::SealedBy;
use crate::random;
use crate::secret_key_base::SecretKeyBase;
use crate::serializer::Format;
use crate::session::data::SessionData;
use crate::settings::{Cipher, HmacDigest, KeyDigest};

/// The first part of a seal (iron-webcrypto 1.2.1 `macPrefix`).
const PREFIX: &str = "Fe26.2";

/// The version of iron-session that a seal names behind its `~`.
const VERSION: &str = "2";

/// The fewest characters of a password (iron-session `minPasswordLength`).
const LEAST: usize = 32;

/// The bytes of a salt, which is used as hexadecimal text.
const SALT_BYTES: usize = 32;

/// The time for which a seal opens after its end, for clocks that differ (iron-session
/// `timestampSkewSec`). A cookie ends as much before its seal.
pub(super) const SKEW: Duration = Duration::from_secs(60);

/// Opens and seals the sessions of iron-session 8 and 9 (`Fe26.2`: AES-256-CBC and HMAC-SHA256
/// under keys that PBKDF2 derives from a password; iron-webcrypto 1.2.1 `index.js`).
///
/// The password with the highest id seals, and the one that a seal names opens it. The passwords are
/// wiped when they are dropped.
///
/// ```
/// use std::time::Duration;
///
/// use hardtack::SessionData;
/// use hardtack::express::IronPasswords;
/// use time::OffsetDateTime;
///
/// # let (old, new) = ("9f1bc1856f42ec79faaf79731a0e0787", "48358bcfd4b7d0b78df6b39c378e3970");
/// // password: { 1: old, 2: new }
/// let passwords = IronPasswords::new(old)?.password(2, new)?;
/// let mut session = SessionData::new();
/// session.insert("user_id", 42)?;
/// let now = OffsetDateTime::now_utc();
/// let seal = passwords.seal(&session, now + Duration::from_secs(3600))?;
/// assert!(seal.starts_with("Fe26.2*2*"));
///
/// let opened = passwords.open(&seal, now)?;
/// assert_eq!(opened.value().get::<u32>("user_id")?, Some(42));
/// assert!(passwords.open(&seal, now + Duration::from_secs(3661)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct IronPasswords(BTreeMap<u32, KeyGenerator>);

impl IronPasswords {
    /// Creates the passwords of an app that has a single one, whose id is 1.
    ///
    /// # Errors
    /// [`Error::ShortIronPassword`] if it has fewer than 32 characters, which iron-session refuses.
    pub fn new(password: impl AsRef<str>) -> Result<Self, Error> {
        Self(BTreeMap::new()).password(1, password)
    }

    /// Adds the password of an id (example: at the type).
    ///
    /// # Errors
    /// The error of [`new`](Self::new).
    pub fn password(mut self, id: u32, password: impl AsRef<str>) -> Result<Self, Error> {
        let password = password.as_ref();
        // As JavaScript counts them.
        let characters = password.encode_utf16().count();
        if characters < LEAST {
            return Err(Error::ShortIronPassword {
                characters,
                least: LEAST,
            });
        }
        let secret = SecretKeyBase::allow_short(password)?;
        let keys = KeyGenerator::new(&secret).digest(KeyDigest::Sha1);
        self.0.insert(id, keys.iterations(1));
        Ok(self)
    }

    /// Opens a seal (example: at the type). Tells why it does not open; show the reason to the
    /// operator, never to the sender.
    ///
    /// A seal opens until 60 seconds after its end. In a seal without `~2`, of iron-session up to 6,
    /// the member `persistent` is the session; write it again.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] above 16 KiB, [`Refusal::Malformed`] if it is no seal,
    /// [`Refusal::Invalid`] if the password is another or the seal was changed, [`Refusal::Expired`]
    /// after its end, and [`Refusal::UnreadableValue`] if what was sealed is no session.
    pub fn open(
        &self,
        seal: impl AsRef<[u8]>,
        now: OffsetDateTime,
    ) -> Result<Opened<SessionData>, Refusal> {
        let seal = seal.as_ref();
        if seal.len() > MAX_READ_SIZE {
            return Err(Refusal::TooLarge);
        }
        let text = std::str::from_utf8(seal).map_err(|_| Refusal::Malformed)?;
        let mut versions = text.split('~');
        let (seal, version) = (versions.next().unwrap_or_default(), versions.next());
        let parts = Parts::split(seal).ok_or(Refusal::Malformed)?;
        let keys = self.0.iter().enumerate();
        let mut keys = keys.map(|(at, (id, keys))| (at, id.to_string(), keys));
        let known = keys.find(|(_, id, _)| id == parts.id);
        let (at, _, keys) = known.ok_or(Refusal::Invalid)?;
        let text = parts.open(keys)?;
        let expires_at = parts.expires_at().map_err(|()| Refusal::Malformed)?;
        if expires_at.is_some_and(|end| end + SKEW <= now) {
            return Err(Refusal::Expired);
        }
        let is_present = version == Some(VERSION);
        let session = if is_present {
            SessionData::from_json(text)
        } else {
            persistent(&text)
        };
        // The last password seals.
        let rotation = self.0.len().checked_sub(at + 2);
        Ok(Opened {
            value: session.ok_or(Refusal::UnreadableValue)?,
            older_name: None,
            sealed_by: SealedBy {
                rotation,
                jar: JarKind::Encrypted,
                cipher: Some(Cipher::Aes256Cbc),
                key_digest: Some(KeyDigest::Sha1),
                hmac_digest: Some(HmacDigest::Sha256),
                serializer: Format::Json.serializer(),
                needs_rewrite: rotation.is_some() || !is_present,
                by_older_name: false,
            },
            expires_at: expires_at.and_then(|end| end.checked_sub(SKEW.try_into().ok()?)),
        })
    }

    /// Seals a session until a time, or without an end (example: at the type).
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if a value has no form in JSON; [`Error::NoRandomness`] if the
    /// operating system gives no random bytes.
    pub fn seal(
        &self,
        session: &SessionData,
        expires_at: impl Into<Option<OffsetDateTime>>,
    ) -> Result<String, Error> {
        self.seal_json(&session.dump_javascript()?, expires_at.into())
    }

    /// Seals the JSON of a session.
    pub(super) fn seal_json(
        &self,
        json: &[u8],
        expires_at: Option<OffsetDateTime>,
    ) -> Result<String, Error> {
        let mut salts = [[0; SALT_BYTES]; 2];
        for salt in &mut salts {
            random::fill(salt)?;
        }
        let mut iv = Iv::default();
        random::fill(&mut iv)?;
        self.seal_with(json, expires_at, &salts, iv)
    }

    /// Seals a text under the given salts and initialisation vector, which must be random.
    fn seal_with(
        &self,
        text: &[u8],
        expires_at: Option<OffsetDateTime>,
        salts: &[[u8; SALT_BYTES]; 2],
        iv: Iv,
    ) -> Result<String, Error> {
        let Some((id, keys)) = self.0.last_key_value() else {
            return Err(Error::BlankSecret);
        };
        let [salt, mac_salt] = salts.each_ref().map(|salt| {
            let digits = salt.iter().flat_map(|byte| hex::digits(*byte));
            digits.map(char::from).collect::<String>()
        });
        let Ciphertext { bytes, iv } = cipher(keys, &salt).seal_with_iv(iv, text);
        let end = expires_at.map(|end| end.unix_timestamp_nanos() / 1_000_000);
        let end = end.map(|end| end.to_string()).unwrap_or_default();
        let (iv, bytes) = (URL_SAFE_NO_PAD.encode(iv), URL_SAFE_NO_PAD.encode(bytes));
        let signed = format!("{PREFIX}*{id}*{salt}*{iv}*{bytes}*{end}");
        let code = hmac(keys, &mac_salt).sign(signed.as_bytes());
        let code = URL_SAFE_NO_PAD.encode(code.bytes().collect::<Vec<_>>());
        Ok(format!("{signed}*{mac_salt}*{code}~{VERSION}"))
    }
}

impl fmt::Debug for IronPasswords {
    /// Shows the ids alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IronPasswords ")?;
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn cipher(keys: &KeyGenerator, salt: &str) -> AesCbcKey {
    let key: KeyArray<32> = keys.generate_array(salt);
    AesCbcKey::new(&key)
}

fn hmac(keys: &KeyGenerator, salt: &str) -> HmacKey {
    let key: KeyArray<32> = keys.generate_array(salt);
    HmacKey::new(HmacDigest::Sha256, &key[..])
}

/// The parts of a seal, before anything of it is believed.
struct Parts<'s> {
    id: &'s str,
    salt: &'s str,
    iv: &'s str,
    ciphertext: &'s str,
    end: &'s str,
    /// The parts that the code covers.
    signed: &'s str,
    mac_salt: &'s str,
    code: &'s str,
}

impl<'s> Parts<'s> {
    fn split(seal: &'s str) -> Option<Self> {
        let (rest, code) = seal.rsplit_once('*')?;
        let (signed, mac_salt) = rest.rsplit_once('*')?;
        let mut parts = signed.split('*');
        let mut next = || parts.next();
        let (prefix, id, salt) = (next()?, next()?, next()?);
        let (iv, ciphertext, end) = (next()?, next()?, next()?);
        (prefix == PREFIX && next().is_none()).then_some(Self {
            id,
            salt,
            iv,
            ciphertext,
            end,
            signed,
            mac_salt,
            code,
        })
    }

    /// Verifies and decrypts the text.
    fn open(&self, keys: &KeyGenerator) -> Result<Vec<u8>, Refusal> {
        let code = URL_SAFE_NO_PAD.decode(self.code);
        let code = code.map_err(|_| Refusal::Malformed)?;
        let signed = self.signed.as_bytes();
        let verified = hmac(keys, self.mac_salt).verify(signed, &code);
        let ciphertext = verified.ok_or(Refusal::Invalid)?.and_then(|_| {
            Some(Ciphertext {
                bytes: URL_SAFE_NO_PAD.decode(self.ciphertext).ok()?,
                iv: URL_SAFE_NO_PAD.decode(self.iv).ok()?.try_into().ok()?,
            })
        });
        let ciphertext = ciphertext.ok_or(Refusal::UnreadableValue)?;
        let text = cipher(keys, self.salt).open(ciphertext);
        text.ok_or(Refusal::UnreadableValue)
    }

    /// Returns the end of the seal in milliseconds since 1970; `None` if it has none.
    fn expires_at(&self) -> Result<Option<OffsetDateTime>, ()> {
        if self.end.is_empty() {
            return Ok(None);
        }
        let is_number = self.end.bytes().all(|byte| byte.is_ascii_digit());
        let milliseconds = self.end.parse::<i128>().ok().filter(|_| is_number);
        let nanoseconds = milliseconds.and_then(|end| end.checked_mul(1_000_000));
        // A later end than the year 9999 is none.
        nanoseconds
            .map(|end| OffsetDateTime::from_unix_timestamp_nanos(end).ok())
            .ok_or(())
    }
}

/// Returns the session in a seal of iron-session up to 6; an empty one if the seal is of a later
/// version. The code does not cover the version, so a sender can leave it out: a session that has
/// other members than those of version 6 is not taken for its `persistent` member.
fn persistent(text: &[u8]) -> Option<SessionData> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(text).ok()?;
    let is_former = |name: &String| matches!(&**name, "persistent" | "flash");
    match members.get("persistent") {
        Some(session) if members.keys().all(is_former) => SessionData::from_json(session.get()),
        _ => Some(SessionData::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Line {
        kind: String,
        password: serde_json::Value,
        seal: Option<String>,
        now_ms: Option<i128>,
    }

    /// iron-session's own salts and initialisation vectors give its own bytes.
    #[test]
    fn seals_are_those_of_iron_session() {
        let lines = include_str!("../../tests/vectors/express/iron-session-8.jsonl").lines();
        let later = include_str!("../../tests/vectors/express/iron-session-9.jsonl").lines();
        let lines = lines.chain(later);
        let lines = lines.map(|line| serde_json::from_str::<Line>(line).unwrap());
        let mut ran = 0;
        for line in lines.filter(|line| line.kind == "iron_seal") {
            let seal = line.seal.unwrap();
            let now = line.now_ms.unwrap() * 1_000_000;
            let now = OffsetDateTime::from_unix_timestamp_nanos(now).unwrap();
            let passwords = match &line.password {
                serde_json::Value::String(password) => IronPasswords::new(password).unwrap(),
                by_id => {
                    let mut all = IronPasswords(BTreeMap::new());
                    for (id, password) in by_id.as_object().unwrap() {
                        let id = id.parse().unwrap();
                        all = all.password(id, password.as_str().unwrap()).unwrap();
                    }
                    all
                }
            };
            let opened = passwords.open(&seal, now).unwrap();
            let parts = Parts::split(seal.strip_suffix("~2").unwrap()).unwrap();
            let salts = [parts.salt, parts.mac_salt].map(|text| {
                let digits: Vec<u8> = text.bytes().map(|it| hex::value(it).unwrap()).collect();
                let bytes = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]);
                bytes.collect::<Vec<_>>().try_into().unwrap()
            });
            let iv = URL_SAFE_NO_PAD.decode(parts.iv).unwrap();
            let (text, end) = (opened.value().to_json(), parts.expires_at());
            let again =
                passwords.seal_with(&text.unwrap(), end.unwrap(), &salts, iv.try_into().unwrap());
            assert_eq!(again.unwrap(), seal);
            ran += 1;
        }
        assert_eq!(ran, 24 + 48);
    }
}
