//! Creates the diagnosis of a cookie that a key opened: its content, and how it was sealed.

use crate::error::Refusal;
use crate::http::escape::escaped_len;
use crate::http::limit;
use crate::load_defaults::LoadDefaults;
use crate::message::base64;
use crate::message::jar_kind::JarKind;
use crate::message::parts::SignedParts;
use crate::serializer::Serialized;

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::checkup::SessionCheck;
use super::content::Content;
use super::diagnosis::{Diagnosis, Inside};
use super::form::Form;
use super::intake::Mended;
use super::messages::{self, Claims};
use super::obstacles::{Known, Verdict, expired};
use super::pasted::Pasted;
use super::remedy::{Need, Remedy};
use super::sealing::Sealing;
use super::sent::Sent;
use super::the_app::{Jars, has_key};
use super::trial::Fit;

impl Doctor {
    /// Creates the diagnosis of a cookie that a key opened.
    pub(super) fn opened(
        &self,
        sent: Option<&Sent<'_>>,
        cookie: &Pasted<'_>,
        mended: Mended,
        fit: &Fit,
    ) -> Diagnosis {
        if fit.is_message {
            return self.opened_message(&mended, fit);
        }
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
            salts: fit.salts.clone(),
        };
        let mut diagnosis = Diagnosis {
            opens: true,
            key_digest: fit.key_digest,
            hmac_digest: fit.hmac_digest,
            serializer: payload.map(|payload| payload.format.serializer()),
            purpose: envelope.and_then(|said| said.purpose.clone()),
            expires: envelope.and_then(|said| said.expires_at),
            secret: self.label(fit.secret),
            name: self.name(cookie),
            repairs: mended.repairs,
            ..blank
        };
        let session =
            payload.and_then(|payload| SessionCheck::of(payload, diagnosis.name.as_deref()));
        let verdict = self.verdict(&diagnosis, fit, &mended.bytes);
        let size = size(&diagnosis, &mended.bytes);
        let known = Known {
            cookie,
            sent,
            fit,
            content: &content,
            sealing: &sealing,
            verdict,
            is_session: self.is_session(&diagnosis) || session.is_some(),
            session,
            is_url_safe: is_url_safe(&mended.form, &mended.bytes),
            bytes: &mended.bytes,
        };
        let mut causes = self.obstacles(&known, &diagnosis);
        causes.extend(size.filter(|size| !size.fits()).map(too_long));
        let remedy = self.remedy(&causes, &known, &diagnosis);
        let asks_for_remedy = remedy.as_ref().is_some_and(|(_, asks)| *asks);
        let opens_as_it_is = verdict == Verdict::Opens && causes.is_empty();
        let is_usual = fit.unusual.is_none();
        diagnosis.causes = causes;
        diagnosis.inside = Some(Box::new(Inside {
            versions: if is_usual {
                sealing.versions()
            } else {
                Vec::new()
            },
            era: if is_usual {
                sealing.era()
            } else {
                "an app that makes its own keys".to_owned()
            },
            unusual: fit.unusual,
            remedy: remedy.map(|(remedy, _)| remedy),
            asks_for_remedy,
            app: self.app_in_words().filter(|_| opens_as_it_is),
            settings: is_usual.then(|| sealing.settings()),
            has_envelope: sealing.has_envelope,
            session,
            size: size.map_or(0, |size| size.counted),
            entries: payload.map(Serialized::entry_sizes).unwrap_or_default(),
            value: content.value,
            message: None,
        }));
        diagnosis
    }

    /// Creates the diagnosis of a message that a key opened, and that is no cookie.
    fn opened_message(&self, mended: &Mended, fit: &Fit) -> Diagnosis {
        let claims = Claims::of(&fit.text);
        let salt = fit.salts.first().map_or("", |(_, salt)| salt);
        let kind = messages::kind_of_salt(salt);
        let mut diagnosis = Diagnosis {
            opens: true,
            jar: None,
            key_digest: fit.key_digest,
            hmac_digest: fit.hmac_digest,
            purpose: claims.purpose.clone(),
            expires: claims.expires_at,
            secret: self.label(fit.secret),
            repairs: mended.repairs.clone(),
            ..self.blank(mended.form.format())
        };
        let mut causes = vec![messages::cause(kind, true)];
        causes.extend(expired(&diagnosis));
        diagnosis.causes = causes;
        let remedy = messages::remedy(
            kind,
            salt,
            &fit.material,
            &mended.bytes,
            claims.purpose.as_deref(),
            fit.key_digest,
            fit.hmac_digest,
        );
        let content = Content::of(&fit.text);
        diagnosis.serializer = content
            .payload
            .as_ref()
            .map(|payload| payload.format.serializer());
        diagnosis.inside = Some(Box::new(Inside {
            versions: Vec::new(),
            era: String::new(),
            unusual: None,
            remedy: Some(remedy),
            asks_for_remedy: true,
            app: None,
            settings: None,
            has_envelope: claims.purpose.is_some(),
            session: None,
            size: mended.bytes.len(),
            entries: Vec::new(),
            value: content.value,
            message: Some(salt.to_owned()),
        }));
        diagnosis
    }

    /// Returns the label of a secret.
    pub(super) fn label(&self, secret: usize) -> Option<String> {
        let given = self.secrets.get(secret)?;
        Some(given.label.clone())
    }

    /// Checks that the app reads the cookie of this name as its session.
    fn is_session(&self, diagnosis: &Diagnosis) -> bool {
        let name = diagnosis.name.as_deref();
        let is_named = name.is_some_and(|name| name.ends_with("_session"));
        let is_apps = self.the_app.is_some() && name == self.cookie_name.as_deref();
        is_named || name.is_some() && is_apps
    }

    /// Asks the app's jar, and, if another secret fits, a jar that has that secret instead.
    fn verdict(&self, diagnosis: &Diagnosis, fit: &Fit, value: &[u8]) -> Verdict {
        let (Some(jars), Some(kind)) = (self.jars(), diagnosis.jar) else {
            return if fit.secret > 0 {
                Verdict::OtherSecret(None)
            } else {
                Verdict::Unknown
            };
        };
        let name = sent_name(diagnosis).unwrap_or_default();
        let answer = jars.ask(kind, name, value);
        if has_key(answer) {
            return match answer {
                Ok(()) => Verdict::Opens,
                Err(refusal) => Verdict::Refuses(refusal),
            };
        }
        let is_own = fit.secret == 0 && fit.spelling.is_none();
        let settings = self.settings.as_ref();
        let with_secret = settings.filter(|_| !is_own).map(|settings| {
            let jars = Jars::of(&fit.material, settings).with_clock(&self.clock());
            jars.ask(kind, name, value)
        });
        match with_secret {
            Some(answer) => {
                let refusal = answer.err().filter(|_| !has_key(answer));
                if fit.secret > 0 {
                    Verdict::OtherSecret(refusal)
                } else {
                    refusal.map_or(Verdict::Opens, Verdict::Refuses)
                }
            }
            None => Verdict::Refuses(answer.err().unwrap_or(Refusal::Invalid)),
        }
    }

    /// Returns the rotation that makes the app open the cookie, if one does, with `true` if a cause
    /// asks for it.
    fn remedy(
        &self,
        causes: &[Cause],
        known: &Known<'_>,
        diagnosis: &Diagnosis,
    ) -> Option<(Remedy, bool)> {
        let has = |kinds: &[CauseKind]| causes.iter().any(|cause| kinds.contains(&cause.kind()));
        // No rotation opens a cookie that was sealed for another name than it is sent under.
        let sealed = diagnosis.purpose.as_deref();
        let sealed = sealed.and_then(|purpose| purpose.strip_prefix("cookie."));
        let is_name_sent = known.cookie.name.is_some();
        if has(&[CauseKind::WrongPurpose]) && (is_name_sent || sealed.is_none()) {
            return None;
        }
        let asks_for_it = [
            CauseKind::OtherName,
            CauseKind::WrongPurpose,
            CauseKind::RotatedSecret,
            CauseKind::OtherSettings,
            CauseKind::OtherKeys,
            CauseKind::UnreadRotations,
        ];
        let is_asked_for = has(&asks_for_it);
        if self.settings.is_some() && !is_asked_for {
            return None;
        }
        let settings = known.sealing.settings();
        let older_secret = has(&[CauseKind::RotatedSecret]).then_some(diagnosis.secret.as_deref());
        let older_name = if has(&[CauseKind::WrongPurpose]) {
            Some(sealed)
        } else {
            has(&[CauseKind::OtherName]).then_some(diagnosis.name.as_deref())
        };
        let remedy = Remedy::new(&Need {
            settings: &settings,
            is_encrypted: diagnosis.jar == Some(JarKind::Encrypted),
            unusual: known.fit.unusual,
            older_secret: older_secret.flatten(),
            older_name: older_name.flatten(),
            version: self.settings.as_ref().map(|settings| settings.version),
        });
        Some((remedy, is_asked_for))
    }
}

/// Checks for a signed message whose data is not in strict standard base64.
fn is_url_safe(form: &Form, message: &[u8]) -> bool {
    let Form::Signed { digest_len } = *form else {
        return false;
    };
    let parts = SignedParts::parse(message, digest_len);
    parts.is_some_and(|parts| base64::decode(parts.data).is_none())
}

/// Returns the name that the cookie is sent under: the copied one, the one that the app reads, or
/// the one that the value was sealed for.
fn sent_name(diagnosis: &Diagnosis) -> Option<&str> {
    let sealed = || diagnosis.purpose.as_deref()?.strip_prefix("cookie.");
    diagnosis.name.as_deref().or_else(sealed)
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
        "it has {} as it is sent, name and value: browsers drop what is over {} without a word",
        super::words::count(size.counted, "byte"),
        size.limit
    );
    Cause::new(CauseKind::TooLong, text)
        .with_action("store less in it; the largest keys are listed")
}
