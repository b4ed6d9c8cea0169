//! The one page of `examples/axum.rs` and `examples/actix.rs`.

use std::fmt::Write as _;

use hardtack::{Error, Session};
use serde::{Deserialize, Serialize};

use crate::pages::{escape, form, page};

/// The keys of these examples in the session; all other keys stay.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Visitor {
    pub(crate) name: Option<String>,
    pub(crate) visits: u32,
    pub(crate) orders: Vec<String>,
}

/// Counts the visit and shows the page.
pub(crate) fn home(session: &Session) -> Result<String, Error> {
    let mut visitor: Visitor = session.view()?;
    visitor.visits += 1;
    session.merge(&visitor)?;

    let flash = session.flash();
    let notices: Vec<_> = ["notice", "alert"]
        .into_iter()
        .filter_map(|kind| Some((kind, flash.text(kind)?)))
        .collect();
    let tokens = session.authenticity_tokens()?;
    let token = |action| tokens.masked_per_form_token(action, "post");

    let mut body = match &visitor.name {
        Some(name) => format!("<p>Good to see you, <strong>{}</strong>.</p>", escape(name)),
        None => "<p>Who goes there?</p>".to_owned(),
    };
    let visits = match visitor.visits {
        1 => "This is your first visit.".to_owned(),
        visits => format!("You have been here {visits} times."),
    };
    // Writing into a String cannot fail.
    let _ = write!(body, r#"<p id="visits">{visits}</p>"#);
    if visitor.name.is_some() {
        body.push_str("<h2>Order biscuits</h2>");
        let fields = r#"<label>Kind <select name="biscuit"><option>Hardtack</option><option>Ship’s biscuit</option><option>Pilot bread</option></select></label>"#;
        body.push_str(&form("/order", Some(&token("/order")?), fields, "Order"));
        if !visitor.orders.is_empty() {
            body.push_str("<ul>");
            for order in &visitor.orders {
                let _ = write!(body, "<li>{}</li>", escape(order));
            }
            body.push_str("</ul>");
        }
        body.push_str("<h2>Done?</h2>");
        body.push_str(&form("/log_out", Some(&token("/log_out")?), "", "Log out"));
    } else {
        let fields = r#"<label>Name <input name="name" required maxlength="40" autocomplete="username"></label>"#;
        body.push_str(&form("/log_in", Some(&token("/log_in")?), fields, "Log in"));
    }
    body.push_str(
        r#"<p class="aside">All of this is in one encrypted cookie. The server keeps nothing.</p>"#,
    );
    Ok(page("The biscuit counter", &notices, &body))
}

/// Begins a new session at login, which prevents session fixation.
pub(crate) fn log_in(session: &Session, name: &str) -> Result<(), Error> {
    let mut visitor: Visitor = session.view()?;
    visitor.name = Some(name.trim().chars().take(40).collect());
    session.reset()?;
    session.merge(&visitor)?;
    session.flash().set("notice", "Welcome aboard.")
}

/// One more order, as long as it fits into the cookie with all that is in the session.
pub(crate) fn order(session: &Session, biscuit: &str) -> Result<(), Error> {
    let mut visitor: Visitor = session.view()?;
    visitor.orders.push(biscuit.chars().take(40).collect());
    session.merge(&visitor)?;
    session.flash().set("notice", "Ordered.")?;
    while let Err(error) = session.check() {
        let (Error::CookieOverflow(overflow), Some(_)) = (&error, visitor.orders.pop()) else {
            return Err(error);
        };
        // The last order has to go, and as many before it as the words take room.
        session.merge(&visitor)?;
        let full = format!("The cookie is full: {} bytes are the most.", overflow.limit);
        session.flash().remove("notice")?;
        session.flash().set("alert", full)?;
    }
    Ok(())
}

pub(crate) fn log_out(session: &Session) -> Result<(), Error> {
    session.reset()?;
    session.flash().set("notice", "Fair winds.")
}

/// The secret of the environment, or one for as long as the program runs.
pub(crate) fn secret() -> Result<hardtack::SecretKeyBase, Error> {
    match std::env::var("SECRET_KEY_BASE") {
        Ok(secret) => hardtack::SecretKeyBase::new(secret),
        Err(_) => hardtack::SecretKeyBase::generate(),
    }
}
