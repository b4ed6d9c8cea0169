//! [`Cause`]: why an app reads `nil` from a cookie.

use std::fmt;

use super::words::count;
use crate::shown::Shown;

/// What kind of cause it is: what `--json` prints of it.
///
/// ```
/// use hardtack::doctor::{CauseKind, Doctor};
///
/// let diagnosis = Doctor::new().examine("Cookie:");
/// assert_eq!(diagnosis.causes[0].kind(), CauseKind::NoCookie);
/// assert_eq!(CauseKind::AnotherSecret.name(), "another-secret");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CauseKind {
    /// Nothing was copied that is a cookie.
    NoCookie,
    /// Longer than any cookie, and not looked at.
    TooLarge,
    /// Another framework's cookie.
    NotRails,
    /// Its end is missing.
    CutOff,
    /// Something in it was lost or changed.
    Damaged,
    /// No secret was given.
    NoSecret,
    /// A secret that looks like the key of the credentials file.
    MasterKey,
    /// Sealed under a secret that was not given.
    AnotherSecret,
    /// Sealed under salts that were not given.
    AnotherSalt,
    /// Sealed by another app, or changed since.
    AnotherApp,
    /// A feature of the crate that is off.
    FeatureMissing,
    /// It opens, but only after it was mended.
    Mended,
    /// It opens, but under a secret that differs from the given one by white space or quotes.
    SecretAltered,
    /// It opens, but its expiry has passed.
    Expired,
    /// It opens, but was sealed for a cookie of another name.
    WrongPurpose,
    /// It opens, but the app reads a cookie of another name.
    OtherName,
    /// It opens, but the app's settings do not open it.
    OtherSettings,
    /// It opens, but its value cannot be read.
    UnreadableValue,
    /// It opens, but an entry of its value cannot be read.
    UnreadableEntry,
    /// It opens, but is a session without a `session_id`.
    NoSessionId,
    /// It opens, but its authenticity token is none.
    BadCsrfToken,
    /// It opens, but its flash is none.
    BadFlash,
    /// It opens, but browsers drop a cookie of this size.
    TooLong,
}

impl CauseKind {
    /// The name that `--json` prints (example: at the type).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCookie => "no-cookie",
            Self::TooLarge => "too-large",
            Self::NotRails => "not-rails",
            Self::CutOff => "cut-off",
            Self::Damaged => "damaged",
            Self::NoSecret => "no-secret",
            Self::MasterKey => "master-key",
            Self::AnotherSecret => "another-secret",
            Self::AnotherSalt => "another-salt",
            Self::AnotherApp => "another-app",
            Self::FeatureMissing => "feature-missing",
            Self::Mended => "mended",
            Self::SecretAltered => "secret-altered",
            Self::Expired => "expired",
            Self::WrongPurpose => "wrong-purpose",
            Self::OtherName => "other-name",
            Self::OtherSettings => "other-settings",
            Self::UnreadableValue => "unreadable-value",
            Self::UnreadableEntry => "unreadable-entry",
            Self::NoSessionId => "no-session-id",
            Self::BadCsrfToken => "bad-csrf-token",
            Self::BadFlash => "bad-flash",
            Self::TooLong => "too-long",
        }
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One reason for which an app reads `nil` from a cookie; `Display` tells it in a sentence, with
/// what to do.
///
/// ```
/// use hardtack::doctor::Doctor;
///
/// let cut = format!("{}--{}--AAAA", "A".repeat(40), "A".repeat(16));
/// let diagnosis = Doctor::new().examine(&cut);
/// assert_eq!(diagnosis.causes[0].kind().name(), "cut-off");
/// assert!(diagnosis.causes[0].to_string().contains("4 of the 24 characters"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    kind: CauseKind,
    text: String,
}

impl Cause {
    /// What kind of cause it is (example: at the type).
    #[must_use]
    pub const fn kind(&self) -> CauseKind {
        self.kind
    }

    pub(super) fn new(kind: CauseKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }

    /// A secret that has the form of a `master.key`.
    pub(super) fn master_key(label: &str) -> Self {
        Self::new(
            CauseKind::MasterKey,
            format!(
                "{} has 32 hexadecimal digits, as config/master.key has: that one opens \
                 config/credentials.yml.enc, and the secret_key_base stands in there",
                Shown::new(label)
            ),
        )
    }

    /// No secret fits, of so many.
    pub(super) fn another_secret(secrets: usize, is_signed: bool) -> Self {
        let none = match secrets {
            1 => "the secret given is not the one".to_owned(),
            secrets => format!("none of the {} is the one", count(secrets, "secret")),
        };
        let token = if is_signed {
            "; so does the secret_token of Rails 3"
        } else {
            ""
        };
        Self::new(
            CauseKind::AnotherSecret,
            format!(
                "another secret: {none} that sealed it. Ask the app that set the cookie, in its \
                 own environment (production, staging): bin/rails runner 'puts \
                 Rails.application.secret_key_base'. If it was changed since, an older \
                 one counts as well{token}"
            ),
        )
    }

    /// No salt fits.
    pub(super) fn another_salt() -> Self {
        Self::new(
            CauseKind::AnotherSalt,
            "salts of its own: look for _salt in the app's configuration \
             (config.action_dispatch.authenticated_encrypted_cookie_salt and its like), and name \
             what stands there",
        )
    }

    /// What can always be so.
    pub(super) fn another_app() -> Self {
        Self::new(
            CauseKind::AnotherApp,
            "another app set it (a cookie of the same name for the parent domain or another path), \
             or a character of it was lost or changed on the way",
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
