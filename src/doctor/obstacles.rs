//! Finds the causes why an app does not read a cookie as it is that a key opens.

use crate::error::Refusal;
use crate::load_defaults::LoadDefaults;
use crate::settings::SecretKind;
use crate::shown::Shown;

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::checkup::{Check, SessionCheck};
use super::content::Content;
use super::diagnosis::Diagnosis;
use super::pasted::Pasted;
use super::rails_reads::{self, EnvelopeForm};
use super::repair::Repair;
use super::sealing::Sealing;
use super::sent::{BAD_ESCAPE, Sent};
use super::spelling::Spelling;
use super::trial::Fit;
use super::words::distance;

/// The answer of the app's jar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The app's settings are not known.
    Unknown,
    Opens,
    Refuses(Refusal),
    /// A secret opens it that is not the app's own; with the reason if the app's settings would
    /// refuse it under that secret too.
    OtherSecret(Option<Refusal>),
}

/// The facts that are known of an opened cookie.
pub(super) struct Known<'a> {
    pub(super) cookie: &'a Pasted<'a>,
    pub(super) sent: Option<&'a Sent<'a>>,
    pub(super) fit: &'a Fit,
    pub(super) content: &'a Content,
    pub(super) sealing: &'a Sealing,
    pub(super) verdict: Verdict,
    pub(super) is_session: bool,
    pub(super) session: Option<SessionCheck>,
    pub(super) is_url_safe: bool,
    pub(super) bytes: &'a [u8],
}

impl Doctor {
    /// Lists the causes why an app may not read a cookie that a key opens, the likeliest first.
    pub(super) fn obstacles(&self, known: &Known<'_>, diagnosis: &Diagnosis) -> Vec<Cause> {
        let mut causes = Vec::new();
        causes.extend(expired(diagnosis));
        causes.extend(bad_expiry(known.content));
        causes.extend(wrong_purpose(diagnosis, known.cookie.name.is_some()));
        causes.extend(self.other_name(known.cookie));
        causes.extend(self.altered_secret(known.fit));
        causes.extend(self.rotated_secret(known, diagnosis));
        causes.extend(self.other_settings(known));
        causes.extend(other_keys(known.fit));
        causes.extend(self.of_the_version(known));
        causes.extend(self.other_store(known));
        causes.extend(mended(known, diagnosis));
        causes.extend(known.content.broken.clone());
        causes.extend(known.content.faults(known.is_session));
        causes.extend(known.session.into_iter().flat_map(obstacles_of_session));
        if causes.is_empty()
            && let Verdict::Refuses(refusal) = known.verdict
        {
            // Nothing that was looked for explains it, and it is not claimed to open.
            let text = format!("the app's jar refuses it: {}", refusal.hint());
            causes.push(Cause::new(CauseKind::OtherSettings, text));
        }
        causes
    }

    /// Returns the cause if the cookie's name is not the one that the app reads.
    pub(super) fn other_name(&self, cookie: &Pasted<'_>) -> Option<Cause> {
        let (read, name) = (self.cookie_name.as_deref()?, cookie.name?);
        if read == name {
            return None;
        }
        let text = format!(
            "its name is {}, and the app reads {}",
            Shown::new(name),
            Shown::new(read)
        );
        Some(
            Cause::new(CauseKind::OtherName, text)
                .with_action("compare it with the key of config.session_store"),
        )
    }

    /// Returns the cause if the secret that fits is a given one in another spelling.
    fn altered_secret(&self, fit: &Fit) -> Option<Cause> {
        let Spelling { given, app } = fit.spelling.as_ref()?;
        let label = self.label(fit.secret).unwrap_or_default();
        let label = Shown::new(&label);
        let given = given.join(", ");
        let (text, action) = match (given.as_str(), app) {
            ("", None) => return None,
            (given, None) => (
                format!("the secret {label} {given}, and the app's own does not"),
                "give the secret exactly as the app has it, without a sign more or less".to_owned(),
            ),
            ("", Some(app)) => (
                format!("the app's secret {app}, and {label} does not"),
                format!(
                    "give the secret as the app has it, or correct it in the app: its older \
                         cookies then need a rotation of the secret that {app}"
                ),
            ),
            (given, Some(app)) => (
                format!("the secret {label} {given}; and the app's secret {app}"),
                "give the secret exactly as the app has it, without a sign more or less".to_owned(),
            ),
        };
        Some(Cause::new(CauseKind::SecretAltered, text).with_action(action))
    }

    fn rotated_secret(&self, known: &Known<'_>, diagnosis: &Diagnosis) -> Option<Cause> {
        if !matches!(known.verdict, Verdict::OtherSecret(_)) {
            return None;
        }
        let own = self.label(0).unwrap_or_default();
        let label = diagnosis.secret.as_deref().unwrap_or_default();
        let text = format!(
            "it was sealed under {}, and the app's present secret is {}",
            Shown::new(label),
            Shown::new(&own)
        );
        let action = format!(
            "if {} is set by mistake, correct it; if it is the newer secret, add the rotation for \
             the secret of {} below",
            Shown::new(&own),
            Shown::new(label)
        );
        Some(Cause::new(CauseKind::RotatedSecret, text).with_action(action))
    }

