//! Examines a cookie of iron-session: a seal `Fe26.2*..~2`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::{Duration, OffsetDateTime};

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::cookie_format::CookieFormat;
use super::damaged_signature::{DamagedSignature, Shape};
use super::node::Examined;
use super::words::expiry;
use crate::cipher::hmac::HmacKey;
use crate::settings::HmacDigest;
use crate::shown::Shown;

/// The form of a seal's MAC: HMAC-SHA256 in url-safe base64.
const MAC: Shape = Shape {
    length: 43,
    is_url_safe: true,
};

/// The version of seals that iron-session makes and opens.
const VERSION: &str = "Fe26.2";

/// The fewest characters of a password (`iron-session`, `createGetIronSession`).
const SHORTEST_PASSWORD: usize = 32;

/// The time for which a seal opens after its end (`timestampSkewSec` of iron-webcrypto).
const SKEW: Duration = Duration::seconds(60);

/// The parts of a seal.
struct Seal<'a> {
    version: &'a str,
    /// The number of the password.
    password: &'a str,
    /// The end, in milliseconds since 1970; empty if there is none.
    end: &'a str,
    /// The text that the MAC covers.
    base: &'a str,
    salt: &'a str,
    mac: &'a str,
    /// The version of iron-session; `None` for that of its first one.
    format: Option<&'a str>,
}

impl<'a> Seal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (seal, format) = match text.rsplit_once('~') {
            Some((seal, format)) => (seal, Some(format)),
            None => (text, None),
        };
        let parts: Vec<_> = seal.split('*').collect();
        let [version, password, _, _, _, end, salt, mac] = *parts.as_slice() else {
            return None;
        };
        let base = seal.len() - salt.len() - mac.len() - 2;
        Some(Self {
            version,
            password,
            end,
            base: seal.get(..base)?,
            salt,
            mac,
            format,
        })
    }

    /// Returns the MAC that a password makes.
    fn mac_of(&self, password: &[u8]) -> String {
        // PBKDF2 of one round (RFC 8018 section 5.2), of which 32 bytes are the key.
        let generator = HmacKey::new(HmacDigest::Sha1, password);
        let mut key = Vec::with_capacity(40);
        for block in [1, 2] {
            let text = [self.salt.as_bytes(), &[0, 0, 0, block]].concat();
            key.extend(generator.sign(&text).bytes());
        }
        key.truncate(32);
        let code = HmacKey::new(HmacDigest::Sha256, &key).sign(self.base.as_bytes());
        URL_SAFE_NO_PAD.encode(code.bytes().collect::<Vec<_>>())
    }

    fn ends_at(&self) -> Option<OffsetDateTime> {
        let milliseconds = self.end.parse::<i64>().ok()?;
        OffsetDateTime::UNIX_EPOCH.checked_add(Duration::milliseconds(milliseconds))
    }
}

impl Doctor {
    pub(super) fn of_iron_session(&self, value: &[u8]) -> Option<Examined> {
        if self.node_secrets.is_empty() {
            return None;
        }
        let seal = Seal::parse(str::from_utf8(value).ok()?)?;
        let mut examined = Examined::new(CookieFormat::IronSession);
        if seal.version != VERSION {
            let text = format!(
                "its seal is of the version {}, and iron-session opens {VERSION} alone",
                Shown::new(seal.version)
            );
            return Some(examined.with_cause(Cause::new(CauseKind::OtherVersion, text)));
        }
        examined.secret = self.fitting(|password| seal.mac_of(password) == seal.mac);
        examined.opens = examined.secret.is_some();
        if examined.opens {
            examined
                .causes
                .extend(self.unknown_password(&seal, &examined));
            examined.causes.extend(self.ended(&seal));
            examined.says = Some(self.says(&seal));
        } else {
            let damaged = DamagedSignature::of(seal.mac, MAC);
            examined.causes.push(match damaged {
                Some(damaged) => Cause::new(damaged.kind, damaged.text.replace("signature", "MAC"))
                    .with_action("copy it again, whole"),
                None => self.another_node_secret(
                    "its MAC",
                    "ask the app for the password that it gives to iron-session, in its own \
                     environment; of a map of passwords give all",
                ),
            });
            examined.causes.extend(self.ended(&seal));
        }
        examined.causes.extend(self.short_passwords());
        Some(examined)
    }

    /// Returns the cause if the app does not know the password by the number that the seal names.
    fn unknown_password(&self, seal: &Seal<'_>, examined: &Examined) -> Option<Cause> {
        let secret = self.node_secrets.get(examined.secret.as_ref()?.place)?;
        let number = secret.number?;
        if seal.password.parse() == Ok(number) {
            return None;
        }
        let text = format!(
            "it names the password {}, and the app has this password under the number {number}: \
             iron-session reads an empty session",
            Shown::new(seal.password)
        );
        Some(Cause::new(CauseKind::UnknownPassword, text).with_action(
            "keep each password under its number: password: { 1: old, 2: new }; a password \
                 alone has the number 1",
        ))
    }

    /// Returns the cause if the seal's own end has passed.
    fn ended(&self, seal: &Seal<'_>) -> Option<Cause> {
        let end = seal.ends_at()?;
        let now = self.clock().now();
        if end > now - SKEW {
            return None;
        }
        let text = format!(
            "it ended at {}: iron-session reads an empty session from it, whatever its password",
            expiry(end, now)
        );
        Some(
            Cause::new(CauseKind::Expired, text)
                .with_action("get a fresh one; the app sets the life by ttl, in seconds"),
        )
    }

    fn says(&self, seal: &Seal<'_>) -> String {
        let end = seal.ends_at().map(|end| expiry(end, self.clock().now()));
        let end = end.map_or_else(|| "no end".to_owned(), |end| format!("its end {end}"));
        let format = match seal.format {
            Some("2") => "",
            _ => {
                "; it is not marked ~2, so that iron-session takes the member persistent of its \
                 JSON for the session (its version before 8)"
            }
        };
        format!("password {}, {end}{format}", Shown::new(seal.password))
    }

    /// Lists the passwords that iron-session refuses.
    fn short_passwords(&self) -> Vec<Cause> {
        let short = self.node_secrets.iter().filter_map(|secret| {
            let text = str::from_utf8(secret.labelled.secret.expose()).ok()?;
            let length = text.encode_utf16().count();
            (length < SHORTEST_PASSWORD).then(|| {
                let text = format!(
                    "the password {} has {length} characters, and iron-session takes \
                     {SHORTEST_PASSWORD} or more",
                    Shown::new(&secret.labelled.label)
                );
                Cause::new(CauseKind::PartialSecret, text)
                    .with_action("compare its length with the app's own password")
            })
        });
        short.collect()
    }
}
