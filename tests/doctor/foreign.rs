//! Cookies of other frameworks are recognized, and not opened.

use hardtack::SecretKeyBase;
use hardtack::doctor::{CauseKind, CookieFormat, Doctor};
use serde::Deserialize;

use crate::copies::DOCTOR;
use crate::support::vectors;

#[derive(Deserialize)]
struct Express {
    kind: String,
    set_cookie: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Php {
    session_id: Option<String>,
}

fn assert_named(text: &str, format: CookieFormat, said: &str) {
    for doctor in [&Doctor::new(), &*DOCTOR] {
        let diagnosis = doctor.examine(text);
        assert_eq!(diagnosis.format, format, "{text}\n{diagnosis}");
        assert!(!diagnosis.opens);
        assert_eq!(diagnosis.causes.len(), 1, "{text}");
        assert_eq!(diagnosis.causes[0].kind(), CauseKind::NotRails);
        let words = diagnosis.causes[0].to_string();
        assert!(words.contains("Rails did not seal it"), "{words}");
        assert!(words.contains(said), "{said}: {words}");
        assert!(diagnosis.jar.is_none() && diagnosis.cipher.is_none());
    }
}

#[test]
fn cookies_of_express_are_named() {
    let mut ran = (0, 0);
    for record in vectors::<Express>("express/express.jsonl") {
        match (record.kind.as_str(), record.set_cookie) {
            ("express_session", Some(cookie)) => {
                let cookie = cookie.as_str().unwrap();
                assert_named(
                    cookie,
                    CookieFormat::ExpressSession,
                    "the session itself is in its store",
                );
                assert_named(
                    &format!("Set-Cookie: {cookie}"),
                    CookieFormat::ExpressSession,
                    "Redis",
                );
                ran.0 += 1;
            }
            ("cookie_session", Some(cookies)) => {
                let cookies: Vec<_> = cookies
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|cookie| cookie.as_str().unwrap())
                    .collect();
                let pair = |cookie: &str| cookie.split(';').next().unwrap().to_owned();
                let header = format!("Cookie: {}; {}", pair(cookies[0]), pair(cookies[1]));
                assert_named(
                    &header,
                    CookieFormat::CookieSession,
                    "is the cookie .sig beside it",
                );
                let header = format!("Cookie: {}; {}", pair(cookies[1]), pair(cookies[0]));
                assert_named(
                    &header,
                    CookieFormat::CookieSession,
                    "is the cookie .sig beside it",
                );
                assert_named(
                    cookies[0],
                    CookieFormat::CookieSession,
                    "would be a cookie .sig",
                );
                ran.1 += 1;
            }
            _ => {}
        }
    }
    assert_eq!(ran, (4, 1));
}

#[derive(Deserialize)]
struct Rack {
    secret: String,
    serializer: String,
    digest: String,
    set_cookie: String,
}

/// `Rack::Session::Cookie` signs as Rails 3 did: only the content tells them apart.
#[test]
fn cookies_of_rack_open() {
    let mut ran = 0;
    for record in vectors::<Rack>("rack/rack-2.2.jsonl") {
        let secret = SecretKeyBase::new(record.secret).unwrap();
        let diagnosis = Doctor::new()
            .secret("s", &secret)
            .examine(&record.set_cookie);
        assert!(diagnosis.opens);
        assert_eq!(diagnosis.key_digest, None);
        assert_eq!(diagnosis.hmac_digest.unwrap().name(), record.digest);
        assert_eq!(diagnosis.serializer.unwrap().name(), record.serializer);
        let report = diagnosis.to_string();
        let words = report.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("or Rack::Session::Cookie"), "{report}");
        assert!(words.contains("(Rack's own are 64)"), "{report}");
        ran += 1;
    }
    assert_eq!(ran, 4);
}

#[test]
fn session_ids_of_php_are_named() {
    let mut ran = 0;
    for record in vectors::<Php>("php/php-8.2.jsonl") {
        let Some(id) = record.session_id else {
            continue;
        };
        assert_named(
            &format!("PHPSESSID={id}"),
            CookieFormat::PhpSessionId,
            "on the server",
        );
        // Alone, it may be anybody's.
        assert_named(
            &id,
            CookieFormat::SessionId,
            "the session itself is on the server",
        );
        ran += 1;
    }
    assert_eq!(ran, 30);
}

#[test]
fn other_frameworks_are_named() {
    let random = |first: u8, length: u16| {
        let bytes = std::iter::once(first).chain((1..length).map(|place| (place * 7 % 251) as u8));
        bytes.collect::<Vec<_>>()
    };
    let base64 = |bytes: &[u8]| {
        // RFC 4648 section 4, so that nothing here is ours.
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let chunk = |chunk: &[u8]| {
            let number = chunk
                .iter()
                .fold(0u32, |sum, byte| sum << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            (0..4)
                .map(move |place| {
                    if place <= chunk.len() {
                        digits[(number >> (18 - 6 * place) & 63) as usize] as char
                    } else {
                        '='
                    }
                })
                .collect::<String>()
        };
        bytes.chunks(3).map(chunk).collect::<String>()
    };
    let cases = [
        // RFC 7519 section 3.1, and RFC 7516 section 3.3, cut short in the middle.
        ("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(), CookieFormat::Jwt),
        ("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ".to_owned(), CookieFormat::Jwt),
        // The example of django/core/signing.py, plain and compressed.
        ("ImhlbGxvIg:1QaUZC:YIye-ze3TTx7gtSv422nZA4sgmk".to_owned(), CookieFormat::Django),
        (".eJwFwcERACAIwLCF-rCiILN47r-GyZVJsNgkxaFxoDgxcOHGxMKD_T7vhAml:1QaUaL:BA0thEZrp4FQVXIXuOvYJtLJSrQ".to_owned(), CookieFormat::Django),
        // itsdangerous' documentation.
        ("eyJpZCI6NSwibmFtZSI6Iml0c2Rhbmdlcm91cyJ9.YiU0HA.6YP6T0BaO67XP--9UzTrmurXSmg".to_owned(), CookieFormat::Itsdangerous),
        // The fixed parts of rack-session's encryptor: version, random bytes, iv, tag or HMAC.
        (base64(&random(1, 150)), CookieFormat::RackSessionV1),
        (base64(&random(2, 150)), CookieFormat::RackSessionV2),
        ("0123456789abcdef0123456789abcdef".to_owned(), CookieFormat::SessionId),
    ];
    let mut ran = 0;
    for (value, format) in cases {
        assert_named(&value, format, "");
        assert_named(&format!("Cookie: a=1; session={value}"), format, "");
        assert_named(&hardtack::headers::escape(value.as_bytes()), format, "");
        ran += 1;
    }
    assert_eq!(ran, 8);
    // Another first byte is no version of the encryptor.
    assert_eq!(
        Doctor::new().examine(base64(&random(3, 150))).format,
        CookieFormat::Unknown
    );
}
