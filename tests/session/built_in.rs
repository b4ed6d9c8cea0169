//! Formats that are features: what `CookieStore::check` says of a serializer that this build does
//! not have. The same cases run with every set of features.

use std::sync::Arc;

use hardtack::{
    CookieStore, Jar, Keyring, LoadDefaults, RequestOrigin, Rotation, Serializer, Session, Settings,
};

#[cfg(feature = "tracing")]
use crate::logged::logged;
use crate::support::{json, secret};

const NAME: &str = "_app_session";

fn with(serializer: Serializer) -> Settings {
    LoadDefaults::V7_1.settings().cookies_serializer(serializer)
}

/// The feature of the format that this serializer writes, where it is off.
fn missing(serializer: Serializer) -> Option<&'static str> {
    match serializer {
        Serializer::Marshal if !cfg!(feature = "marshal") => Some("marshal"),
        Serializer::MessagePack | Serializer::MessagePackAllowMarshal
            if !cfg!(feature = "message_pack") =>
        {
            Some("message_pack")
        }
        _ => None,
    }
}

/// `load_defaults` 6.1 writes Marshal: without that feature every write would fail.
#[test]
fn the_defaults_of_a_version_that_writes_marshal() {
    let store = CookieStore::new(&secret(), LoadDefaults::V6_1, NAME);
    let refused = store.check().map_err(|error| error.to_string());
    let session = Session::open(&Arc::new(store), "", RequestOrigin::default());
    session.insert("user_id", 42).unwrap();
    assert_eq!(
        refused.is_ok(),
        session.commit(200).is_ok(),
        "check knows what writing comes to"
    );
    match missing(Serializer::Marshal) {
        None => assert_eq!(refused, Ok(())),
        Some(_) => assert_eq!(
            refused.unwrap_err(),
            "the serializer is marshal, which is not built in: turn on hardtack's feature \
             `marshal`, or set the serializer that the app's cookies_serializer names"
        ),
    }
}

#[test]
fn each_serializer_in_each_jar() {
    let json = || json(LoadDefaults::V7_1);
    let mut ran = 0;
    for &serializer in Serializer::ALL {
        let stores = [
            CookieStore::new(&secret(), with(serializer), NAME),
            CookieStore::new(&secret(), json(), NAME).serializer(serializer),
            // The session alone, and the other jars alone.
            CookieStore::with_keyring(
                Keyring::new(&secret(), json())
                    .session_in(Jar::encrypted(&secret(), with(serializer))),
                NAME,
            ),
            CookieStore::with_keyring(
                Keyring::new(&secret(), with(serializer))
                    .session_in(Jar::encrypted(&secret(), json())),
                NAME,
            ),
            // "Read new, write old": what is written counts.
            CookieStore::new(&secret(), json(), NAME)
                .rotation(Rotation::encrypted(&secret(), with(serializer)).writes()),
            CookieStore::new(&secret(), json(), NAME)
                .signed_rotation(Rotation::signed(&secret(), with(serializer)).writes()),
        ];
        for (place, store) in stores.iter().enumerate() {
            let said = store.check().map_err(|error| error.to_string());
            match missing(serializer) {
                None => assert_eq!(said, Ok(()), "{serializer} {place}"),
                Some(feature) => {
                    let said = said.unwrap_err();
                    assert!(said.contains(&format!("feature `{feature}`")), "{said}");
                }
            }
            ran += 1;
        }
        // A rotation that only reads costs the cookies that it would open, and no more.
        let reads = CookieStore::new(&secret(), json(), NAME)
            .rotation(Rotation::encrypted(&secret(), with(serializer)))
            .signed_rotation(Rotation::signed(&secret(), with(serializer)));
        assert_eq!(reads.check(), Ok(()), "{serializer}");
    }
    assert_eq!(ran, 30);
}

/// What is told when the program starts, each event a line.
#[cfg(feature = "tracing")]
fn told(store: &CookieStore) -> Vec<String> {
    logged(|| store.check().unwrap())
}

/// A rotation that opens nothing looks like a wrong secret: every old session would be lost.
#[cfg(feature = "tracing")]
#[test]
fn settings_whose_cookies_cannot_be_read_are_told_of() {
    let line = |feature: &str, settings: &str| {
        format!(
            "WARN hardtack: cookies with these settings cannot be read, because a feature of hardtack \
             is off; turn the feature on, or set the serializer that the cookies use \
             cookie=\"_app_session\" feature=\"{feature}\" settings=\"{settings}\""
        )
    };
    let store = |current| {
        CookieStore::new(&secret(), with(current), NAME)
            .rotation(Rotation::encrypted(&secret(), json(LoadDefaults::V6_1)))
    };
    let old = |serializer| Rotation::encrypted(&secret(), with(serializer));
    let signed = |serializer| Rotation::signed(&secret(), with(serializer));
    // The store, and what is told without the feature marshal, and without message_pack.
    let cases = [
        (store(Serializer::Json), None, None),
        (
            store(Serializer::Json)
                .rotation(old(Serializer::Marshal))
                .signed_rotation(signed(Serializer::Hybrid)),
            Some(
                "session: rotation 1 (marshal), encrypted: rotation 1 (marshal), signed: rotation 0 (hybrid)",
            ),
            None,
        ),
        (
            store(Serializer::Hybrid),
            Some(
                "session: current (hybrid), encrypted: current (hybrid), signed: current (hybrid)",
            ),
            None,
        ),
        (
            store(Serializer::Json)
                .rotation(old(Serializer::MessagePackAllowMarshal).cookie_name("_old"))
                .signed_rotation(signed(Serializer::MessagePack)),
            Some("session: rotation 1 (message_pack_allow_marshal)"),
            Some(
                "session: rotation 1 (message_pack_allow_marshal), signed: rotation 0 (message_pack)",
            ),
        ),
    ];
    let mut ran = 0;
    for (store, marshal, message_pack) in cases {
        let marshal = marshal.filter(|_| !cfg!(feature = "marshal"));
        let message_pack = message_pack.filter(|_| !cfg!(feature = "message_pack"));
        let expected = [("marshal", marshal), ("message_pack", message_pack)];
        let expected = expected
            .into_iter()
            .filter_map(|(feature, settings)| Some(line(feature, settings?)));
        assert_eq!(told(&store), expected.collect::<Vec<_>>());
        ran += 1;
    }
    assert_eq!(ran, 4);
}
