//! The authenticity token in a cookie of its own: Rails reads ours for the session that it is bound
//! to, and the reverse.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use hardtack::csrf::{AuthenticityTokens, CsrfSettings};
use hardtack::{Commit, CookieStore, LoadDefaults, RequestOrigin, SecretKeyBase, Session};
use hardtack_peers::{Rails, RailsVersion, Settings, cookie_value};
use serde_json::json;

const SECRET: &str = "the secret of a shop, long enough for all";

#[test]
fn rails_and_hardtack_read_the_same_cookie() {
    let version = RailsVersion::current();
    let mut rails = Rails::start(&Settings::new(SECRET));
    if version.load_defaults < LoadDefaults::V7_1 {
        let refused = rails.try_ask(&json!({"op": "token_cookie", "cookies": ""}));
        assert!(refused.unwrap_err().starts_with("NameError"));
        return;
    }
    let settings = CsrfSettings::from(version.load_defaults).token_cookie("csrf_token");
    let secret = SecretKeyBase::new(SECRET).unwrap();
    let store =
        CookieStore::new(&secret, LoadDefaults::V7_2, "_app_session").csrf(settings.clone());
    let store = Arc::new(store);
    let open = |header: &str| Session::open(&store, header.to_owned(), RequestOrigin::default());

    for begins in [false, true] {
        // Ours, by Rails.
        let session = open("");
        let tokens = session.authenticity_tokens().unwrap();
        if begins {
            session.insert("cart", "tea").unwrap();
        }
        let mut set = match session.commit(200).unwrap() {
            Commit::Set(set) => set,
            _ => Vec::new(),
        };
        assert_eq!(!set.is_empty(), begins);
        set.extend(session.cookies().take());
        let pair =
            |cookie: &hardtack::SetCookie| format!("{}={}", cookie.name(), cookie.escaped_value());
        let pairs: Vec<_> = set.iter().map(pair).collect();
        let header = pairs.join("; ");
        let answer = rails.ask(json!({"op": "token_cookie", "cookies": header}));
        let fetched =
            AuthenticityTokens::parse(answer["fetched"].as_str().unwrap(), settings.clone());
        let masked = tokens.masked_authenticity_token().unwrap();
        assert!(fetched.unwrap().verify(&masked, "/", "POST"));

        // Not for another session, or for none where there is one.
        let other = rails.ask(json!({"op": "session_write", "set": {"cart": "tea"}}));
        let other = cookie_value(&other, "_app_session");
        let token_alone = pairs.last().unwrap();
        let with_other = format!("{token_alone}; _app_session={other}");
        let answer = rails.ask(json!({"op": "token_cookie", "cookies": with_other}));
        assert_eq!(answer["fetched"], json!(null));
        assert!(!open(&with_other).is_authentic(&masked, "/", "POST"));

        // Theirs, by us.
        let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let came = if begins {
            format!("_app_session={other}")
        } else {
            String::new()
        };
        let answer = rails.ask(json!({"op": "token_cookie", "cookies": came, "store": text}));
        let token_cookie = format!("csrf_token={}", cookie_value(&answer, "csrf_token"));
        let header = if begins {
            format!("{token_cookie}; {came}")
        } else {
            token_cookie.clone()
        };
        assert!(open(&header).is_authentic(text, "/", "POST"));
        let session = open(&token_cookie);
        assert_eq!(session.is_authentic(text, "/", "POST"), !begins);
    }
}
