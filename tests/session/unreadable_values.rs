//! A session with a value that cannot be read: its key fails, all other keys are readable, and its
//! bytes go back unchanged.

use std::sync::{Arc, OnceLock};

use hardtack::flash::FlashHash;
use hardtack::settings::SafeBufferForm;
use hardtack::value::Value;
use hardtack::{
    Commit, CookieStore, Error, Jar, Keyring, LoadDefaults, RequestOrigin, Serializer, Session,
    SessionData,
};

use crate::signed::signed;
use crate::support;

const NAME: &str = "_app_session";

/// The signed jar of Rails 8.1 with this serializer.
fn jar(serializer: Serializer) -> Jar {
    static JARS: OnceLock<Vec<(Serializer, Jar)>> = OnceLock::new();
    let jars = JARS.get_or_init(|| {
        let jar = |serializer: &Serializer| {
            let settings = LoadDefaults::V8_1
                .settings()
                .cookies_serializer(*serializer);
            (*serializer, Jar::signed(&support::secret(), settings))
        };
        Serializer::ALL.iter().map(jar).collect()
    });
    let (_, jar) = jars.iter().find(|(one, _)| *one == serializer).unwrap();
    jar.clone()
}

fn message_pack(body: &str) -> Vec<u8> {
    hex::decode(format!("cc80{}", body.replace(' ', ""))).unwrap()
}

fn session(bytes: &[u8]) -> SessionData {
    let jar = jar(Serializer::MessagePack);
    let opened = SessionData::read_value(&jar, NAME, signed(bytes));
    let opened = opened.unwrap_or_else(|_| panic!("unreadable: {}", bytes.escape_ascii()));
    opened.into_value()
}

/// The serialized session, as another jar writes it.
fn written(session: &SessionData, serializer: Serializer) -> Result<Vec<u8>, Error> {
    let jar = jar(serializer);
    let cookie = session.clone().write(&jar, NAME, None)?;
    let opened = jar.open(NAME, cookie.value()).unwrap();
    Ok(opened.value().as_bytes().to_vec())
}

/// Two forms of `"<b>hi".html_safe` in a session: of Rails 8.1.3.1, and of Rails 8-1-stable and
/// 8.2.alpha.
#[test]
fn a_safe_buffer_of_either_release_is_read() {
    for safe in ["c70512 3c623e6869", "c70612 a5 3c623e6869"] {
        // flash.notice = t(:x_html)
        let flash = format!("82 a764697363617264 90 a7666c6173686573 81 a66e6f74696365 {safe}");
        let session = session(&message_pack(&format!(
            "83 aa73657373696f6e5f6964 a161  a166 {safe}  a5666c617368 {flash}"
        )));
        let buffer = Value::SafeBuffer("<b>hi".to_owned());
        assert_eq!(session.get::<Value>("f").unwrap(), Some(buffer), "{safe}");
        assert_eq!(session.get::<String>("f").unwrap().unwrap(), "<b>hi");
        assert_eq!(FlashHash::load(&session).notice(), Some("<b>hi"), "{safe}");
        assert_eq!(session.session_id().as_deref(), Some("a"));
    }
}

/// `"<b>hi".html_safe` as each release writes it; as a String if the release has no form for it.
#[test]
fn a_safe_buffer_is_written_as_the_release_reads_it() {
    let text = "a5 3c623e6869";
    let newer = LoadDefaults::V8_1
        .settings()
        .safe_buffer(SafeBufferForm::String);
    for (settings, expected) in [
        (LoadDefaults::V7_1.settings(), text),
        (LoadDefaults::V7_2.settings(), text),
        (LoadDefaults::V8_0.settings(), text),
        (LoadDefaults::V8_1.settings(), "c70512 3c623e6869"),
        (newer, "c70612 a5 3c623e6869"),
    ] {
        let version = settings.version;
        let settings = settings.cookies_serializer(Serializer::MessagePack);
        let jar = Jar::signed(&support::secret(), settings);
        let value = Value::SafeBuffer("<b>hi".to_owned());
        let cookie = jar.write("a", &value, None).unwrap();
        let opened = jar.open("a", cookie.value()).unwrap();
        let expected = hex::encode(message_pack(expected));
        assert_eq!(
            hex::encode(opened.value().as_bytes()),
            expected,
            "{version}"
        );
    }
}

/// Values of Rails 8.1 on `load_defaults "7.1"` go back unchanged if nothing changed them.
#[test]
fn the_version_that_runs_says_how_a_safe_buffer_is_kept() {
    let settings = LoadDefaults::V7_1.settings().version(LoadDefaults::V8_1);
    let settings = settings.cookies_serializer(Serializer::MessagePack);
    let jar = Jar::signed(&support::secret(), settings);
    let body = "aa73657373696f6e5f6964 a161 a166 c70512 3c623e6869";
    let mut session = session(&message_pack(&format!("82 {body}")));
    session.insert("n", 1).unwrap();
    let cookie = session.write(&jar, NAME, None).unwrap();
    let opened = jar.open(NAME, cookie.value()).unwrap();
    let expected = message_pack(&format!("83 {body} a16e 01"));
    assert_eq!(
        hex::encode(opened.value().as_bytes()),
        hex::encode(expected)
    );
}

