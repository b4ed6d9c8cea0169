//! The rules that only the version of Rails decides: apps have no setting for them.

/// The texts that Rails takes for an envelope on reading (`ActiveSupport::Messages::Metadata`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeReading {
    /// Up to 7.0: any JSON object with a key `_rails`.
    AnyObject,
    /// From 7.1 on: a text that starts with exactly `{"_rails":{"message":`.
    ExactPrefix,
}

/// The default form of messages other than cookies (`config.active_support.message_serializer` and
/// `use_message_serializer_for_metadata`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageForm {
    /// Up to 7.0: Marshal, in an envelope of JSON if there is a purpose or an expiry.
    Rails4_0,
    /// From 7.1 on: JSON (Marshal is still read); the value is a part of the envelope.
    Rails7_1,
}

/// The bytes that Rails itself counts against 4096.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RailsLimit {
    /// Up to 8.0: the value before it is escaped.
    Value,
    /// From 8.1 on: the name and the value before it is escaped.
    NameAndValue,
}

/// The digest of a CBC message's HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CbcDigest {
    /// Up to 5.1: the digest that the app chose.
    Chosen,
    /// From 5.2 on: SHA-1; another digest only serves to read older messages.
    Sha1,
}

/// The versions and ciphers that seal an expiry with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealedExpiry {
    /// Up to 5.1, which have no envelope.
    Never,
    /// 5.2: only if the app uses GCM.
    WithGcm,
    /// From 6.0 on.
    Always,
}

/// The authenticity tokens that an app's pages get (`request_forgery_protection.rb`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CsrfForms {
    /// Up to 4.2: the real token; masked from 4.2 on.
    Rails2_3,
    /// From 5.0 on: tokens per form as well.
    Rails5_0,
    /// From 5.2 on: the global token in place of the real one.
    Rails5_2,
    /// From 6.1 on: url-safe if the app chooses it.
    Rails6_1,
    /// From 7.0 on: always url-safe.
    Rails7_0,
    /// From 7.2 on: a form's relative action is joined to the path of its page.
    Rails7_2,
}

/// The proof that a request is not forged (`forgery_protection_verification_strategy`, Rails
/// 8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CsrfVerification {
    /// Up to 8.1: a token.
    Token,
    /// 8.2 under older defaults: the header `Sec-Fetch-Site`, or a token if the header is missing.
    HeaderOrLegacyToken,
    /// `load_defaults "8.2"`: the header `Sec-Fetch-Site`.
    HeaderOnly,
}

impl CsrfVerification {
    /// Returns the strategy of an app that keeps its `load_defaults` and runs another version, whose
    /// own default is `newer`.
    pub(crate) fn under(self, newer: Self) -> Self {
        match (self, newer) {
            (_, Self::Token) => Self::Token,
            (Self::Token, _) => Self::HeaderOrLegacyToken,
            _ => self,
        }
    }
}

/// The payload of an `IPAddr` in MessagePack. Neither version of Rails reads the form of the other;
/// hardtack reads both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IpAddrForm {
    /// Rails 7.1: the bare text.
    Raw,
    /// Rails 7.2 and later: a MessagePack string.
    String,
}
