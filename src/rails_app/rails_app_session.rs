//! [`RailsAppSession`]: the session cookie that an app has configured.

use std::time::Duration;

use super::stored_keys::StoredKeys;
use crate::http::cookie_attributes::CookieAttributes;

/// A Rails app's session cookie: the arguments of `config.session_store` that can be read, and
/// Rails' defaults for the others.
///
/// ```
/// # let dir = std::env::temp_dir().join("hardtack-doc-session");
/// # std::fs::create_dir_all(dir.join("config/initializers")).unwrap();
/// # std::fs::write(dir.join("config/application.rb"), "module MyShop\nclass Application < Rails::Application\nconfig.load_defaults 7.1\nend\nend\n")?;
/// let app = hardtack::rails_app::RailsApp::new(&dir);
/// # let _ = std::fs::remove_file(dir.join("config/initializers/session_store.rb"));
/// assert_eq!(app.settings()?.session.name.as_deref(), Some("_my_shop_session")); // Rails' default
///
/// std::fs::write(
///     dir.join("config/initializers/session_store.rb"),
///     r#"Rails.application.config.session_store :cookie_store, key: "_shop", expire_after: 14.days"#,
/// )?;
/// let session = app.settings()?.session;
/// assert_eq!(session.name.as_deref(), Some("_shop"));
/// assert_eq!(session.expire_after.unwrap().as_secs(), 14 * 86_400);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RailsAppSession {
    /// The cookie's name: `key`, or else `_session_id`. An app that sets up no session has the name
    /// `_<app name>_session` from Rails 5.1 on. `None` if only Ruby can evaluate it: see
    /// [`unreadable_settings`](super::RailsAppSettings::unreadable_settings).
    pub name: Option<String>,
    /// The store of the sessions: `cookie_store`, unless the app sets another. With another store
    /// the cookie contains only an id. `None` if the store is not known, and may be a subclass of
    /// the cookie store.
    pub store: Option<String>,
    /// `path`, `domain`, `secure`, `httponly`, `same_site` and `partitioned`. `force_ssl` makes a
    /// session's cookie secure.
    pub attributes: CookieAttributes,
    /// The lifetime of a session after each request: `max_age` if it is set, else `expire_after`.
    ///
    /// A month is 2,629,746 seconds, as for `1.month.to_i`, and a year 31,556,952. (Rails adds whole
    /// months of the calendar to the time of the request, which are up to two and a half days
    /// shorter and half a day longer.)
    pub expire_after: Option<Duration>,
    #[cfg_attr(not(feature = "doctor"), allow(dead_code, reason = "for the doctor"))]
    pub(crate) keys: StoredKeys,
}
