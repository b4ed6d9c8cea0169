//! The Rust half of the log book, which serves `/rust`, without the framework.

use std::fmt::Write as _;

use hardtack::warden::WardenScope;
use hardtack::{CookieStore, Error, LoadDefaults, SecretKeyBase, Serializer, Session};

use crate::pages::{escape, form, page};
use crate::proxy::OtherHalf;

/// The half that `config.ru` is.
pub(crate) const RAILS: OtherHalf = OtherHalf {
    name: "Rails",
    port: "RAILS_PORT",
    run: "examples/beside-rails/run",
};

/// The ids of the users, and the hashes of their passwords, as in the app's database.
const USERS: &[(u32, &str)] = &[
    (
        7,
        "$2a$12$Nf7mM4l0zq3oT7f0nVnq0.9kq1y8Hq8mVb8Ww0kq4m1m0m1m0m1m0",
    ),
    (
        8,
        "$2a$12$Tz0oX9v1kq2oT7f0nVnq0.7hq1y8Hq8mVb8Ww0kq4m1m0m1m0m1m0",
    ),
];

/// Creates the store of the Rails app's session, with the settings of `config.ru`.
pub(crate) fn store() -> Result<CookieStore, Error> {
    let secret = SecretKeyBase::new(std::env::var("SECRET_KEY_BASE").unwrap_or_default())?;
    let settings = LoadDefaults::V6_1
        .settings()
        .cookies_serializer(Serializer::Json);
    let store = CookieStore::new(&secret, settings, "_log_book_session");
    store.check()?;
    Ok(store)
}

/// Checks that a user is logged in, by Devise's rules: the user exists and has not changed the
/// password since the login.
pub(crate) fn is_logged_in(session: &Session) -> bool {
    let login = session.read(|data| WardenScope::new("user").login(data));
    login.is_some_and(|login| {
        let user = USERS.iter().find(|(id, _)| login.id() == Ok(*id));
        user.is_some_and(|(_, password)| login.matches(*password))
    })
}

/// Renders the page of a user who is logged in.
pub(crate) fn show(session: &Session) -> Result<String, Error> {
    let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
    session.insert("visits", visits)?;
    let text = |key| -> Result<String, Error> {
        let text = session.get::<String>(key)?.unwrap_or_default();
        Ok(escape(&text))
    };
    let flash = session.flash();
    let notices: Vec<_> = ["notice", "alert"]
        .into_iter()
        .filter_map(|kind| Some((kind, flash.text(kind)?)))
        .collect();
    let tokens = session.authenticity_tokens()?;
    let mut body = format!(
        r#"<p class="aside">This page is by Rust.</p>
<p>Hello, <strong id="name">{}</strong>. Your visits to this page: <span id="visits">{visits}</span>.</p>
<p>Rails keeps the note “<span id="note">{}</span>”.</p>
<h2>A form of Rust that posts to Rails</h2>"#,
        text("name")?,
        text("note")?,
    );
    let fields = r#"<label>Note <input name="note" required></label>"#;
    let token = tokens.masked_per_form_token("/note", "post")?;
    body.push_str(&form("/note", Some(&token), fields, "Keep it at Rails"));
    let token = tokens.masked_per_form_token("/rust/sign_out", "post")?;
    // Writing into a String cannot fail.
    let _ = write!(
        body,
        r#"<p><a href="/">To the page by Rails</a></p>{}"#,
        form("/rust/sign_out", Some(&token), "", "Sign out at Rust")
    );
    Ok(page("The log book", &notices, &body))
}

/// Keeps a remark, which Rails shows.
pub(crate) fn keep_remark(session: &Session, remark: &str) -> Result<(), Error> {
    session.insert("remark", remark)?;
    session.flash().set("notice", "Rust kept the remark.")
}

/// Signs out as Devise does: the whole session is removed.
pub(crate) fn sign_out(session: &Session) -> Result<(), Error> {
    session.reset()?;
    session.flash().set("notice", "Signed out at Rust.")
}
