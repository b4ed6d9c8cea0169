//! The environment variables, which a program or a test may replace.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A function that returns a variable's value by its name.
type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The process's own variables, or a function in their place.
#[derive(Clone, Default)]
pub(super) struct Variables(Option<Arc<Lookup>>);

impl Variables {
    pub(super) fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(lookup)))
    }

    /// Returns the variables without the one of this name.
    #[cfg(feature = "doctor")]
    pub(super) fn without(self, hidden: &'static str) -> Self {
        Self::new(move |name| {
            if name == hidden {
                return None;
            }
            Some(std::mem::take(&mut *self.get(name)?))
        })
    }

    /// Returns the value of a variable; `None` if it is not set, or is not valid Unicode.
    pub(super) fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        let value = match &self.0 {
            Some(lookup) => lookup(name),
            None => std::env::var(name).ok(),
        };
        value.map(Zeroizing::new)
    }

    /// Returns the value of a variable unless it is empty.
    pub(super) fn get_present(&self, name: &str) -> Option<Zeroizing<String>> {
        self.get(name).filter(|value| !value.trim().is_empty())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables(..)")
    }
}
