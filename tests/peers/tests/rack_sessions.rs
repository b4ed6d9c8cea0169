//! Rack's own sessions, to and fro: a live `Rack::Session::Cookie` of Rack 2.2, and the documented
//! format of rack-session's `Encryptor` in Ruby with OpenSSL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use hardtack::headers::unescape;
use hardtack::rack::{RackJar, RackSessions, RackVersion};
use hardtack::settings::HmacDigest;
use hardtack::{Commit, RequestOrigin, SecretKeyBase, SessionData};
use hardtack_peers::RailsVersion;
use serde_json::{Map, Value, json};

const NAME: &str = "rack.session";
const SECRET: &str = "a secret of the rack app, and of sixty-four bytes or more: 0123456789abcdef";

struct Ruby {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Ruby {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("rack_app/rack.rb");
        let mut process = Command::new("ruby")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("ruby and ruby-rack are there: scripts/peers installs them");
        Self {
            questions: process.stdin.take().expect("stdin is piped"),
            answers: BufReader::new(process.stdout.take().expect("stdout is piped")),
            process,
        }
    }

    fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.questions, "{question}").expect("it reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        let answer: Value = serde_json::from_str(&line).expect("its answer is JSON");
        assert!(
            answer["error"].is_null(),
            "{question} was answered by {answer}"
        );
        answer
    }
}

impl Drop for Ruby {
    fn drop(&mut self) {
        // Both fail only where the process has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn jar(version: RackVersion, is_json: bool) -> RackJar {
    let jar = RackJar::new(&SecretKeyBase::new(SECRET).unwrap(), version).unwrap();
    if is_json { jar.json() } else { jar }
}

/// Values that JSON has.
fn values() -> Map<String, Value> {
    let values = json!({
        "user_id": 42, "big": -9_007_199_254_740_993_i64, "pi": 3.25, "nested": {"a": [1, null, true]},
        "text": "Ünïcode & <b> \u{2028} \"quoted\" \\", "empty": {}, "long": "long ".repeat(100),
    });
    values.as_object().unwrap().clone()
}

fn without_id(session: &Value) -> Map<String, Value> {
    let mut session = session.as_object().expect("a session").clone();
    session.remove("session_id");
    session
}

/// A user who logs in at Ruby is logged in here; what is changed here is changed there, under the
/// same id.
#[test]
fn a_signed_session_goes_to_and_fro() {
    // Rack 3, of Rails 7.2, has no signed sessions any more.
    if RailsVersion::current().name != "6.1" {
        return;
    }
    let mut ruby = Ruby::start();
    let mut ran = 0;
    for (coder, version) in [
        ("marshal", RackVersion::Rack2_1),
        ("json", RackVersion::Rack2_1),
        ("lines", RackVersion::Rack1_0),
    ] {
        for (name, digest) in [
            ("SHA1", HmacDigest::Sha1),
            ("SHA256", HmacDigest::Sha256),
            ("SHA512", HmacDigest::Sha512),
        ] {
            let question = json!({"op": "visit", "secret": SECRET, "coder": coder, "hmac": name});
            let ask = |more: Value| {
                let mut question = question.clone();
                let object = question.as_object_mut().unwrap();
                object.extend(more.as_object().unwrap().clone());
                question
            };
            let sessions = RackSessions::new(jar(version, coder == "json").hmac(digest), NAME);
            let sessions = Arc::new(sessions);
            let open = |cookie: &str| sessions.open(cookie.to_owned(), RequestOrigin::default());

            let login = ruby.ask(&ask(json!({"set": values()})));
            let sent = login["set_cookie"].as_str().expect("a cookie");
            let sent = sent.split(';').next().unwrap();
            let session = open(sent);
            let mut expected = values();
            for (key, value) in &expected {
                assert_eq!(
                    session.get::<Value>(key).unwrap().as_ref(),
                    Some(value),
                    "{key}"
                );
            }
            let id = login["session"]["session_id"].as_str().unwrap().to_owned();
            assert_eq!(session.session_id().unwrap(), id);
            session.insert("seen_by", "rust").unwrap();
            expected.insert("seen_by".to_owned(), "rust".into());
            let Commit::Set(cookies) = session.commit(200).unwrap() else {
                panic!("it was changed")
            };
            let header = format!("{NAME}={}", cookies[0].escaped_value());
            let back = ruby.ask(&ask(json!({"cookie": header})));
            assert_eq!(without_id(&back["session"]), expected, "{coder} {name}");
            assert_eq!(back["session"]["session_id"], id);

            // A session that begins here, and goes on there and here.
            let new = open("");
            new.insert("user_id", 7).unwrap();
            let commit = new.commit(200).unwrap();
            let header = format!("{NAME}={}", commit.cookies()[0].escaped_value());
            let there = ruby.ask(&ask(json!({"cookie": header, "set": {"seen_by": "ruby"}})));
            assert_eq!(there["session"]["session_id"], new.session_id().unwrap());
            assert_eq!(there["session"]["user_id"], 7);
            let sent = there["set_cookie"].as_str().expect("a cookie");
            let here = open(sent.split(';').next().unwrap());
            assert_eq!(here.get::<String>("seen_by"), Ok(Some("ruby".to_owned())));
            assert_eq!(here.session_id().unwrap(), new.session_id().unwrap());
            ran += 1;
        }
    }
    assert_eq!(ran, 9);
}

#[test]
fn an_encrypted_session_goes_to_and_fro() {
    let mut ruby = Ruby::start();
    let mut ran = 0;
    for (number, version) in [(1, RackVersion::Session2_0), (2, RackVersion::Session2_1_2)] {
        for is_json in [false, true] {
            for purpose in [None, Some(NAME), Some("another purpose")] {
                let jar = jar(version, is_json).purpose(purpose);
                let mut question = json!({
                    "op": "seal", "secret": SECRET, "json": is_json, "purpose": purpose,
                    "version": number, "session": values(),
                });
                let sealed = ruby.ask(&question);
                let opened = jar.open(NAME, sealed["cookie"].as_str().unwrap()).unwrap();
                assert!(!opened.needs_rewrite());
                let mut session = opened.into_value();
                assert_eq!(session.view::<Map<String, Value>>().unwrap(), values());

                for mut session in [std::mem::take(&mut session), SessionData::new()] {
                    session.insert("seen_by", "rust").unwrap();
                    let cookie = jar.seal(&mut session, NAME, None).unwrap();
                    question["op"] = "open".into();
                    // As Rack decodes a cookie's value.
                    let value = unescape(cookie.escaped_value().as_bytes()).into_owned();
                    question["cookie"] = String::from_utf8(value).unwrap().into();
                    let there = ruby.ask(&question);
                    assert_eq!(there["version"], number);
                    let expected = session.view::<Map<String, Value>>().unwrap();
                    assert_eq!(there["session"], Value::Object(expected));
                    ran += 1;
                }
            }
        }
    }
    assert_eq!(ran, 24);
}
