//! Sessions that are kept as documents (`stringify: false`): read as JSON, written as they were.

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, When};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, Regex, doc};

use crate::server::Server;
use crate::{chain, store};

/// A document of Node's driver, and the JSON that the session's format sees.
fn pairs() -> Vec<(Document, &'static str)> {
    let time = DateTime::from_millis(1_772_223_648_321);
    let id = ObjectId::parse_str("65e5d3a0c1d2e3f4a5b6c7d8").unwrap();
    vec![
        (
            doc! {
                "cookie": { "originalMaxAge": 600_000, "expires": time, "httpOnly": true, "path": "/" },
                "user": { "id": 754_259, "roles": ["a\nb", "東京"], "ratio": 209.125 },
            },
            "{\"cookie\":{\"originalMaxAge\":600000,\"expires\":\"2026-02-27T20:20:48.321Z\",\
             \"httpOnly\":true,\"path\":\"/\"},\"user\":{\"id\":754259,\"roles\":[\"a\\nb\",\"東京\"],\
             \"ratio\":209.125}}",
        ),
        // Undefined members of `cookie` are null with the driver's default, `ignoreUndefined: false`.
        (
            doc! { "cookie": { "originalMaxAge": null, "expires": null, "secure": null }, "z": 1, "a": 2 },
            r#"{"cookie":{"originalMaxAge":null,"expires":null,"secure":null},"z":1,"a":2}"#,
        ),
        (
            doc! { "at": time, "id": id, "early": DateTime::from_millis(-62_167_219_200_001) },
            "{\"at\":{\"$date\":\"2026-02-27T20:20:48.321Z\"},\
             \"id\":{\"$oid\":\"65e5d3a0c1d2e3f4a5b6c7d8\"},\
             \"early\":{\"$date\":{\"$numberLong\":\"-62167219200001\"}}}",
        ),
        // A number of JavaScript is a 32-bit integer or a double; others come from other writers.
        (
            doc! { "int": i32::MIN, "ms": 1_772_223_648_321.0, "two": 2.0, "zero": -0.0, "big": 1e300 },
            r#"{"int":-2147483648,"ms":1772223648321,"two":2.0,"zero":-0.0,"big":1e+300}"#,
        ),
        (
            doc! { "long": 5_i64, "exact": 1_i64 << 40, "above": (1_i64 << 53) + 1, "min": i64::MIN },
            "{\"long\":{\"$numberLong\":\"5\"},\"exact\":{\"$numberLong\":\"1099511627776\"},\
             \"above\":9007199254740993,\"min\":-9223372036854775808}",
        ),
        (
            doc! {
                "inf": f64::INFINITY, "minus": f64::NEG_INFINITY,
                "price": "12.30".parse::<mongodb::bson::Decimal128>().unwrap(),
            },
            "{\"inf\":{\"$numberDouble\":\"Infinity\"},\"minus\":{\"$numberDouble\":\"-Infinity\"},\
             \"price\":{\"$numberDecimal\":\"12.30\"}}",
        ),
        // Only the `expires` of the member `cookie` is text.
        (
            doc! { "expires": time, "a": { "cookie": { "expires": time } }, "cookie": {} },
            "{\"expires\":{\"$date\":\"2026-02-27T20:20:48.321Z\"},\
             \"a\":{\"cookie\":{\"expires\":{\"$date\":\"2026-02-27T20:20:48.321Z\"}}},\"cookie\":{}}",
        ),
        (
            doc! { "min": DateTime::MIN, "max": DateTime::MAX },
            "{\"min\":{\"$date\":{\"$numberLong\":\"-9223372036854775808\"}},\
             \"max\":{\"$date\":{\"$numberLong\":\"9223372036854775807\"}}}",
        ),
        // The last Date of JavaScript, in the year 275760.
        (
            doc! { "cookie": { "expires": DateTime::from_millis(8_640_000_000_000_000) } },
            "{\"cookie\":{\"expires\":{\"$date\":{\"$numberLong\":\"8640000000000000\"}}}}",
        ),
        (doc! {}, "{}"),
    ]
}

