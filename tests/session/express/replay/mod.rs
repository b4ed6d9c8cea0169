//! Every recorded scenario of express-session, request by request: what the handler sees, the
//! cookie that is set, the bytes and the life in the store, and the commands to Redis.

mod differences;
mod given_ids;
mod scenario;
mod shelf;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hardtack::express::ExpressSession;
use hardtack::headers::unescape;
use hardtack::stores::{ConflictPolicy, SessionFormat};
use hardtack::value::Value as Ordered;
use hardtack::{
    Commit, LazySession, RequestOrigin, ServerSessions, Session, SessionData, WritePolicy,
};
use serde_json::Value;

use self::differences::{Aspect, Differences};
use self::given_ids::GivenIds;
pub(super) use self::scenario::Scenario;
use self::scenario::{Kept, Step};
use self::shelf::{Held, Shelf};
use super::lines;

/// The files of express-session on each store.
const FILES: [&str; 16] = [
    "memory-1.17.3",
    "memory-1.18.2",
    "memory-1.19.0",
    "connect-redis-6",
    "connect-redis-7",
    "connect-redis-8",
    "connect-redis-9",
    "connect-redis-10",
    "connect-memcached-3",
    "connect-pg-simple-10",
    "connect-session-knex-5",
    "connect-session-sequelize-7",
    "session-file-store-1.5",
    "connect-mongo-4",
    "connect-mongo-5",
    "connect-mongo-6",
];

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    scenarios: usize,
    steps: usize,
    commands: usize,
    cookies: usize,
    entries: usize,
    /// Steps of entries that kruptein encrypted.
    encrypted: usize,
    /// Steps that Express answers with 500: `sameSite: 'auto'` in 1.17.3, a missing table, and requests
    /// outside of the cookie's `path`, where the app finds no session.
    failed: usize,
    /// Other steps of the scenario whose table does not exist.
    without_table: usize,
}

#[tokio::test]
async fn requests_do_what_express_does() {
    let (mut counts, mut differences) = (Counts::default(), Differences::default());
    for file in FILES {
        for scenario in lines::<Scenario>(&format!("{file}.jsonl.gz")) {
            counts.scenarios += 1;
            counts.steps += scenario.steps.len();
            let commands = |step: &Step| step.commands.as_ref().map_or(0, Vec::len);
            counts.commands += scenario.steps.iter().map(commands).sum::<usize>();
            let has = |option| scenario.store_options.contains_key(option);
            if has("secret") || has("crypto") {
                counts.encrypted += scenario.steps.len();
                continue;
            }
            if has("tableName") {
                let failed = scenario.steps.iter().filter(|step| step.status == 500);
                let failed = failed.count();
                counts.failed += failed;
                counts.without_table += scenario.steps.len() - failed;
                continue;
            }
            replay(file, &scenario, &mut counts, &mut differences).await;
        }
    }
    let expected = Counts {
        scenarios: 496,
        steps: 3962,
        commands: 936,
        cookies: 1769,
        entries: 4385,
        encrypted: 30,
        failed: 22,
        without_table: 1,
    };
    differences.check(&format!("{counts:?}"));
    assert_eq!(counts, expected);
}

async fn replay(
    file: &str,
    scenario: &Scenario,
    counts: &mut Counts,
    differences: &mut Differences,
) {
    let shelf = Shelf::new(&scenario.store);
    let given = GivenIds {
        format: scenario.format(file != "memory-1.17.3"),
        ids: Arc::default(),
    };
    for step in &scenario.steps {
        if step.status == 500 {
            counts.failed += 1;
            continue;
        }
        shelf.set_clock(step.now_ms);
        let mut seen = Seen::default();
        let new_ids = new_ids(&given.format, step);
        given.ids.lock().unwrap().extend(new_ids);
        let commit = request(scenario, step, &given, &shelf, &mut seen).await;
        given.ids.lock().unwrap().clear();
        let mut compare = Compare {
            file,
            scenario,
            step,
            shelf: &shelf,
            differences,
        };
        compare.handler(&seen);
        counts.cookies += compare.cookies(&commit);
        counts.entries += compare.entries(&given.format);
        compare.commands();
    }
}

