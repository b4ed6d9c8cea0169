//! [`Style`]: the form in which an app writes MessagePack.

use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::IpAddrForm;

/// The differences between the Rails versions that write MessagePack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// The form of an `IPAddr`.
    pub(crate) ip_addr: IpAddrForm,
    /// The form of an `ActiveSupport::SafeBuffer`.
    pub(crate) safe_buffer: SafeBufferForm,
}

#[cfg(test)]
impl Default for Style {
    /// Returns the style of the newest Rails.
    fn default() -> Self {
        Self {
            ip_addr: IpAddrForm::String,
            safe_buffer: SafeBufferForm::String,
        }
    }
}
