//! [`DumpStyle`]: how values are written.

use super::format::Format;
use super::json::write::JsonStyle;
#[cfg(feature = "message_pack")]
use super::message_pack;
use crate::load_defaults::LoadDefaults;
use crate::settings::Settings;

/// In which format, and how, a value is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DumpStyle {
    pub(crate) format: Format,
    pub(crate) json: JsonStyle,
    #[cfg(feature = "message_pack")]
    pub(crate) message_pack: message_pack::Style,
}

impl DumpStyle {
    /// As an app of these settings writes.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            format: settings.cookies_serializer.writes(),
            json: JsonStyle {
                escape_js_separators: settings.escape_js_separators,
            },
            #[cfg(feature = "message_pack")]
            message_pack: message_pack::Style {
                ip_addr: settings.ip_addr,
                safe_buffer: settings.safe_buffer,
            },
        }
    }

    /// JSON, as the newest Rails writes it.
    pub(crate) fn json() -> Self {
        Self::of(&LoadDefaults::NEWEST.settings()).in_format(Format::Json)
    }

    /// Returns the same in another format.
    pub(crate) fn in_format(self, format: Format) -> Self {
        Self { format, ..self }
    }
}
