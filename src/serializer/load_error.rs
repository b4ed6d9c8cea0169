//! [`LoadError`]: the reason why bytes cannot be read.

/// The reason why bytes are not a value of their format: for the operator, never for the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoadError {
    /// A short phrase that names the fault ("nesting deeper than 100 levels").
    pub(crate) reason: &'static str,
    /// The place of the fault, in bytes from the start.
    pub(crate) offset: usize,
}

/// Returns the bytes as text.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, LoadError> {
    std::str::from_utf8(bytes).map_err(|error| LoadError {
        reason: "not UTF-8",
        offset: error.valid_up_to(),
    })
}
