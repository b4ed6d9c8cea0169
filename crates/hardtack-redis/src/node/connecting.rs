//! Connecting: by one task, for which the commands wait unless the attempt before it failed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::Value;
use tokio::time::{Instant, timeout_at};

use super::{Node, Open, Place};
use crate::deadline::Deadline;
use crate::failure::{Failure, Then};
use crate::features::{Features, Hello};

impl Node {
    /// Returns the connection, and opens it if there is none.
    pub(super) async fn open(self: &Arc<Self>, deadline: Deadline) -> Result<Open, Failure> {
        if let Some(open) = self.present()? {
            return Ok(open);
        }
        let connecting = Arc::clone(&self.connecting);
        let connecting = if let Ok(connecting) = Arc::clone(&connecting).try_lock_owned() {
            connecting
        } else if let Some(failure) = self.last_failure() {
            // The server was away at the last attempt: this one is not waited for.
            return Err(Failure::away(&failure, None));
        } else {
            timeout_at(deadline.at, connecting.lock_owned())
                .await
                .map_err(|_| Failure::not_connected_in_time(&self.address()))?
        };
        // Another command has connected meanwhile, or has failed to.
        if let Some(open) = self.present()? {
            return Ok(open);
        }
        // In a task with the whole limit: the command may have less left, or be dropped.
        let node = Arc::clone(self);
        let task = tokio::spawn(async move {
            let opened = node.open_within(deadline.limit).await;
            drop(connecting);
            opened
        });
        match timeout_at(deadline.at, task).await {
            Ok(Ok(opened)) => opened,
            _ => Err(Failure::not_connected_in_time(&self.address())),
        }
    }

    async fn open_within(&self, limit: Duration) -> Result<Open, Failure> {
        let deadline = Deadline::after(limit).at;
        let connected = timeout_at(deadline, self.connect(deadline))
            .await
            .unwrap_or_else(|_| Err(Failure::not_connected_in_time(&self.address())));
        let mut state = self.state();
        match connected {
            Ok(mut open) => {
                state.connections += 1;
                open.number = state.connections;
                state.open = Some(open.clone());
                state.away = None;
                Ok(open)
            }
            Err(failure) => {
                state.fail(&failure);
                Err(failure)
            }
        }
    }

    /// Returns the reason why the last attempt to connect failed, if it did.
    fn last_failure(&self) -> Option<Failure> {
        let state = self.state();
        let away = state.away.as_ref().filter(|_| state.failures > 0);
        away.map(|(_, failure)| failure.clone())
    }

    /// Returns the open connection; an error until the next attempt is due.
    fn present(&self) -> Result<Option<Open>, Failure> {
        let state = self.state();
        if let Some(open) = state.open.clone() {
            if !open.is_former.load(Ordering::Relaxed) {
                return Ok(Some(open));
            }
            drop(state);
            self.close(&open, "the Sentinels name another master");
            return Ok(None);
        }
        if let Some((until, failure)) = &state.away {
            let left = until.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                return Err(Failure::away(failure, Some(left)));
            }
        }
        Ok(None)
    }

    async fn connect(&self, deadline: Instant) -> Result<Open, Failure> {
        let (address, sentinel) = match &self.place {
            Place::Master(address) | Place::ClusterNode(address) => (address.clone(), None),
            Place::Sentinels(sentinels) => {
                let (master, asked) = sentinels.master(deadline).await?;
                (master, Some((sentinels, asked)))
            }
        };
        let shown = address.to_string();
        let mut connection = address.connect().await?;
        let hello = connection.send_packed_command(&redis::cmd("HELLO")).await;
        let hello = match hello.and_then(Value::extract_error) {
            Ok(answer) => Hello::read(answer),
            Err(error) if error.is_unrecoverable_error() || error.is_io_error() => {
                return Err(Failure::not_connected(&shown, error));
            }
            // Without a login every command is refused, and HELLO says it first.
            Err(error) if error.code() == Some("NOAUTH") => {
                return Err(Failure::not_connected(&shown, error));
            }
            // Redis before 6, or forbidden: what it may do without, is done by scripts.
            Err(_) => Hello::default(),
        };
        if let Some(reason) = self.unfit(&hello) {
            let message = format!("Redis at {shown} cannot keep sessions: {reason}");
            return Err(Failure::new(message, Then::Unreachable));
        }
        let address: Arc<str> = shown.into();
        let is_former = Arc::default();
        if let Some((sentinels, asked)) = sentinel {
            let is_former = Arc::downgrade(&is_former);
            tokio::spawn(Arc::clone(sentinels).watch(asked, address.clone(), is_former));
        }
        Ok(Open {
            connection,
            features: Features::of(&hello),
            address,
            since: Instant::now(),
            number: 0,
            answers: Arc::default(),
            is_probed: Arc::default(),
            is_former,
        })
    }

    /// Returns the reason why this server cannot keep sessions.
    fn unfit(&self, hello: &Hello) -> Option<&'static str> {
        let is_cluster_node = matches!(self.place, Place::ClusterNode(_));
        match (hello.mode.as_deref(), hello.role.as_deref()) {
            (Some("sentinel"), _) => Some("it is a Sentinel; use `RedisStore::sentinel`"),
            (Some("cluster"), _) if !is_cluster_node => {
                Some("it is a node of a Cluster; use `RedisStore::cluster`")
            }
            (Some("standalone"), _) if is_cluster_node => {
                Some("it is no node of a Cluster; use `RedisStore::new`")
            }
            // A replica may not have the newest session, and takes no write.
            (_, Some("replica" | "slave")) if !is_cluster_node => {
                Some("it is a replica; give the master's address, or use `RedisStore::sentinel`")
            }
            _ => None,
        }
    }
}
