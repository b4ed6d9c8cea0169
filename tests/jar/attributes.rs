//! `Set-Cookie`: headers that Rails 6.1, 7.1 and 8.1 send for a host and options, and headers that
//! browsers would drop.

use std::collections::BTreeSet;
use std::time::Duration;

use hardtack::headers::Domain;
use hardtack::settings::Priority;
use hardtack::{CookieAttributes, Error, LoadDefaults, SameSite, SetCookie};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::support::vectors;

/// (file, the version, whether `same_site: nil` means none and not the default)
const FILES: [(&str, LoadDefaults, bool); 3] = [
    ("attributes/rails-6.1.jsonl", LoadDefaults::V6_1, false),
    ("attributes/rails-7.1.jsonl", LoadDefaults::V7_1, true),
    ("attributes/rails-8.1.jsonl", LoadDefaults::V8_1, true),
];

#[test]
fn every_set_cookie_of_rails() {
    for (file, version, nil_is_none) in FILES {
        let mut counts = (0, 0);
        for record in vectors::<Value>(file) {
            let host = record["host"].as_str().unwrap_or_default();
            let cookie = match record["kind"].as_str().unwrap() {
                "attributes" => {
                    counts.0 += 1;
                    let attributes = attributes(&record["options"], nil_is_none);
                    let value = record["options"]["value"].as_str().unwrap();
                    SetCookie::as_rails(version, "k", value, &attributes.for_host(host)).unwrap()
                }
                "delete" => {
                    counts.1 += 1;
                    SetCookie::delete("k", None).unwrap()
                }
                _ => continue,
            };
            assert_eq!(
                parts(&cookie.to_string()),
                parts(record["set_cookie"].as_str().unwrap()),
                "{record}"
            );
            if nil_is_none {
                // Rack 3.1: to the byte.
                assert_eq!(cookie.to_string(), record["set_cookie"], "{record}");
            }
        }
        assert_eq!(counts, (75, 5));
    }
}

fn attributes(options: &Value, nil_is_none: bool) -> CookieAttributes {
    let text = |key: &str| options[key].as_str();
    let flag = |key: &str| options[key].as_bool().unwrap_or(false);
    let mut attributes = CookieAttributes::new()
        .secure(flag("secure"))
        .http_only(flag("httponly"));
    attributes = match (options.get("same_site"), text("same_site")) {
        (None, _) => attributes,
        (_, Some("strict")) => attributes.same_site(Some(SameSite::Strict)),
        (_, Some("none")) => attributes.same_site(Some(SameSite::None)),
        (_, None) if nil_is_none => attributes.same_site(None),
        (_, None) => attributes,
        (_, Some(other)) => panic!("{other}"),
    };
    if let Some(path) = text("path") {
        attributes = attributes.path(path);
    }
    if let Some(at) = text("expires") {
        attributes = attributes.expires(OffsetDateTime::parse(at, &Rfc3339).unwrap());
    }
    match &options["domain"] {
        Value::Null => attributes,
        Value::String(all) if all == "all" => {
            let tld_length = options["tld_length"]
                .as_u64()
                .map(|labels| labels.try_into().unwrap());
            attributes.domain(Domain::All { tld_length })
        }
        Value::String(domain) => attributes.domain(domain.as_str()),
        list => attributes.domain(Domain::FirstOf(
            serde_json::from_value(list.clone()).unwrap(),
        )),
    }
}

/// Splits a header into `name=value`, unchanged, and the set of attributes in lower case.
fn parts(header: &str) -> (String, BTreeSet<String>) {
    let mut parts = header.split("; ");
    (
        parts.next().unwrap().to_owned(),
        parts.map(str::to_lowercase).collect(),
    )
}