/// Returns the ids in the cookies that Express set.
fn new_ids(format: &ExpressSession, step: &Step) -> Vec<String> {
    let cookies = step.set_cookie.iter();
    let ids = cookies.map(|cookie| {
        let (_, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        format.id_of_cookie(&unescape(value.as_bytes())).unwrap()
    });
    ids.collect()
}

/// What the handler saw.
#[derive(Default)]
struct Seen {
    body: String,
    data: Option<Value>,
    id: Option<String>,
}

async fn request(
    scenario: &Scenario,
    step: &Step,
    given: &GivenIds,
    shelf: &Shelf,
    seen: &mut Seen,
) -> Commit {
    let clock = shelf.clone();
    let mut sessions = ServerSessions::new(given.clone(), shelf.clone(), scenario.name())
        .conflicts(ConflictPolicy::Overwrite)
        .clock(move || clock.now())
        .trusted_hops(scenario.hops(step))
        // express-session sets none by default.
        .same_site(None);
    if scenario.options.resave {
        sessions = sessions.writes(WritePolicy::WhenRead);
    }
    let header = |name: &str| {
        let value = step.headers.get(name);
        value.map(String::as_bytes)
    };
    let origin: RequestOrigin = sessions.origin(false, header);
    let cookies = step.headers.get("cookie").cloned().unwrap_or_default();
    let request = LazySession::open(&Arc::new(sessions), cookies, origin);
    // Express loads the session of every request.
    let session = request.load().await.unwrap();
    handle(scenario, step, &session, seen);
    let at = format!("{}, {}", scenario.label, step.path);
    request
        .commit(200)
        .await
        .unwrap_or_else(|error| panic!("{at}: {error}"))
}

/// Does what the handlers of the recorded app do.
fn handle(scenario: &Scenario, step: &Step, session: &Session, seen: &mut Seen) {
    let (path, query) = step.path.split_once('?').unwrap_or((&step.path, ""));
    let argument = query.split_once('=').map_or("", |(_, value)| value);
    let argument = String::from_utf8(unescape(argument.as_bytes()).into_owned()).unwrap();
    let json = || serde_json::from_str::<Ordered>(&argument).unwrap();
    match path {
        // The last one is no route.
        "/none" | "/touch" | "/reload" | "/set/x" => {}
        "/read" => {
            seen.data = Some(session.view::<Value>().unwrap());
            seen.id = session.session_id();
        }
        "/set" => {
            let all = SessionData::from_json(argument).unwrap();
            for key in all.keys() {
                session
                    .insert(&key, all.get::<Ordered>(&key).unwrap())
                    .unwrap();
            }
        }
        "/same" => {
            for key in session.keys() {
                let value = session.get::<Ordered>(&key).unwrap();
                session.insert(&key, value).unwrap();
            }
        }
        "/count" => {
            let views = session.get::<u64>("views").unwrap().unwrap_or(0) + 1;
            session.insert("views", views).unwrap();
            seen.body = views.to_string();
        }
        "/save" => session.insert("saved", json()).unwrap(),
        "/delete" => {
            session.remove(&argument).unwrap();
        }
        "/login" => {
            session.reset().unwrap();
            session.insert("user", json()).unwrap();
        }
        "/destroy" => session.drop().unwrap(),
        "/unset" if scenario.options.unset.as_deref() == Some("destroy") => session.drop().unwrap(),
        "/unset" => session.skip().unwrap(),
        // A life that is over is over, however long.
        "/maxage" | "/expires" => {
            let age = argument.parse::<i64>().ok();
            let age = age.map(|age| Duration::from_millis(u64::try_from(age).unwrap_or(0)));
            session.express_max_age(age).unwrap();
        }
        other => panic!("{other}"),
    }
}

/// Compares one step with what Express did.
struct Compare<'a> {
    file: &'a str,
    scenario: &'a Scenario,
    step: &'a Step,
    shelf: &'a Shelf,
    differences: &'a mut Differences,
}

