//! The counters that an exporter of the `metrics` crate gets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use hardtack::observe::CookieMetrics;
use hardtack::{CookieStore, Jar, LoadDefaults, RequestOrigin, Rotation, Session};
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

use crate::support::{json, other_secret, secret};

/// An exporter that keeps the counters.
#[derive(Default)]
struct Exporter {
    counters: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    described: Mutex<Vec<String>>,
}

impl Recorder for Exporter {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.described.lock().unwrap().push(key.as_str().to_owned());
    }

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let label = |label: &metrics::Label| format!("{}={:?}", label.key(), label.value());
        let labels = key.labels().map(label).collect::<Vec<_>>();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        let mut counters = self.counters.lock().unwrap();
        Counter::from_arc(counters.entry(name).or_default().clone())
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn counters_by_how_cookies_came() {
    let exporter = Exporter::default();
    with_local_recorder(&exporter, || {
        let mut store = CookieStore::new(&secret(), LoadDefaults::V7_1, "_app_session")
            .observer(CookieMetrics::new());
        // The fourth is the one that opens a session of 5.1, the fourth of the signed jar's too.
        for version in [
            LoadDefaults::V8_1,
            LoadDefaults::V8_0,
            LoadDefaults::V7_2,
            LoadDefaults::V5_1,
        ] {
            store = store
                .rotation(Rotation::encrypted(&other_secret(), json(version)))
                .signed_rotation(Rotation::signed(&other_secret(), json(version)));
        }
        let value = serde_json::json!({ "user_id": 42 });
        let sent = |jar: &Jar, name: &str| {
            let cookie = jar.write(name, &value, None).unwrap();
            format!("{name}={}", cookie.escaped_value())
        };
        let old = json(LoadDefaults::V5_1);
        let session = sent(
            &Jar::encrypted(&other_secret(), old.clone()),
            "_app_session",
        );
        let current = sent(store.keyring().session(), "_app_session");
        let seen = sent(&Jar::signed(&other_secret(), old), "seen");
        let store = Arc::new(store);
        for header in [&session, &current, &current, "_app_session=junk"] {
            let header = format!("{header}; {seen}");
            let session = Session::open(&store, header, RequestOrigin::default());
            let _ = session.get::<u32>("user_id").unwrap();
        }
        let header = format!("{seen}; junk=AAAA");
        let session = Session::open(&store, header, RequestOrigin::default());
        let seen = session.cookies().signed();
        assert!(seen.get::<BTreeMap<String, u32>>("seen").unwrap().is_some());
        assert!(seen.get::<String>("seen").is_err());
        assert_eq!(seen.get::<String>("junk").unwrap(), None);
    });

    let counters = exporter.counters.into_inner().unwrap();
    let counted = counters
        .iter()
        .map(|(name, count)| (&**name, count.load(Relaxed)));
    let expected = [
        (
            r#"hardtack_cookies_opened_total{cookie="_app_session",jar="encrypted",rotation="3",cipher="aes-256-cbc",key_digest="SHA1",hmac_digest="SHA1",serializer="json"}"#,
            1,
        ),
        (
            r#"hardtack_cookies_opened_total{cookie="_app_session",jar="encrypted",rotation="current",cipher="aes-256-gcm",key_digest="SHA256",hmac_digest="none",serializer="json"}"#,
            2,
        ),
        (
            r#"hardtack_cookies_opened_total{cookie="seen",jar="signed",rotation="3",cipher="none",key_digest="SHA1",hmac_digest="SHA1",serializer="json"}"#,
            2,
        ),
        (
            r#"hardtack_cookies_refused_total{cookie="_app_session",reason="malformed"}"#,
            1,
        ),
        (
            r#"hardtack_cookies_refused_total{cookie="junk",reason="malformed"}"#,
            1,
        ),
    ];
    assert_eq!(counted.collect::<Vec<_>>(), expected);
    let described = exporter.described.into_inner().unwrap();
    let names = [
        "hardtack_cookies_opened_total",
        "hardtack_cookies_refused_total",
    ];
    assert_eq!(described, names);
}
