//! Examines a cookie of express-session: `s:`, the id, a dot and the signature.

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::cookie_format::CookieFormat;
use super::cookie_names::of_name;
use super::damaged_signature::DamagedSignature;
use super::express_parts::{ExpressParts, SIGNATURE, StoreAnswer, is_id};
use super::intake::Mended;
use super::node::{Examined, decoded, mended as mended_causes, signature};
use super::pasted::Pasted;
use super::repair::Repair;
use crate::serializer::json::index_entry::{index, key_text};
use crate::shown::Shown;

/// The reader of these cookies, as causes name it.
const READER: &str = "Express";

/// Checks for a name of the cookie of express-session.
fn is_express_name(name: &str) -> bool {
    of_name(name).is_some_and(|(format, tells)| {
        format == CookieFormat::SessionId && tells.contains("in its store")
    })
}

impl Doctor {
    pub(super) fn of_express_session(
        &self,
        mended: &Mended,
        cookie: &Pasted<'_>,
    ) -> Option<Examined> {
        // Express reads a bare `+` as itself, unlike Rack, so its own reading comes first.
        let own = decoded(cookie.value).filter(|text| text.starts_with("s:"));
        let is_own = own.is_some();
        let text = match own {
            Some(text) => text,
            None => String::from_utf8(mended.bytes.clone()).ok()?,
        };
        let parts = ExpressParts::of(&text);
        let repairs = if is_own { &[] } else { &*mended.repairs };
        match (parts.is_marked, parts.is_whole()) {
            (true, true) => self.of_whole(&parts, repairs),
            (true, false) => self.of_damaged(&parts),
            (false, _) => self.of_unsigned(&parts, cookie),
        }
    }

    fn of_whole(&self, parts: &ExpressParts<'_>, repairs: &[Repair]) -> Option<Examined> {
        let mut examined = Examined::new(CookieFormat::ExpressSession);
        let signed = parts.signature.unwrap_or_default();
        examined.secret = self.fitting(|secret| signature(secret, parts.id) == signed);
        examined.opens = examined.secret.is_some();
        if !examined.opens && !self.node_secrets.is_empty() {
            return Some(self.of_no_secret(parts, examined));
        }
        let is_twice = repairs.contains(&Repair::EscapedTwice);
        if examined.opens || is_twice {
            examined.causes.extend(mended_causes(repairs, READER));
        }
        if parts.id.starts_with("j:") {
            return Some(examined.with_cause(signed_json()));
        }
        let answer = self.of_store();
        let is_there = answer.is_none();
        examined.causes.extend(answer);
        if examined.opens && is_there {
            let form = if is_id(parts.id) {
                "an id of express-session's own form"
            } else {
                "an id of the app's own form (genid)"
            };
            examined.says = Some(format!(
                "{form}; its session is in the store: 'hardtack key --format express' prints the \
                 key, and 'redis-cli --raw get KEY | hardtack stored' shows the session"
            ));
        }
        (examined.opens || !examined.causes.is_empty()).then_some(examined)
    }

    /// Tells of a whole cookie that no given secret signed.
    fn of_no_secret(&self, parts: &ExpressParts<'_>, examined: Examined) -> Examined {
        if let Some(damaged) = self.damage(parts, examined) {
            return damaged;
        }
        let cause = self.another_node_secret(
            "its signature",
            "ask the app for its option secret of express-session (or of cookie-parser), in its \
             own environment; if it is a list, give all of it. The text counts as it is: a file's \
             last line feed, or quotes of an .env file, are no part of it",
        );
        let examined = Examined::new(CookieFormat::ExpressSession).with_cause(cause);
        if parts.id.starts_with("j:") {
            examined.with_cause(signed_json())
        } else {
            examined
        }
    }

    /// Tells of a signature that one of the secrets made, and that was changed since.
    fn damage(&self, parts: &ExpressParts<'_>, mut examined: Examined) -> Option<Examined> {
        let signed = parts.signature?;
        let is_of = |secret: &[u8]| {
            let right = signature(secret, parts.id);
            DamagedSignature::beside(&right, signed, SIGNATURE)
        };
        let secret = self.fitting(|secret| is_of(secret).is_some())?;
        let right = self.node_secrets.get(secret.place)?;
        let damage = is_of(right.labelled.secret.expose())
            .or_else(|| DamagedSignature::of(signed, SIGNATURE))?;
        let label = Shown::new(&right.labelled.label).to_string();
        let text = format!("{}; the secret {label} made it", damage.text);
        examined
            .causes
            .push(Cause::new(damage.kind, text).with_action(
                "copy it again, whole; if it reaches the app like this, look for what changes \
                 cookies on the way (a proxy, a program that splits or decodes them)",
            ));
        examined.secret = Some(secret);
        Some(examined)
    }

