//! keygrip and cookie-session: a session opens only under a signature that a plain second
//! implementation makes, and what is sealed opens unchanged, under its own key alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardtack::express::Keygrip;
use hardtack::settings::HmacDigest;
use hardtack::{Refusal, SessionData};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const NAME: &str = "session";

const KEYS: [&str; 3] = ["ein Geheimnis 5d25d3decd71", "older", "of somebody else"];

pub(super) fn check(data: &[u8]) {
    let [choice, data @ ..] = data else { return };
    let keys = keygrip(KEYS[0]).older_key(KEYS[1]).unwrap();

    // A value and a signature, as a request brings them.
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (value, signature) = (parts.next().unwrap_or_default(), parts.next());
    if let Some(signature) = signature {
        let opened = keys.open(NAME, value, signature);
        let is_signed = KEYS[..2].iter().any(|key| sign(key, value) == signature);
        assert_eq!(
            opened.is_err_and(|error| error == Refusal::Invalid),
            !is_signed
        );
    }

    // Whatever the value is, as if the app had signed it.
    let [own, older, foreign] = KEYS.map(|key| keys.open(NAME, value, sign(key, value)));
    assert_eq!(foreign.err(), Some(Refusal::Invalid));
    assert_eq!(own.is_ok(), older.is_ok());
    for (opened, is_own) in [(own, true), (older, false)] {
        let Ok(opened) = opened else { continue };
        assert_eq!(opened.rotation(), (!is_own).then_some(0));
        assert!(is_own || opened.needs_rewrite());
        check_session(&keys, *choice, &opened.into_value());
    }
    if let Some(session) = SessionData::from_json(data) {
        check_session(&keys, *choice, &session);
    }
}

fn check_session(keys: &Keygrip, choice: u8, session: &SessionData) {
    let Ok([cookie, signature]) = keys.seal(session, NAME, None) else {
        return;
    };
    let (value, signature) = (cookie.escaped_value(), signature.escaped_value());
    assert_eq!(signature.as_bytes(), sign(KEYS[0], value.as_bytes()));
    let opened = keys.open(NAME, value, signature).unwrap();
    assert!(!opened.needs_rewrite());
    let [again, _] = keys.seal(opened.value(), NAME, None).unwrap();
    assert_eq!(again, cookie);
    // A key that is no text is called by its place.
    assert_eq!(opened.into_value().keys().len(), session.keys().len());

    let mut changed = signature.as_bytes().to_vec();
    let place = usize::from(choice) % changed.len();
    changed[place] ^= 1;
    let refused = keys.open(NAME, value, changed);
    assert_eq!(refused.err(), Some(Refusal::Invalid));
    let renamed = keys.open("other", value, signature);
    assert_eq!(renamed.err(), Some(Refusal::Invalid));
}

fn keygrip(key: &str) -> Keygrip {
    Keygrip::with_digest(HmacDigest::Sha256, key).unwrap()
}

fn sign(key: &str, value: &[u8]) -> Vec<u8> {
    let mut code = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    code.update(b"session=");
    code.update(value);
    let code = code.finalize().into_bytes();
    URL_SAFE_NO_PAD.encode(code).into_bytes()
}
