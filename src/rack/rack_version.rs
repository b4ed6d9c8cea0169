//! [`RackVersion`]: the releases of Rack and rack-session, and the form of their cookies.

/// The release of Rack, or of rack-session, whose cookies an app writes. A jar reads what any
/// release with the same kind of secret wrote; the version decides the form in which it writes, so
/// that the Ruby app can read it.
///
/// ```
/// use hardtack::rack::RackVersion;
///
/// assert_ne!(RackVersion::Session2_0, RackVersion::Session2_1_2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RackVersion {
    /// Rack 1.0 to 2.0: signed base64, with a line feed after every 60 characters.
    Rack1_0,
    /// Rack 2.1 and 2.2: signed base64.
    Rack2_1,
    /// rack-session 2.0.0 to 2.1.1: encrypted with AES-256-CTR under an HMAC
    /// (`Rack::Session::Encryptor`, later `V1`).
    Session2_0,
    /// rack-session 2.1.2 and later: encrypted with AES-256-GCM (`Rack::Session::Encryptor::V2`).
    Session2_1_2,
}

/// The form of a cookie's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Signed(Lines),
    Encrypted(Encryption),
}

/// The lines of base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// One line without an end (`pack("m0")`).
    One,
    /// Lines of 60 characters, each with a line feed (`pack("m")`).
    OfSixty,
}

/// The version byte of an encrypted message, and its cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// 1: AES-256-CTR and HMAC-SHA256.
    V1,
    /// 2: AES-256-GCM.
    V2,
}

impl RackVersion {
    pub(super) const fn form(self) -> Form {
        match self {
            Self::Rack1_0 => Form::Signed(Lines::OfSixty),
            Self::Rack2_1 => Form::Signed(Lines::One),
            Self::Session2_0 => Form::Encrypted(Encryption::V1),
            Self::Session2_1_2 => Form::Encrypted(Encryption::V2),
        }
    }
}