#[tokio::test]
async fn documents_are_read_as_json_and_written_back_as_they_were() {
    let mut count = 0;
    for (session, json) in pairs() {
        let server = Server::start().await;
        let store = store(&server).documents();
        server.put(doc! { "_id": "a", "session": session.clone() });
        let entry = store.load("a").await.unwrap().unwrap();
        assert_eq!(std::str::from_utf8(&entry.bytes).unwrap(), json);

        // The version is the document itself.
        let when = When::Unchanged(entry.version);
        let saved = store.save("a", entry.bytes, None, &when).await.unwrap();
        assert!(matches!(saved, Saved::Done(_)), "{json}: {saved:?}");
        let written = server.documents().pop().unwrap();
        assert_eq!(written.get_document("session").unwrap(), &session, "{json}");
        count += 1;
    }
    assert_eq!(count, 10);
}

#[tokio::test]
async fn a_document_that_json_has_no_form_for_is_an_error_that_does_not_show_it() {
    let bytes = Binary {
        subtype: BinarySubtype::Generic,
        bytes: b"secret".to_vec(),
    };
    let regex = Regex {
        pattern: mongodb::bson::raw::cstr!("secret").into(),
        options: mongodb::bson::raw::cstr!("i").into(),
    };
    let mut deep = doc! { "secret": 1 };
    for _ in 0..110 {
        deep = doc! { "secret": deep };
    }
    let cases = [
        (Bson::Document(doc! { "a": bytes }), "no form for"),
        (Bson::Document(doc! { "a": regex }), "no form for"),
        (
            Bson::Document(doc! { "a": { "$secret": 1 } }),
            "begins with `$`",
        ),
        (Bson::Document(deep), "nested too deeply"),
        (Bson::Int32(7), "neither text nor a document"),
    ];
    assert_eq!(cases.len(), 5);
    for (session, expected) in cases {
        let server = Server::start().await;
        server.put(doc! { "_id": "a", "session": session });
        let error = store(&server).documents().load("a").await.unwrap_err();
        let error = chain(&error);
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    let server = Server::start().await;
    server.put(doc! { "_id": "a" });
    let error = store(&server).load("a").await.unwrap_err().to_string();
    assert!(error.contains("no member `session`"), "{error}");
}

#[tokio::test]
async fn json_that_a_document_cannot_keep_is_an_error_that_does_not_show_it() {
    let deep = format!("{}1{}", "{\"secret\":".repeat(110), "}".repeat(110));
    let dates = format!("{}1{}", "{\"$date\":".repeat(2000), "}".repeat(2000));
    let cases = [
        "{\"secret\":18446744073709551615}",
        "{\"secret\":1e400}",
        "{\"$secret\":1}",
        "{\"a\":{\"$secret\":1}}",
        "{\"a\":{\"$date\":\"secret\"}}",
        "{\"a\":{\"$oid\":\"secret\"}}",
        "{\"secret\\u0000\":1}",
        "{secret",
        &deep,
        &format!("{{\"a\":{dates}}}"),
    ];
    let server = Server::start().await;
    let store = store(&server).documents();
    for json in cases {
        let bytes = Bytes::from(json.to_owned());
        let error = store.save("a", bytes, None, &When::Always).await;
        let error = chain(&error.expect_err(json));
        assert!(error.contains("cannot be kept as a document"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    assert_eq!(cases.len(), 10);
    assert_eq!(server.commands(), []);
}

#[tokio::test]
async fn a_document_is_named_where_text_is_expected() {
    let server = Server::start().await;
    server.put(doc! { "_id": "a", "session": { "cookie": {} } });
    let error = store(&server).load("a").await.unwrap_err().to_string();
    assert!(error.contains("`stringify: false`"), "{error}");
    assert!(error.contains("MongoStore::documents"), "{error}");

    // The other way round, a session that is kept as text is read, and its version holds.
    server.put(doc! { "_id": "b", "session": "{\"n\":1}" });
    let store = store(&server).documents();
    let entry = store.load("b").await.unwrap().unwrap();
    assert_eq!(entry.bytes, "{\"n\":1}");
    let when = When::Unchanged(entry.version);
    let saved = store
        .save("b", "{\"n\":2}".into(), None, &when)
        .await
        .unwrap();
    assert!(matches!(saved, Saved::Done(_)), "{saved:?}");
    let written = server.documents().pop().unwrap();
    assert_eq!(written.get_document("session").unwrap(), &doc! { "n": 2 });
}
