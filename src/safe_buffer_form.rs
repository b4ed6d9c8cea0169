//! [`SafeBufferForm`]: the form of an `ActiveSupport::SafeBuffer` in MessagePack.
//!
//! Source: `active_support/message_pack/extensions.rb` of Rails 8.0 (none), 8.1.0 to 8.1.3.1
//! (`to_s` and `new`) and 8-1-stable since May 2026 (`write_safe_buffer`).

/// The form of an `ActiveSupport::SafeBuffer` in MessagePack: a text that counts as safe HTML, such
/// as that of `t(:greeting_html)`.
///
/// Both extensions are read under any setting. A release of Rails reads only the form that it
/// writes: a session with a [`Raw`](Self::Raw) one raises `TypeError` under 8.2. A value that
/// nobody changed is written back unchanged unless the release of the set form cannot read it:
/// `Text` turns either extension into a String, and `String` turns a raw payload into a string.
///
/// ```
/// use hardtack::LoadDefaults;
/// use hardtack::settings::SafeBufferForm;
///
/// assert_eq!(LoadDefaults::V8_1.settings().safe_buffer, SafeBufferForm::Raw);
/// // An app on 8-1-stable, or on a release after 8.1.3.
/// let settings = LoadDefaults::V8_1.settings().safe_buffer(SafeBufferForm::String);
/// # let secret = hardtack::SecretKeyBase::generate()?;
/// # hardtack::Jar::encrypted(&secret, settings);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SafeBufferForm {
    /// A String: releases before Rails 8.1, which had no form for a `SafeBuffer`.
    Text,
    /// Extension 18 with the bare text as its payload: Rails 8.1.0 to 8.1.3.
    Raw,
    /// Extension 18 with a MessagePack string as its payload: 8-1-stable after 8.1.3, and 8.2.
    String,
}
