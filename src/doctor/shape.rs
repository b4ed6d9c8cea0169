//! Describes the content of a signed cookie before any key is tried.

use crate::load_defaults::LoadDefaults;
use crate::message::base64;
use crate::message::metadata::{self, Said};
use crate::message::parts::SignedParts;
use crate::serializer::Format;
use crate::settings::SecretKind;

use super::form::Form;
use super::sealing::in_words;

/// Describes the envelope and the serialization of a signed cookie; `None` for any other form.
///
/// No signature was checked, so anybody could have written this content.
pub(super) fn shape(form: &Form, message: &[u8]) -> Option<String> {
    let Form::Signed { digest_len } = *form else {
        return None;
    };
    let data = SignedParts::parse(message, digest_len)?.data;
    let data = base64::decode_any(data)?;
    Some(match metadata::said(&data) {
        Ok(Said {
            has_envelope: true,
            purpose,
            ..
        }) => {
            let since = if purpose.is_some() {
                LoadDefaults::ALL
                    .iter()
                    .find(|version| version.settings().use_cookies_with_metadata)
            } else {
                LoadDefaults::ALL
                    .iter()
                    .find(|version| version.settings().seals_expiry())
            };
            let since = since.map(ToString::to_string).unwrap_or_default();
            format!("with an envelope, as Rails {since} and later write it")
        }
        _ => match Format::of(&data) {
            Some(Format::Marshal) => {
                let tokens = LoadDefaults::ALL.iter().copied();
                let tokens: Vec<_> = tokens
                    .filter(|version| version.settings().secret_kind == SecretKind::SecretToken)
                    .collect();
                format!(
                    "without an envelope, in Marshal: the session of {}, cookies.signed of any \
                     later one, or Rack::Session::Cookie",
                    in_words(&tokens)
                )
            }
            Some(_) => "without an envelope, in JSON or MessagePack: cookies.signed".to_owned(),
            None => "without an envelope, and in none of Rails' serializations: perhaps another \
                     message of the app, and no cookie"
                .to_owned(),
        },
    })
}
