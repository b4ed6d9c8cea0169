//! How a [`Value`] passes through serde's traits unharmed.
//!
//! serde's data model has no Symbol, no Time and no Set, and a `Serializer` cannot ask what type
//! it is given. So a `Value` announces itself as a newtype struct of a private name, as
//! `serde_json::value::RawValue` does. A foreign serializer (or deserializer) sees through a
//! newtype to what stands in it; ours knows the name, and the two hand the value over in a slot of
//! this thread, within one call.

use std::cell::Cell;

use serde::{Serialize, Serializer};

use super::Value;

/// The newtype's name.
pub(crate) const TOKEN: &str = "$hardtack::private::Value";

/// The name under which `serde_json` passes a `RawValue`, a struct of one field with JSON text, and
/// asks for the text of one.
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The same for a number, where its feature `arbitrary_precision` is on: the application may have
/// turned it on.
pub(crate) const RAW_NUMBER: &str = "$serde_json::private::Number";

/// Whether a struct of this name is JSON text.
pub(crate) fn is_raw(name: &str) -> bool {
    name == RAW_VALUE || name == RAW_NUMBER
}

thread_local! {
    static WANTED: Cell<bool> = const { Cell::new(false) };
    static SLOT: Cell<Option<Value>> = const { Cell::new(None) };
}

/// Leaves nothing behind, even after a panic in somebody's `Serialize` or `Visitor`.
struct Sweep;

impl Drop for Sweep {
    fn drop(&mut self) {
        WANTED.set(false);
        SLOT.set(None);
    }
}

/// Within `serialize`, the first [`offer`] is asked for its value. That value, or what
/// `serialize` returned.
pub(crate) fn capture<E>(serialize: impl FnOnce() -> Result<Value, E>) -> Result<Value, E> {
    let _sweep = Sweep;
    WANTED.set(true);
    let result = serialize()?;
    Ok(SLOT.take().unwrap_or(result))
}

/// If a [`capture`] waits for it: leave a copy of the value in the slot.
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

/// Within `visit`, [`handed_over`] gives `value`.
pub(super) fn give<T>(value: Value, visit: impl FnOnce() -> T) -> T {
    let _sweep = Sweep;
    SLOT.set(Some(value));
    visit()
}

/// The value that [`give`] left, if this is within one.
pub(crate) fn handed_over() -> Option<Value> {
    SLOT.take()
}