/// hardtack is stricter than Rails here: Rails writes each of these headers, and browsers drop or
/// misread it.
#[test]
fn refused_where_rails_writes_what_browsers_drop() {
    let plain = CookieAttributes::new;
    let secure = || CookieAttributes::new().secure(true);
    #[rustfmt::skip]
    let refused = [
        ("k", plain().path("x"), "path", "browsers put their own default path in its place"),
        ("k", plain().path(""), "path", "as above"),
        ("k", plain().path("/a;b"), "path", "all after the `;` becomes another attribute"),
        ("k", plain().path("/a\r\nb"), "path", "a header of the sender's own"),
        ("k", plain().path("/ü"), "path", "bytes that servers and browsers read differently"),
        ("k", plain().path(format!("/{}", "a".repeat(1024))), "path", "over 1,024 bytes: ignored"),
        ("k", plain().domain(""), "domain", "empty"),
        ("k", plain().domain("."), "domain", "empty"),
        ("k", plain().domain("example.org; secure"), "domain", "injects an attribute"),
        ("k", plain().domain(["a"; 127].join(".") + ".a"), "domain", "255 bytes: longer than a name can be"),
        ("k", plain().domain("example.org\0"), "domain", "a control character"),
        ("k", plain().domain("https://example.org"), "domain", "no domain name"),
        ("k", plain().domain("example.org:3000"), "domain", "a port"),
        ("k", plain().domain("exa mple.org"), "domain", "a space"),
        ("k", plain().domain("bücher.example"), "domain", "not in its xn-- form"),
        ("k", plain().domain("example..org"), "domain", "an empty label"),
        ("k", plain().domain("example.org."), "domain", "browsers ignore the attribute"),
        ("k", plain().domain(Domain::FirstOf(vec!["example.org".into(), "a;b".into()])), "domain", "one of the list"),
        ("k", plain().domain(Domain::All { tld_length: None }), "for_host", "not resolved"),
        ("__Host-k", plain(), "__Host-", "not secure"),
        ("__Host-k", secure().path("/x"), "__Host-", "a path"),
        ("__Host-k", secure().domain("example.org"), "__Host-", "a domain"),
        ("__Host-k", secure().domain(Domain::All { tld_length: None }), "__Host-", "a domain"),
        ("__hOST-k", plain(), "__Host-", "prefixes are compared without case"),
        ("__Secure-k", plain(), "__Secure-", "not secure"),
        ("__SECURE-k", plain(), "__Secure-", "prefixes are compared without case"),
        ("k", plain().same_site(Some(SameSite::None)), "SameSite", "not secure"),
        ("k", plain().partitioned(true), "Partitioned", "not secure"),
    ];
    for (name, attributes, part, why) in refused {
        let error = SetCookie::new(name, "v", &attributes).unwrap_err();
        assert!(error.to_string().contains(part), "{why}: {error}");
        assert_eq!(
            SetCookie::delete(name, &attributes).unwrap_err(),
            error,
            "{why}"
        );
        // At start-up there is no host yet.
        let expected = if part == "for_host" {
            Ok(())
        } else {
            Err(error)
        };
        assert_eq!(attributes.check(name), expected, "{why}");
    }
}

/// The longest that browsers take: a path of 1,024 bytes, a domain name of 253.
#[test]
fn the_longest_path_and_the_longest_domain() {
    let path = format!("/{}", "a".repeat(1023));
    let domain = ["a"; 127].join(".");
    assert_eq!((path.len(), domain.len()), (1024, 253));
    for attributes in [
        CookieAttributes::new().path(path),
        CookieAttributes::new().domain(domain.clone()),
        CookieAttributes::new().domain(format!(".{domain}")),
    ] {
        assert!(
            SetCookie::new("k", "v", &attributes).is_ok(),
            "{attributes:?}"
        );
        assert_eq!(attributes.check("k"), Ok(()));
    }
}

#[test]
fn prefixes_with_what_they_need() {
    let secure = CookieAttributes::new().secure(true);
    for name in [
        "__Host-k",
        "__host-k",
        "__Secure-k",
        "__Host-",
        "__Hos",
        "__ü".trim_end_matches('ü'),
    ] {
        assert!(SetCookie::new(name, "v", &secure).is_ok(), "{name}");
    }
    assert!(
        SetCookie::new(
            "__Secure-k",
            "v",
            &secure.clone().path("/x").domain("example.org")
        )
        .is_ok()
    );
    assert_eq!(
        SetCookie::delete(
            "__Host-k",
            &secure.clone().partitioned(true).http_only(true)
        )
        .unwrap()
        .to_string(),
        "__Host-k=; path=/; max-age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT; secure; httponly; samesite=lax; partitioned"
    );
    for name in ["__Host", "k__Host-", "_Host-k", "__Secure"] {
        assert!(
            SetCookie::new(name, "v", None).is_ok(),
            "{name} has no prefix"
        );
    }
}

