//! [`Contender`]: a server under load.

use std::path::Path;
use std::process::Command;

use crate::operation::Operation;
use crate::pinned;

/// Whom a contender stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// hardtack as it is by default.
    Ours,
    /// hardtack, where the later of two writes counts, as with all others here.
    OursOverwriting,
    /// Another crate.
    Rust,
    /// Another language.
    Other,
}

/// A server under load.
pub(crate) struct Contender {
    /// The name in the table; `serve` finds the server by it.
    pub(crate) name: &'static str,
    pub(crate) side: Side,
    pub(crate) operations: &'static [Operation],
}

const EXPRESS: &str = "express-session, connect-redis, Node";
const RAILS: &str = "Rails 6.1 CacheStore, puma";

/// Every server under load. A read is the same under each of hardtack's ways to write.
pub(crate) const CONTENDERS: &[Contender] = &[
    ours("hardtack axum StoredJson"),
    ours("hardtack axum RailsCache"),
    ours("hardtack actix-web StoredJson"),
    ours("hardtack actix-web RailsCache"),
    overwriting("hardtack axum StoredJson Overwrite"),
    overwriting("hardtack axum RailsCache Overwrite"),
    overwriting("hardtack actix-web StoredJson Overwrite"),
    overwriting("hardtack actix-web RailsCache Overwrite"),
    peer("tower-sessions 0.15", Side::Rust),
    peer("actix-session 0.11", Side::Rust),
    peer(EXPRESS, Side::Other),
    peer(RAILS, Side::Other),
];

const fn ours(name: &'static str) -> Contender {
    peer(name, Side::Ours)
}

const fn overwriting(name: &'static str) -> Contender {
    Contender {
        name,
        side: Side::OursOverwriting,
        operations: &[Operation::Change],
    }
}

const fn peer(name: &'static str, side: Side) -> Contender {
    Contender {
        name,
        side,
        operations: &Operation::ALL,
    }
}

impl Contender {
    /// Checks that `scripts/load-redis` found what this server needs.
    pub(crate) fn is_installed(&self) -> bool {
        match self.name {
            EXPRESS => std::env::var_os("LOAD_NODE").is_some(),
            RAILS => std::env::var_os("LOAD_RAILS").is_some(),
            _ => true,
        }
    }

    /// Returns the command that starts this server on a port.
    pub(crate) fn command(&self, port: u16, redis: &str) -> Command {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let number = port.to_string();
        match self.name {
            EXPRESS => {
                let mut command = pinned("node");
                command.env("NODE_ENV", "production");
                command.arg(here.join("express.mjs")).args([&number, redis]);
                command
            }
            RAILS => {
                let mut command = pinned("puma");
                command
                    .env("REDIS_URL", redis)
                    .env("RACK_ENV", "production");
                command.env("RUBYOPT", "-W0"); // Rails 6.1 warns on newer Rubies
                command.args(["--config", "-", "--threads", "5:5", "--bind"]);
                command.arg(format!("tcp://127.0.0.1:{port}"));
                command.arg(here.join("rails.ru"));
                command
            }
            name => {
                let program = std::env::current_exe().expect("this program");
                let mut command = pinned(program);
                command.args(["serve", name, &number, redis]);
                command
            }
        }
    }
}
