//! Passes a [`Value`] through serde's traits unchanged.
//!
//! serde's data model has no Symbol, no Time and no Set, and a `Serializer` cannot ask for the type
//! that it is given. So a `Value` announces itself as a newtype struct of a private name, as
//! `serde_json::value::RawValue` does. A foreign serializer (or deserializer) ignores the newtype
//! and takes its content. Our own knows the name, and the two pass the value in a slot of this
//! thread, within one call.

use std::cell::Cell;

use serde::{Serialize, Serializer};

use super::Value;

/// The newtype's name.
pub(crate) const TOKEN: &str = "$hardtack::private::Value";

/// The name of a newtype struct that holds the text of an `IPAddr`.
pub(crate) const ADDRESS: &str = "$hardtack::private::IpAddr";

/// The name under which `serde_json` passes a `RawValue` (a struct of one field with JSON text) and
/// asks for the text of one.
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The name under which `serde_json` passes a number if its feature `arbitrary_precision` is on.
/// The application may have turned that feature on.
pub(crate) const RAW_NUMBER: &str = "$serde_json::private::Number";

/// Returns true if a struct of this name is JSON text.
pub(crate) fn is_raw(name: &str) -> bool {
    name == RAW_VALUE || name == RAW_NUMBER
}

thread_local! {
    static WANTED: Cell<bool> = const { Cell::new(false) };
    static SLOT: Cell<Option<Value>> = const { Cell::new(None) };
}

/// Empties the slot on drop, even after a panic in a foreign `Serialize` or `Visitor`.
struct Sweep;

impl Drop for Sweep {
    fn drop(&mut self) {
        WANTED.set(false);
        SLOT.set(None);
    }
}

/// Asks the first [`offer`] within `serialize` for its value. Returns that value, or the result of
/// `serialize`.
pub(crate) fn capture<E>(serialize: impl FnOnce() -> Result<Value, E>) -> Result<Value, E> {
    let _sweep = Sweep;
    WANTED.set(true);
    let result = serialize()?;
    Ok(SLOT.take().unwrap_or(result))
}

/// Leaves a copy of the value in the slot, if a [`capture`] waits for it.
pub(super) fn offer<S: Serializer>(
    value: &Value,
    serializer: S,
) -> Result<Result<S::Ok, S::Error>, S> {
    if WANTED.replace(false) {
        SLOT.set(Some(value.clone()));
        Ok(().serialize(serializer))
    } else {
        Err(serializer)
    }
}

/// Calls `visit`, within which [`handed_over`] returns `value`.
pub(crate) fn give<T>(value: Value, visit: impl FnOnce() -> T) -> T {
    let _sweep = Sweep;
    SLOT.set(Some(value));
    visit()
}

/// Returns the value that [`give`] left, if this call is within one.
pub(crate) fn handed_over() -> Option<Value> {
    SLOT.take()
}
