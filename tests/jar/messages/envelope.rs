//! The envelope of Rails 7.1 and later, and that of the versions before.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::message::MessageOptions;
use hardtack::{LoadDefaults, Refusal, Serializer};
use hmac::{Hmac, KeyInit, Mac};

use super::{FUTURE, PAST, text, verifier};

#[test]
fn the_value_is_a_part_of_the_envelope_from_7_1_on() {
    let none = MessageOptions::new;
    let cases = [
        (none(), "42"),
        (
            none().purpose("login"),
            r#"{"_rails":{"data":42,"pur":"login"}}"#,
        ),
        (
            none().expires_at(FUTURE),
            r#"{"_rails":{"data":42,"exp":"2999-12-31T23:59:59.123Z"}}"#,
        ),
        (
            none().expires_at(FUTURE).purpose("a<\u{2028}\"/"),
            r#"{"_rails":{"data":42,"exp":"2999-12-31T23:59:59.123Z","pur":"a\u003c\u2028\"/"}}"#,
        ),
    ];
    for (options, expected) in cases {
        let message = verifier(LoadDefaults::V7_1).generate(42, &options).unwrap();
        assert_eq!(String::from_utf8(text(&message)).unwrap(), expected);
    }
    // 8.1 leaves U+2028 as it is.
    let message = verifier(LoadDefaults::V8_1)
        .generate("\u{2028}", &none().purpose("\u{2028}"))
        .unwrap();
    let expected = "{\"_rails\":{\"data\":\"\u{2028}\",\"pur\":\"\u{2028}\"}}";
    assert_eq!(text(&message), expected.as_bytes());
}

/// `Marshal.dump({"_rails"=>{"data"=>42,"exp"=>"2999-12-31T23:59:59.123Z","pur"=>"login"}})`.
const IN_MARSHAL: &str = "04087b0649220b5f7261696c73063a0645547b0849220964617461063b0054692f492208657870063b005449221d323939392d31322d33315432333a35393a35392e3132335a063b0054492208707572063b005449220a6c6f67696e063b0054";

/// The same envelope in Active Support's `MessagePack`, where `exp` is a Time: the signature, a map
/// of one pair and a map of three. Extension 7 holds seconds, nanoseconds and the offset from UTC.
const IN_MESSAGE_PACK: &[&[u8]] = &[
    b"\xcc\x80\x81\xa6_rails\x83\xa4data\x2a\xa3exp",
    b"\xc7\x0f\x07\xcf\x00\x00\x00\x07\x91\x5e\xcb\xff\xce\x07\x54\xd4\xc0\x00",
    b"\xa3pur\xa5login",
];

#[test]
fn the_envelope_is_the_serializers() {
    let cases = [
        (Serializer::Marshal, hex::decode(IN_MARSHAL).unwrap()),
        (Serializer::MessagePack, IN_MESSAGE_PACK.concat()),
    ];
    let options = MessageOptions::new().purpose("login").expires_at(FUTURE);
    for (serializer, expected) in cases {
        let verifier = verifier(LoadDefaults::V7_1).serializer(serializer);
        let message = verifier.generate(42, &options).unwrap();
        assert_eq!(hex::encode(text(&message)), hex::encode(expected));
        assert_eq!(verifier.verify::<u8>(&message, "login"), Ok(42));
        let opened = verifier.explain(&message, "login").unwrap();
        assert_eq!(opened.expires_at(), Some(FUTURE));
        assert_eq!(
            verifier.explain(&message, None).err(),
            Some(Refusal::WrongPurpose)
        );
        let late = verifier
            .generate(42, &MessageOptions::new().expires_at(PAST))
            .unwrap();
        assert_eq!(verifier.explain(&late, None).err(), Some(Refusal::Expired));
    }
}

#[test]
fn either_envelope_is_read_by_every_version() {
    let options = MessageOptions::new().purpose("login").expires_at(FUTURE);
    let mut read = 0;
    for &reader in LoadDefaults::ALL {
        for serializer in [
            Serializer::Json,
            Serializer::Hybrid,
            Serializer::Marshal,
            Serializer::MessagePack,
        ] {
            for nests in [false, true] {
                let writer = verifier(LoadDefaults::V7_1)
                    .serializer(serializer)
                    .use_message_serializer_for_metadata(nests);
                let message = writer.generate("hello", &options).unwrap();
                let legacy = text(&message).starts_with(br#"{"_rails":{"message":""#);
                assert_eq!(legacy, !nests);
                let reader = verifier(reader).serializer(serializer);
                let value: String = reader.verify(&message, "login").unwrap();
                assert_eq!(value, "hello");
                read += 1;
            }
        }
    }
    assert_eq!(read, LoadDefaults::ALL.len() * 8);
}

#[test]
fn what_only_looks_like_an_envelope() {
    let reader = verifier(LoadDefaults::V7_1).serializer(Serializer::Json);
    let sign = |text: &str| {
        let mac = Hmac::<sha1::Sha1>::new_from_slice(b"key").unwrap();
        let data = STANDARD.encode(text);
        let code = mac.chain_update(&data).finalize().into_bytes();
        format!("{data}--{}", hex::encode(code))
    };
    // Values that only mention it.
    for text in [
        r#""_rails""#,
        r#"{"a":{"_rails":{"data":1,"pur":"login"}}}"#,
        r#"[{"_rails":{"data":1,"pur":"login"}}]"#,
        r#"["_rails"]"#,
    ] {
        let opened = reader.explain(sign(text), None).unwrap();
        assert_eq!(opened.value().to_string(), text);
        let refusal = reader.explain(sign(text), "login").err();
        assert_eq!(refusal, Some(Refusal::WrongPurpose), "{text}");
    }
    // The order of fields does not matter, nor do others; a null is as good as nothing.
    for text in [
        r#"{"_rails":{"pur":"login","exp":null,"data":1}}"#,
        r#" {"more":[2],"_rails":{"pur":"login","data":1,"new":{}}}"#,
    ] {
        assert_eq!(reader.verify::<u8>(sign(text), "login"), Ok(1), "{text}");
    }
    // Broken ones.
    for text in [
        r#"{"_rails":{"pur":"login"}}"#,
        r#"{"_rails":{"data":1,"pur":"login","exp":"tomorrow"}}"#,
        r#"{"_rails":{"data":1,"pur":"login","exp":5}}"#,
        r#"{"_rails":7}"#,
        r#"{"_rails":{"data":1"#,
        r#"{"_rails":{"message":"?","pur":"login"}}"#,
        r#"{"_rails":{"message":7,"pur":"login"}}"#,
    ] {
        let refusal = reader.explain(sign(text), "login").err();
        assert_eq!(refusal, Some(Refusal::UnreadableValue), "{text}");
    }
}
