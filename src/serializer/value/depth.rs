//! The depth to which a [`Value`] nests.

#[cfg(feature = "php")]
use super::PhpObject;
use super::{RubyObject, Value};

impl Value {
    /// Returns true if at most `levels` collections and objects are nested in each other. It looks
    /// no deeper than that.
    pub(crate) fn nests_at_most(&self, levels: usize) -> bool {
        let all = |mut values: &mut dyn Iterator<Item = &Value>| match levels.checked_sub(1) {
            Some(left) => Iterator::all(&mut values, |value| value.nests_at_most(left)),
            None => false,
        };
        match self {
            Self::Array(items) | Self::Set(items) => all(&mut items.iter()),
            Self::Hash(pairs) | Self::IndifferentHash(pairs) => {
                all(&mut pairs.iter().flat_map(|(key, value)| [key, value]))
            }
            Self::Rational(parts) | Self::Complex(parts) => {
                all(&mut [&parts.0, &parts.1].into_iter())
            }
            Self::Range(range) => all(&mut [&range.begin, &range.end].into_iter()),
            Self::Duration(duration) => all(&mut std::iter::once(&duration.value)
                .chain(duration.parts.iter().map(|(_, value)| value))),
            Self::Object(object) => match &**object {
                RubyObject::Instance { ivars: fields, .. }
                | RubyObject::Struct {
                    members: fields, ..
                }
                | RubyObject::UserDump { ivars: fields, .. } => {
                    all(&mut fields.iter().map(|(_, value)| value))
                }
                RubyObject::UserMarshal { content, .. }
                | RubyObject::Subclass { content, .. }
                | RubyObject::Extended { content, .. } => all(&mut std::iter::once(content)),
                RubyObject::Class(_) | RubyObject::Module(_) | RubyObject::Extension { .. } => true,
            },
            #[cfg(feature = "php")]
            Self::Php(object) => match &**object {
                PhpObject::Instance { properties, .. } => {
                    all(&mut properties.iter().map(|(_, value)| value))
                }
                PhpObject::Case { .. } | PhpObject::Custom { .. } => true,
            },
            _ => true,
        }
    }
}