/// MessagePack values with a valid length and invalid content.
const UNREADABLE: &[&str] = &[
    "d400ff",                       // a Symbol that is no UTF-8
    "d40102",                       // a big Integer without a sign
    "c70302 302e35",                // a BigDecimal without its colon
    "d40301",                       // a Rational of one number
    "c7090690a0a0a0a0a0a0a0a0",     // a Date of an Array
    "d40700",                       // a Time of one number
    "c70308 00 00 00",              // a TimeWithZone without a zone
    "d50a 01 90",                   // a Duration without parts
    "d50b 01 02",                   // a Range without its end's kind
    "d40c01",                       // a Set of no Array
    "d40c dd",                      // a Set whose Array ends in its length
    "d60c ddffffff",                // and one with more elements than there are bytes
    "c7000e",                       // an IPAddr of nothing
    "d41190",                       // an indifferent Hash of an Array
    "d412ff",                       // a SafeBuffer that is no UTF-8
    "d7120102030405060780",         // and one that is neither text nor a string
    "d47fc0",                       // what Rails writes for no object
    "93 01 d400ff 02",              // within an Array
    "81 a178 82 01 02 a179 d40301", // within Hashes
    "81 d400ff 01",                 // as a Hash's key
    "c7060c 92 01 c702007f",        // within a Set, whose payload ends within it
];

#[test]
fn a_value_that_cannot_be_read_fails_its_key_alone() {
    for unreadable in UNREADABLE {
        let body = format!("83 a162 07 a161 {unreadable} a163 a178");
        let session = session(&message_pack(&body));
        assert_eq!(session.keys(), ["b", "a", "c"], "{unreadable}");
        assert_eq!(session.get::<u8>("b").unwrap(), Some(7), "{unreadable}");
        assert_eq!(session.get::<String>("c").unwrap().unwrap(), "x");
        assert!(session.contains_key("a"));
        for error in [
            session.get::<Value>("a").unwrap_err(),
            session.get::<String>("a").unwrap_err(),
            session.get::<Vec<u8>>("a").unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(
                text.starts_with("the value of \"a\" cannot be read: "),
                "{unreadable}: {text}"
            );
        }
        // Within an HashWithIndifferentAccess as well.
        let hex = body.replace(' ', "");
        let indifferent = format!("c7{:02x}11{hex}", hex.len() / 2);
        let session = self::session(&message_pack(&indifferent));
        assert_eq!(session.get::<u8>("b").unwrap(), Some(7), "{unreadable}");
        assert!(session.get::<Value>("a").is_err(), "{unreadable}");
    }
    assert_eq!(UNREADABLE.len(), 21);
}

#[test]
fn its_bytes_go_back_as_they_came() {
    for unreadable in UNREADABLE {
        let body = format!("83 a162 cd0007 a161 {unreadable} a163 a178");
        let mut session = session(&message_pack(&body));
        session.insert("c", 8).unwrap();
        session.insert("session_id", "1").unwrap();
        let expected =
            format!("84 a162 cd0007 a161 {unreadable} a163 08 aa73657373696f6e5f6964 a131");
        let bytes = written(&session, Serializer::MessagePack).unwrap();
        assert_eq!(hex::encode(&bytes), hex::encode(message_pack(&expected)));

        // A new value replaces it, and a removed one is gone.
        session.insert("a", 1).unwrap();
        assert_eq!(session.get::<u8>("a").unwrap(), Some(1));
        assert!(session.remove("a"));
        let bytes = written(&session, Serializer::MessagePack).unwrap();
        let expected = "83 a162 cd0007 a163 08 aa73657373696f6e5f6964 a131";
        assert_eq!(hex::encode(bytes), hex::encode(message_pack(expected)));
    }
}

