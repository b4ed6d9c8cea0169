//! Creates the diagnosis of a cookie that a key opened: its content, and how it was sealed.

use crate::error::Refusal;
use crate::http::escape::escaped_len;
use crate::http::limit;
use crate::load_defaults::LoadDefaults;
use crate::message::jar_kind::JarKind;
use crate::message::metadata::{self, Said};
use crate::rails::jar::Jar;
use crate::serializer::{Format, Serialized};
use crate::shown::Shown;

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::checkup::SessionCheck;
use super::diagnosis::{Diagnosis, Inside};
use super::intake::Mended;
use super::keys::Material;
use super::obstacles::obstacles_of_session;
use super::pasted::Pasted;
use super::remedy::Remedy;
use super::sealing::Sealing;
use super::trial::Fit;
use super::words::count;

/// The most entries that are listed as unreadable.
const MOST_ENTRIES: usize = 5;

/// The content of a message.
struct Content {
    envelope: Option<Said>,
    /// The value; `None` if it is in no known format.
    payload: Option<Serialized>,
    /// The cause, if the value or one of its entries cannot be read.
    broken: Option<Cause>,
}

impl Content {
    fn of(text: &[u8]) -> Self {
        let broken = |reason: &str| {
            let text = format!("the key fits, but its value cannot be read: {reason}");
            Some(Cause::new(CauseKind::UnreadableValue, text))
        };
        let Ok(said) = metadata::said(text) else {
            return Self {
                envelope: None,
                payload: None,
                broken: broken("its envelope is broken"),
            };
        };
        let payload = Format::of(&said.value).map(|format| Serialized {
            bytes: said.value.clone(),
            format,
        });
        let broken = match &payload {
            None => broken("it is neither JSON nor Marshal nor MessagePack"),
            Some(payload) => match payload.check() {
                Ok(()) => unreadable_entries(payload),
                Err(error) if is_built_in(payload.format) => broken(error.reason),
                Err(error) => Some(Cause::new(
                    CauseKind::FeatureMissing,
                    format!("the key fits, but {}", error.reason),
                )),
            },
        };
        Self {
            envelope: Some(said),
            payload,
            broken,
        }
    }
}

/// Returns a cause that lists the entries that cannot be read, if the others can.
fn unreadable_entries(payload: &Serialized) -> Option<Cause> {
    let entries = payload.unreadable_entries();
    let (listed, more) = entries.split_at(entries.len().min(MOST_ENTRIES));
    if listed.is_empty() {
        return None;
    }
    let listed: Vec<_> = listed
        .iter()
        .map(|(key, reason)| format!("{} ({reason})", Shown::new(key)))
        .collect();
    let more = match more.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let text = format!(
        "what stands under {}{more} cannot be read: hardtack reads the other keys and keeps it as \
         it is; Rails may refuse the whole value",
        listed.join(", ")
    );
    Some(Cause::new(CauseKind::UnreadableEntry, text))
}

const fn is_built_in(format: Format) -> bool {
    match format {
        Format::Json => true,
        Format::Marshal => cfg!(feature = "marshal"),
        Format::MessagePack => cfg!(feature = "message_pack"),
    }
}