    /// Returns the cause if the app's settings do not open the cookie.
    fn other_settings(&self, known: &Known<'_>) -> Option<Cause> {
        let settings = self.settings.as_ref()?;
        let reads = known.sealing.format.is_none_or(|format| {
            rails_reads::reads(settings.version, settings.cookies_serializer, format)
        });
        let refused = match known.verdict {
            // A value that nobody can read is a cause of its own.
            Verdict::Refuses(Refusal::UnreadableValue) if known.content.is_unreadable() => false,
            Verdict::Refuses(Refusal::Invalid | Refusal::Malformed | Refusal::UnreadableValue) => {
                true
            }
            Verdict::OtherSecret(refusal) => refusal.is_some(),
            _ => false,
        };
        let is_format = !reads && !known.content.is_unreadable();
        if known.fit.unusual.is_some() || !(refused || is_format) {
            return None;
        }
        let differences = known.sealing.differences(settings, reads);
        let app = self.app_in_words().unwrap_or_default();
        if differences.is_empty() {
            return None;
        }
        let differences = differences.join("; ");
        let rotation = self.the_app.as_ref();
        if let Some(place) = rotation.and_then(|app| app.unread_rotation.as_deref()) {
            let text = format!(
                "it has {differences}, unlike the app's present settings ({app}). The app has \
                 rotations that are not understood ({}), and one may open it",
                Shown::new(place)
            );
            return Some(
                Cause::new(CauseKind::UnreadRotations, text)
                    .with_action("look whether one of them is the rotation below"),
            );
        }
        let text = format!("the app's settings ({app}) do not open it: it has {differences}");
        let action = if settings.version < LoadDefaults::V5_2 {
            "give the app that seals it the settings of this one: this version has no rotations; \
             in Rust, add the rotation below"
        } else {
            "add the rotation below to the app that reads it, or give both apps the same settings"
        };
        Some(Cause::new(CauseKind::OtherSettings, text).with_action(action))
    }

    /// Lists what the app's version of Rails refuses, although hardtack's jar opens it.
    fn of_the_version(&self, known: &Known<'_>) -> Vec<Cause> {
        let mut causes = Vec::new();
        let Some(settings) = &self.settings else {
            return causes;
        };
        let said = known.content.envelope.as_ref();
        let form = said.filter(|said| said.has_envelope);
        let form = form.map(|said| EnvelopeForm {
            is_exact: said.is_exact,
            has_purpose: said.purpose.is_some(),
        });
        let fault = form.and_then(|form| rails_reads::envelope_fault(settings.version, form));
        causes.extend(fault.map(|fault| {
            Cause::new(CauseKind::OddEnvelope, fault).with_action(
                "let the program that sealed it write what this version of Rails reads",
            )
        }));
        let release = self.the_app.as_ref().and_then(|app| app.rails.as_deref());
        if known.is_url_safe && !rails_reads::reads_url_safe(settings.version, release) {
            let text = "its base64 is url-safe (- and _, or no padding), which Rails reads in \
                        signed cookies from 7.2.3 and 8.0.2 on only";
            causes.push(
                Cause::new(CauseKind::UrlSafe, text)
                    .with_action("let the program that sealed it write standard base64"),
            );
        }
        let reads_encrypted_sessions = settings.secret_kind == SecretKind::SecretKeyBase
            && settings.version >= LoadDefaults::V4_0;
        let is_signed = known.sealing.cipher.is_none() && known.fit.key_digest.is_some();
        // Only the app's files tell that the cookie of this name is its session.
        let read = self.cookie_name.as_deref();
        let is_apps_session = self.the_app.is_some()
            && read.is_some()
            && known.cookie.name.is_none_or(|name| read == Some(name));
        if is_signed && known.session.is_some() && is_apps_session && reads_encrypted_sessions {
            let text = "it is a session in cookies.signed, and Rails reads its session from the \
                        encrypted jar alone";
            causes.push(
                Cause::new(CauseKind::OtherJar, text)
                    .with_action("seal the session in the encrypted jar"),
            );
        }
        causes
    }

    fn other_store(&self, known: &Known<'_>) -> Option<Cause> {
        let store = self.the_app.as_ref()?.server_store()?;
        let is_apps =
            known.cookie.name.is_none() || known.cookie.name == self.cookie_name.as_deref();
        if !known.is_session || !is_apps {
            return None;
        }
        let text = format!(
            "the app keeps its sessions in {}, and reads only an id from this cookie",
            Shown::new(store)
        );
        Some(
            Cause::new(CauseKind::OtherStore, text)
                .with_action("it is from before session_store was changed: it can be dropped"),
        )
    }
}

