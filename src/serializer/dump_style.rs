//! [`DumpStyle`]: the format and form in which values are written.

use super::format::Format;
use super::json::write::JsonStyle;
#[cfg(feature = "message_pack")]
use super::message_pack;
use crate::load_defaults::LoadDefaults;
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

    /// Returns the style with another format.
    pub(crate) fn in_format(self, format: Format) -> Self {
        Self { format, ..self }
    }
}
