//! [`Turn`]: one contender under load for a while, every answer checked.

use std::time::{Duration, Instant};

use hardtack_peers::Connection;
use tokio::task::JoinSet;

use crate::operation::Operation;
use crate::server::{Server, cpu_time};
use crate::visitor::Visitor;

/// The amount of load.
#[derive(Clone, Copy)]
pub(crate) enum Load {
    /// The requests, one for each session.
    Once,
    For(Duration),
}

/// The figures of one contender in a turn.
pub(crate) struct Turn {
    pub(crate) requests: usize,
    pub(crate) per_second: f64,
    /// The time within which 99% of the requests were answered, in milliseconds.
    pub(crate) p99: f64,
    /// The processor time of the server for a request, in microseconds.
    pub(crate) server_cpu: f64,
    /// The same of Redis.
    pub(crate) redis_cpu: f64,
}

/// Puts load on a server, with a connection for each list of visitors; `redis` is the process behind
/// it.
pub(crate) async fn turn(
    server: &Server,
    redis: u32,
    visitors: &mut Vec<Vec<Visitor>>,
    operation: Operation,
    load: Load,
) -> Result<Turn, String> {
    let mut connections = Vec::new();
    for _ in &*visitors {
        let connection = Connection::open(server.port).await;
        connections.push(connection.map_err(|error| format!("no connection: {error}"))?);
    }
    let processes = [server.process_id(), redis];
    let before = processes.map(cpu_time);
    let start = Instant::now();
    let until = match load {
        Load::Once => None,
        Load::For(time) => Some(start + time),
    };
    let mut tasks = JoinSet::new();
    for (connection, visitors) in connections.into_iter().zip(std::mem::take(visitors)) {
        tasks.spawn(visit(connection, visitors, operation, until));
    }
    let mut latencies = Vec::new();
    while let Some(outcome) = tasks.join_next().await {
        let (of_connection, back) = outcome.map_err(|error| error.to_string())??;
        latencies.extend(of_connection);
        visitors.push(back);
    }
    let elapsed = start.elapsed();
    let after = processes.map(cpu_time);

    latencies.sort_unstable();
    let requests = latencies.len();
    let p99 = latencies
        .get(requests * 99 / 100)
        .copied()
        .unwrap_or_default();
    let each = |time: Duration| time.as_secs_f64() / as_f64(requests);
    Ok(Turn {
        requests,
        per_second: 1.0 / each(elapsed),
        p99: p99.as_secs_f64() * 1e3,
        server_cpu: each(after[0].saturating_sub(before[0])) * 1e6,
        redis_cpu: each(after[1].saturating_sub(before[1])) * 1e6,
    })
}

async fn visit(
    mut connection: Connection,
    mut visitors: Vec<Visitor>,
    operation: Operation,
    until: Option<Instant>,
) -> Result<(Vec<Duration>, Vec<Visitor>), String> {
    let mut latencies = Vec::with_capacity(4096);
    loop {
        for visitor in &mut visitors {
            let start = Instant::now();
            if until.is_some_and(|until| start >= until) {
                return Ok((latencies, visitors));
            }
            let answer = connection.exchange(visitor.request(operation)).await;
            let answer = answer.map_err(|error| format!("{}: {error}", operation.path()))?;
            latencies.push(start.elapsed());
            visitor.count += usize::from(operation == Operation::Change);
            if answer.status() != 200 || answer.body.parse() != Ok(visitor.count) {
                return Err(format!(
                    "{} was answered by {} `{}` instead of 200 `{}`",
                    operation.path(),
                    answer.status(),
                    answer.body,
                    visitor.count,
                ));
            }
        }
        if until.is_none() {
            return Ok((latencies, visitors));
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub(crate) fn as_f64(count: usize) -> f64 {
    count as f64
}
