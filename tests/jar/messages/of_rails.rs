//! The messages that Rails and its libraries sign themselves, of every version from 6.1 to 8.1:
//! read, and written letter by letter (`tests/vectors/rails_messages`).

use hardtack::message::{MessageOptions, MessageVerifier};
use hardtack::settings::KeyDigest;
use hardtack::value::Value;
use hardtack::{InvalidMessage, Jar, LoadDefaults, Refusal, SecretKeyBase, Settings};
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::macros::datetime;

use super::{FUTURE, text};
use crate::support::vectors;

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap()
}

#[derive(Deserialize)]
struct Record {
    rails: String,
    defaults: String,
    what: String,
    message: String,
    value: Box<RawValue>,
    purpose: Option<String>,
    expires_at: Option<String>,
    globalid: Option<String>,
}

impl Record {
    /// Returns the settings of an app of these `load_defaults` on this Rails.
    fn settings(&self) -> Settings {
        let defaults: LoadDefaults = self.defaults.parse().unwrap();
        defaults.settings().version(self.rails.parse().unwrap())
    }

    fn verifier(&self) -> MessageVerifier {
        let (secret, settings) = (secret(), self.settings());
        match self.what.as_str() {
            "signed_id" => MessageVerifier::signed_ids(&secret, settings),
            "signed_id without legacy options" => {
                MessageVerifier::for_application(&secret, "active_record/signed_id", settings)
            }
            "token_for" => {
                MessageVerifier::for_application(&secret, "active_record/token_for", settings)
            }
            "active_storage" => {
                MessageVerifier::for_application(&secret, "ActiveStorage", settings)
            }
            "signed_global_id" => MessageVerifier::signed_global_ids(&secret, settings),
            "turbo_stream" => MessageVerifier::turbo_streams(&secret, settings),
            other => panic!("{other}"),
        }
    }

    fn options(&self) -> MessageOptions {
        let mut options = MessageOptions::new();
        if let Some(purpose) = &self.purpose {
            options = options.purpose(purpose);
        }
        if self.expires_at.is_some() {
            options = options.expires_at(FUTURE);
        }
        options
    }

    /// Returns true for the form of globalid up to 1.0, whose value holds purpose and expiry.
    fn is_old_global_id(&self) -> bool {
        self.globalid.as_deref() == Some("1.0.1")
    }

