//! The counters and histograms that an exporter of the `metrics` crate gets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use hardtack::observe::CookieMetrics;
use hardtack::{CookieStore, Jar, LoadDefaults, RequestOrigin, Rotation, ServerSessions, Session};
use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

use crate::store_reports::visits;
use crate::support::{json, other_secret, secret};

/// An exporter that keeps the counters.
#[derive(Default)]
struct Exporter {
    counters: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    histograms: Mutex<BTreeMap<String, Arc<Recorded>>>,
    described: Mutex<Vec<String>>,
}

/// The values that a histogram got.
#[derive(Default)]
struct Recorded(Mutex<Vec<f64>>);

impl HistogramFn for Recorded {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}

fn named(key: &Key) -> String {
    let label = |label: &metrics::Label| format!("{}={:?}", label.key(), label.value());
    let labels = key.labels().map(label).collect::<Vec<_>>();
    format!("{}{{{}}}", key.name(), labels.join(","))
}

impl Recorder for Exporter {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.described.lock().unwrap().push(key.as_str().to_owned());
    }

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        assert_eq!(unit, Some(Unit::Seconds));
        self.described.lock().unwrap().push(key.as_str().to_owned());
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut counters = self.counters.lock().unwrap();
        Counter::from_arc(counters.entry(named(key)).or_default().clone())
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let mut histograms = self.histograms.lock().unwrap();
        Histogram::from_arc(histograms.entry(named(key)).or_default().clone())
    }
}

/// Returns the counters that a closure moves.
pub(crate) fn counters(run: impl FnOnce()) -> BTreeMap<String, u64> {
    let exporter = Exporter::default();
    with_local_recorder(&exporter, run);
    let counters = exporter.counters.into_inner().unwrap().into_iter();
    counters
        .map(|(name, count)| (name, count.load(Relaxed)))
        .collect()
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
        "hardtack_store_lookups_total",
        "hardtack_store_operations_total",
        "hardtack_store_conflicts_total",
        "hardtack_store_reverts_total",
        "hardtack_store_operation_duration_seconds",
    ];
    assert_eq!(described, names);
}

#[test]
fn the_work_of_a_store() {
    let exporter = Exporter::default();
    with_local_recorder(&exporter, || {
        visits(|sessions: ServerSessions| sessions.observer(CookieMetrics::new()));
    });
    let counters = exporter.counters.into_inner().unwrap();
    let counted = counters
        .iter()
        .map(|(name, count)| (&**name, count.load(Relaxed)));
    let expected = [
        (
            r#"hardtack_store_lookups_total{cookie="_session_id",outcome="hit"}"#,
            6,
        ),
        (
            r#"hardtack_store_lookups_total{cookie="_session_id",outcome="miss"}"#,
            1,
        ),
        (
            r#"hardtack_store_lookups_total{cookie="_session_id",outcome="unreadable"}"#,
            1,
        ),
        (
            r#"hardtack_store_operations_total{cookie="_session_id",operation="delete",outcome="absent"}"#,
            1,
        ),
        (
            r#"hardtack_store_operations_total{cookie="_session_id",operation="delete",outcome="done"}"#,
            1,
        ),
        (
            r#"hardtack_store_operations_total{cookie="_session_id",operation="load",outcome="absent"}"#,
            4,
        ),
        (
            r#"hardtack_store_operations_total{cookie="_session_id",operation="load",outcome="done"}"#,
            7,
        ),
        (
            r#"hardtack_store_operations_total{cookie="_session_id",operation="load",outcome="error"}"#,
            1,
        ),
        (
            r#"hardtack_store_operations_total{cookie="_session_id",operation="save",outcome="absent"}"#,
            1,
        ),
        (
            r#"hardtack_store_operations_total{cookie="_session_id",operation="save",outcome="conflict"}"#,
            1,
        ),
        (
            r#"hardtack_store_operations_total{cookie="_session_id",operation="save",outcome="done"}"#,
            4,
        ),
        (
            r#"hardtack_store_operations_total{cookie="_session_id",operation="touch",outcome="done"}"#,
            1,
        ),
    ];
    assert_eq!(counted.collect::<Vec<_>>(), expected);

    // Each operation of the store of `visits` takes a quarter of a second by the clock.
    let histograms = exporter.histograms.into_inner().unwrap();
    let times = histograms.iter().map(|(name, recorded)| {
        let times = recorded.0.lock().unwrap();
        assert!(
            times.iter().all(|time| (time - 0.25).abs() < 1e-9),
            "{times:?}"
        );
        (&**name, times.len())
    });
    let expected = [
        (
            r#"hardtack_store_operation_duration_seconds{cookie="_session_id",operation="delete"}"#,
            2,
        ),
        (
            r#"hardtack_store_operation_duration_seconds{cookie="_session_id",operation="load"}"#,
            12,
        ),
        (
            r#"hardtack_store_operation_duration_seconds{cookie="_session_id",operation="save"}"#,
            6,
        ),
        (
            r#"hardtack_store_operation_duration_seconds{cookie="_session_id",operation="touch"}"#,
            1,
        ),
    ];
    assert_eq!(times.collect::<Vec<_>>(), expected);
}
