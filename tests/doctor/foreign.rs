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
        assert!(
            words.contains("id of another form than Rails makes"),
            "{report}"
        );
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
    let url_safe = |bytes: &[u8]| base64(bytes).replace('+', "-").replace('/', "_");
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
        // What is encrypted is padded to a multiple of 32 bytes.
        (url_safe(&random(1, 81 + 64)), CookieFormat::RackSessionV1),
        (url_safe(&random(2, 61 + 96)), CookieFormat::RackSessionV2),
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
    // Another first byte is no version of the encryptor, another length or alphabet none of its
    // messages.
    for value in [
        url_safe(&random(3, 81 + 64)),
        url_safe(&random(1, 81 + 60)),
        base64(&random(1, 81 + 64)),
    ] {
        assert_eq!(
            Doctor::new().examine(&value).format,
            CookieFormat::Unknown,
            "{value}"
        );
    }
}

/// The forms of the other frameworks, by their own sources. Values with a signature were recorded;
/// what is encrypted is any bytes of the right length.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn frameworks_with_a_mark_are_named() {
    use CookieFormat::*;
    let cases = [
        // Plug.Crypto: MessageVerifier.sign and MessageEncryptor.encrypt.
        (
            "_app_key",
            "SFMyNTY.g3QAAAABbQAAAAtfY3NyZl90b2tlbm0AAAAY432lRibb6xVoat7PAlLu-UD132-PCgWu.ZdF1V-s3stMWPmYH_r25wnJVQujtSCS1ZkZ385kF19M",
            Phoenix,
            "Plug.Session",
        ),
        (
            "_app_key",
            "SFMyNTY.g2o.MT1LtkK0YQeOKPf4hq75NsV7kPCGmyXOi6JPdwANYaA",
            Phoenix,
            "secret_key_base",
        ),
        (
            "_app_key",
            "QTEyOEdDTQ.mcjOPKb5BaSvS1jKhZDHlRdOI083Yf1zk9CPNMO38E78UzxC_yb-km7JACE.s1Uz2Qy2gR_nDBbf.iUHYyYp67vDpahjiPU65-irGf.N1WmITKZ9r2uO-99RvwJbQ",
            Phoenix,
            "Plug.Session",
        ),
        (
            "_app_key",
            "XCP.xO3FjeZ175iX9T0UOlKhAKNTM-__eJTHAnxFD6PhRx6bzI-X9Y0E9wUdR23Sal8Ha",
            Phoenix,
            "Plug.Session",
        ),
        // Illuminate\\Encryption\\Encrypter: base64 of {\"iv\":\"..\",\"value\":\"..\",\"mac\":\"..\",\"tag\":\"\"}.
        (
            "laravel_session",
            "eyJpdiI6IjEyMzQ1Njc4OTAxMjM0NTYiLCJ2YWx1ZSI6ImFiY2QiLCJtYWMiOiIwMTIzIiwidGFnIjoiIn0=",
            Laravel,
            "APP_KEY",
        ),
        (
            "XSRF-TOKEN",
            "eyJpdiI6IjEyMzQ1Njc4OTAxMjM0NTYiLCJ2YWx1ZSI6ImFiY2QiLCJtYWMiOiIwMTIzIiwidGFnIjoiIn0=",
            Laravel,
            "APP_KEY",
        ),
        (
            "app",
            "Fe26.2*1*0a1b*IV-iv*AAAA_bbbb*1700000000000*c0ffee*mac-MAC_mac~2",
            IronSession,
            "password",
        ),
        ("prefs", "j:{\"a\": 1}", ExpressJson, "readable"),
        (
            ".AspNetCore.Session",
            "CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            AspNetCore,
            "key ring",
        ),
        (
            "anything",
            "CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            AspNetCore,
            "key ring",
        ),
        // The example of Fernet's specification (generate.json).
        (
            "AIOHTTP_SESSION",
            "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==",
            Fernet,
            "32 bytes",
        ),
        (
            "user",
            "2|1:0|10:1700000000|4:user|8:InN0ZXZl|fed6b24af519b7f9aaf314bbf5028b65694d3da165f31215b204b029ff8c9aab",
            Tornado,
            "cookie_secret",
        ),
        (
            "_identity",
            "359713954a647e5d58fdc392764e006500a950d4cf51ce885598f69387d4a357a:2:{i:0;s:9:\"_identity\";i:1;s:4:\"[42]\";}",
            Yii,
            "cookieValidationKey",
        ),
        (
            "session",
            "eyJ1c2VyIjogNDI3fQ==.aw03WQ.HihwmulCjjHrGRz-1gJrHCR6XBI",
            Itsdangerous,
            "SECRET_KEY",
        ),
        (
            "PLAY_SESSION",
            "79ad598f69f743afdc595a962e9bfab1b4553616-user=42&csrfToken=abc",
            Play,
            "secret",
        ),
        (
            "session-name",
            "MTcwMDAwMDAwMHxLSUNLNTBzRU04UUlicGxMRVZPMjhLVWZ1WE5TdWRmbzVOU3RFVUFvNF81X3RVdkxVSDlhRzNocDJGNDVJbjRKSGlNbWtYUXRaSXRMMjlaOHwEEwxgEjMDrlZdQbK_9VZbHA9_mvEdhVYphc4RFnNCYw==",
            SecureCookie,
            "securecookie",
        ),
        (
            "mojolicious",
            "eyJleHBpcmVzIjoxNzY0NDg5NjAwLCJ1c2VyIjoiYWJjIn0---51e337467e37687c3917323aa8068f171230e8f50dd94f92300c92e9215c15cc",
            Mojolicious,
            "Perl",
        ),
        (
            "token",
            "v4.public.eyJkYXRhIjoidGhpcyJ9bg_XBBzds8lTZShVlwwKSgeKpLT3yukTw6JUz3W4h_ExsQV",
            Paseto,
            "first parts",
        ),
        (
            "CookieAuth",
            "Q2FrZQ==.ODQ3ZmE0ZjU2NGI1ZjQ0YWVh",
            CakePhp,
            "Security.salt",
        ),
        (
            "token",
            "Bearer abcdef0123456789",
            BearerToken,
            "Authorization",
        ),
        (
            "token",
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            Jwt,
            "first part",
        ),
        (
            "JSESSIONID",
            "5118604D55240AF7CBA9E46827F6BCA4",
            SessionId,
            "Java",
        ),
        (
            "JSESSIONID",
            "node0b472c48fd194602e57a1d348.node0",
            SessionId,
            "Java",
        ),
        (
            "SESSION",
            "N2Y1YjhmOWUtMDAwMC00MDAwLTgwMDAtYWJjZGVmYWJjZGVm",
            SessionId,
            "Spring",
        ),
        (
            "ASP.NET_SessionId",
            "ksd2dj45zpjvqo45ywtxq3i5",
            SessionId,
            "ASP.NET",
        ),
        (
            "_shop_session",
            "2f73b907f144d97fc3283e4d7c2f97e0",
            SessionId,
            ":active_record_store",
        ),
        (
            "_shop_session",
            "2::9bdc9a09b1a3b191f7bfcaa3dde30ce0baf04313df5927365e16846a0b5aaf7a",
            SessionId,
            "private id",
        ),
        (
            "_shop_session",
            "cell-1-2f73b907f144d97fc3283e4d7c2f97e0",
            SessionId,
            "hardtack key --format",
        ),
        (
            "rack.session",
            "9bdc9a09b1a3b191f7bfcaa3dde30ce0baf04313df5927365e16846a0b5aaf7a",
            SessionId,
            "the ids of Rack",
        ),
        (
            "_gitlab_session",
            "cell-1-2f73b907f144d97fc3283e4d7c2f97e0",
            SessionId,
            "--prefix session:gitlab:",
        ),
        (
            "key",
            "shop:_session_id:2::9bdc9a09b1a3b191f7bfcaa3dde30ce0baf04313df5927365e16846a0b5aaf7a",
            SessionId,
            "redis-cli --raw get",
        ),
    ];
    let mut ran = 0;
    for (name, value, format, said) in cases {
        assert_named(
            &format!(
                "Cookie: {name}={}",
                hardtack::headers::escape(value.as_bytes())
            ),
            format,
            said,
        );
        if !value.contains(';') {
            assert_named(&format!("Cookie: {name}={value}"), format, said);
        }
        ran += 1;
    }
    assert_eq!(ran, 31);
}