    /// Returns true if the text that Rails wrote differs from ours although each reads the other:
    /// keys that are Symbols (the record has them as text), and globalid's own alphabet inside the
    /// older envelope.
    fn is_written_otherwise(&self) -> bool {
        let text = String::from_utf8(text(&self.message)).unwrap_or_default();
        let is_hash_of_symbols = text.contains(r#"{"message":"BAh7"#);
        let is_globalids_alphabet = text.contains(r#"{"message":"#) && text.contains("X4_");
        is_hash_of_symbols || is_globalids_alphabet
    }
}

#[test]
fn messages_of_every_version_are_read_and_written_letter_by_letter() {
    let (mut read, mut written, mut otherwise) = (0, 0, 0);
    for record in vectors::<Record>("rails_messages/rails.jsonl") {
        let about = format!("{} {} {}", record.rails, record.what, record.message);
        let verifier = record.verifier();
        if record.is_old_global_id() {
            continue;
        }
        let purpose = record.purpose.as_deref();
        let opened = verifier
            .explain(&record.message, purpose)
            .unwrap_or_else(|refusal| panic!("{about}: {refusal}"));
        assert_eq!(opened.value().to_string(), record.value.get(), "{about}");
        assert_eq!(
            opened.expires_at(),
            record.expires_at.as_ref().map(|_| FUTURE),
            "{about}"
        );
        if purpose.is_some() {
            let refusal = verifier.explain(&record.message, "another").err();
            assert_eq!(refusal, Some(Refusal::WrongPurpose), "{about}");
        }
        read += 1;

        let value: Value = serde_json::from_str(record.value.get()).unwrap();
        let ours = verifier.generate(value, &record.options()).unwrap();
        if record.is_written_otherwise() {
            otherwise += 1;
        } else {
            assert_eq!(ours, record.message, "{about}");
            written += 1;
        }
    }
    assert_eq!((read, written, otherwise), (127, 112, 15));
}

/// Up to 1.0, globalid kept purpose and expiry in the value; later ones read this form too.
#[derive(Debug, Deserialize, PartialEq)]
struct OldGlobalId {
    gid: String,
    purpose: String,
    expires_at: Option<String>,
}

#[test]
fn signed_global_ids_of_the_older_form() {
    let mut read = 0;
    for record in vectors::<Record>("rails_messages/rails.jsonl") {
        if !record.is_old_global_id() {
            continue;
        }
        let id: OldGlobalId = record.verifier().verify(&record.message, None).unwrap();
        let expected = OldGlobalId {
            gid: serde_json::from_str(record.value.get()).unwrap(),
            purpose: record.purpose.clone().unwrap(),
            expires_at: record.expires_at.clone(),
        };
        assert_eq!(id, expected);
        // Nobody may read it as an id for a purpose without looking at its own.
        let purpose = record.purpose.as_deref();
        let refusal = record.verifier().verify::<String>(&record.message, purpose);
        assert_eq!(refusal, Err(InvalidMessage));
        read += 1;
    }
    assert_eq!(read, 6);
}

/// `config.active_record.use_legacy_signed_id_verifier = :verify`
#[test]
fn signed_ids_of_rails_8_1_by_each_setting() {
    let records = vectors::<Record>("rails_messages/rails.jsonl");
    let of = |what: &str| {
        let found = records.iter().find(|record| {
            record.what == what && record.rails.starts_with("8.1") && record.defaults == "8.1"
        });
        found.unwrap()
    };
    let (old, new) = (of("signed_id"), of("signed_id without legacy options"));
    let both = new.verifier().rotation(old.verifier());
    let opened = both.explain(&new.message, "user/login").unwrap();
    assert_eq!(
        (opened.rotation(), opened.value()),
        (None, &Value::Integer(7))
    );
    let opened = both.explain(&old.message, "user").unwrap();
    assert_eq!(
        (opened.rotation(), opened.value()),
        (Some(0), &Value::Integer(7))
    );
    assert!(new.verifier().explain(&old.message, "user").is_err());
    assert!(old.verifier().explain(&new.message, "user/login").is_err());
}

/// Rails 7.1 reads only the standard alphabet, with its padding.
#[test]
fn signed_ids_for_7_1_are_not_url_safe() {
    #[derive(Deserialize)]
    struct UrlSafe {
        msg: String,
        purpose: String,
    }
    let verifier = |version: LoadDefaults| MessageVerifier::signed_ids(&secret(), version);
    let cases = vectors::<UrlSafe>("rails_messages/refused-by-7.1.jsonl");
    for UrlSafe { msg, purpose } in &cases {
        for version in [LoadDefaults::V7_1, LoadDefaults::V7_2] {
            let id: u64 = verifier(version).verify(msg, purpose.as_str()).unwrap();
            let options = MessageOptions::new().purpose(purpose);
            let ours = verifier(version).generate(id, &options).unwrap();
            let (data, _) = ours.rsplit_once("--").unwrap();
            if version == LoadDefaults::V7_2 {
                assert_eq!(&ours, msg);
            } else {
                assert_eq!(data.len() % 4, 0, "{data}");
                assert!(!data.contains(['-', '_']), "{data}");
            }
        }
    }
    assert_eq!(cases.len(), 5);
}

/// Messages of Rails 6.1 apps, as reports have them.
#[test]
fn messages_from_reports() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        message: String,
    }
    let before = datetime!(2026-11-30 08:00 UTC);
    let settings = LoadDefaults::V6_1;
    let application = |name| MessageVerifier::for_application(&secret(), name, settings);
    let cases = vectors::<Case>("rails_messages/cases.jsonl");
    for Case { name, message } in &cases {
        let (verifier, purpose, expected) = match name.as_str() {
            "m01-activestorage-blob" | "m02-activestorage-bare" => {
                (application("ActiveStorage"), Some("blob_id"), "7")
            }
            "m03-disk-service-key" => (
                application("ActiveStorage"),
                Some("blob_key"),
                r#"{"key":"abc","disposition":"inline","content_type":"image/png","service_name":"local"}"#,
            ),
            "m04-signed-id" => (
                MessageVerifier::signed_ids(&secret(), settings),
                Some("user/password_reset"),
                "7",
            ),
            "m05-sgid-old" => (
                MessageVerifier::signed_global_ids(&secret(), settings),
                None,
                r#"{"gid":"gid://shop/User/7","purpose":"attachable","expires_at":null}"#,
            ),
            "m06-sgid-new" => (
                MessageVerifier::signed_global_ids(&secret(), settings),
                Some("attachable"),
                r#""gid://shop/User/7?expires_in""#,
            ),
            "m07-turbo-stream" => (
                MessageVerifier::turbo_streams(&secret(), settings),
                None,
                r#""Z2lkOi8vc2hvcC9Sb29tLzE:messages""#,
            ),
            "m08-unsubscribe" => (application("unsubscribe"), None, "90366"),
            other => panic!("{other}"),
        };
        // The first is a whole URL; the others are the message alone.
        let message = match message.strip_prefix("http://") {
            Some(url) => url.split('/').find(|part| part.contains("--")).unwrap(),
            None => message,
        };
        let opened = verifier.clock(move || before).explain(message, purpose);
        let opened = opened.unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!(opened.value().to_string(), expected, "{name}");
    }
    assert_eq!(cases.len(), 8);
}

