//! The doctor and its findings.

use hardtack::doctor::{Cause, Diagnosis, Doctor};
use hardtack::{Jar, LoadDefaults, SecretKeyBase};

use super::{CARD, NAME, Rows, data, secret};
use crate::support::json;

pub(crate) fn doctor(rows: &mut Rows) {
    let doctor = Doctor::new().secret("a file", &secret()).cookie_name(NAME);
    rows.debug("Doctor", &doctor);
    let doctor = doctor.settings(json(LoadDefaults::V6_1));
    let jar = Jar::encrypted(&secret(), json(LoadDefaults::V7_1));
    let cookie = data().write(&jar, NAME, None).unwrap();
    let cookie = cookie.escaped_value();
    let stranger = Doctor::new().secret("b", &SecretKeyBase::generate().unwrap());
    let diagnoses: [Diagnosis; 4] = [
        doctor.examine(cookie),
        doctor.examine(format!("Cookie: plain={CARD}; {NAME}=\"{cookie}\"")),
        doctor.examine(&cookie[..cookie.len() - 9]),
        stranger.examine(cookie),
    ];
    assert!(diagnoses[0].opens && !diagnoses[3].opens);
    for diagnosis in &diagnoses {
        rows.both("Diagnosis", diagnosis);
        rows.texts.push((
            "Diagnosis as JSON".to_owned(),
            serde_json::to_string(diagnosis).unwrap(),
        ));
        rows.both("CookieFormat", &diagnosis.format);
        for cause in &diagnosis.causes {
            let cause: &Cause = cause;
            rows.both("Cause", cause);
            rows.debug("CauseKind", &cause.kind());
        }
        for repair in &diagnosis.repairs {
            rows.both("Repair", repair);
        }
        if let Some(remedy) = diagnosis.remedy() {
            rows.debug("Remedy", remedy);
        }
        if let Some(check) = diagnosis.session() {
            rows.debug("SessionCheck", check);
            rows.debug("Check", &check.flash);
        }
    }
}
