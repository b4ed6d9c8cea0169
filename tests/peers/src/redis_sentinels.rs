//! [`RedisSentinels`]: a live master with replicas, watched by Sentinels.

use crate::RedisServer;

/// A running master with two replicas, and three Sentinels that call it `mymaster`. Dropping it ends
/// all of them.
#[derive(Debug)]
pub struct RedisSentinels {
    /// The master at the start, then the replicas.
    pub servers: Vec<RedisServer>,
    /// The Sentinels.
    pub sentinels: Vec<RedisServer>,
}

impl RedisSentinels {
    /// Starts the servers, and waits until the Sentinels know each other and the replicas. A master
    /// that is silent for a second is replaced.
    ///
    /// # Panics
    ///
    /// Panics if `redis-server` is missing, or the group is not complete within 30 seconds.
    #[must_use]
    pub fn start() -> Self {
        let quick = ["--repl-diskless-sync-delay", "0"];
        let master = RedisServer::start(&quick);
        let port = master.address().port().to_string();
        let of_master = [&quick[..], &["--replicaof", "127.0.0.1", &port]].concat();
        let mut servers = vec![master];
        servers.extend((0..2).map(|_| RedisServer::start(&of_master)));
        for replica in &servers[1..] {
            replica.wait_for(&["INFO", "replication"], |info| {
                info.contains("master_link_status:up")
            });
        }
        let configuration = format!(
            "sentinel monitor mymaster 127.0.0.1 {port} 2\n\
             sentinel down-after-milliseconds mymaster 1000\n\
             sentinel failover-timeout mymaster 5000\n"
        );
        let sentinels: Vec<RedisServer> = (0..3)
            .map(|_| RedisServer::start_sentinel(&configuration))
            .collect();
        for sentinel in &sentinels {
            sentinel.wait_for(&["SENTINEL", "MASTER", "mymaster"], |master| {
                master.contains("num-slaves\n2\nnum-other-sentinels\n2")
            });
        }
        Self { servers, sentinels }
    }

    /// Returns the addresses of the Sentinels.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.sentinels.iter().map(RedisServer::url).collect()
    }

    /// Waits until every Sentinel names another master than this server.
    ///
    /// # Panics
    ///
    /// Panics if it does not happen within 30 seconds.
    pub fn wait_until_replaced(&self, master: usize) {
        let port = self.servers[master].address().port().to_string();
        for sentinel in &self.sentinels {
            let command = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"];
            sentinel.wait_for(&command, |place| {
                place.lines().nth(1).is_some_and(|named| named != port)
            });
        }
    }
}