/// `cookies.signed[:session_id]` of Rails 8's authentication, and `cookies.encrypted[:user_id]` of
/// Action Cable's guide.
#[test]
fn cookies_of_the_authentication_and_of_action_cable() {
    #[derive(Deserialize)]
    struct Recorded {
        rails: String,
        defaults: String,
        set_cookie: String,
    }
    let before: OffsetDateTime = datetime!(2026-12-01 0:00 UTC);
    let mut read = Vec::new();
    for Recorded {
        rails,
        defaults,
        set_cookie,
    } in vectors::<Recorded>("rails_messages/cookies.jsonl")
    {
        let settings = defaults.parse::<LoadDefaults>().unwrap().settings();
        let (name, value) = set_cookie.split_once('=').unwrap();
        let (value, _) = value.split_once(';').unwrap();
        let jar = match name {
            "session_id" => Jar::signed(&secret(), settings),
            _ => Jar::encrypted(&secret(), settings),
        };
        let value = hardtack::headers::unescape(value.as_bytes());
        let opened = jar.clock(move || before).read_value::<u64>(name, &value);
        let opened = opened.unwrap_or_else(|error| panic!("{rails} {name}: {error}"));
        let has_expiry = opened.expires_at().is_some();
        read.push((name.to_owned(), opened.into_value(), has_expiry));
    }
    let expected = [
        ("session_id".to_owned(), 980_190_962, true),
        ("user_id".to_owned(), 7, false),
    ];
    assert_eq!(read, [expected.clone(), expected].concat());
}

/// `message_serializer` and `use_message_serializer_for_metadata` belong to `load_defaults`.
#[test]
fn a_newer_rails_keeps_the_message_form_of_its_load_defaults() {
    let settings = LoadDefaults::V6_1.settings().version(LoadDefaults::V7_2);
    assert_eq!(settings.key_generator_hash_digest_class, KeyDigest::Sha1);
    let storage = MessageVerifier::for_application(&secret(), "ActiveStorage", settings);
    let message = storage
        .generate(7, &MessageOptions::new().purpose("blob_id"))
        .unwrap();
    let expected = r#"{"_rails":{"message":"BAhpDA==","exp":null,"pur":"blob_id"}}"#;
    assert_eq!(String::from_utf8(text(&message)).unwrap(), expected);
}