/// Returns the cause if the expiry has passed.
pub(super) fn expired(diagnosis: &Diagnosis) -> Option<Cause> {
    let at = diagnosis.expires.filter(|at| diagnosis.now >= *at)?;
    let text = format!(
        "it expired {} ago: Rails reads nil from it, whatever its secret",
        distance((diagnosis.now - at).unsigned_abs().as_secs())
    );
    let action = "get a fresh one; the app sets the lifetime by expire_after or expires";
    Some(Cause::new(CauseKind::Expired, text).with_action(action))
}

fn bad_expiry(content: &Content) -> Option<Cause> {
    let exp = content.envelope.as_ref()?.unreadable_expiry.as_deref()?;
    let text = format!(
        "its expiry is {:?}, which is no time: Rails reads nil from it",
        Shown::new(exp)
    );
    Some(
        Cause::new(CauseKind::BadExpiry, text).with_action(
            "mend the program that sealed it: exp is written as 2030-01-02T03:04:05.678Z",
        ),
    )
}

/// Returns the cause if the value was sealed for another name than it is sent under, or, if nobody
/// knows that name, than the app reads.
fn wrong_purpose(diagnosis: &Diagnosis, is_name_sent: bool) -> Option<Cause> {
    let purpose = diagnosis.purpose.as_deref()?;
    let sealed = purpose.strip_prefix("cookie.");
    let name = diagnosis.name.as_deref();
    let text = match (sealed, name) {
        (Some(sealed), Some(name)) if sealed != name && is_name_sent => format!(
            "it was sealed for a cookie named {:?}, and is sent as {}: Rails refuses it, and no \
             rotation changes that",
            Shown::new(sealed),
            Shown::new(name)
        ),
        (Some(sealed), Some(name)) if sealed != name => format!(
            "it was sealed for a cookie named {:?}, and the app reads {}: sent under that name, \
             Rails refuses it",
            Shown::new(sealed),
            Shown::new(name)
        ),
        (None, _) => format!(
            "it was sealed for the purpose {:?}, and a cookie's purpose is \"cookie.\" with its \
             name: Rails refuses it, and no rotation changes that",
            Shown::new(purpose)
        ),
        _ => return None,
    };
    let action = match sealed {
        Some(sealed) if !is_name_sent => format!(
            "look under which name it is sent: under {:?} the lines below read it, under another \
             nothing does",
            Shown::new(sealed)
        ),
        Some(sealed) => format!(
            "send it under the name {:?}, or open it there and seal it anew under the new name",
            Shown::new(sealed)
        ),
        None => "let the program that sealed it write the purpose of this cookie".to_owned(),
    };
    Some(Cause::new(CauseKind::WrongPurpose, text).with_action(action))
}

/// Returns the cause if no setting of an app makes the keys.
fn other_keys(fit: &Fit) -> Option<Cause> {
    let unusual = fit.unusual?;
    let text = format!(
        "its {}, which is no default of any Rails",
        unusual.in_words()
    );
    Some(
        Cause::new(CauseKind::OtherKeys, text)
            .with_action("where the app that reads it makes no such keys, add the rotation below"),
    )
}

/// Lists the steps without which the value does not open.
fn mended(known: &Known<'_>, diagnosis: &Diagnosis) -> Vec<Cause> {
    let fault = known.sent.and_then(|sent| sent.fault(known.bytes));
    let has_bad_escape = fault == Some(BAD_ESCAPE);
    // A cut escape looks like lost padding; the header tells them apart.
    let repairs = diagnosis.repairs.iter();
    let mut causes: Vec<_> = repairs
        .filter(|repair| !(has_bad_escape && **repair == Repair::PaddingLost))
        .map(|repair| {
            Cause::new(CauseKind::Mended, repair.to_string())
                .with_action("if it reaches the app like this, mend what sends it")
        })
        .collect();
    if let Some(fault) = fault.filter(|_| causes.is_empty()) {
        causes.push(
            Cause::new(CauseKind::Mended, fault)
                .with_action("mend what sends it: like this the app reads nil from it"),
        );
    }
    causes
}

/// Lists the faults of the entries that Rails keeps in a session.
pub(super) fn obstacles_of_session(check: SessionCheck) -> Vec<Cause> {
    let mut causes = Vec::new();
    if check.session_id == Check::Absent {
        causes.push(
            Cause::new(
                CauseKind::NoSessionId,
                "it has no session_id: Rails takes such a session for empty",
            )
            .with_action(
                "let the program that sealed it write a session_id (32 hexadecimal digits)",
            ),
        );
    }
    if check.csrf_token == Check::Odd {
        causes.push(Cause::new(
            CauseKind::BadCsrfToken,
            "its _csrf_token is not base64 of 32 bytes: Rails refuses every form",
        ));
    }
    if check.flash == Check::Odd {
        causes.push(Cause::new(
            CauseKind::BadFlash,
            "its flash is not what any Rails writes, and Rails may fail on it",
        ));
    }
    causes
}
