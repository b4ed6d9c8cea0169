//! Recognizes Rails' signed messages that are no cookies: ids of Active Storage and Active Record,
//! global ids, Turbo's stream names, and the links of an app's own verifiers.
//!
//! Sources: `active_storage.rb`, `active_record/signed_id.rb`, `active_record/token_for.rb`,
//! `global_id/railtie.rb`, `turbo/engine.rb`; each derives its key from `secret_key_base` under a
//! salt of its own.

use std::fmt::Write as _;

use serde_json::Value as Json;
use time::OffsetDateTime;

use crate::load_defaults::LoadDefaults;
use crate::message::base64;
use crate::message::expiry::parse_iso8601;
use crate::message::message_verifier::MessageVerifier;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{HmacDigest, KeyDigest, Serializer};
use crate::shown::Shown;

use super::cause::{Cause, CauseKind};
use super::remedy::Remedy;
use super::words::expiry;

/// A kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageKind {
    /// A noun phrase with its article.
    pub(super) what: &'static str,
    pub(super) salt: &'static str,
    /// The Ruby that reads it.
    ruby: &'static str,
}

const ACTIVE_STORAGE: MessageKind = MessageKind {
    what: "a signed id of Active Storage",
    salt: "ActiveStorage",
    ruby: "ActiveStorage.verifier.verified(message, purpose: :blob_id) # or its purpose",
};

const SIGNED_ID: MessageKind = MessageKind {
    what: "a signed_id of Active Record",
    salt: "active_record/signed_id",
    ruby: "User.find_signed!(signed_id, purpose: :password_reset) # the model and its purpose",
};

const TOKEN_FOR: MessageKind = MessageKind {
    what: "a token of Active Record's generates_token_for",
    salt: "active_record/token_for",
    ruby: "User.find_by_token_for!(:password_reset, token) # the model and its purpose",
};

const GLOBAL_ID: MessageKind = MessageKind {
    what: "a signed global id (sgid)",
    salt: "signed_global_ids",
    ruby: "GlobalID::Locator.locate_signed(sgid, for: \"default\") # or its purpose",
};

const TURBO: MessageKind = MessageKind {
    what: "a signed stream name of Turbo",
    salt: "turbo/signed_stream_verifier_key",
    ruby: "Turbo.signed_stream_verifier.verified(signed_stream_name)",
};

/// A message of a verifier that the app has named.
const OWN: MessageKind = MessageKind {
    what: "a message of the app's own verifier",
    salt: "",
    ruby: "Rails.application.message_verifier(:name).verify(message) # its name in the app",
};

const KINDS: [MessageKind; 5] = [ACTIVE_STORAGE, SIGNED_ID, TOKEN_FOR, GLOBAL_ID, TURBO];

/// The salts of messages: those of the kinds, and names that apps often give their verifiers.
pub(super) const SALTS: [&str; 16] = [
    ACTIVE_STORAGE.salt,
    SIGNED_ID.salt,
    TOKEN_FOR.salt,
    GLOBAL_ID.salt,
    TURBO.salt,
    "unsubscribe",
    "sensitive_data",
    "remember_me",
    "password_reset",
    "reset_password",
    "email_confirmation",
    "email_verification",
    "invitation",
    "login",
    "default",
    "token",
];

/// A message that is no cookie, as far as it can be read. Nothing in it is verified.
pub(super) struct Claims {
    /// `None` if the message may be a cookie.
    pub(super) kind: Option<MessageKind>,
    pub(super) purpose: Option<String>,
    pub(super) expires_at: Option<OffsetDateTime>,
}

impl Claims {
    /// Reads the decoded data of a signed message.
    pub(super) fn of(data: &[u8]) -> Self {
        let json: Option<Json> = serde_json::from_slice(data).ok();
        let envelope = json.as_ref().and_then(|json| json.get("_rails"));
        let text = |name| envelope?.get(name)?.as_str();
        let purpose = text("pur").filter(|purpose| !purpose.is_empty());
        let expires_at = text("exp").and_then(parse_iso8601);
        let value = text("message").and_then(|message| base64::decode_any(message.as_bytes()));
        let value = value.as_deref().unwrap_or(data);
        let is_nested = envelope.is_some_and(|envelope| envelope.get("data").is_some());
        let kind = match purpose {
            Some(purpose) => kind_of_purpose(purpose),
            None => kind_of_value(value).or_else(|| is_nested.then_some(OWN)),
        };
        Self {
            kind,
            purpose: purpose.map(str::to_owned),
            expires_at,
        }
    }

