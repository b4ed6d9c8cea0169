//! The doctor: it opens what a jar opens, never under another secret, and prints no secret.

use std::sync::LazyLock;

use hardtack::doctor::Doctor;
use hardtack::{Jar, LoadDefaults};
use time::macros::datetime;

use super::{other_secret, secret, secret_token};

static DOCTOR: LazyLock<Doctor> = LazyLock::new(|| {
    Doctor::new()
        .secret("the app's", &secret())
        .secret("the token", &secret_token())
        .cookie_name("_app_session")
        .settings(LoadDefaults::V7_1)
        .now(datetime!(2026-01-02 03:04:05 UTC))
});

static STRANGER: LazyLock<Doctor> = LazyLock::new(|| {
    Doctor::new()
        .secret("another", &other_secret())
        .settings(LoadDefaults::V7_1)
        .now(datetime!(2026-01-02 03:04:05 UTC))
});

static JARS: LazyLock<[Jar; 3]> = LazyLock::new(|| {
    [
        Jar::encrypted(&secret(), LoadDefaults::V7_1),
        Jar::encrypted(&secret(), LoadDefaults::V5_1),
        Jar::signed(&secret(), LoadDefaults::V7_1),
    ]
});

pub(super) fn check(data: &[u8]) {
    let diagnosis = DOCTOR.examine(data);
    let report = diagnosis.to_string();
    assert!(!report.contains("b3c631c314c0bbca50c1b2843150fe33"));
    assert!(!report.contains("as Rails 3 asked for it"));
    assert_eq!(diagnosis.opens, diagnosis.secret.is_some());

    let strange = STRANGER.examine(data);
    assert!(!strange.opens, "it opens under another secret: {strange}");
    // What a jar opens as it is, the doctor opens.
    let opens = JARS
        .iter()
        .any(|jar| jar.open("_app_session", data).is_ok());
    assert!(!opens || diagnosis.opens, "a jar opens it: {report}");
}
