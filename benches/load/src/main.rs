//! Load on sessions that one Redis keeps: hardtack beside tower-sessions, actix-session,
//! express-session and Rails, with the same handlers, in turns. `scripts/load-redis` runs it.
//!
//! ```console
//! $ hardtack-bench-load SECONDS ROUNDS [WORD...]
//! $ hardtack-bench-load serve CONTENDER PORT REDIS
//! ```
//!
//! The words choose contenders whose names hold one of them. `LOAD_NODE` is the folder with the
//! packages of Node, `LOAD_RAILS` is set if Rails is installed; without them, the two are left out.
//! A wrong answer ends the run with status 1.
//!
//! A new peer is a server in `serve/`, or a program of its own, and a row of
//! [`CONTENDERS`](contender::CONTENDERS).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement fails by panicking"
)]

mod commands;
mod contender;
mod operation;
mod pinning;
mod report;
mod serve;
mod server;
mod turn;
mod visitor;

use std::process::{Command, ExitCode};
use std::time::Duration;

use commands::Monitor;
use contender::{CONTENDERS, Contender};
use hardtack_peers::RedisServer;
use operation::Operation;
use report::{Report, Row};
use server::Server;
use turn::{Load, Turn};
use visitor::Visitor;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["serve", contender, port, redis] => match port.parse() {
            Ok(port) => serve::serve(contender, port, redis).await,
            Err(_) => Err(format!("{port} is not a port")),
        },
        [seconds, rounds, ref words @ ..] => match (seconds.parse(), rounds.parse()) {
            (Ok(seconds), Ok(rounds)) => run(Duration::from_secs_f64(seconds), rounds, words).await,
            _ => Err(format!("{seconds} or {rounds} is not a number")),
        },
        _ => Err("usage: hardtack-bench-load SECONDS ROUNDS [WORD...]".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A contender that runs, and the sessions that it keeps.
struct Site {
    contender: &'static Contender,
    server: Server,
    /// The number of its database in Redis.
    database: usize,
    /// For each connection, the sessions that only it uses: so each knows its counters.
    visitors: Vec<Vec<Visitor>>,
}

async fn run(time: Duration, rounds: usize, words: &[&str]) -> Result<(), String> {
    let is_chosen = |contender: &&Contender| {
        contender.is_installed()
            && (words.is_empty() || words.iter().any(|word| contender.name.contains(word)))
    };
    let chosen: Vec<&'static Contender> = CONTENDERS.iter().filter(is_chosen).collect();
    pinning::pin_this_to_client();
    let redis = RedisServer::start(&[]);

    let mut sites = Vec::new();
    for (database, contender) in chosen.into_iter().enumerate() {
        let port = server::free_port();
        let command = contender.command(port, &format!("{}/{database}", redis.url()));
        sites.push(Site {
            contender,
            server: Server::start(contender.name, command, port)?,
            database,
            visitors: Vec::new(),
        });
    }

    let mut rows = Vec::new();
    for site in &mut sites {
        eprintln!("{}: filling its sessions", site.contender.name);
        site.visitors = visitor::fill(site.server.port)
            .await
            .map_err(|error| format!("{}: {error}", site.contender.name))?;
        for &operation in site.contender.operations {
            let monitor = Monitor::start(redis.address(), site.database).await?;
            let once = turn(site, &redis, operation, Load::Once).await?;
            let commands = monitor.stop(&redis, once.requests).await?;
            rows.push(Row::new(site.contender, operation, commands));
        }
    }

    // The first round warms up.
    for round in 0..=rounds {
        eprintln!("round {round} of {rounds}");
        for operation in Operation::ALL {
            for site in &mut sites {
                let row = rows
                    .iter_mut()
                    .find(|row| row.is_of(site.contender, operation));
                let Some(row) = row else { continue };
                let turn = turn(site, &redis, operation, Load::For(time)).await?;
                if round > 0 {
                    row.turns.push(turn);
                }
            }
        }
        sites.reverse();
    }
    // The rows' turns are in the order of rounds, whatever the order within a round.
    print!("{}", Report::new(rows, time));
    Ok(())
}

async fn turn(
    site: &mut Site,
    redis: &RedisServer,
    operation: Operation,
    load: Load,
) -> Result<Turn, String> {
    turn::turn(
        &site.server,
        redis.process_id(),
        &mut site.visitors,
        operation,
        load,
    )
    .await
    .map_err(|error| format!("{}: {error}", site.contender.name))
}

/// Returns a command that runs on the servers' processor.
fn pinned(program: impl AsRef<std::ffi::OsStr>) -> Command {
    pinning::on_server(program.as_ref())
}
