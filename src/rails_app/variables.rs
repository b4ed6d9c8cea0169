//! The environment variables, which a program or a test may stand in for.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// What gives a variable's value by its name.
type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The process' own variables, or what stands in for them.
#[derive(Clone, Default)]
pub(super) struct Variables(Option<Arc<Lookup>>);

impl Variables {
    pub(super) fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(lookup)))
    }

    /// The value of a variable; none where it is not set, or is no text.
    pub(super) fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        let value = match &self.0 {
            Some(lookup) => lookup(name),
            None => std::env::var(name).ok(),
        };
        value.map(Zeroizing::new)
    }

    /// The same, where it is not empty.
    pub(super) fn get_present(&self, name: &str) -> Option<Zeroizing<String>> {
        self.get(name).filter(|value| !value.trim().is_empty())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables(..)")
    }
}
