//! The sessions of connect-mongo, in MongoDB.

use std::time::Duration;

use super::cookie_signature::CookieSignature;
use super::express_session::ExpressSession;

/// The default of connect-mongo's `ttl`: 14 days.
const TTL: Duration = Duration::from_secs(1_209_600);

impl ExpressSession {
    /// Creates the format of connect-mongo 4 to 6, with its defaults: a document's `_id` is the id
    /// alone, and a session without a `maxAge` lives for 14 days. A request that only reads extends
    /// the document's `expires`, and the JSON stays.
    ///
    /// The format is the JSON of the document's member `session`. The document itself is the
    /// store's: `MongoStore` of the package hardtack-mongodb keeps it as text or, for
    /// `stringify: false`, as a document, and has `touchAfter` and `timestamps`. A `transformId`
    /// that puts a text before the id is [`key_prefix`](Self::key_prefix). The encrypted sessions of
    /// `crypto` cannot be read.
    ///
    /// ```
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_mongo(signature);
    /// assert_eq!(format.keys("abc"), ["abc"]);
    /// assert_eq!(format.time_to_live().unwrap().as_secs(), 1_209_600);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn connect_mongo(signature: CookieSignature) -> Self {
        // It touches the store's time alone, as connect-redis does.
        Self::connect_redis(signature).key_prefix("").ttl(TTL)
    }
}