    /// Describes the purpose and the expiry; `None` if the message says neither.
    pub(super) fn in_words(&self, now: OffsetDateTime) -> Option<String> {
        let purpose =
            self.purpose
                .as_deref()
                .map(|purpose| match purpose.strip_prefix("cookie.") {
                    Some(name) => {
                        format!("that it was sealed for a cookie named {}", Shown::new(name))
                    }
                    None => format!("that its purpose is {:?}", Shown::new(purpose)),
                });
        let expiry = self.expires_at.map(|at| {
            let has = if now >= at { "expired" } else { "expires" };
            format!("that it {has} {}", expiry(at, now))
        });
        let said: Vec<_> = purpose.into_iter().chain(expiry).collect();
        (!said.is_empty()).then(|| format!("{} (unverified)", said.join(", and ")))
    }
}

fn kind_of_purpose(purpose: &str) -> Option<MessageKind> {
    match purpose {
        purpose if purpose.starts_with("cookie.") => None,
        "blob_id" | "blob_key" | "blob_token" | "variation" => Some(ACTIVE_STORAGE),
        "default" | "attachable" => Some(GLOBAL_ID),
        purpose if purpose.contains('\n') => Some(TOKEN_FOR),
        purpose if purpose.contains('/') => Some(SIGNED_ID),
        _ => Some(OWN),
    }
}

fn kind_of_value(value: &[u8]) -> Option<MessageKind> {
    if memchr::memmem::find(value, b"gid://").is_some() {
        return Some(GLOBAL_ID);
    }
    // A stream's name: the global ids of its parts, in base64, joined by colons.
    let name = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let first = name.split(|byte| *byte == b':').next()?;
    let decoded = base64::decode_any(first)?;
    decoded.starts_with(b"gid://").then_some(TURBO)
}

/// Returns the kind of messages that have this salt.
pub(super) fn kind_of_salt(salt: &str) -> MessageKind {
    let known = KINDS.iter().find(|kind| kind.salt == salt);
    known.copied().unwrap_or(OWN)
}

/// Creates the lines that verify a message, after trying them on the message itself.
pub(super) fn remedy(
    kind: MessageKind,
    salt: &str,
    secret: &SecretKeyBase,
    message: &[u8],
    purpose: Option<&str>,
    key_digest: Option<KeyDigest>,
    hmac: Option<HmacDigest>,
) -> Remedy {
    let versions = match key_digest {
        Some(KeyDigest::Sha1) => [LoadDefaults::V6_1, LoadDefaults::V5_2],
        _ => [LoadDefaults::V7_1, LoadDefaults::V7_0],
    };
    let attempts = versions.into_iter().flat_map(|version| {
        [None, Some(Serializer::Json), Some(Serializer::Hybrid)]
            .into_iter()
            .map(move |serializer| (version, serializer))
    });
    let hmac = hmac.filter(|hmac| *hmac != HmacDigest::Sha1);
    let opens = |(version, serializer): &(LoadDefaults, Option<Serializer>)| {
        let mut verifier = MessageVerifier::for_application(secret, salt, *version);
        if let Some(hmac) = hmac {
            verifier = verifier.digest(hmac);
        }
        if let Some(serializer) = serializer {
            verifier = verifier.serializer(*serializer);
        }
        let opened = verifier
            .clock(|| OffsetDateTime::UNIX_EPOCH)
            .explain(message, purpose);
        opened.is_ok()
    };
    let [first, _] = versions;
    let (version, serializer) = attempts.clone().find(opens).unwrap_or((first, None));
    let mut rust = format!(
        "MessageVerifier::for_application(&secret, {:?}, {})",
        Shown::new(salt).whole(),
        super::remedy::variant(version)
    );
    if let Some(hmac) = hmac {
        let _ = write!(rust, ".digest(HmacDigest::{hmac:?})");
    }
    if let Some(serializer) = serializer {
        let _ = write!(rust, ".serializer(Serializer::{serializer:?})");
    }
    let ruby = if kind == OWN {
        format!(
            "Rails.application.message_verifier({:?}).verify(message)",
            Shown::new(salt).whole()
        )
    } else {
        kind.ruby.to_owned()
    };
    Remedy::of_message(rust, ruby)
}

/// Creates the cause of a message that is no cookie.
pub(super) fn cause(kind: MessageKind, is_verified: bool) -> Cause {
    let unverified = if is_verified {
        ""
    } else {
        " by what it says itself (unverified)"
    };
    let text = format!("it is {}, and no cookie{unverified}", kind.what);
    let action = if is_verified {
        "verify it by the lines below"
    } else {
        "give the app's secret_key_base to see whether it verifies"
    };
    Cause::new(CauseKind::OtherMessage, text).with_action(action)
}
