//! A live Rails, asked line by line: its own jars and session store read and write the cookies. It is
//! the version that `RAILS_VERSION` names, 6.1 without it.
//!
//! `rails_app/rails.rb` runs as a child process; `PROTOCOL.md` lists what it can be asked.
//!
//! ```
//! use hardtack_peers::{Rails, Settings, cookie_value};
//! use serde_json::json;
//!
//! let mut rails = Rails::start(&Settings::new("0123456789abcdef"));
//! let written = rails.ask(json!({"op": "write", "jar": "encrypted", "name": "c1", "value": [1, null]}));
//! let cookie = cookie_value(&written, "c1");
//! let read = rails.ask(json!({"op": "read", "jar": "encrypted", "name": "c1", "cookie": cookie}));
//! assert_eq!(read["value"], json!([1, null]));
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod connection;
mod daemon;
mod data;
mod generator;
mod hard_cases;
mod http;
mod laravel_app;
mod mariadb_server;
mod memcached_server;
mod nginx;
mod node;
mod php;
mod postgres_server;
mod puma;
mod rails_version;
mod redis_cluster;
mod redis_sentinels;
mod redis_server;
mod settings;
mod vectors;

pub use connection::{Answer, Connection};
pub use data::Data;
pub use generator::Generator;
pub use hard_cases::{hard_cases, nested};
pub use http::{Response, get, post, post_with_header};
pub use laravel_app::LaravelApp;
pub use mariadb_server::MariaDbServer;
pub use memcached_server::MemcachedServer;
pub use nginx::Nginx;
pub use node::Node;
pub use php::Php;
pub use postgres_server::PostgresServer;
pub use puma::Puma;
pub use rails_version::{CacheForm, RailsVersion};
pub use redis_cluster::RedisCluster;
pub use redis_sentinels::RedisSentinels;
pub use redis_server::RedisServer;
pub use settings::{JarKind, Serializer, Settings};
pub use vectors::{MarshalVector, marshal_vectors};

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

const NEEDED: &str = "the peer needs `ruby` and `puma` of a Rails of the version RAILS_VERSION, \
    6.1 without it: run `scripts/peers`, which installs both";

/// A running Rails app; it is killed when dropped.
#[derive(Debug)]
pub struct Rails {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Rails {
    /// Starts the app and waits until it answers.
    ///
    /// # Panics
    ///
    /// Panics if Ruby or this Rails is missing: a peer test that silently skips proves nothing.
    #[must_use]
    pub fn start(settings: &Settings) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("rails_app/rails.rb");
        let mut process = Command::new("ruby")
            .arg("-W0") // Rails 6.1 warns on newer Rubies
            .arg(script)
            .envs(settings.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run ruby ({error}); {NEEDED}"));
        let questions = process.stdin.take().expect("stdin is piped");
        let answers = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let mut rails = Self {
            process,
            questions,
            answers,
        };
        let version = rails
            .exchange(&json!({"op": "version"}))
            .unwrap_or_else(|| panic!("Rails did not start, its error stands above; {NEEDED}"));
        assert!(version["rails"].is_string(), "Rails answered {version}");
        rails
    }

    /// Asks Rails and returns its answer.
    ///
    /// # Panics
    ///
    /// Panics with the answer if it is an error; [`Rails::try_ask`] returns the error instead.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "tests write `ask(json!({..}))`"
    )]
    pub fn ask(&mut self, request: Value) -> Value {
        self.try_ask(&request)
            .unwrap_or_else(|error| panic!("{request} was answered by {error}"))
    }

    /// Asks Rails and returns its answer, or its error as `Class: message`.
    ///
    /// # Errors
    ///
    /// Returns the exception that Rails raised, such as `ActionDispatch::Cookies::CookieOverflow`.
    ///
    /// # Panics
    ///
    /// Panics if the process has ended.
    pub fn try_ask(&mut self, request: &Value) -> Result<Value, String> {
        let answer = self
            .exchange(request)
            .unwrap_or_else(|| panic!("Rails has ended, asked {request}"));
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer),
        }
    }

    /// Sends a request and reads the answer; returns `None` if the process has ended.
    fn exchange(&mut self, request: &Value) -> Option<Value> {
        writeln!(self.questions, "{request}").ok()?;
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        if line.is_empty() {
            return None;
        }
        Some(
            serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("{error} in Rails' answer {line}")),
        )
    }
}

impl Drop for Rails {
    fn drop(&mut self) {
        // Both fail only where the process has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Checks an answer of `eval_equal`: the values are equal, and also equal in the details that `==`
/// ignores.
///
/// # Panics
///
/// Panics with the first difference if they differ.
#[track_caller]
pub fn assert_same(answer: &Value, what: &str) {
    assert!(
        answer["equal"] == true && answer["classes_equal"] == true,
        "{what}: {answer}"
    );
}

/// Checks an answer as [`assert_same`] does, and that both sides share the same objects.
///
/// # Panics
///
/// Panics with the first difference if they differ.
#[track_caller]
pub fn assert_same_and_shared(answer: &Value, what: &str) {
    assert_same(answer, what);
    assert!(answer["sharing_equal"] == true, "{what}: {answer}");
}

/// Returns the value, as sent, of the cookie `name` in an answer's `set_cookie` lines.
///
/// # Panics
///
/// Panics if Rails did not set that cookie.
#[must_use]
pub fn cookie_value<'a>(answer: &'a Value, name: &str) -> &'a str {
    set_cookie_lines(answer)
        .find_map(|line| value_between(line, name))
        .unwrap_or_else(|| panic!("no cookie {name} in {answer}"))
}

/// Returns an answer's `Set-Cookie` lines, as Rails sent them.
pub fn set_cookie_lines(answer: &Value) -> impl Iterator<Item = &str> {
    answer["set_cookie"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Returns the value between `name=` and the first `;` of a `Set-Cookie` line.
///
/// ```
/// use hardtack_peers::value_between;
///
/// assert_eq!(value_between("c1=a%3D; path=/", "c1"), Some("a%3D"));
/// assert_eq!(value_between("c12=a; path=/", "c1"), None);
/// ```
#[must_use]
pub fn value_between<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix(name)?
        .strip_prefix('=')?
        .split(';')
        .next()
}
