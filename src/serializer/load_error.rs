//! [`LoadError`]: why bytes cannot be read.

/// Why bytes are no value of their format: for the operator, never for the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoadError {
    /// What is wrong, as a short noun phrase ("nesting deeper than 100 levels").
    pub(crate) reason: &'static str,
    /// Where, in bytes from the start.
    pub(crate) offset: usize,
}

/// The bytes as text.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, LoadError> {
    std::str::from_utf8(bytes).map_err(|error| LoadError {
        reason: "no UTF-8",
        offset: error.valid_up_to(),
    })
}