    fn of_damaged(&self, parts: &ExpressParts<'_>) -> Option<Examined> {
        let examined = || Examined::new(CookieFormat::ExpressSession);
        if let Some(damaged) = self.damage(parts, examined()) {
            return Some(damaged);
        }
        if !is_id(parts.id) {
            return None;
        }
        let signed = parts.signature.unwrap_or_default();
        let cause = if signed.is_empty() {
            unsigned("it has s: and an id of express-session, and no signature behind it")
        } else {
            let damage = DamagedSignature::of(signed, SIGNATURE)?;
            Cause::new(damage.kind, damage.text).with_action(
                "copy it again, whole; if it reaches the app like this, look for what changes \
                 cookies on the way (a proxy, a program that splits or decodes them)",
            )
        };
        Some(examined().with_cause(cause))
    }

    /// Tells of an id without `s:`, with its signature or without.
    fn of_unsigned(&self, parts: &ExpressParts<'_>, cookie: &Pasted<'_>) -> Option<Examined> {
        let is_apps = |name: &str| {
            is_express_name(name)
                || !self.node_secrets.is_empty() && self.cookie_name.as_deref() == Some(name)
        };
        let is_named = cookie.name.is_some_and(is_apps);
        let mut examined = Examined::new(CookieFormat::ExpressSession);
        if parts.is_whole() {
            let signed = parts.signature.unwrap_or_default();
            examined.secret = self.fitting(|secret| signature(secret, parts.id) == signed);
            if examined.secret.is_none() && !(is_named && is_id(parts.id)) {
                return None;
            }
            return Some(examined.with_cause(unsigned(
                "s: is missing before the id and its signature: without it Express takes no cookie \
                 for signed",
            )));
        }
        if parts.signature.is_some() || !is_named || !is_id(parts.id) {
            return None;
        }
        Some(examined.with_cause(unsigned(
            "it is the bare id of a session: Express takes only s:, the id, a dot and the signature",
        )))
    }

    /// Tells of the store's answer, if it was given.
    fn of_store(&self) -> Option<Cause> {
        let StoreAnswer::Entry(entry) = self.stored.as_ref()? else {
            return Some(
                Cause::new(
                    CauseKind::NotStored,
                    "the store has no entry under the session's key: Express begins a new \
                     session, with a new id. The session ended (its time in the store, or a \
                     logout), or it is in another place",
                )
                .with_action(
                    "compare the key with what 'hardtack key --format express' prints: the \
                     store's prefix (sess: unless the app sets one), the server, and the number \
                     of the database",
                ),
            );
        };
        match StoredForm::of(entry) {
            StoredForm::Express => None,
            StoredForm::Kruptein => Some(
                Cause::new(
                    CauseKind::UnreadableValue,
                    "the store's entry is encrypted by the package kruptein (the option secret or \
                     crypto of the store), which hardtack does not open",
                )
                .with_action("store the sessions without that option"),
            ),
            StoredForm::Other => Some(
                Cause::new(
                    CauseKind::UnreadableValue,
                    "the store's entry is not the JSON of express-session: it has no member cookie",
                )
                .with_action("look whether another program writes under the same key"),
            ),
        }
    }
}

/// The form of a store's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoredForm {
    Express,
    Kruptein,
    Other,
}

impl StoredForm {
    pub(super) fn of(entry: &[u8]) -> Self {
        let text = str::from_utf8(entry).unwrap_or_default();
        let Ok(Some(entries)) = index(text) else {
            // Its other forms: base64 of an ASN.1 sequence, and either as a JSON text.
            let inner = text.trim_start_matches('"');
            let is_kruptein = ["MII", r#"{\"hmac\":"#]
                .iter()
                .any(|start| inner.starts_with(start));
            return if is_kruptein {
                Self::Kruptein
            } else {
                Self::Other
            };
        };
        let value = |key: &str| {
            let mut entries = entries.iter();
            let entry = entries.find(|entry| key_text(text, **entry) == key)?;
            Some(entry.value.of(text))
        };
        if value("cookie").is_some_and(|cookie| cookie.starts_with('{')) {
            Self::Express
        } else if ["ct", "hmac", "iv"].iter().all(|key| value(key).is_some()) {
            Self::Kruptein
        } else {
            Self::Other
        }
    }
}

fn unsigned(text: &str) -> Cause {
    Cause::new(CauseKind::Unsigned, text).with_action(
        "send the cookie as the app set it; a cookie for a test is made by 'hardtack seal --system \
         express ID'",
    )
}

fn signed_json() -> Cause {
    Cause::new(
        CauseKind::NotASession,
        "it is a JSON value (j:) that res.cookie(name, value, { signed: true }) signed: \
         cookie-parser reads it, and express-session takes it for an id that no store has",
    )
}
