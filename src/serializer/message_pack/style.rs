//! [`Style`]: how an app writes MessagePack.

use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::IpAddrForm;

/// What differs between the Rails versions that write MessagePack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// How an `IPAddr` is written.
    pub(crate) ip_addr: IpAddrForm,
    /// How an `ActiveSupport::SafeBuffer` is written.
    pub(crate) safe_buffer: SafeBufferForm,
}

#[cfg(test)]
impl Default for Style {
    /// As the newest Rails writes.
    fn default() -> Self {
        Self {
            ip_addr: IpAddrForm::String,
            safe_buffer: SafeBufferForm::String,
        }
    }
}