#[test]
fn a_name_is_a_token() {
    // RFC 2616 section 2.2, to which RFC 6265 refers: no CTLs, no separators.
    let separators = "()<>@,;:\\\"/[]?={} \t";
    for code in 0..0x180 {
        let character = char::from_u32(code).unwrap();
        let token = character.is_ascii()
            && !character.is_ascii_control()
            && !separators.contains(character);
        for name in [format!("{character}"), format!("a{character}b")] {
            match SetCookie::new(&*name, "v", None) {
                Ok(cookie) => assert!(
                    token && cookie.to_string().starts_with(&format!("{name}=v; ")),
                    "{name:?}"
                ),
                Err(Error::CookieName { found, .. }) => {
                    assert!(!token && found == Some(character), "{name:?}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    let error = SetCookie::new("", "v", None).unwrap_err();
    assert!(error.to_string().contains("empty"));
}

#[test]
fn expires_within_the_years_of_the_header() {
    let rendered = |text: &str| {
        let at = OffsetDateTime::parse(text, &Rfc3339).unwrap();
        let cookie = SetCookie::new(
            "k",
            "v",
            &CookieAttributes::new().same_site(None).expires(at),
        )?;
        Ok::<_, Error>(cookie.to_string().replace("k=v; path=/; expires=", ""))
    };
    for (at, expected) in [
        ("2030-10-15T07:00:00+02:00", "Tue, 15 Oct 2030 05:00:00 GMT"),
        ("9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ("1601-01-01T00:00:00Z", "Mon, 01 Jan 1601 00:00:00 GMT"),
        ("2028-02-29T12:04:05Z", "Tue, 29 Feb 2028 12:04:05 GMT"),
    ] {
        assert_eq!(rendered(at).unwrap(), expected);
    }
    // The last two leave the years 1601 to 9999 by their offset.
    for at in [
        "1600-12-31T23:59:59Z",
        "0000-01-01T00:00:00+23:00",
        "9999-12-31T23:59:59-01:00",
        "1601-01-01T00:00:00+01:00",
    ] {
        assert!(
            rendered(at).unwrap_err().to_string().contains("expires"),
            "{at}"
        );
    }
}

#[test]
fn durations() {
    for (duration, seconds) in [
        (Duration::ZERO, 0),
        (Duration::from_millis(1), 1),
        (Duration::from_secs(1_209_600), 1_209_600),
        (Duration::MAX, u64::MAX),
    ] {
        let cookie = SetCookie::new("k", "v", &CookieAttributes::new().max_age(duration)).unwrap();
        assert_eq!(
            cookie.to_string(),
            format!("k=v; path=/; max-age={seconds}; samesite=lax")
        );
    }
    let expires = SetCookie::new("k", "v", &CookieAttributes::new().permanent())
        .unwrap()
        .expires()
        .unwrap();
    let days = (expires - OffsetDateTime::now_utc()).whole_days();
    assert!((7303..=7305).contains(&days), "{days}");
}

/// The getters return the attributes of the header.
#[test]
fn a_cookie_says_what_its_header_says() {
    let plain = || CookieAttributes::new().same_site(None);
    let at = OffsetDateTime::parse("2030-10-15T07:00:00+02:00", &Rfc3339).unwrap();
    #[rustfmt::skip]
    let cases = [
        ("", plain()),
        ("; secure", plain().secure(true)),
        ("; httponly", plain().http_only(true)),
        ("; samesite=lax", CookieAttributes::new()),
        ("; samesite=strict", plain().same_site(Some(SameSite::Strict))),
        ("; secure; samesite=none", plain().secure(true).same_site(Some(SameSite::None))),
        ("; secure; partitioned", plain().secure(true).partitioned(true)),
        ("; priority=low", plain().priority(Priority::Low)),
        ("; priority=medium", plain().priority(Priority::Medium)),
        ("; priority=high", plain().priority(Priority::High)),
        ("", plain().priority(Priority::High).priority(None)),
        ("; path=/shop", plain().path("/shop")),
        ("; domain=example.org", plain().domain("example.org".to_owned())),
        ("; max-age=60", plain().max_age(Duration::from_secs(60))),
        ("; expires=Tue, 15 Oct 2030 05:00:00 GMT", plain().expires(at)),
        (
            "; domain=.example.org; path=/a; max-age=1; expires=Tue, 15 Oct 2030 05:00:00 GMT; \
             secure; httponly; samesite=strict; partitioned; priority=high",
            plain().domain(".example.org").path("/a").max_age(Duration::from_secs(1)).expires(at)
                .secure(true).http_only(true).same_site(Some(SameSite::Strict)).partitioned(true)
                .priority(Priority::High),
        ),
    ];
    for (said, attributes) in &cases {
        let cookie = SetCookie::new("k", "a b", attributes).unwrap();
        let of = |name: &str| {
            let mut said = said.split("; ");
            said.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let has = |flag: &str| said.split("; ").any(|part| part == flag);
        let same_site = cookie.same_site();
        let same_site = same_site.map(|same_site| format!("{same_site:?}").to_lowercase());
        let expires = cookie.expires().map(|at| at.format(&Rfc3339).unwrap());
        let max_age = cookie.max_age().map(|age| age.as_secs().to_string());
        assert_eq!((cookie.name(), cookie.escaped_value()), ("k", "a+b"));
        assert_eq!(*cookie.value(), *b"a b");
        assert_eq!(cookie.path(), of("path").unwrap_or("/"), "{said}");
        assert_eq!(cookie.domain(), of("domain"), "{said}");
        assert_eq!(max_age.as_deref(), of("max-age"), "{said}");
        assert_eq!(
            expires.as_deref(),
            of("expires").map(|_| "2030-10-15T05:00:00Z"),
            "{said}"
        );
        assert_eq!(cookie.secure(), has("secure"), "{said}");
        assert_eq!(cookie.http_only(), has("httponly"), "{said}");
        assert_eq!(cookie.partitioned(), has("partitioned"), "{said}");
        assert_eq!(same_site.as_deref(), of("samesite"), "{said}");
        let priority = cookie.priority().map(Priority::name);
        assert_eq!(priority, of("priority"), "{said}");

        let path = if of("path").is_some() { "" } else { "; path=/" };
        let header = cookie.header().to_owned();
        assert_eq!(parts(&header), parts(&format!("k=a+b{path}{said}")));
        assert_eq!(cookie.to_string(), header);
        assert_eq!(cookie.into_header(), header);
    }
    assert_eq!(cases.len(), 16);
}

#[test]
fn a_value_does_not_show_in_debug() {
    let cookie = SetCookie::new("k", "hush", None).unwrap();
    assert!(!format!("{cookie:?}").contains("hush"));
    assert_eq!(cookie.size(), 5);
}

#[cfg(feature = "cookie")]
#[test]
fn the_cookie_crate_says_the_same() {
    let every = CookieAttributes::new()
        .path("/x")
        .domain("example.org")
        .max_age(Duration::from_secs(60))
        .secure(true);
    let every = every
        .http_only(true)
        .partitioned(true)
        .same_site(Some(SameSite::None));
    let every = every.expires(OffsetDateTime::from_unix_timestamp(1_918_270_800).unwrap());
    for attributes in [
        CookieAttributes::new(),
        CookieAttributes::new().same_site(None),
        every,
    ] {
        for value in [&b"a b+c/d=e;f,g\"h%i"[..], b"", b"\xFF\0", "ü".as_bytes()] {
            let ours = SetCookie::new("k", value, &attributes).unwrap();
            let theirs = cookie::Cookie::from(ours.clone()).to_string();
            assert_eq!(parts(&theirs), parts(&ours.to_string()));
        }
    }
}
