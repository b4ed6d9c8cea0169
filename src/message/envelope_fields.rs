//! [`EnvelopeFields`]: the fields of an envelope that is JSON in any shape.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::error::Refusal;
use crate::serializer::json::read::from_json_str;
use crate::serializer::value::ruby_to_s;

/// The fields of `{"_rails":{...}}`. Of equal names the last one counts, as in Ruby.
pub(super) struct EnvelopeFields<'a>(HashMap<Cow<'a, str>, &'a RawValue>);

impl<'a> EnvelopeFields<'a> {
    /// Finds the envelope in a JSON object; `None` if the object has none, or null in its place.
    ///
    /// # Errors
    /// [`Refusal::UnreadableValue`] if the text is no JSON object, or the envelope is none.
    pub(super) fn find(text: &'a [u8]) -> Result<Option<Self>, Refusal> {
        let unreadable = |_| Refusal::UnreadableValue;
        let outer: HashMap<Cow<'a, str>, &'a RawValue> =
            serde_json::from_slice(text).map_err(unreadable)?;
        match outer.get("_rails").map(|envelope| envelope.get()) {
            None | Some("null") => Ok(None),
            Some(envelope) => {
                let fields = serde_json::from_str(envelope).map_err(unreadable)?;
                Ok(Some(Self(fields)))
            }
        }
    }

    /// Returns a field's JSON.
    pub(super) fn json(&self, name: &str) -> Result<&'a str, Refusal> {
        let field = self.0.get(name).ok_or(Refusal::UnreadableValue)?;
        Ok(field.get())
    }

    /// Returns the text of a field.
    pub(super) fn text(&self, name: &str) -> Result<String, Refusal> {
        serde_json::from_str(self.json(name)?).map_err(|_| Refusal::UnreadableValue)
    }

    /// Returns the expiry's text. `false` is none, as in Rails 7.1; a number is refused (Active
    /// Support would compare it with the day's Julian number).
    pub(super) fn exp(&self) -> Result<Option<String>, Refusal> {
        match self.json("exp") {
            Err(_) | Ok("null" | "false") => Ok(None),
            Ok(_) => self.text("exp").map(Some),
        }
    }

    /// Returns the purpose; empty for none. Rails writes one that is a number or an Array as such
    /// (`purpose: 5`), and compares its `to_s`.
    pub(super) fn pur(&self) -> Result<String, Refusal> {
        let Ok(json) = self.json("pur") else {
            return Ok(String::new());
        };
        let purpose = from_json_str(json).map_err(|_| Refusal::UnreadableValue)?;
        let text = ruby_to_s(&purpose).ok_or(Refusal::UnreadableValue)?;
        Ok(text.into_owned())
    }
}
