//! Why a cookie did not open, and which option may mend it.

use hardtack::Refusal;

pub(crate) fn hint(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::TooLarge => {
            "more than 16 KiB; no browser keeps a cookie of more than 4096 bytes, so no app set it"
        }
        Refusal::Malformed => {
            "cut off, or no message of this jar: see --jar, and --hmac-digest for a signed one"
        }
        Refusal::Invalid => {
            "no key fits: another secret, another digest of the keys (SHA1 up to Rails 6.1, SHA256 \
             from load_defaults 7.0 on: see --rails and --key-digest), another --jar or \
             --hmac-digest, or it was tampered with"
        }
        Refusal::Expired => "the expiry that was sealed with the value has passed",
        Refusal::WrongPurpose => "it was sealed under another cookie's name: see --name",
        Refusal::UnreadableValue => {
            "a key fits, but the value is broken, or in a format that --serializer does not read"
        }
        other => other.hint(),
    }
}
