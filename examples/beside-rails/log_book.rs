//! The Rust half of the log book, whichever framework serves it: what is under `/rust`.

use std::fmt::Write as _;

use hardtack::warden::WardenScope;
use hardtack::{CookieStore, Error, LoadDefaults, SecretKeyBase, Serializer, Session};

use crate::pages::{escape, form, page};

/// The hashes that the app's database holds.
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

/// The session of the Rails app, as its `config.ru` has it.
pub(crate) fn store() -> Result<CookieStore, Error> {
    let secret = SecretKeyBase::new(std::env::var("SECRET_KEY_BASE").unwrap_or_default())?;
    let settings = LoadDefaults::V6_1
        .settings()
        .cookies_serializer(Serializer::Json);
    let store = CookieStore::new(&secret, settings, "_log_book_session");
    store.check()?;
    Ok(store)
}

/// Whether somebody is logged in, by Devise's rules: the user is there, and the password still the
/// one of the login.
pub(crate) fn is_logged_in(session: &Session) -> bool {
    let login = session.read(|data| WardenScope::new("user").login(data));
    login.is_some_and(|login| {
        let user = USERS.iter().find(|(id, _)| login.id() == Ok(*id));
        user.is_some_and(|(_, password)| login.matches(*password))
    })
}

/// The page, for somebody who is logged in.
pub(crate) fn show(session: &Session) -> Result<String, Error> {
    let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
    session.insert("visits", &visits)?;
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
<p>Hello, <strong id="name">{}</strong>, for the <span id="visits">{visits}</span>. time.</p>
<p>Rails keeps the note “<span id="note">{}</span>”.</p>
<h2>A form of Rust that posts to Rails</h2>"#,
        text("name")?,
        text("note")?,
    );
    let fields = r#"<label>Note <input name="note" required></label>"#;
    let token = tokens.masked_per_form_token("/note", "post")?;
    body.push_str(&form("/note", &token, fields, "Keep it at Rails"));
    let token = tokens.masked_per_form_token("/rust/sign_out", "post")?;
    // Writing into a String cannot fail.
    let _ = write!(
        body,
        r#"<p><a href="/">To the page by Rails</a></p>{}"#,
        form("/rust/sign_out", &token, "", "Sign out at Rust")
    );
    Ok(page("The log book", &notices, &body))
}

/// What Rails shows next.
pub(crate) fn keep_remark(session: &Session, remark: &str) -> Result<(), Error> {
    session.insert("remark", remark)?;
    session.flash().set("notice", "Rust kept the remark.")
}

/// As Devise signs out: the whole session goes.
pub(crate) fn sign_out(session: &Session) -> Result<(), Error> {
    session.reset()?;
    session.flash().set("notice", "Signed out at Rust.")
}
