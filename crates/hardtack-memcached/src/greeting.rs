//! [`greet`]: the first exchange on a connection.

use crate::address::Address;
use crate::connection::Connection;
use crate::trouble::{Refusal, Trouble};

/// The process of a server: it has another process id, or another start, after a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Life {
    process: String,
    started: Option<u64>,
}

/// Connects, and asks for the version and the process.
pub(crate) async fn greet(address: &Address) -> Result<(Connection, Life), Trouble> {
    let mut connection = Connection::open(address).await?;
    let statistics = match connection.statistics("").await {
        Ok(statistics) => statistics,
        // A proxy, which has no statistics; a login is asked for in another way.
        Err(Trouble::Refused(Refusal::Client, text)) if text == "ERROR" => Vec::new(),
        Err(trouble) => return Err(trouble),
    };
    let value = |wanted: &str| {
        let mut all = statistics.iter();
        let found = all.find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    let seconds = |name| value(name).and_then(|value| value.parse::<u64>().ok());
    connection.version = value("version").unwrap_or_default().into();
    let life = Life {
        process: value("pid").unwrap_or_default().to_owned(),
        started: seconds("time").zip(seconds("uptime")).map(
            // Both count the same clock's seconds.
            |(now, uptime)| now.saturating_sub(uptime),
        ),
    };
    Ok((connection, life))
}
