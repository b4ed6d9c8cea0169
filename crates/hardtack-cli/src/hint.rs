//! Why a cookie did not open, and which option may mend it.

use hardtack::Refusal;

use crate::args::Names;

/// What to say of a cookie that was refused under the options of these names.
pub(crate) fn hint(refusal: Refusal, names: &Names) -> String {
    let Names {
        name,
        rails,
        jar,
        key_digest,
        hmac_digest,
        serializer,
        secret_key_base_file,
        secret_token_file,
        ..
    } = names;
    match refusal {
        Refusal::TooLarge => "more than 16 KiB; no browser keeps a cookie of more than 4096 \
                              bytes, so no app set it"
            .to_owned(),
        Refusal::Malformed => format!(
            "cut off, or no message of this jar: see --{jar} and --{rails}, and --{hmac_digest} \
             for a signed one"
        ),
        Refusal::Invalid => format!(
            "no key fits: another secret (see --{secret_key_base_file}, and --{secret_token_file} \
             for what Rails 3 signed), another digest of the keys (SHA1 up to Rails 6.1, SHA256 \
             from load_defaults 7.0 on: see --{rails} and --{key_digest}), another --{jar} or \
             --{hmac_digest}, or it was tampered with"
        ),
        Refusal::Expired => "the expiry that was sealed with the value has passed".to_owned(),
        Refusal::WrongPurpose => {
            format!("it was sealed under another cookie's name: see --{name}")
        }
        Refusal::UnreadableValue => format!(
            "a key fits, but the value is broken, or in Marshal, which --{serializer} has to \
             allow (hybrid, marshal, message_pack_allow_marshal)"
        ),
        other => other.hint().to_owned(),
    }
}
