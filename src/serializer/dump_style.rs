//! [`DumpStyle`]: the format and form in which values are written.

use super::format::Format;
use super::json::write::JsonStyle;
#[cfg(feature = "message_pack")]
use super::message_pack;
use crate::load_defaults::LoadDefaults;
#[cfg(feature = "rails-stores")]
use crate::safe_buffer_form::SafeBufferForm;
#[cfg(feature = "rails-stores")]
use crate::settings::IpAddrForm;
use crate::settings::Settings;

/// The format in which a value is written, and its details that depend on the version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DumpStyle {
    pub(crate) format: Format,
    pub(crate) json: JsonStyle,
    #[cfg(feature = "message_pack")]
    pub(crate) message_pack: message_pack::Style,
}

impl DumpStyle {
    /// Returns the style in which an app of these settings writes.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            format: settings.cookies_serializer.writes(),
            json: JsonStyle {
                escape_js_separators: settings.escape_js_separators,
                ip_prefix: settings.ip_prefix_in_json,
                escape_html: true,
                javascript_numbers: false,
            },
            #[cfg(feature = "message_pack")]
            message_pack: message_pack::Style {
                ip_addr: settings.ip_addr,
                safe_buffer: settings.safe_buffer,
            },
        }
    }

    /// Returns the style of JSON as the newest Rails writes it.
    pub(crate) fn json() -> Self {
        Self::of(&LoadDefaults::NEWEST.settings()).in_format(Format::Json)
    }

    /// Returns the style of values in a store on a server: Ruby's own `JSON` writes them, without
    /// Active Support's escapes.
    #[cfg(feature = "rails-stores")]
    pub(crate) fn stored(format: Format) -> Self {
        let mut style = Self::json().in_format(format);
        style.json.escape_html = false;
        style
    }

    /// Returns the style of JavaScript's `JSON.stringify`, which escapes only what JSON must.
    #[cfg(feature = "express")]
    pub(crate) fn javascript() -> Self {
        let mut style = Self::json();
        style.json.escape_html = false;
        style.json.escape_js_separators = false;
        style.json.javascript_numbers = true;
        style
    }

    /// Returns the style that leaves a message of MessagePack in the forms that it has.
    #[cfg(feature = "rails-stores")]
    pub(crate) fn keeping(message: &[u8]) -> Self {
        let mut style = Self::stored(Format::MessagePack);
        style.message_pack.safe_buffer = SafeBufferForm::Raw;
        if !style.message_pack.keeps(message) {
            style.message_pack.ip_addr = IpAddrForm::Raw;
        }
        style
    }

    /// Returns the style with another format.
    pub(crate) fn in_format(self, format: Format) -> Self {
        Self { format, ..self }
    }
}
