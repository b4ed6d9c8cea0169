//! The recorded requests, step by step: the same changes leave the same bytes under the same keys,
//! and set the same cookies.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hardtack::stores::{SessionFormat, StoredSession};
use hardtack::value::{RubyBytes, Value};
use hardtack::{
    Commit, Error, LazySession, RequestOrigin, ServerSessions, Session, SessionData, WritePolicy,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::formats::format_of;
use super::scenarios::{
    Kept, Scenario, Step, VERSIONS, inflated, of_version, text_of_session, time_of,
};
use super::shelves::{Recorded, Shelf, Shelves};

const NAME: &str = "_session_id";

/// Why a step did not leave what Rails left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Otherwise {
    /// A private id was sent, which Rails opens, or stores anew.
    PrivateId,
    /// Rails stored an empty session: of an id that it did not know, or after the end of another.
    EmptySession,
    /// Rails failed because JSON has no binary text; so does the commit here.
    NoJson,
    /// Rails 7.0 and later write a new entry of 6.1 with the time since 1970.
    CreatedAt,
    /// Ruby's digits and the names of its Symbols are US-ASCII, and new texts here are UTF-8.
    UsAscii,
    /// A short value that zlib makes a byte shorter, and this compressor does not.
    NotShorter,
    /// The session under its older key was moved; redis-session-store leaves it there.
    Moved,
}

/// A scenario that is being replayed.
struct Replay<'a> {
    at: String,
    version: &'a str,
    format: Box<dyn SessionFormat>,
    sessions: Arc<ServerSessions>,
    shelves: Shelves,
    ids: Arc<Mutex<VecDeque<String>>>,
    now: Arc<Mutex<OffsetDateTime>>,
    expire_after: Option<Duration>,
    /// True if the ids are sealed. The secret was not recorded: the replay has ids of its own.
    is_sealed: bool,
}

/// What a cookie header or a `Set-Cookie` says of the session.
fn id_in(pair: &str) -> &str {
    let pair = pair.split(';').next().unwrap();
    pair.strip_prefix("_session_id=").unwrap()
}

fn shelf_of(store: &[Kept]) -> Shelf {
    let ttl = |kept: &Kept| {
        let milliseconds = kept.pttl.or(kept.ttl.map(|ttl| ttl.saturating_mul(1000)));
        Some(Duration::from_millis(milliseconds?.try_into().ok()?))
    };
    let entry = |kept: &Kept| (kept.key.clone(), (kept.bytes().into(), ttl(kept)));
    store.iter().map(entry).collect()
}

impl<'a> Replay<'a> {
    fn new(version: &'a str, scenario: &'a Scenario) -> Self {
        let settings = &scenario.settings;
        let (shelves, ids) = (Shelves::default(), Arc::default());
        let now = Arc::new(Mutex::new(OffsetDateTime::UNIX_EPOCH));
        let (format, expire_after) = format_of(version, settings);
        let recorded = Recorded {
            format,
            ids: Arc::clone(&ids),
        };
        let clock = Arc::clone(&now);
        let mut sessions = ServerSessions::new(recorded, shelves.clone(), NAME)
            .writes(WritePolicy::WhenRead)
            .clock(move || *clock.lock().unwrap());
        if let Some(expire_after) = expire_after {
            sessions = sessions.expire_after(expire_after);
        }
        Self {
            at: format!("{version} {} {settings}", scenario.label),
            version,
            format: format_of(version, settings).0,
            sessions: Arc::new(sessions),
            shelves,
            ids,
            now,
            expire_after,
            is_sealed: settings["options"]["signed"] == "true",
        }
    }

