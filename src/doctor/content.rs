//! [`Content`]: what a message holds that a key opened, and what is wrong with it.

use crate::message::metadata::{self, Said};
use crate::serializer::value::{RubyObject, Value};
use crate::serializer::{Format, Serialized};
use crate::shown::Shown;

use super::cause::{Cause, CauseKind};

/// The most entries that are listed as unreadable.
const MOST_ENTRIES: usize = 5;

/// The most classes that are listed.
const MOST_CLASSES: usize = 5;

/// The content of a message.
pub(super) struct Content {
    pub(super) envelope: Option<Said>,
    /// The value; `None` if it is in no known format.
    pub(super) payload: Option<Serialized>,
    pub(super) value: Option<Value>,
    /// The cause, if the value or one of its entries cannot be read.
    pub(super) broken: Option<Cause>,
}

impl Content {
    pub(super) fn of(text: &[u8]) -> Self {
        let broken = |reason: &str| {
            let text = format!(
                "the key fits, but its value cannot be read: {reason}. Rails up to 7.0 fails on \
                 it, and later versions read nil"
            );
            let cause = Cause::new(CauseKind::UnreadableValue, text);
            Some(cause.with_action("look at the program that sealed it: no setting reads this"))
        };
        let Ok(said) = metadata::said(text) else {
            return Self {
                envelope: None,
                payload: None,
                value: None,
                broken: broken("its envelope is broken"),
            };
        };
        let payload = Format::of(&said.value).map(|format| Serialized {
            bytes: said.value.clone(),
            format,
        });
        let broken = match &payload {
            None => broken("it is neither JSON nor Marshal nor MessagePack"),
            Some(payload) => match payload.check() {
                Ok(()) => unreadable_entries(payload),
                Err(error) if is_built_in(payload.format) => broken(error.reason),
                Err(error) => Some(Cause::new(
                    CauseKind::FeatureMissing,
                    format!("the key fits, but {}", error.reason),
                )),
            },
        };
        Self {
            value: payload.as_ref().and_then(|payload| payload.load().ok()),
            envelope: Some(said),
            payload,
            broken,
        }
    }

    /// Returns `true` if an app cannot read the value at all.
    pub(super) fn is_unreadable(&self) -> bool {
        self.broken.as_ref().is_some_and(|cause| {
            matches!(
                cause.kind(),
                CauseKind::UnreadableValue | CauseKind::FeatureMissing
            )
        })
    }

    /// Checks for an envelope inside the envelope.
    fn is_nested(&self) -> bool {
        let is_outer = self.envelope.as_ref().is_some_and(|said| said.has_envelope);
        let inner = self.payload.as_ref();
        let inner = inner.and_then(|payload| metadata::said(&payload.bytes).ok());
        is_outer && inner.is_some_and(|inner| inner.has_envelope)
    }

    /// Lists what is wrong with the value. `is_session` is `true` if the app reads it as a session.
    pub(super) fn faults(&self, is_session: bool) -> Vec<Cause> {
        let mut causes = Vec::new();
        if self.is_nested() {
            let text = "its envelope holds another envelope: it was sealed twice, and Rails takes \
                        the inner envelope for the value";
            let cause = Cause::new(CauseKind::NestedEnvelope, text);
            causes.push(cause.with_action("mend the program that sealed it: it wraps twice"));
        } else if is_session && let Some(value) = &self.value {
            causes.extend(not_a_session(value));
        }
        let mut classes = Vec::new();
        if let Some(value) = &self.value {
            classes_of(value, &mut classes);
        }
        if !classes.is_empty() {
            let listed: Vec<_> = classes
                .iter()
                .take(MOST_CLASSES)
                .map(|class| Shown::new(class).to_string())
                .collect();
            let text = format!(
                "it holds an object of the class {}, which is none of Rails' own: an app without \
                 that class fails on it, or reads nil",
                listed.join(", ")
            );
            let cause = Cause::new(CauseKind::UnknownClass, text);
            causes.push(cause.with_action("look whether the app has this class"));
        }
        causes
    }
}

/// Returns the cause if a value is no Hash.
fn not_a_session(value: &Value) -> Option<Cause> {
    let text = match value {
        Value::Hash(_) | Value::IndifferentHash(_) | Value::Object(_) => return None,
        Value::Nil | Value::Bool(false) => {
            format!("its value is {value}, no Hash: Rails takes the session for empty")
        }
        Value::String(text) if serde_json::from_str::<serde_json::Value>(text).is_ok() => {
            "its value is JSON in a string, no Hash: it was serialized twice, and Rails raises \
             NoMethodError where it reads the session"
                .to_owned()
        }
        value => format!(
            "its value is of the kind {}, no Hash: Rails raises NoMethodError where it reads the \
             session",
            value.kind()
        ),
    };
    let cause = Cause::new(CauseKind::NotASession, text);
    Some(cause.with_action("mend the program that sealed it: a session is a Hash with session_id"))
}

/// Returns a cause that lists the entries that cannot be read, if the others can.
fn unreadable_entries(payload: &Serialized) -> Option<Cause> {
    let entries = payload.unreadable_entries();
    let (listed, more) = entries.split_at(entries.len().min(MOST_ENTRIES));
    if listed.is_empty() {
        return None;
    }
    let listed: Vec<_> = listed
        .iter()
        .map(|(key, reason)| format!("{} ({reason})", Shown::new(key)))
        .collect();
    let more = match more.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let text = format!(
        "what stands under {}{more} cannot be read: hardtack reads the other keys and keeps it as \
         it is; Rails may refuse the whole value",
        listed.join(", ")
    );
    Some(Cause::new(CauseKind::UnreadableEntry, text))
}

const fn is_built_in(format: Format) -> bool {
    match format {
        Format::Json => true,
        Format::Marshal => cfg!(feature = "marshal"),
        Format::MessagePack => cfg!(feature = "message_pack"),
    }
}

/// The classes of Ruby and Rails that some version keeps in sessions and every app has.
const OF_RAILS: [&str; 9] = [
    "ActionController::Flash::FlashHash",
    "ActionController::Parameters",
    "ActionDispatch::Flash::FlashHash",
    "ActiveSupport::HashWithIndifferentAccess",
    "ActiveSupport::OrderedHash",
    "ActiveSupport::SafeBuffer",
    "HashWithIndifferentAccess",
    "Rack::Session::SessionId",
    "Set",
];

/// Collects the classes of the objects in a value that are not Rails' own.
fn classes_of<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    let mut add = |class: &'a str| {
        if !OF_RAILS.contains(&class) && !found.contains(&class) {
            found.push(class);
        }
    };
    match value {
        Value::Array(values) | Value::Set(values) => {
            for value in values {
                classes_of(value, found);
            }
        }
        Value::Hash(pairs) | Value::IndifferentHash(pairs) => {
            for (key, value) in pairs {
                classes_of(key, found);
                classes_of(value, found);
            }
        }
        Value::Object(object) => match &**object {
            RubyObject::Instance {
                class,
                ivars: parts,
            }
            | RubyObject::Struct {
                class,
                members: parts,
            } => {
                add(class);
                for (_, value) in parts {
                    classes_of(value, found);
                }
            }
            RubyObject::UserDump { class, .. } => add(class),
            RubyObject::UserMarshal { class, content }
            | RubyObject::Subclass { class, content } => {
                add(class);
                classes_of(content, found);
            }
            RubyObject::Extended { module, content } => {
                add(module);
                classes_of(content, found);
            }
            RubyObject::Class(name) | RubyObject::Module(name) => add(name),
            RubyObject::Extension { .. } => {}
        },
        _ => {}
    }
}
