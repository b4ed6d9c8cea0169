//! [`Sentinels`]: ask which server is the master.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Value, cmd};
use tokio::time::{Instant, timeout_at};

use crate::address::Address;
use crate::failure::{Failure, Then};
use crate::features::text;

/// The time between two questions to the Sentinels whether the master is still the same. If a
/// failover was ordered by hand, the former master goes on taking writes, which it will lose.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// The time in which they must answer that.
const WITHIN: Duration = Duration::from_secs(1);

/// The Sentinels that watch a master.
pub(crate) struct Sentinels {
    addresses: Vec<Address>,
    /// The name of the master in the Sentinels' configuration.
    name: String,
    /// The login at the master.
    master: Address,
    /// The index of the one that answered last; it is asked first.
    first: AtomicUsize,
}

impl Sentinels {
    pub(crate) fn new(addresses: Vec<Address>, name: &str, master: Address) -> Self {
        Self {
            addresses,
            name: name.to_owned(),
            master,
            first: AtomicUsize::new(0),
        }
    }

    #[cfg(feature = "rustls")]
    pub(crate) fn addresses_mut(&mut self) -> impl Iterator<Item = &mut Address> {
        self.addresses.iter_mut().chain([&mut self.master])
    }

    /// Asks one Sentinel after another, each for its share of the time that is left. Returns the
    /// master, and the connection to the Sentinel that named it.
    pub(crate) async fn master(&self, deadline: Instant) -> Result<(Address, Asked), Failure> {
        let count = self.addresses.len();
        let first = self.first.load(Ordering::Relaxed);
        let mut last = None;
        for (tried, index) in (first..count).chain(0..first).enumerate() {
            let Some(sentinel) = self.addresses.get(index) else {
                continue;
            };
            // Plus a share: the master has to be reached too.
            let left = deadline.saturating_duration_since(Instant::now());
            let shares = u32::try_from(count - tried + 1).unwrap_or(u32::MAX);
            let asked = async {
                let connection = sentinel.connect().await?;
                let mut asked = Asked { connection, index };
                Ok((self.ask(&mut asked).await?, asked))
            };
            match within(sentinel, left / shares, asked).await {
                Ok(named) => {
                    self.first.store(index, Ordering::Relaxed);
                    return Ok(named);
                }
                Err(failure) => last = Some(failure),
            }
        }
        let reason = last.map(|failure| failure.to_string()).unwrap_or_default();
        let message = format!("no Sentinel of {self} names a master: {reason}");
        Err(Failure::new(message, Then::Unreachable))
    }

    /// Sets `is_former` when the Sentinels name another master than `address`; ends when nothing
    /// reads it any more. Keeps the connection to one Sentinel as long as that answers.
    pub(crate) async fn watch(
        self: Arc<Self>,
        asked: Asked,
        address: Arc<str>,
        is_former: Weak<AtomicBool>,
    ) {
        let mut kept = Some(asked);
        loop {
            tokio::time::sleep(ASK_AGAIN).await;
            if is_former.strong_count() == 0 {
                return;
            }
            let mut master = None;
            if let Some(mut asked) = kept.take()
                && let Some(sentinel) = self.addresses.get(asked.index)
                && let Ok(named) = within(sentinel, WITHIN, self.ask(&mut asked)).await
            {
                (master, kept) = (Some(named), Some(asked));
            }
            if master.is_none()
                && let Ok((named, asked)) = self.master(Instant::now() + WITHIN).await
            {
                (master, kept) = (Some(named), Some(asked));
            }
            // If no Sentinel answers, the connection is as good as it was.
            if master.is_some_and(|master| master.to_string() != *address) {
                if let Some(is_former) = is_former.upgrade() {
                    is_former.store(true, Ordering::Relaxed);
                }
                return;
            }
        }
    }

    async fn ask(&self, asked: &mut Asked) -> Result<Address, Failure> {
        let shown = self.addresses.get(asked.index).map(ToString::to_string);
        let shown = shown.unwrap_or_default();
        let mut command = cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.name);
        let answer = asked.connection.send_packed_command(&command).await;
        let answer = answer
            .and_then(Value::extract_error)
            .map_err(|error| Failure::refused(&shown, "SENTINEL", error))?;
        if answer == Value::Nil {
            let message = format!(
                "the Sentinel at {shown} watches no master of this name; compare `sentinel \
                 monitor` in its configuration"
            );
            return Err(Failure::new(message, Then::Unreachable));
        }
        let (host, port) = place(&answer).ok_or_else(|| Failure::unexpected(&shown, "SENTINEL"))?;
        Ok(self.master.at(&host, port))
    }
}

/// A connection to the Sentinel of this index.
pub(crate) struct Asked {
    connection: MultiplexedConnection,
    index: usize,
}

async fn within<T>(
    sentinel: &Address,
    limit: Duration,
    asked: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    timeout_at(Instant::now() + limit, asked)
        .await
        .unwrap_or_else(|_| Err(Failure::timed_out(&sentinel.to_string(), "SENTINEL")))
}

/// Reads host and port.
fn place(answer: &Value) -> Option<(String, u16)> {
    let Value::Array(parts) = answer else {
        return None;
    };
    let [host, port] = parts.as_slice() else {
        return None;
    };
    Some((text(host)?, text(port)?.parse().ok()?))
}

impl fmt::Display for Sentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = hardtack::observe::Shown::new(&self.name);
        write!(f, "{name:?}, watched by Sentinels at ")?;
        for (index, address) in self.addresses.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{address}")?;
        }
        Ok(())
    }
}
