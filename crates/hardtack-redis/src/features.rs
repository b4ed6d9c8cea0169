//! [`Features`]: what a server can do beyond the commands that every server has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use redis::Value;

/// An option of `SET` that newer servers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    /// `SET .. NX GET`: Redis 7.0 and later, and every Valkey.
    NxGet = 1,
    /// `SET .. IFEQ`: Valkey 8.1 and Redis 8.4, and later.
    IfEq = 2,
}

/// The features of one server, found once per connection by `HELLO`.
///
/// A server that does not answer `HELLO` has none: scripts do the same in as many commands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features(Arc<AtomicU8>);

impl Features {
    /// Reads the features from the answer to `HELLO`.
    pub(crate) fn of(hello: &Hello) -> Self {
        let since = |valkey, redis| match hello.server.as_deref() {
            Some("valkey") => hello.version >= valkey,
            Some("redis") => hello.version >= redis,
            _ => false,
        };
        let features = Self::default();
        for (feature, is_there) in [
            (Feature::NxGet, since((7, 0), (7, 0))),
            (Feature::IfEq, since((8, 1), (8, 4))),
        ] {
            if is_there {
                features.0.fetch_or(feature as u8, Ordering::Relaxed);
            }
        }
        features
    }

    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.0.load(Ordering::Relaxed) & feature as u8 != 0
    }

    /// Forgets a feature that the server refused: it may be a proxy or another engine.
    pub(crate) fn remove(&self, feature: Feature) {
        self.0.fetch_and(!(feature as u8), Ordering::Relaxed);
    }
}

/// The answer of a server to `HELLO`; empty where that is forbidden or unknown.
#[derive(Debug, Default)]
pub(crate) struct Hello {
    server: Option<String>,
    version: (u32, u32),
    pub(crate) mode: Option<String>,
    pub(crate) role: Option<String>,
}

impl Hello {
    /// Reads the answer: names and values in turn in RESP2, a map in RESP3.
    pub(crate) fn read(answer: Value) -> Self {
        let mut hello = Self::default();
        let pairs: Vec<(Value, Value)> = match answer {
            Value::Map(pairs) => pairs,
            Value::Array(items) => {
                let mut items = items.into_iter();
                std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect()
            }
            _ => return hello,
        };
        for (name, value) in pairs {
            let (Some(name), Some(value)) = (text(&name), text(&value)) else {
                continue;
            };
            match &*name {
                "server" => hello.server = Some(value),
                "version" => hello.version = version(&value),
                "mode" => hello.mode = Some(value),
                "role" => hello.role = Some(value),
                _ => {}
            }
        }
        hello
    }
}

/// Returns a short text of an answer; `None` for everything else.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.clone()),
        _ => None,
    }
}

/// Reads `8.1.3` as (8, 1).
fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(server: &str, version: &str) -> Hello {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let answer = [
            ("server", server),
            ("version", version),
            ("role", "master"),
            ("mode", "standalone"),
        ];
        let mut items: Vec<Value> = answer
            .into_iter()
            .flat_map(|(name, value)| [text(name), text(value)])
            .collect();
        items.extend([text("proto"), Value::Int(2), text("modules")]);
        items.push(Value::Array(Vec::new()));
        Hello::read(Value::Array(items))
    }

    #[test]
    fn features_follow_from_server_and_version() {
        // Valkey 7.2 is Redis 7.2 under another name; IFEQ came in 8.1 there and in 8.4 here.
        for (server, version, nx_get, if_eq) in [
            ("redis", "6.2.14", false, false),
            ("redis", "7.0.15", true, false),
            ("redis", "8.3.9", true, false),
            ("redis", "8.4.0", true, true),
            ("redis", "10.0.0", true, true),
            ("valkey", "7.2.8", true, false),
            ("valkey", "8.0.2", true, false),
            ("valkey", "8.1.1", true, true),
            ("valkey", "9.0.0", true, true),
            ("redis", "unstable", false, false),
            ("somebody else's", "9.9.9", false, false),
        ] {
            let features = Features::of(&hello(server, version));
            assert_eq!(features.has(Feature::NxGet), nx_get, "{server} {version}");
            assert_eq!(features.has(Feature::IfEq), if_eq, "{server} {version}");
        }
        assert_eq!(hello("redis", "7.0.15").role.as_deref(), Some("master"));
    }

    #[test]
    fn an_odd_answer_is_no_feature() {
        for answer in [
            Value::Nil,
            Value::Okay,
            Value::Array(vec![Value::Nil]),
            Value::Map(vec![(Value::Int(1), Value::Int(2))]),
        ] {
            let features = Features::of(&Hello::read(answer));
            assert!(!features.has(Feature::NxGet) && !features.has(Feature::IfEq));
        }
    }

    #[test]
    fn a_refused_feature_is_forgotten_by_all_who_share_the_connection() {
        let features = Features::of(&hello("valkey", "8.1.1"));
        let shared = features.clone();
        features.remove(Feature::IfEq);
        assert!(shared.has(Feature::NxGet) && !shared.has(Feature::IfEq));
    }
}
