//! The verifiers of Rails and its libraries that have settings of their own.
//!
//! Sources: `activerecord/lib/active_record/signed_id.rb` and `railtie.rb` (Rails 6.1 to 8.1);
//! `lib/global_id/verifier.rb` and `railtie.rb` (globalid 0.4 to 1.4); `lib/turbo-rails.rb` and
//! `lib/turbo/engine.rb` (turbo-rails 0.5 to 2.0).

use crate::secret_key_base::SecretKeyBase;
use crate::settings::{HmacDigest, Serializer, Settings};

use super::base64::Alphabet;
use super::message_verifier::MessageVerifier;

impl MessageVerifier {
    /// Creates the verifier of Active Record's signed ids (`signed_id`, `find_signed`).
    ///
    /// Signed ids are url-safe from Rails 7.2 on. Rails up to 7.1 refuses most url-safe ids, so the
    /// version must be that of the installed Rails; all versions are read.
    ///
    /// Rails 8.1 has `config.active_record.use_legacy_signed_id_verifier`. This is its default,
    /// `:generate_and_verify`. The verifier of `false` is
    /// `for_application(&secret, "active_record/signed_id", settings)`; under `:verify` that one has
    /// this one as a [`rotation`](Self::rotation).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hardtack::message::{MessageOptions, MessageVerifier};
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let signed_ids = MessageVerifier::signed_ids(&secret, LoadDefaults::V7_2);
    ///
    /// // User.find(7).signed_id(purpose: :login, expires_in: 15.minutes)
    /// let options = MessageOptions::new()
    ///     .purpose("user/login") // the model's name (of the base class, if it inherits)
    ///     .expires_in(Duration::from_secs(15 * 60));
    /// let signed_id = signed_ids.generate(7, &options)?;
    ///
    /// // User.find_signed(signed_id, purpose: :login)
    /// assert_eq!(signed_ids.verify::<i64>(&signed_id, "user/login")?, 7);
    /// assert!(signed_ids.verify::<i64>(&signed_id, "user").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn signed_ids(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        let alphabet = Alphabet::when_url_safe(settings.url_safe_signed_ids);
        Self::for_application(secret, "active_record/signed_id", settings)
            .digest(HmacDigest::Sha256)
            .serializer(Serializer::Json)
            .alphabet(alphabet)
    }

    /// Creates the verifier of signed global ids (`to_sgid`, `GlobalID::Locator.locate_signed`).
    ///
    /// From globalid 1.1 on, the purpose is that of the message; it is `default` unless the app
    /// names one with `for:`. Up to 1.0 purpose and expiry are part of the value: see the guide
    /// [`beside_rails`](crate::beside_rails).
    ///
    /// ```
    /// use hardtack::message::{MessageOptions, MessageVerifier};
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let signed_global_ids = MessageVerifier::signed_global_ids(&secret, LoadDefaults::V7_1);
    ///
    /// // person.to_sgid(for: "attachable", expires_in: nil)
    /// let options = MessageOptions::new().purpose("attachable");
    /// let sgid = signed_global_ids.generate("gid://shop/Person/1", &options)?;
    ///
    /// // GlobalID::Locator.locate_signed(sgid, for: "attachable")
    /// let gid: String = signed_global_ids.verify(&sgid, "attachable")?;
    /// assert_eq!(gid, "gid://shop/Person/1");
    /// assert!(signed_global_ids.verify::<String>(&sgid, "default").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn signed_global_ids(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        Self::for_application(secret, "signed_global_ids", settings)
            .alphabet(Alphabet::UrlSafePadded)
    }

    /// Creates the verifier of Turbo's stream names (`turbo_stream_from`), which an app has unless
    /// it sets `config.turbo.signed_stream_verifier_key`. The names have no purpose.
    ///
    /// ```
    /// use hardtack::message::MessageVerifier;
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let streams = MessageVerifier::turbo_streams(&secret, LoadDefaults::V7_1);
    ///
    /// // turbo_stream_from "messages": the attribute signed-stream-name
    /// let signed = streams.generate("messages", None)?;
    /// assert_eq!(streams.verify::<String>(&signed, None)?, "messages");
    /// assert!(streams.verify::<String>("messages", None).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn turbo_streams(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        Self::for_application(secret, "turbo/signed_stream_verifier_key", settings)
            .digest(HmacDigest::Sha256)
            .serializer(Serializer::Json)
    }
}
