//! Three Memcached beside a live Dalli: each key is at the same server, also while one is stopped.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use hardtack::stores::{Saved, SessionStore, When};
use hardtack_memcached::MemcachedStore;
use hardtack_peers::MemcachedServer;
use serde_json::{Value, json};

/// A thousand keys: those of sessions, short ones, and some that Dalli shortens under a namespace.
fn keys() -> Vec<String> {
    let keys = (0..1000).map(|number| match number % 5 {
        0 => format!("{number}"),
        1 => format!("_session_id:2::{:064x}", number * 7919),
        2 => format!("rack:session:{number}-{}", "x".repeat(number / 5)),
        3 => format!("my%20app:{number}:é"),
        _ => format!("long-{number}-{}", "y".repeat(200 + number / 25)),
    });
    keys.collect()
}

/// Runs Dalli with these servers, and returns its line for each key.
fn dalli(command: &str, servers: &[String], options: &Value, keys: &[String]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("dalli_app/spread.rb");
    let mut process = Command::new("ruby")
        .arg("-W0")
        .arg(script)
        .args([command, &json!(servers).to_string(), &options.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ruby with dalli: run `scripts/peers`, which installs both");
    let mut questions = process.stdin.take().unwrap();
    let lines = keys.join("\n");
    let writer = std::thread::spawn(move || questions.write_all(lines.as_bytes()).unwrap());
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(
        output.status.success(),
        "Dalli failed, its error stands above"
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), keys.len());
    answers
}

struct World {
    servers: [MemcachedServer; 3],
    /// As Dalli and the store are told of them.
    addresses: Vec<String>,
    keys: Vec<String>,
}

impl World {
    fn start(weights: [u32; 3]) -> Self {
        let servers = [(); 3].map(|()| MemcachedServer::start(&[]));
        let addresses = servers.iter().zip(weights);
        let addresses = addresses.map(|(server, weight)| format!("{}:{weight}", server.address()));
        Self {
            addresses: addresses.collect(),
            servers,
            keys: keys(),
        }
    }

    fn clear(&self) {
        for server in &self.servers {
            if server.is_running() {
                server.command("flush_all");
            }
        }
    }

    /// Checks that the store finds what Dalli wrote, and Dalli what the store wrote; returns the number of
    /// keys that neither could reach.
    async fn compare(&self, namespace: Option<&str>, fails_over: bool) -> usize {
        self.clear();
        let mut options = json!({"failover": fails_over});
        let mut store = MemcachedStore::new(self.addresses.join(","))
            .unwrap()
            .fail_over(fails_over)
            .flags(0); // a text in Dalli
        if let Some(namespace) = namespace {
            options["namespace"] = namespace.into();
            store = store.namespace(namespace);
        }
        let mut unreachable = 0;
        let set = dalli("set", &self.addresses, &options, &self.keys);
        for (key, set) in self.keys.iter().zip(&set) {
            match store.load(key).await {
                Ok(entry) => {
                    assert_eq!(set, "set", "{key}");
                    let entry = entry.unwrap_or_else(|| panic!("{key} is elsewhere"));
                    assert_eq!(entry.bytes, key.as_bytes());
                }
                Err(error) => {
                    assert_eq!(set, "Dalli::RingError", "{key}: {error}");
                    unreachable += 1;
                }
            }
        }
        self.clear();
        for key in &self.keys {
            let saved = store
                .save(key, key.clone().into(), None, &When::Absent)
                .await;
            assert_eq!(matches!(saved, Ok(Saved::Done(_))), saved.is_ok(), "{key}");
        }
        let got = dalli("get", &self.addresses, &options, &self.keys);
        let found = self.keys.iter().zip(&got);
        let found = found.filter(|(key, got)| **got == format!("{key:?}"));
        assert_eq!(found.count(), self.keys.len() - unreachable);
        let lost = got.iter().filter(|got| *got == "Dalli::RingError").count();
        assert_eq!(lost, unreachable);
        unreachable
    }

    /// Returns how many entries each server has.
    fn spread(&self) -> BTreeMap<String, usize> {
        let running = self.servers.iter().filter(|server| server.is_running());
        running
            .map(|server| (server.address().to_string(), server.keys().len()))
            .collect()
    }
}

#[tokio::test]
async fn a_thousand_keys_are_where_dalli_has_them() {
    let mut compared = 0;
    let long = "shop-".repeat(12);
    let long = Some(long.as_str());
    let lengths = keys().into_iter().map(|key| key.len());
    assert!(lengths.max() < Some(250), "the store refuses it");
    for weights in [[1, 1, 1], [1, 2, 3]] {
        let mut world = World::start(weights);
        for namespace in [None, long] {
            assert_eq!(world.compare(namespace, true).await, 0);
            compared += 1;
        }
        println!("weights {weights:?}: {:?}", world.spread());
        assert!(world.spread().values().all(|count| *count > 50));
        world.servers[1].stop();
        for namespace in [None, long] {
            // With failover all keys have a server; without, those of the stopped one have none.
            assert_eq!(world.compare(namespace, true).await, 0);
            println!("one stopped, failover: {:?}", world.spread());
            let unreachable = world.compare(namespace, false).await;
            println!(
                "one stopped: {:?}, {unreachable} unreachable",
                world.spread()
            );
            assert!(unreachable > 50 && unreachable < 600, "{unreachable}");
            compared += 2;
        }
    }
    assert_eq!(compared, 12);
}
