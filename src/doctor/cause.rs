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
    /// The cookie is another framework's, or only the id of a session on a server.
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
    /// The cookie opens, but its session has no `session_id`.
    NoSessionId,
    /// The cookie opens, but its session's `_csrf_token` is invalid.
    BadCsrfToken,
    /// The cookie opens, but its session's `flash` is invalid.
    BadFlash,
    /// The cookie opens, but is longer than browsers accept.
    TooLong,
    /// The cookie opens, but under a secret that is not the app's own (the first one).
    RotatedSecret,
    /// The cookie opens, but its session is in the signed jar.
    OtherJar,
    /// The cookie opens, but under keys that no setting of hardtack makes.
    OtherKeys,
    /// The cookie opens, but its base64 is of a form that the app's Rails refuses.
    UrlSafe,
    /// The cookie opens, but its envelope is of a form that the app's Rails refuses.
    OddEnvelope,
    /// The cookie opens, but its envelope holds another envelope.
    NestedEnvelope,
    /// The cookie opens, but its expiry is no time.
    BadExpiry,
    /// The cookie opens, but its value is no session.
    NotASession,
    /// The cookie opens, but its value has objects of classes that are not Rails' own.
    UnknownClass,
    /// The app has rotations that cannot be read from its files, which may open the cookie.
    UnreadRotations,
    /// The app keeps its sessions in another store.
    OtherStore,
    /// The message is sealed by Rails, but it is no cookie.
    OtherMessage,
    /// A given secret is a placeholder.
    PlaceholderSecret,
    /// A given secret may be a part of one, or is too short for its use.
    PartialSecret,
    /// The cookie of a Node app lacks its signature, or the `s:` that tells of one.
    Unsigned,
    /// The store has no entry under the session's key.
    NotStored,
    /// The seal of iron-session is of a version that it does not open.
    OtherVersion,
    /// The seal of iron-session names a password that the app has under another number.
    UnknownPassword,
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
            Self::RotatedSecret => "rotated-secret",
            Self::OtherJar => "other-jar",
            Self::OtherKeys => "other-keys",
            Self::UrlSafe => "url-safe",
            Self::OddEnvelope => "odd-envelope",
            Self::NestedEnvelope => "nested-envelope",
            Self::BadExpiry => "bad-expiry",
            Self::NotASession => "not-a-session",
            Self::UnknownClass => "unknown-class",
            Self::UnreadRotations => "unread-rotations",
            Self::OtherStore => "other-store",
            Self::OtherMessage => "other-message",
            Self::PlaceholderSecret => "placeholder-secret",
            Self::PartialSecret => "partial-secret",
            Self::Unsigned => "unsigned",
            Self::NotStored => "not-stored",
            Self::OtherVersion => "other-version",
            Self::UnknownPassword => "unknown-password",
        }
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A reason why an app may not read a cookie as it is. `Display` prints the reason, and what to do.
///
/// ```
/// use hardtack::doctor::Doctor;
///
/// let cut = format!("{}--{}--AAAA", "A".repeat(40), "A".repeat(16));
/// let diagnosis = Doctor::new().examine(&cut);
/// assert_eq!(diagnosis.causes[0].kind().name(), "cut-off");
/// assert!(diagnosis.causes[0].to_string().contains("4 of the 24 characters"));
/// assert!(diagnosis.causes[0].action().starts_with("copy the whole cookie"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    kind: CauseKind,
    text: String,
    action: String,
}

impl Cause {
    /// Returns the kind of the cause (example: at the type).
    #[must_use]
    pub const fn kind(&self) -> CauseKind {
        self.kind
    }