impl Doctor {
    /// Creates the diagnosis of a cookie that a key opened.
    pub(super) fn opened(&self, cookie: &Pasted<'_>, mended: Mended, fit: Fit) -> Diagnosis {
        let content = Content::of(&fit.text);
        let envelope = content.envelope.as_ref();
        let payload = content.payload.as_ref();
        let blank = self.blank(mended.form.format());
        let sealing = Sealing {
            cipher: blank.cipher,
            secret_kind: fit.secret_kind,
            key_digest: fit.key_digest,
            hmac_digest: fit.hmac_digest,
            has_envelope: envelope.is_some_and(|said| said.has_envelope),
            has_purpose: envelope.is_some_and(|said| said.purpose.is_some()),
            format: payload.map(|payload| payload.format),
            salts: fit.salts,
        };
        let mut diagnosis = Diagnosis {
            opens: true,
            key_digest: fit.key_digest,
            hmac_digest: fit.hmac_digest,
            serializer: payload.map(|payload| payload.format.serializer()),
            purpose: envelope.and_then(|said| said.purpose.clone()),
            expires: envelope.and_then(|said| said.expires_at),
            secret: self
                .secrets
                .get(fit.secret)
                .map(|secret| secret.label.clone()),
            name: self.name(cookie),
            repairs: mended.repairs,
            ..blank
        };
        let secret = self
            .keys()
            .materials
            .iter()
            .find(|one| one.index == fit.secret && one.alteration == fit.alteration);
        let differs = self.differs(secret, &diagnosis, &sealing, &mended.bytes);
        let session =
            payload.and_then(|payload| SessionCheck::of(payload, diagnosis.name.as_deref()));
        let size = size(&diagnosis, &mended.bytes);
        let mut causes = self.obstacles(cookie, fit.alteration, &diagnosis, differs.as_deref());
        causes.extend(content.broken);
        causes.extend(session.into_iter().flat_map(obstacles_of_session));
        causes.extend(size.filter(|size| !size.fits()).map(too_long));
        diagnosis.causes = causes;
        let app = self.settings.as_ref().map(|settings| settings.version);
        let opens_as_it_is = app.filter(|_| differs.is_none());
        let settings = sealing.settings();
        let is_encrypted = diagnosis.jar == Some(JarKind::Encrypted);
        let older_name = self.older_name(&diagnosis);
        let remedy = Remedy::new(&settings, is_encrypted, older_name.as_deref());
        diagnosis.inside = Some(Box::new(Inside {
            versions: sealing.versions(),
            era: sealing.era(),
            remedy: opens_as_it_is.is_none().then_some(remedy),
            opens_as_it_is,
            settings,
            has_envelope: sealing.has_envelope,
            session,
            size: size.map_or(0, |size| size.counted),
            entries: payload.map(Serialized::entry_sizes).unwrap_or_default(),
            value: payload.and_then(|payload| payload.load().ok()),
        }));
        diagnosis
    }

    /// Returns the cookie's name if the app reads another.
    fn older_name(&self, diagnosis: &Diagnosis) -> Option<String> {
        let read = self.cookie_name.as_deref()?;
        let name = sealed_name(diagnosis).or(diagnosis.name.as_deref())?;
        (name != read).then(|| name.to_owned())
    }

    /// Describes the differences from the app's settings; `None` if these are not known or open
    /// the cookie.
    fn differs(
        &self,
        secret: Option<&Material>,
        diagnosis: &Diagnosis,
        sealing: &Sealing,
        value: &[u8],
    ) -> Option<String> {
        let settings = self.settings.as_ref()?;
        let secret = &secret?.secret;
        // Comparing settings is not enough: a jar also opens what Rails' fall-backs open.
        let jar = match diagnosis.jar? {
            JarKind::Encrypted => Jar::encrypted(secret, settings.clone()),
            JarKind::Signed => Jar::signed(secret, settings.clone()),
        };
        let name = sent_name(diagnosis).unwrap_or_default();
        match jar.open_as(name, name, value) {
            Ok(_) | Err(Refusal::Expired | Refusal::WrongPurpose) => None,
            Err(_) => Some(sealing.differences(settings).join("; ")),
        }
    }
}

/// Returns the cookie name that the value was sealed for.
fn sealed_name(diagnosis: &Diagnosis) -> Option<&str> {
    diagnosis.purpose.as_deref()?.strip_prefix("cookie.")
}

/// Returns the name that the cookie is sent under: the copied one, the one that the app reads, or
/// the one that the value was sealed for.
fn sent_name(diagnosis: &Diagnosis) -> Option<&str> {
    diagnosis.name.as_deref().or_else(|| sealed_name(diagnosis))
}

/// Returns the size that browsers count.
fn size(diagnosis: &Diagnosis, value: &[u8]) -> Option<limit::Size> {
    let name = sent_name(diagnosis).map_or(0, str::len);
    limit::size(
        &LoadDefaults::NEWEST.settings(),
        name,
        value.len(),
        escaped_len(value),
    )
}

fn too_long(size: limit::Size) -> Cause {
    let text = format!(
        "{} as they are sent, name and value: browsers drop what is over {} without a word",
        count(size.counted, "byte"),
        size.limit
    );
    Cause::new(CauseKind::TooLong, text)
}
