//! Examines the cookies of Node: of express-session, cookie-session and iron-session.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::cookie_format::CookieFormat;
use super::damaged_signature::Shape;
use super::diagnosis::Diagnosis;
use super::intake::Mended;
use super::pasted::Pasted;
use super::repair::Repair;
use super::spelling::spellings;
use super::words::count;
use crate::cipher::hmac::HmacKey;
use crate::settings::HmacDigest;
use crate::shown::Shown;

/// The form of keygrip's signatures: HMAC-SHA1 in url-safe base64.
pub(super) const KEYGRIP: Shape = Shape {
    length: 27,
    is_url_safe: true,
};

/// A secret that fits.
pub(super) struct FittingSecret {
    /// Its place among those that were given.
    pub(super) place: usize,
    /// The difference of the given text from it, as a sentence; empty if there is none.
    pub(super) differs: String,
}

/// The findings of an examination.
pub(super) struct Examined {
    pub(super) format: CookieFormat,
    pub(super) secret: Option<FittingSecret>,
    /// The cookie opens, once it is mended.
    pub(super) opens: bool,
    pub(super) causes: Vec<Cause>,
    /// A sentence about what the cookie says.
    pub(super) says: Option<String>,
}

impl Examined {
    pub(super) fn new(format: CookieFormat) -> Self {
        Self {
            format,
            secret: None,
            opens: false,
            causes: Vec::new(),
            says: None,
        }
    }

    pub(super) fn with_cause(mut self, cause: Cause) -> Self {
        self.causes.push(cause);
        self
    }
}