impl Compare<'_> {
    fn same(&mut self, aspect: Aspect, ours: impl Into<String>, theirs: impl Into<String>) -> bool {
        let (ours, theirs) = (ours.into(), theirs.into());
        let is_same = ours == theirs;
        if !is_same {
            let (file, scenario, step) = (self.file, self.scenario, self.step);
            self.differences
                .note(aspect, file, scenario, step, [ours, theirs]);
        }
        is_same
    }

    fn handler(&mut self, seen: &Seen) {
        if let Some(data) = &seen.data {
            let mut theirs: Value = serde_json::from_str(&self.step.body).unwrap();
            // The file store shows its own member to the app.
            theirs["data"]
                .as_object_mut()
                .unwrap()
                .remove("__lastAccess");
            self.same(Aspect::Data, data.to_string(), theirs["data"].to_string());
            // Without an entry Express makes an id that nobody gets.
            if let Some(id) = &seen.id {
                self.same(Aspect::Data, id, theirs["id"].as_str().unwrap());
            }
        } else if !seen.body.is_empty() {
            let theirs = self.step.body.clone();
            self.same(Aspect::Data, &*seen.body, theirs);
        }
    }

    fn cookies(&mut self, commit: &Commit) -> usize {
        let ours = commit.cookies().iter().map(|cookie| parts(cookie.header()));
        let theirs = self.step.set_cookie.iter().map(|header| parts(header));
        let [ours, theirs] = [ours.collect::<Vec<_>>(), theirs.collect()];
        self.same(Aspect::Cookie, ours.join("\n"), theirs.join("\n"));
        self.step.set_cookie.len()
    }

    /// Compares the entries, and then puts those of Express in place of ours.
    fn entries(&mut self, format: &ExpressSession) -> usize {
        for (id, theirs) in &self.step.store {
            let key = format.keys(id)[0].clone();
            let ours = self.shelf.held(&key);
            if let Some(theirs) = theirs {
                // The file store's keys are names of files.
                assert_eq!(theirs.key.trim_end_matches(".json"), key);
            }
            let text = theirs.as_ref().map(text_of);
            let held = ours.as_ref().map(|held| held.text.clone());
            let [ours_text, theirs_text] = [held, text.clone()].map(Option::unwrap_or_default);
            let mut is_same = self.same(Aspect::Entry, ours_text, theirs_text);
            if let (Some(ours), Some(theirs)) = (&ours, theirs) {
                let life = differences::life(&self.scenario.store, ours, theirs);
                if let Some([ours, theirs]) = life {
                    is_same &= self.same(Aspect::Life, ours, theirs);
                }
            }
            if !is_same {
                let end = |theirs: &Kept| differences::end(theirs, self.step.now_ms);
                let ends_at = theirs.as_ref().and_then(end);
                let life_ms = ends_at.map(|end| end - self.step.now_ms);
                let held = text.map(|text| Held {
                    text,
                    ends_at,
                    life_ms,
                });
                self.shelf.put(&key, held);
            }
        }
        self.step.store.len()
    }

    fn commands(&mut self) {
        let ours = self.shelf.commands();
        let Some(theirs) = &self.step.commands else {
            return;
        };
        let upper = theirs.iter().map(|command| {
            let mut command = command.clone();
            command[0].make_ascii_uppercase();
            if let Some(option) = command.get_mut(3) {
                option.make_ascii_uppercase();
            }
            command.join(" ")
        });
        let theirs = upper.collect::<Vec<_>>().join("\n");
        let ours = ours.iter().map(|command| command.join(" "));
        self.same(
            Aspect::Commands,
            ours.collect::<Vec<_>>().join("\n"),
            theirs,
        );
    }
}

/// Returns the text of a recorded entry, without what the file store adds to it.
fn text_of(kept: &Kept) -> String {
    let text = kept.text.clone().unwrap_or_default();
    let Some(at) = text.find(",\"__lastAccess\":") else {
        return text;
    };
    let after = &text[at + 1..];
    let end = after.find([',', '}']).unwrap();
    format!("{}{}", &text[..at], &after[end..])
}

/// Returns a `Set-Cookie` with its attributes in an order and a case of their own.
fn parts(header: &str) -> String {
    let mut parts = header.split("; ");
    let cookie = parts.next().unwrap().to_owned();
    let attributes: BTreeMap<String, String> = parts
        .map(|part| match part.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("path") => {
                (name.to_lowercase(), value.to_owned())
            }
            Some((name, value)) => (name.to_lowercase(), value.to_lowercase()),
            None => (part.to_lowercase(), String::new()),
        })
        .collect();
    format!("{cookie} {attributes:?}")
}
