//! Requests that PHP 8.2 and 8.4 answered (`tests/vectors/php/http-*`): what they stored, and the ids
//! that they took.

use std::collections::BTreeMap;

use hardtack::php::PhpSessions;
use hardtack::stores::SessionFormat;
use hardtack::{CookieHeader, SessionData};
use serde::Deserialize;
use serde_json::Value;

use super::{handler, read, records, shown, write};

#[derive(Deserialize)]
struct Scenario {
    label: String,
    ini: BTreeMap<String, Value>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(rename = "do")]
    calls: Vec<Vec<Value>>,
    cookie: Option<String>,
    set_cookie: Vec<String>,
    body: Value,
    #[serde(default, alias = "keys")]
    files: Vec<Stored>,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(alias = "key")]
    path: String,
    hex: String,
}

impl Step {
    /// The sessions after the step, by their paths or keys.
    fn stored(&self) -> BTreeMap<&str, Vec<u8>> {
        let entry = |stored: &'_ Stored| hex::decode(&stored.hex).unwrap();
        let entries = self.files.iter();
        entries
            .map(|stored| (&*stored.path, entry(stored)))
            .collect()
    }

    /// The id of the only session that was started.
    fn id(&self) -> Option<&str> {
        let [started] = self.body.as_array()?.as_slice() else {
            return None;
        };
        started["id"].as_str()
    }
}

const FILES: [&str; 2] = ["http-8.2.jsonl.gz", "http-8.4.jsonl.gz"];

fn scenarios() -> impl Iterator<Item = Scenario> {
    FILES.iter().flat_map(|file| records::<Scenario>(file))
}

/// Makes the changes of a request; returns `false` if it does other things too.
fn change(session: &mut SessionData, calls: &[Vec<Value>]) -> bool {
    for call in calls {
        let text = |place: usize| call[place].as_str().unwrap();
        match text(0) {
            "start" if call.len() == 1 => {}
            "set" => session.insert(text(1), &call[2]).unwrap(),
            "unset" => {
                session.remove(text(1));
            }
            "inc" => {
                let count: Option<i64> = session.get(text(1)).unwrap();
                session.insert(text(1), count.unwrap_or(0) + 1).unwrap();
            }
            "clear" => session.clear(),
            _ => return false,
        }
    }
    true
}

/// The same sets, increments and removals store the same bytes.
#[test]
fn changes_store_the_same_bytes() {
    let mut checked: BTreeMap<String, usize> = BTreeMap::new();
    for scenario in scenarios() {
        let name = scenario.ini.get("session.serialize_handler");
        let name = name.and_then(Value::as_str).unwrap_or("php");
        if name == "igbinary" {
            continue;
        }
        let mut before = BTreeMap::new();
        for step in &scenario.steps {
            let after = step.stored();
            let path = after
                .keys()
                .find(|path| step.id().is_some_and(|id| path.ends_with(id)));
            if let Some(path) = path {
                let empty = Vec::new();
                let stored = before.get(path).unwrap_or(&empty);
                let mut session = read(handler(name), stored).unwrap();
                if change(&mut session, &step.calls) && session.is_changed() {
                    let format = PhpSessions::new().handler(handler(name));
                    let written = write(&format, &session).unwrap();
                    assert_eq!(shown(&written), shown(&after[path]), "{}", scenario.label);
                    *checked.entry(name.to_owned()).or_default() += 1;
                }
            }
            before = after;
        }
    }
    let expected = [("php", 264), ("php_binary", 20), ("php_serialize", 20)];
    assert_eq!(
        checked,
        expected
            .map(|(name, count)| (name.to_owned(), count))
            .into()
    );
}

/// The ids that hardtack takes otherwise than PHP, which goes on with part of the first one, and begins
/// a new session for the second; the others are names of files that are too long.
const OTHER_IDS: [&str; 2] = ["PHPSESSID=a%00b", " PHPSESSID=sp "];

#[test]
fn ids_are_taken_as_php_takes_them() {
    let format = PhpSessions::new();
    let (mut taken, mut refused, mut other, mut long) = (0, 0, 0, 0);
    let is_of_ids = |scenario: &Scenario| scenario.label == "ids from outside, strict 0";
    for step in scenarios()
        .filter(is_of_ids)
        .flat_map(|scenario| scenario.steps)
    {
        let cookie = step.cookie.as_deref().unwrap();
        let by_php = step
            .id()
            .filter(|id| !id.is_empty() && step.set_cookie.is_empty());
        let value = CookieHeader::new(cookie)
            .get("PHPSESSID")
            .map(std::borrow::Cow::into_owned);
        let ours = value.and_then(|value| format.id_of_cookie(&value));
        if OTHER_IDS.contains(&cookie) {
            other += 1;
        } else if by_php.is_none() && ours.as_ref().is_some_and(|id| id.len() > 250) {
            long += 1;
        } else {
            assert_eq!(ours.as_deref(), by_php, "{cookie}");
            taken += usize::from(by_php.is_some());
            refused += usize::from(by_php.is_none());
        }
    }
    assert_eq!((taken, refused, other, long), (30, 28, 4, 4));
}
