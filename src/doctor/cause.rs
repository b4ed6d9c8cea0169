//! [`Cause`]: why an app reads `nil` from a cookie.

use std::fmt;

use super::words::count;
use crate::shown::Shown;

/// The kind of a [`Cause`]. `--json` prints its [name](Self::name).
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
    /// The text holds no cookie.
    NoCookie,
    /// The text or the value is longer than any cookie, and was not examined.
    TooLarge,
    /// The cookie is another framework's.
    NotRails,
    /// A mark such as `[FILTERED]` or `…` stands in place of the value, or of a part of it.
    Elided,
    /// The end of the cookie is missing.
    CutOff,
    /// Characters of the cookie were lost or changed.
    Damaged,
    /// No secret was given.
    NoSecret,
    /// A given secret looks like `config/master.key`, the key of the credentials file.
    MasterKey,
    /// The cookie was sealed under a secret that was not given.
    AnotherSecret,
    /// The cookie was sealed under salts that were not given.
    AnotherSalt,
    /// The cookie was sealed by another app, or was changed afterwards.
    AnotherApp,
    /// Reading the cookie needs a feature of this crate that is off.
    FeatureMissing,
    /// The cookie opens, but only after the doctor mended it ([`Repair`](super::Repair)).
    Mended,
    /// The cookie opens, but under a secret that differs from the given one by white space, quotes
    /// or a line feed.
    SecretAltered,
    /// The cookie opens, but its expiry has passed.
    Expired,
    /// The cookie opens, but was sealed for another cookie name.
    WrongPurpose,
    /// The cookie opens, but the app reads another cookie name.
    OtherName,
    /// The cookie opens, but not under the app's settings.
    OtherSettings,
    /// The cookie opens, but its value cannot be read.
    UnreadableValue,
    /// The cookie opens, but an entry of its value cannot be read.
    UnreadableEntry,
    /// The cookie opens, but its session has no valid `session_id`.
    NoSessionId,
    /// The cookie opens, but its session's `_csrf_token` is invalid.
    BadCsrfToken,
    /// The cookie opens, but its session's `flash` is invalid.
    BadFlash,
    /// The cookie opens, but is longer than browsers accept.
    TooLong,
}

impl CauseKind {
    /// Returns the name that `--json` prints (example: at the type).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCookie => "no-cookie",
            Self::TooLarge => "too-large",
            Self::NotRails => "not-rails",
            Self::Elided => "elided",
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

/// A reason why an app reads `nil` from a cookie. `Display` prints the reason and what to do.
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
    /// Returns the kind of the cause (example: at the type).
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

    /// Creates the cause of a secret that has the form of a `master.key`.
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

    /// Creates the cause of a cookie that no given secret opens. `secrets` is their number.
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

    /// Creates the cause of a cookie that may be sealed under salts of the app's own.
    pub(super) fn another_salt() -> Self {
        Self::new(
            CauseKind::AnotherSalt,
            "salts of its own: look for _salt in the app's configuration \
             (config.action_dispatch.authenticated_encrypted_cookie_salt and its like), and name \
             what stands there",
        )
    }

    /// Creates the cause that the doctor can never rule out: another app's cookie, or damage.
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
