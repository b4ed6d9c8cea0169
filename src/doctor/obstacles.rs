//! Finds the causes why an app reads `nil` from a cookie that a key opens.

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::checkup::{Check, SessionCheck};
use super::diagnosis::Diagnosis;
use super::keys::Alteration;
use super::pasted::Pasted;
use super::words::distance;
use crate::shown::Shown;

impl Doctor {
    /// Lists the causes why an app reads `nil` although a key opens the cookie, the likeliest
    /// first.
    pub(super) fn obstacles(
        &self,
        cookie: &Pasted<'_>,
        alteration: Option<Alteration>,
        diagnosis: &Diagnosis,
        differs: Option<&str>,
    ) -> Vec<Cause> {
        let mut causes = Vec::new();
        let mut add = |kind, text: String| causes.push(Cause::new(kind, text));
        if let Some(at) = diagnosis.expires.filter(|at| diagnosis.now >= *at) {
            add(
                CauseKind::Expired,
                format!(
                    "it expired {} ago: Rails reads nil from it, whatever its secret",
                    distance((diagnosis.now - at).unsigned_abs().as_secs())
                ),
            );
        }
        if let Some(sealed) = wrong_name(diagnosis) {
            let name = diagnosis.name.as_deref().unwrap_or_default();
            add(
                CauseKind::WrongPurpose,
                format!(
                    "it was sealed for a cookie named {}, and is read as {}: Rails refuses it; \
                     read it under its own name, or add a rotation of that name (in Rust; Rails \
                     has none)",
                    Shown::new(sealed),
                    Shown::new(name)
                ),
            );
        }
        if let (Some(read), Some(name)) = (self.cookie_name.as_deref(), cookie.name)
            && read != name
        {
            add(
                CauseKind::OtherName,
                format!(
                    "its name is {}, and the app reads {}: see the key of config.session_store",
                    Shown::new(name),
                    Shown::new(read)
                ),
            );
        }
        let label = Shown::new(diagnosis.secret.as_deref().unwrap_or_default());
        match alteration {
            Some(Alteration::Stripped) => add(
                CauseKind::SecretAltered,
                format!(
                    "the secret {label} has white space or quotes around it, which the app's own \
                     has not: take them away"
                ),
            ),
            Some(Alteration::WithLineFeed) => add(
                CauseKind::SecretAltered,
                format!(
                    "the app's secret ends with a line feed, which {label} does not: the app reads \
                     it from a file without cutting that off, and so has to be given it"
                ),
            ),
            None => {}
        }
        if let Some(differences) = differs {
            let version = self.settings.as_ref().map(|settings| settings.version);
            let version = version
                .map(|version| version.to_string())
                .unwrap_or_default();
            add(
                CauseKind::OtherSettings,
                format!(
                    "the app's settings (load_defaults {version}) do not open it: it has {differences}"
                ),
            );
        }
        for repair in &diagnosis.repairs {
            add(CauseKind::Mended, repair.to_string());
        }
        causes
    }
}

/// Returns the cookie name that the value was sealed for, if it differs from the present name.
fn wrong_name(diagnosis: &Diagnosis) -> Option<&str> {
    let purpose = diagnosis.purpose.as_deref()?;
    let sealed = purpose.strip_prefix("cookie.").unwrap_or(purpose);
    let name = diagnosis.name.as_deref()?;
    (sealed != name).then_some(sealed)
}

/// Lists the faults of the entries that Rails keeps in a session.
pub(super) fn obstacles_of_session(check: SessionCheck) -> Vec<Cause> {
    let mut causes = Vec::new();
    if check.session_id != Check::Sane {
        let what = match check.session_id {
            Check::Absent => "it has no session_id: Rails takes such a session for empty",
            _ => {
                "its session_id is not 32 hexadecimal digits, as Rails makes them (Rack's own are 64)"
            }
        };
        causes.push(Cause::new(CauseKind::NoSessionId, what));
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
