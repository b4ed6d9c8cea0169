//! What Rails does with a value, by its version and its serializer. hardtack's own jar reads more
//! than old versions do, so that its answer alone does not tell.
//!
//! Sources: `cookies.rb` of each version (`deserialize`, `parse`), from 7.1 on
//! `messages/serializer_with_fallback.rb` and `messages/metadata.rb`; checked in a running 6.1.

use crate::load_defaults::LoadDefaults;
use crate::serializer::Format;
use crate::settings::Serializer;

/// Returns `true` if a version of Rails reads a format under a serializer.
pub(super) fn reads(version: LoadDefaults, serializer: Serializer, format: Format) -> bool {
    if version >= LoadDefaults::V7_1 {
        return serializer.reads(format);
    }
    match format {
        Format::MessagePack => false,
        Format::Marshal => serializer.reads(format),
        Format::Json => !matches!(serializer, Serializer::Marshal),
    }
}

/// The form of an envelope.
#[derive(Clone, Copy)]
pub(super) struct EnvelopeForm {
    pub(super) is_exact: bool,
    pub(super) has_purpose: bool,
}

/// Returns why a version of Rails does not read an envelope of this form; `None` if it does.
pub(super) fn envelope_fault(version: LoadDefaults, envelope: EnvelopeForm) -> Option<String> {
    if version < LoadDefaults::V5_2 {
        return Some(format!(
            "its value is in an envelope (use_cookies_with_metadata, Rails 6.0 and later), and \
             Rails {version} knows no envelopes"
        ));
    }
    if version == LoadDefaults::V5_2 && envelope.has_purpose {
        return Some(
            "its envelope has a purpose (use_cookies_with_metadata, Rails 6.0 and later), and \
             Rails 5.2 refuses every envelope that has one"
                .to_owned(),
        );
    }
    if version >= LoadDefaults::V7_1 && !envelope.is_exact {
        return Some(format!(
            "its envelope is not written as Rails writes it (a space, another order): Rails \
             {version} takes it for the value itself, and finds no session in it"
        ));
    }
    None
}

/// Returns `true` if a release of Rails reads url-safe base64 in signed cookies: 7.2.3 and 8.0.2 and
/// later. A version without a patch level counts as its first release.
pub(super) fn reads_url_safe(version: LoadDefaults, release: Option<&str>) -> bool {
    if version >= LoadDefaults::V8_1 {
        return true;
    }
    let patch = release.and_then(|release| release.split('.').nth(2)?.parse::<u32>().ok());
    match version {
        LoadDefaults::V7_2 => patch.is_some_and(|patch| patch >= 3),
        LoadDefaults::V8_0 => patch.is_some_and(|patch| patch >= 2),
        _ => false,
    }
}