/// What has no mark is not claimed to be anything: neither cut off, nor another framework's.
#[test]
fn what_is_not_known_is_not_claimed() {
    let cases = [
        // By their names.
        (
            "AWSALB",
            "OD309m2Z3PMSrKnjj8E338wqlXlf0WqVRp582d3dpuSJVhzXDRA2ao+ZZLnNBzfl9Y0OAqtrekjadBQ5yfq99on2wX2qwJMXUhbXqkD9i20Api/mNgjq2CX3yhAw/JIk",
            "AWS",
        ),
        (
            "AWSALBCORS",
            "ATiv8Bc7rq/p5beh8xvq3v3IGq6enoANG02zVYg7Ss0zIKxCZyw7LBrfLgm3C+rFwEz2Svoqeps3HEttXqNZAFRwQCJxCS7L7watL2v0qwx5cNO0k5Hm+JFtyeL2QqVj",
            "AWS",
        ),
        (
            "cf_clearance",
            "f6e6J3FRhkwnBtkIceyamSgiOnzy1wgryEQuflJqxf4v-1700000000-0-1-X8Cb-Bu0OVLinj13AS7AFfYPUpZLQ4D_gQVhDqzf0n8BU2h0gafTIg",
            "Cloudflare",
        ),
        (
            "__cf_bm",
            "SfeDpeXwpbK8oK1tV6jKoJdqI_IrDxtMbyIoLJLsHJfD-1700000000-1.0.1.1-KN2Dz2JGibHnW8NiuCTByu1vujLHR1Q1RoGQ2cL_BoRMJ87O",
            "Cloudflare",
        ),
        (
            "csrftoken",
            "gha4A0RJuR8Oekhep1njhikNBux4P50CnXOVgOSLLMoedOaMo4uXHFxNSrKpLkaM",
            "Django",
        ),
        ("_ga", "GA1.2.1234567890.1700000000", "counts visits"),
        ("BIGipServerpool", "1677787402.36895.0000", "F5"),
        ("__Secure-remember_web_59ba36", "42|abcdef", "Laravel"),
        // By nothing.
        (
            "opaque",
            "Ai7+uGxYmlXYkOBj6rYFw10q8AxdlzrTP7HXJJDmYoEwPESGP1d9Dw60ieiYEb+miz7CHytV1IE2D1gZmt4aQ9GNz+e35lQoLgYxcDmloUk8GpCoxCLinL/BU426FfN+",
            "not recognized",
        ),
        (
            "long",
            "7ICVZq2TZdoU3KNxUsszgBDx5ba9i158N0_6mvbMjAloyNIvkY9Yk_gx7LNDP_qb2QP8OPSTTvvM2S95LQ9BOU07VDDX2aJOBH7SkSk6yOA_YfVco1md5Ubz2ScTF9Oujx1oJmdXBtZ92XmDXyUznZXX",
            "not recognized",
        ),
        ("theme", "dark", "not recognized"),
        (
            "id",
            "6b0a8f0e-52c1-4b7a-9b59-0c7e0c6c8f7a",
            "not recognized",
        ),
        // `session` and `SID` are anybody's names.
        (
            "session",
            "gha4A0RJuR8Oekhep1njhikNBux4P50CnXOVgOSLLMoedOaMo4uXHFxNSrKpLkaM",
            "not recognized",
        ),
        ("sid", "gha4A0RJuR8Oekhep1njhikNBux4P50C", "not recognized"),
    ];
    let mut ran = 0;
    for (name, value, said) in cases {
        for text in [
            format!("{name}={value}"),
            format!(
                "Cookie: {name}={}",
                hardtack::headers::escape(value.as_bytes())
            ),
        ] {
            let diagnosis = Doctor::new().cookie_name(name).examine(&text);
            assert_eq!(
                diagnosis.format,
                CookieFormat::Unknown,
                "{text}\n{diagnosis}"
            );
            assert_eq!(diagnosis.causes.len(), 1, "{text}\n{diagnosis}");
            assert_eq!(diagnosis.causes[0].kind(), CauseKind::NotRails, "{text}");
            let report = diagnosis.to_string();
            let words = report.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(said), "{text}: {report}");
            assert!(
                !words.contains("Rails did not seal")
                    && !words.contains("no cookie that Rails sealed"),
                "{report}"
            );
            ran += 1;
        }
    }
    assert_eq!(ran, 28);
    // The start of a session, by its name.
    let start = "sKQUX5LmL04M5vMd6uFm6kpsHC0sAcrVW7847bIh/w+n2k1ticK7Tus1lGl+B47I8+juaviftzIsJ0k6S";
    let kind = |name: &str| Doctor::new().examine(format!("{name}={start}")).causes[0].kind();
    assert_eq!(kind("_shop_session"), CauseKind::CutOff);
    assert_eq!(kind("token"), CauseKind::NotRails);
}