    /// Runs a step from what Rails left before it, and compares what both leave.
    async fn step(&self, place: usize, before: &Shelf, step: &Step) -> Option<Otherwise> {
        let at = format!("{} step {place} {:?}", self.at, step.actions);
        let mut after = shelf_of(&step.store);
        *self.now.lock().unwrap() = time_of(step.now);
        self.shelves.0.lock().unwrap().clone_from(before);
        let mut sent = step.cookie.as_deref().map(id_in);
        let mut answered = step.set_cookie.first().map(|cookie| id_in(cookie));
        let mut header = step.cookie.clone().unwrap_or_default();
        let own = format!("{place:032x}");
        if self.is_sealed && answered.is_some() {
            // Rails found no session by the cookie that was sent, and began one under a new key.
            let mut new = after.keys().filter(|key| !before.contains_key(*key));
            let (Some(key), None) = (new.next().cloned(), new.next()) else {
                panic!("{at}: not one new key");
            };
            let entry = after.remove(&key).unwrap();
            after.insert(self.format.keys(&own).swap_remove(0), entry);
            (sent, answered, header) = (None, Some(own.as_str()), String::new());
        }
        let new = answered.filter(|id| Some(*id) != sent);
        *self.ids.lock().unwrap() = new.map(str::to_owned).into_iter().collect();

        let lazy = LazySession::open(&self.sessions, header, RequestOrigin::default());
        // Rails loads a session whose cookie has an expiry at every request.
        if step.actions == ["none"] && self.expire_after.is_none() {
            assert_eq!(lazy.commit(200).await, Ok(Commit::Keep), "{at}");
            let bytes = |shelf: &Shelf| {
                shelf
                    .values()
                    .map(|kept| kept.0.clone())
                    .collect::<Vec<_>>()
            };
            assert_eq!(bytes(&after), bytes(before), "{at}");
            return None;
        }
        let session = lazy.load().await.unwrap();
        for action in &step.actions {
            match action.as_str() {
                // Without a new id, as Rails' `session.clear`.
                "clear" => drop(
                    session
                        .keys()
                        .iter()
                        .map(|key| session.remove(key))
                        .collect::<Vec<_>>(),
                ),
                "renew" => session.renew().unwrap(),
                "reset" | "destroy" => session.reset().unwrap(),
                _ => {}
            }
        }
        if step.error.is_some() {
            let bytes = RubyBytes {
                bytes: vec![0xff, 0],
                encoding: "ASCII-8BIT".to_owned(),
            };
            session.insert("bin", Value::Bytes(bytes)).unwrap();
            let refused = lazy.commit(200).await;
            assert!(
                matches!(refused, Err(Error::UnwritableValue { .. })),
                "{at}"
            );
            assert_eq!(*self.shelves.0.lock().unwrap(), *before, "{at}");
            return Some(Otherwise::NoJson);
        }
        let id = answered.or(sent)?;
        let written = self.format.keys(id).swap_remove(0);
        let target = after.get(&written).map(|(bytes, _)| session_of(bytes));
        if sent.is_some_and(|sent| sent.starts_with("2::")) {
            assert!(session.is_empty(), "{at}: a private id opened a session");
            assert_eq!(lazy.commit(200).await, Ok(Commit::Keep), "{at}");
            assert_eq!(*self.shelves.0.lock().unwrap(), *before, "{at}");
            return Some(Otherwise::PrivateId);
        }
        if let Some(target) = &target {
            change_into(&session, target);
        }
        let commit = lazy.commit(200).await.unwrap();
        let left = self.shelves.0.lock().unwrap().clone();
        if target.as_ref().is_some_and(SessionData::is_empty) {
            let mut rest = after.clone();
            rest.remove(&written);
            assert_same_keys(&at, &left, &rest);
            assert_ne!(before, &after, "{at}");
            return Some(Otherwise::EmptySession);
        }
        self.assert_cookie(&at, step, answered, &commit);
        let mut otherwise = None;
        let mut wanted = after;
        // The older key, from which the session was moved.
        if let Some(sent) = sent
            && wanted.remove(sent).is_some()
        {
            otherwise = Some(Otherwise::Moved);
        }
        assert_same_keys(&at, &left, &wanted);
        for (key, (bytes, ttl)) in &left {
            let (expected, expected_ttl) = &wanted[key];
            assert_ttl(&at, *ttl, *expected_ttl);
            if bytes != expected {
                otherwise = self.difference(&at, step, bytes, expected).or(otherwise);
            }
        }
        otherwise
    }

    fn assert_cookie(&self, at: &str, step: &Step, answered: Option<&str>, commit: &Commit) {
        let cookies = commit.cookies();
        let Some(set) = step.set_cookie.first() else {
            return assert_eq!(cookies, [], "{at}");
        };
        let [cookie] = cookies else {
            panic!("{at}: {cookies:?}, not {set}");
        };
        if self.is_sealed {
            let opened = self.format.id_of_cookie(&cookie.value());
            assert_eq!(opened.as_deref(), answered, "{at}");
        } else {
            assert_eq!(cookie.value(), id_in(set).as_bytes(), "{at}");
        }
        let expires = set.split("expires=").nth(1);
        let expires = expires.map(|rest| {
            let date = rest.split(';').next().unwrap().replace("GMT", "+0000");
            OffsetDateTime::parse(&date, &Rfc2822).unwrap()
        });
        let ours = cookie
            .expires()
            .map(|end| end.replace_nanosecond(0).unwrap());
        assert_eq!(ours, expires, "{at}");
        assert_eq!(expires.is_some(), self.expire_after.is_some(), "{at}");
    }

    /// Finds out why an entry's bytes are not Rails'; its value is, always.
    fn difference(
        &self,
        at: &str,
        step: &Step,
        bytes: &[u8],
        expected: &[u8],
    ) -> Option<Otherwise> {
        let ours = StoredSession::read(bytes).unwrap();
        let rails = StoredSession::read(expected).unwrap();
        let texts = [&ours, &rails].map(|stored| text_of_session(stored.session()));
        assert_eq!(texts[0], texts[1], "{at}");
        assert_eq!(ours.expires_at(), rails.expires_at(), "{at}");
        let content = |bytes: &[u8]| match inflated(bytes) {
            Some(content) => content,
            None if bytes.starts_with(b"BAh") => {
                let lines = bytes.split(|byte| *byte == b'\n').collect::<Vec<_>>();
                STANDARD.decode(lines.concat()).unwrap()
            }
            None => bytes.to_vec(),
        };
        let (ours_content, rails_content) = (content(bytes), content(expected));
        if ours_content == rails_content {
            return None; // Another compressor, or none (Dalli).
        }
        let encoded = ruby_utf8(&rails_content);
        if encoded == ruby_utf8(&ours_content) {
            return Some(Otherwise::UsAscii);
        }
        let (shown, rails_shown) = (ours.to_string(), rails.to_string());
        if rails_shown == format!("{shown}, compressed") {
            return Some(Otherwise::NotShorter);
        }
        let is_new = !step.set_cookie.is_empty();
        if shown.contains(" 6.1") && self.version != "6.1" && is_new {
            return Some(Otherwise::CreatedAt);
        }
        panic!(
            "{at}: {shown}\n{}\n{}",
            hex::encode(ours_content),
            hex::encode(rails_content)
        );
    }
}