impl Doctor {
    /// Examines a cookie of Node; returns `None` if its form alone is known, or if it is another's.
    pub(super) fn of_node(
        &self,
        mended: &Mended,
        cookie: &Pasted<'_>,
        all: &[Pasted<'_>],
    ) -> Option<Examined> {
        match mended.form.format() {
            CookieFormat::IronSession => self.of_iron_session(&mended.bytes),
            CookieFormat::CookieSession => self.of_cookie_session(mended, cookie, all),
            CookieFormat::ExpressSession | CookieFormat::SessionId | CookieFormat::Unknown => {
                self.of_express_session(mended, cookie)
            }
            _ => None,
        }
    }

    /// Writes what was found into the diagnosis.
    pub(super) fn tell_of_node(&self, examined: Examined, diagnosis: &mut Diagnosis) {
        let Examined {
            format,
            secret,
            opens,
            causes,
            says,
        } = examined;
        diagnosis.format = format;
        diagnosis.opens = opens;
        diagnosis.claims = says;
        if let Some(secret) = &secret {
            diagnosis.secret = self.node_label(secret.place);
        } else if !self.node_secrets.is_empty() {
            diagnosis.tried = Some(format!(
                "{}, as given and in other spellings (white space, quotes, base64 and the like)",
                count(self.node_secrets.len(), "secret")
            ));
        }
        diagnosis.causes = causes;
        if let Some(secret) = secret.filter(|_| opens) {
            let causes = self.causes_of_secret(&secret);
            diagnosis.causes.splice(0..0, causes);
        }
    }

    pub(super) fn node_label(&self, place: usize) -> Option<String> {
        let secret = self.node_secrets.get(place)?;
        Some(secret.labelled.label.clone())
    }

    /// Returns the first secret, in the given or another spelling, that a check accepts.
    pub(super) fn fitting(&self, fits: impl Fn(&[u8]) -> bool) -> Option<FittingSecret> {
        let given = || self.node_secrets.iter().enumerate();
        let as_given = given().find(|(_, secret)| fits(secret.labelled.secret.expose()));
        if let Some((place, _)) = as_given {
            return Some(FittingSecret {
                place,
                differs: String::new(),
            });
        }
        given().find_map(|(place, secret)| {
            let mut spellings = spellings(secret.labelled.secret.expose()).into_iter();
            let (spelling, _) = spellings.find(|(_, text)| fits(text))?;
            let label = Shown::new(&secret.labelled.label).to_string();
            let given = spelling.given.join(", ");
            let differs = match (given.is_empty(), spelling.app) {
                (true, Some(app)) => format!("the app's secret {app}, and {label} does not"),
                (false, Some(app)) => {
                    format!("the secret {label} {given}; and the app's secret {app}")
                }
                _ => format!("the secret {label} {given}, and the app's own does not"),
            };
            Some(FittingSecret { place, differs })
        })
    }

    /// Lists what is wrong with the secret that fits.
    fn causes_of_secret(&self, secret: &FittingSecret) -> Vec<Cause> {
        let mut causes = Vec::new();
        if !secret.differs.is_empty() {
            causes.push(
                Cause::new(CauseKind::SecretAltered, secret.differs.clone()).with_action(
                    "give the secret exactly as the app has it, without a sign more or less",
                ),
            );
        }
        let own = self.node_label(0).unwrap_or_default();
        let label = self.node_label(secret.place).unwrap_or_default();
        // The passwords of iron-session are told apart by their numbers.
        let is_numbered = self
            .node_secrets
            .iter()
            .all(|secret| secret.number.is_some());
        if secret.place > 0 && own != label && !is_numbered {
            let text = format!(
                "it was signed under {}, and the app's present secret is {}",
                Shown::new(&label),
                Shown::new(&own)
            );
            let action = format!(
                "let the app have both, the newer first: secret: [new, old] of express-session, \
                 keys: [new, old] of cookie-session; if {} is set by mistake, correct it",
                Shown::new(&own)
            );
            causes.push(Cause::new(CauseKind::RotatedSecret, text).with_action(action));
        }
        causes
    }

    /// Creates the cause of a cookie that no given secret signed. `what` made the signature.
    pub(super) fn another_node_secret(&self, what: &str, action: &str) -> Cause {
        let none = match self.node_secrets.len() {
            1 => "the secret given is not the one that made".to_owned(),
            secrets => format!("none of the {} made", count(secrets, "secret")),
        };
        Cause::new(
            CauseKind::AnotherSecret,
            format!("another secret: {none} {what}, or a character of the cookie was changed"),
        )
        .with_action(action)
    }
}

/// Creates the causes of the steps that mended a copy.
pub(super) fn mended(repairs: &[Repair], reader: &str) -> impl Iterator<Item = Cause> {
    repairs.iter().map(move |repair| {
        let text = match repair {
            Repair::EscapedTwice => format!("{repair}; {reader} undoes it once"),
            repair => format!(
                "{reader} does not read it as it was copied; it does once this is undone: {}",
                repair.name().replace('-', " ")
            ),
        };
        Cause::new(CauseKind::Mended, text)
            .with_action("if it reaches the app like this, mend what sends it")
    })
}

/// Signs a text as cookie-signature does.
pub(super) fn signature(secret: &[u8], text: &str) -> String {
    let code = HmacKey::new(HmacDigest::Sha256, secret).sign(text.as_bytes());
    STANDARD_NO_PAD.encode(code.bytes().collect::<Vec<_>>())
}

/// Signs a text as keygrip does.
pub(super) fn keygrip(key: &[u8], text: &[u8]) -> String {
    let code = HmacKey::new(HmacDigest::Sha1, key).sign(text);
    URL_SAFE_NO_PAD.encode(code.bytes().collect::<Vec<_>>())
}

/// Decodes a value as `decodeURIComponent` does: `+` is itself, and a text whose escapes are broken
/// stays as it is.
pub(super) fn decoded(value: &[u8]) -> Option<String> {
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
            .and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(byte) = byte else {
            return String::from_utf8(value.to_vec()).ok();
        };
        bytes.push(byte);
        rest = after.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes)
        .or_else(|_| String::from_utf8(value.to_vec()))
        .ok()
}
