//! The events of refused cookies, lost sessions and worn-out keys.

use std::sync::Arc;

use hardtack::{CookieStore, RequestOrigin, Session};

use super::forbidden::forbidden;
use super::{CARD, NAME, fill, store};
use crate::logged::logged;

fn open(store: CookieStore, header: String) -> Session {
    Session::open(&Arc::new(store), header, RequestOrigin::default())
}

#[test]
fn no_event_shows_a_secret_or_a_value() {
    let sealed = {
        let session = open(store(), String::new());
        session.update(fill).unwrap();
        session.commit(200).unwrap().cookies()[0]
            .escaped_value()
            .to_owned()
    };
    let forged = sealed.replacen(['a', 'b', 'c'], "d", 1);
    let cut_off = &sealed[..sealed.len() / 2];
    let log = logged(|| {
        // Refused: forged, cut off, none at all.
        for value in [&forged, cut_off, CARD] {
            let session = open(store(), format!("plain={CARD}; {NAME}={value}"));
            assert!(session.is_empty());
        }
        // Lost: a session that is too large, and one that is not to go over plain HTTP.
        let session = open(store(), String::new());
        session.insert("cards", CARD.repeat(400)).unwrap();
        assert!(session.commit(200).is_err());
        let session = open(store().secure(true), String::new());
        session.update(fill).unwrap();
        let _ = session.commit(200);
        // Worn out: a key that has sealed much.
        for bound in [1 << 30, 1 << 32] {
            store().raise_seals(bound);
        }
    });
    assert_eq!(log.len(), 7, "{log:#?}");
    let log = log.join("\n");
    let mut looked_for = 0;
    for (what, needle) in forbidden() {
        assert!(!log.contains(&needle), "{what} is shown: {log}");
        looked_for += 1;
    }
    for cookie in [sealed.as_str(), &forged, cut_off] {
        assert!(!log.contains(&cookie[..24]), "a cookie is shown: {log}");
    }
    assert!(looked_for > 80, "{looked_for}");
}