/// Marshal whose Strings in US-ASCII are in UTF-8: `E` is false, by a link to its Symbol.
pub(super) fn ruby_utf8(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for place in 3..bytes.len() {
        let (before, rest) = bytes.split_at_mut(place);
        if rest[0] == b'F' && before.ends_with(&[6, b';', before[place - 1]]) {
            rest[0] = b'T';
        }
    }
    bytes
}

fn session_of(bytes: &[u8]) -> SessionData {
    StoredSession::read(bytes).unwrap().session().clone()
}

/// Makes the changes that turn the session into another.
fn change_into(session: &Session, target: &SessionData) {
    for key in session.keys() {
        if !target.contains_key(&key) {
            session.remove(&key).unwrap();
        }
    }
    for key in target.keys() {
        let value: Option<Value> = target.get(&key).unwrap();
        let present: Option<Value> = session.get(&key).unwrap();
        if present != value {
            session.insert(&key, value).unwrap();
        }
    }
}

fn assert_same_keys(at: &str, left: &Shelf, right: &Shelf) {
    let keys = |shelf: &Shelf| shelf.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(left), keys(right), "{at}");
}

/// Redis counted while Rails' clock stood still; Dalli adds a second.
fn assert_ttl(at: &str, ours: Option<Duration>, rails: Option<Duration>) {
    match (ours, rails) {
        (None, None) => {}
        (Some(ours), Some(rails)) => {
            let off = ours.abs_diff(rails);
            assert!(
                off <= Duration::from_secs(2),
                "{at}: {ours:?}, not {rails:?}"
            );
        }
        _ => panic!("{at}: {ours:?}, not {rails:?}"),
    }
}

/// What stood in the store before the first step.
fn planted(scenario: &Scenario) -> Shelf {
    let step = &scenario.steps[0];
    let mut shelf = Shelf::new();
    if scenario.label.starts_with("hybrid: Marshal") {
        let old = shelf_of(&step.store);
        let (plain, content) = old
            .iter()
            .find(|(key, _)| key.starts_with("plain"))
            .unwrap();
        shelf.insert(plain.clone(), content.clone());
        let private = old.keys().find(|key| key.starts_with("2::")).unwrap();
        let seven = b"\x04\x08{\x06I\"\x0cuser_id\x06:\x06ETi\x0c";
        shelf.insert(private.clone(), (Bytes::from_static(seven), None));
    } else if scenario.label.starts_with("a row under the bare id") {
        let nine = Bytes::from_static(b"BAh7BkkiDHVzZXJfaWQGOgZFVGkO\n");
        let id = id_in(step.cookie.as_ref().unwrap());
        shelf.insert(id.to_owned(), (nine, None));
    }
    shelf
}

#[test]
fn every_step_leaves_what_rails_left() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (mut scenarios, mut steps) = (0, 0);
    let mut otherwise: BTreeMap<Otherwise, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for version in VERSIONS {
        for scenario in of_version(version) {
            if scenario.steps.is_empty() {
                continue;
            }
            scenarios += 1;
            let replay = Replay::new(version, &scenario);
            let mut before = planted(&scenario);
            for (place, step) in scenario.steps.iter().enumerate() {
                let run = AssertUnwindSafe(|| runtime.block_on(replay.step(place, &before, step)));
                match catch_unwind(run) {
                    Ok(Some(why)) => *otherwise.entry(why).or_default() += 1,
                    Ok(None) => {}
                    Err(fault) => {
                        let text = fault.downcast_ref::<String>().cloned();
                        faults.push(text.unwrap_or_default());
                    }
                }
                before = shelf_of(&step.store);
                steps += 1;
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults: {}",
        faults.len(),
        faults.join("\n")
    );
    assert_eq!((scenarios, steps), (418, 4_372));
    // All other steps left the same bytes, and zlib with the same content.
    let expected = [
        (Otherwise::PrivateId, 206),
        (Otherwise::EmptySession, 394),
        (Otherwise::NoJson, 28),
        (Otherwise::CreatedAt, 90),
        (Otherwise::UsAscii, 274),
        (Otherwise::NotShorter, 9),
        (Otherwise::Moved, 6),
    ];
    assert_eq!(otherwise.into_iter().collect::<Vec<_>>(), expected);
}