    /// Returns what to do about the cause; empty if there is nothing to do (example: at the type).
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Returns the reason alone.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn new(kind: CauseKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            action: String::new(),
        }
    }

    /// Sets what to do.
    pub(super) fn with_action(mut self, action: impl Into<String>) -> Self {
        self.action = action.into();
        self
    }

    /// Creates the cause of a secret that has the form of a `master.key`.
    pub(super) fn master_key(label: &str) -> Self {
        let text = format!(
            "{} has 32 hexadecimal digits, as config/master.key has: that one opens \
             config/credentials.yml.enc, and the secret_key_base stands in there",
            Shown::new(label)
        );
        Self::new(CauseKind::MasterKey, text).with_action(
            "if it is that key, give the app itself (--rails-app DIRECTORY), or the \
             secret_key_base that bin/rails credentials:show prints",
        )
    }

    /// Creates the cause of a text in the place of a secret. `what` is a noun phrase.
    pub(super) fn placeholder(label: &str, what: &str) -> Self {
        let text = format!("what {} holds looks like {what}", Shown::new(label));
        Self::new(CauseKind::PlaceholderSecret, text)
            .with_action("if it is one, give the secret that the running app has in its place")
    }

    /// Creates the cause of a secret whose number of hexadecimal digits is not the one that Rails
    /// makes.
    pub(super) fn partial_secret(label: &str, digits: usize) -> Self {
        let lost = match digits {
            64 => "it may be half of one",
            127 => "one was lost",
            _ => "it may be cut off, or joined from several",
        };
        let text = format!(
            "the length of the secret: {} has {digits} hexadecimal digits, and Rails makes 128: \
             {lost}",
            Shown::new(label)
        );
        Self::new(CauseKind::PartialSecret, text)
            .with_action("compare its length with the app's own secret")
    }

    /// Creates the cause of a cookie that no given secret opens. `secrets` is their number.
    pub(super) fn another_secret(secrets: usize, is_signed: bool) -> Self {
        let none = match secrets {
            1 => "the secret given is not the one that sealed it".to_owned(),
            secrets => format!(
                "none of the {} is the one that sealed it",
                count(secrets, "secret")
            ),
        };
        let token = if is_signed {
            "; so does the secret_token of Rails 3"
        } else {
            ""
        };
        Self::new(CauseKind::AnotherSecret, format!("another secret: {none}")).with_action(format!(
            "ask the app that set the cookie, in its own environment (production, staging): \
             bin/rails runner 'puts Rails.application.secret_key_base'. If it was changed since, \
             an older one counts as well{token}"
        ))
    }

    /// Creates the cause of a CBC cookie whose HMAC a secret verifies, while no known salt decrypts
    /// it.
    pub(super) fn another_cbc_salt(label: &str) -> Self {
        let text = format!(
            "the salt of its encryption key: its signature fits, so the secret {} is right, and \
             the app has set encrypted_cookie_salt (or another cipher)",
            Shown::new(label)
        );
        Self::new(CauseKind::AnotherSalt, text).with_action(
            "look for encrypted_cookie_salt and encrypted_cookie_cipher in the app's \
             configuration, and give that salt (--salt)",
        )
    }

    /// Creates the cause of a cookie that may be sealed under a salt of the app's own, which
    /// `setting` of `config.action_dispatch` sets.
    pub(super) fn another_salt(setting: &str) -> Self {
        Self::new(CauseKind::AnotherSalt, "a salt of the app's own").with_action(format!(
            "look for config.action_dispatch.{setting} in the app's configuration, and give its \
             value (--salt)"
        ))
    }

    /// Creates the cause of a cookie whose keys may be derived in ways that were not tried.
    pub(super) fn other_keys(has_rounds: bool, is_signed: bool) -> Self {
        let rounds = if has_rounds {
            "a number of iterations that was not tried"
        } else {
            "another number of iterations than 1000"
        };
        let (cipher, names) = if is_signed {
            ("", "MessageVerifier.new, signed_cookie_digest")
        } else {
            (
                ", or another cipher (encrypted_cookie_cipher)",
                "MessageEncryptor.new",
            )
        };
        let text = format!("keys that the app derives by itself: {rounds}, another digest{cipher}");
        Self::new(CauseKind::OtherKeys, text).with_action(format!(
            "look for KeyGenerator.new, {names} and key_generator_hash_digest_class in the app's \
             code"
        ))
    }

    /// Creates the cause that the doctor can never rule out: another app's cookie, or damage.
    pub(super) fn another_app() -> Self {
        Self::new(
            CauseKind::AnotherApp,
            "another app set it (a cookie of the same name for the parent domain or another path), \
             or a character of it was lost or changed on the way",
        )
        .with_action("copy it again, and look for cookies of the same name in the browser")
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if !self.action.is_empty() {
            write!(f, "; {}", self.action)?;
        }
        Ok(())
    }
}
