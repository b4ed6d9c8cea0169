//! [`SessionIds`]: the ids of sessions on a server, as Rack and Rails make them.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

use super::jar::Jar;
use super::sealed_session::generate_session_id;
use crate::error::Error;
use crate::hex;

/// The lengths of ids: Rails' have 32 digits, those of plain Rack 64 (`sidbits`).
const LENGTHS: RangeInclusive<usize> = 32..=64;

/// The form of an app's session ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct SessionIds {
    /// The text before the digits of a new id.
    pub(crate) prefix: String,
    /// The jar that seals the ids, and the name of their cookie.
    pub(crate) jar: Option<(Jar, String)>,
}

impl SessionIds {
    /// Returns the id in a cookie's value: hexadecimal digits, with or without the app's prefix.
    ///
    /// The value becomes a key. Another text is no id, least of all a private id: Rails' own
    /// `CacheStore` opens an entry by its private id, which a reader of the store knows.
    pub(crate) fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        let opened;
        let value = match &self.jar {
            Some((jar, name)) => {
                opened = jar.read_value::<String>(name, value).ok()?.into_value();
                opened.as_bytes()
            }
            None => value,
        };
        let digits = value.strip_prefix(self.prefix.as_bytes()).unwrap_or(value);
        let is_id = LENGTHS.contains(&digits.len())
            && digits.iter().all(|digit| hex::value(*digit).is_some())
            && !looks_private(value);
        let id = is_id.then(|| String::from_utf8(value.to_vec()));
        id?.ok()
    }

    /// Returns the value of the cookie that carries an id.
    #[cfg(feature = "rails-stores")]
    pub(crate) fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        let Some((jar, name)) = &self.jar else {
            return Ok(id.to_owned());
        };
        let sealed = jar.write(name, id, None)?;
        // A sealed value is base64.
        Ok(String::from_utf8_lossy(&sealed.value()).into_owned())
    }

    /// Creates an id of 128 random bits.
    pub(crate) fn new_id(&self) -> Result<String, Error> {
        Ok(self.prefix.clone() + &generate_session_id()?)
    }
}

/// Returns the ids under which a session is kept: the private id, which is written, and the id
/// itself, which Rack used before 2.0.8 (`Rack::Session::SessionId`, Rack 2.2
/// `session/abstract/id.rb`).
///
/// The private id is `2::` and the SHA-256 of the id: a person who can read the store cannot take
/// over a session.
pub(crate) fn stored_ids(id: &str) -> [String; 2] {
    let digest = Sha256::digest(id);
    let digits = digest.iter().flat_map(|byte| hex::digits(*byte));
    let private_id = "2::".chars().chain(digits.map(char::from)).collect();
    [private_id, id.to_owned()]
}

/// Checks whether a text has the beginning of a private id: a number and `::`.
fn looks_private(id: &[u8]) -> bool {
    let digits = id.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && id.get(digits..).is_some_and(|rest| rest.starts_with(b"::"))
}