#[test]
fn it_is_not_lost_on_the_way_into_another_format() {
    for unreadable in UNREADABLE {
        let body = format!("82 a161 {unreadable} a162 07");
        let mut session = session(&message_pack(&body));
        session.insert("c", 8).unwrap();
        let mut others = vec![Serializer::Json];
        if cfg!(feature = "marshal") {
            others.push(Serializer::Marshal);
        }
        for other in others {
            let error = written(&session, other).unwrap_err();
            assert!(matches!(error, Error::UnwritableValue { .. }), "{error}");
            assert!(error.to_string().contains("\"a\""), "{error}");
        }
        // Without it the rest goes.
        assert!(session.remove("a"));
        let json = written(&session, Serializer::Json).unwrap();
        assert!(json.starts_with(br#"{"b":7,"c":8,"session_id":"#));
    }
}

#[test]
fn a_key_that_cannot_be_read_is_called_by_its_place() {
    for key in ["d400ff", "d40c01", "91 d40301", "d47fc0"] {
        let body = format!("82 {key} 09 a162 07");
        let mut session = session(&message_pack(&body));
        assert_eq!(session.keys(), ["#<Object:0x3>", "b"], "{key}");
        assert_eq!(session.get::<u8>("b").unwrap(), Some(7));
        assert_eq!(session.get::<u8>("#<Object:0x3>").unwrap(), Some(9));
        session.insert("b", 8).unwrap();
        session.insert("session_id", "1").unwrap();
        let bytes = written(&session, Serializer::MessagePack).unwrap();
        let expected = format!("83 {key} 09 a162 08 aa73657373696f6e5f6964 a131");
        assert_eq!(hex::encode(bytes), hex::encode(message_pack(&expected)));
        let error = written(&session, Serializer::Json).unwrap_err();
        assert!(error.to_string().contains("0x3"), "{error}");
    }
}

/// JSON strings with a recognizable end that RFC 8259 does not allow.
const NO_JSON: &[&str] = &[
    r#""\x""#,
    r#""\ud800""#,
    r#""\udc00 \u00e9""#,
    r#""\u12""#,
    "\"a\nb\"",
    "\"a\u{1}\\\"b\"",
    r#"[1,{"b":"\u{1}"}]"#,
    r#"{"\ud800":1}"#,
];

#[test]
fn json_has_values_that_cannot_be_read_too() {
    for unreadable in NO_JSON {
        let text = format!(r#"{{"b":7,"a":{unreadable},"c":"x","session_id":"1"}}"#);
        let mut session = session(text.as_bytes());
        assert_eq!(session.keys(), ["b", "a", "c", "session_id"], "{text}");
        assert_eq!(session.get::<u8>("b").unwrap(), Some(7), "{text}");
        let error = session.get::<Value>("a").unwrap_err().to_string();
        assert!(
            error.starts_with("the value of \"a\" cannot be read: "),
            "{error}"
        );
        session.insert("c", 8).unwrap();
        let bytes = written(&session, Serializer::Json).unwrap();
        let expected = format!(r#"{{"b":7,"a":{unreadable},"c":8,"session_id":"1"}}"#);
        assert_eq!(
            bytes.escape_ascii().to_string(),
            expected.as_bytes().escape_ascii().to_string()
        );
        let error = written(&session, Serializer::MessagePack).unwrap_err();
        assert!(error.to_string().contains("\"a\""), "{error}");
        // As a key.
        if unreadable.starts_with('"') {
            let text = format!(r#"{{"b":7,{unreadable}:9,"session_id":"1"}}"#);
            let mut session = self::session(text.as_bytes());
            assert_eq!(
                session.keys(),
                ["b", "#<Object:0x7>", "session_id"],
                "{text}"
            );
            assert_eq!(session.get::<u8>("#<Object:0x7>").unwrap(), Some(9));
            session.insert("b", 8).unwrap();
            let bytes = written(&session, Serializer::Json).unwrap();
            let expected = text.replace("\"b\":7", "\"b\":8");
            assert_eq!(
                bytes.escape_ascii().to_string(),
                expected.as_bytes().escape_ascii().to_string()
            );
            assert!(written(&session, Serializer::MessagePack).is_err());
        }
    }
}

/// A session that was only read is not written, and the request gets its answer.
#[test]
fn a_session_that_cannot_be_converted_is_kept_until_it_changes() {
    let jars = Keyring::new(&support::secret(), LoadDefaults::V8_1);
    let store = CookieStore::with_keyring(jars.session_in(jar(Serializer::Json)), NAME);
    let store = Arc::new(store);
    let bytes = message_pack("82 a161 d40301 a162 07");
    let header = format!("{NAME}={}", signed(&bytes).replace('=', "%3D"));
    let open = || Session::open(&store, header.clone(), RequestOrigin::default());

    let session = open();
    assert_eq!(session.get::<u8>("b").unwrap(), Some(7));
    assert!(matches!(session.commit(200), Ok(Commit::Keep)));

    let session = open();
    session.insert("b", 8).unwrap();
    let error = session.commit(200).unwrap_err();
    assert!(matches!(error, Error::UnwritableValue { .. }), "{error}");
}

/// A flash that cannot be read is not swept, since nobody saw it.
#[test]
fn a_flash_that_cannot_be_read_waits() {
    let mut session = session(&message_pack("81 a5666c617368 d40301"));
    let flash = FlashHash::load(&session);
    assert!(flash.is_empty());
    flash.commit(&mut session).unwrap();
    assert!(session.contains_key("flash") && !session.is_changed());
}
