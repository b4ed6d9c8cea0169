//! The `Domain` attribute and the request's host, against Rails 6.1.

use hardtack::headers::Domain;
use hardtack::internal::{host_without_port, request_host};
use hardtack::{CookieAttributes, LoadDefaults, SetCookie};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::vectors;

#[test]
fn every_domain_as_rails_resolves_it() {
    let (mut domains, mut hosts) = (0, 0);
    for record in vectors::<Value>("domains/rails-6.1.jsonl") {
        if record["kind"] == "host" {
            hosts += 1;
            let host = request_host(
                record["x_forwarded_host"].as_str(),
                record["host_header"].as_str().unwrap(),
            );
            // Trimmed: no server hands over the spaces around a header's value, which Rails would keep.
            assert_eq!(host, record["host"].as_str().unwrap().trim(), "{record}");
            continue;
        }
        domains += 1;
        let (host, options) = (record["host"].as_str().unwrap(), &record["options"]);
        let domain = match &options["domain"] {
            Value::Null => Domain::Host,
            Value::String(all) if all == "all" => Domain::All {
                tld_length: options["tld_length"]
                    .as_u64()
                    .map(|labels| labels.try_into().unwrap()),
            },
            Value::String(domain) => Domain::from(domain.as_str()),
            list => Domain::FirstOf(serde_json::from_value(list.clone()).unwrap()),
        };
        let expected = record["domain"].as_str();
        assert_eq!(domain.resolve(host, true).as_deref(), expected, "{record}");
        // From 7.1 on without the dot that `:all` put there.
        let bare = match domain {
            Domain::All { .. } => expected.map(|domain| domain.trim_start_matches('.')),
            _ => expected,
        };
        assert_eq!(domain.resolve(host, false).as_deref(), bare, "{record}");
    }
    assert_eq!((domains, hosts), (555, 90));
}

#[test]
fn a_host_that_is_no_domain_name_gives_no_domain() {
    // Rails writes the sender's text into the header, or half an address.
    let all = Domain::All { tld_length: None };
    for host in [
        "a;b.example.org",
        "a\r\nb.org",
        "ü.org",
        "[::ffff:127.0.0.1]",
        "a b.org",
        "a.org:x",
        "",
        ".",
        "..",
        " . ",
    ] {
        assert_eq!(all.resolve(host, true), None, "{host:?}");
    }
    assert_eq!(
        all.resolve(&format!("{}example.org", "a.".repeat(130)), true),
        None
    );
    assert_eq!(
        Domain::FirstOf(vec![String::new(), ".".into()]).resolve("example.org", true),
        None
    );
}

#[test]
fn a_port_is_digits_at_the_end() {
    for (given, host) in [
        ("a:1", "a"),
        ("a:", "a:"),
        ("a", "a"),
        ("a:1:2", "a:1"),
        ("a:1x", "a:1x"),
        (":1", ""),
        ("a:\u{661}", "a:\u{661}"),
    ] {
        assert_eq!(host_without_port(given), host);
    }
}

proptest! {
    #[test]
    fn whatever_the_host_a_cookie_can_be_set(host in "\\PC{0,30}|[a-c.:;]{0,12}", labels in prop::option::of(0..5_usize), dot: bool) {
        let attributes = CookieAttributes::new().domain(Domain::All { tld_length: labels });
        let version = if dot { LoadDefaults::V7_0 } else { LoadDefaults::V7_1 };
        let host = request_host(Some(&host), "example.org");
        let cookie = SetCookie::as_rails(version, "k", "v", &attributes.for_host(host));
        prop_assert!(cookie.is_ok(), "{:?}", cookie);
    }
}
