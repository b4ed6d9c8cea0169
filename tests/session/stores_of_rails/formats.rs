//! The formats of the recorded settings.

use std::time::Duration;

use hardtack::stores::{CacheFormatVersion, RailsCache, SessionFormat, StoredHash};
use hardtack::{Jar, LoadDefaults, SecretKeyBase, Serializer};

/// The format of a scenario's settings, and the expiry of its sessions.
pub(super) fn format_of(
    version: &str,
    settings: &serde_json::Value,
) -> (Box<dyn SessionFormat>, Option<Duration>) {
    let seconds = |value: &serde_json::Value| {
        let text = value.as_str().and_then(|text| text.parse().ok());
        value.as_u64().or(text).map(Duration::from_secs)
    };
    let options = &settings["options"];
    let hash = match settings["store"].as_str().unwrap() {
        "cache_store" => return cache_of(version, settings),
        "redis-session-store" => {
            let redis = &options["redis"];
            let mut format = StoredHash::redis_session_store()
                .key_prefix(redis["key_prefix"].as_str().unwrap_or_default());
            // The id that was planted there.
            format = format.id_prefix("plain");
            if let Some(ttl) = seconds(&redis["ttl"]) {
                format = format.ttl(ttl);
            }
            return (
                Box::new(format.serializer(serializer(&options["serializer"]))),
                seconds(&redis["expire_after"]),
            );
        }
        "redis-store" => {
            let namespace = settings["servers"].as_str().unwrap().split('/').nth(4);
            let format = StoredHash::redis_store(namespace.unwrap_or_default())
                .serializer(serializer(&options["serializer"]));
            if options["signed"] == "true" {
                let secret = SecretKeyBase::new("0123456789abcdef".repeat(8)).unwrap();
                let jar = Jar::encrypted(&secret, LoadDefaults::V7_0);
                format.sealed_ids(jar, "_session_id")
            } else {
                format
            }
        }
        "activerecord-session_store" => {
            StoredHash::active_record_store().serializer(serializer(&settings["serializer"]))
        }
        "dalli rack session" => match options["namespace"].as_str() {
            Some(namespace) => StoredHash::dalli().key_prefix(format!("{namespace}:")),
            None => StoredHash::dalli(),
        },
        other => panic!("no format for {other}"),
    };
    (Box::new(hash), seconds(&options["expire_after"]))
}

fn cache_of(
    version: &str,
    settings: &serde_json::Value,
) -> (Box<dyn SessionFormat>, Option<Duration>) {
    let version = match settings["cache_format_version"].as_f64() {
        Some(7.1) => CacheFormatVersion::V7_1,
        Some(7.0) => CacheFormatVersion::V7_0,
        Some(6.1) => CacheFormatVersion::V6_1,
        // The app set none.
        None if version == "6.1" => CacheFormatVersion::V6_1,
        other => panic!("no cache format {other:?} in {version}"),
    };
    let mut format = RailsCache::new(version);
    if settings["serializer"] == "message_pack" {
        format = format.message_pack(LoadDefaults::NEWEST);
    }
    if settings["cache"] == "mem_cache_store" {
        format = format.mem_cache_store();
    }
    let options = &settings["cache_options"];
    if let Some(namespace) = options["namespace"].as_str() {
        format = format.namespace(namespace);
    }
    if options["compress"] == false {
        format = format.compress_threshold(None);
    }
    if let Some(threshold) = options["compress_threshold"].as_u64() {
        format = format.compress_threshold(usize::try_from(threshold).unwrap());
    }
    // `CacheStore` takes the cache's `expires_in` for its own `expire_after`.
    let expire_after = settings["expire_after"].as_u64();
    let expire_after = expire_after.or(options["expires_in"].as_u64());
    (Box::new(format), expire_after.map(Duration::from_secs))
}

fn serializer(setting: &serde_json::Value) -> Serializer {
    match setting.as_str() {
        Some("json" | "JSON") => Serializer::Json,
        Some("hybrid") => Serializer::Hybrid,
        Some("marshal") | None => Serializer::Marshal,
        other => panic!("no serializer {other:?}"),
    }
}
