//! [`RedisCluster`]: a live Cluster of three masters, each with a replica.

use crate::RedisServer;

const MASTERS: usize = 3;

/// A running Cluster on loopback. Node `n` of the first three is a master, and node `n + 3` its
/// replica. Dropping it ends the nodes.
#[derive(Debug)]
pub struct RedisCluster {
    /// The masters, then their replicas.
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts the nodes, and waits until they serve all slots and the replicas have caught up. A
    /// master that is silent for a second is replaced.
    ///
    /// # Panics
    ///
    /// Panics if `redis-server` is missing, or the Cluster is not complete within 30 seconds.
    #[must_use]
    pub fn start() -> Self {
        let options = [
            "--cluster-node-timeout",
            "1000",
            "--repl-diskless-sync-delay",
            "0",
        ];
        let nodes: Vec<RedisServer> = (0..2 * MASTERS)
            .map(|_| RedisServer::start_node(&options))
            .collect();
        for (index, node) in nodes.iter().enumerate() {
            let epoch = (index + 1).to_string();
            assert_eq!(node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch]), "OK");
        }
        for node in &nodes[1..] {
            let port = node.address().port().to_string();
            let bus = node.command(&["CONFIG", "GET", "cluster-port"]);
            let bus = bus.lines().nth(1).expect("a port").to_owned();
            let met = nodes[0].command(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
            assert_eq!(met, "OK");
        }
        for node in &nodes {
            node.wait_for(&["CLUSTER", "INFO"], |info| {
                info.contains("cluster_known_nodes:6")
            });
        }
        for (node, (first, last)) in nodes.iter().zip([(0, 5460), (5461, 10922), (10923, 16383)]) {
            let (first, last) = (first.to_string(), last.to_string());
            let added = node.command(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
            assert_eq!(added, "OK");
        }
        let (masters, replicas) = nodes.split_at(MASTERS);
        for (master, replica) in masters.iter().zip(replicas) {
            let id = master.command(&["CLUSTER", "MYID"]);
            // Before the nodes have heard of each other it is refused.
            replica.wait_for(&["CLUSTER", "REPLICATE", &id], |answer| answer == "OK");
        }
        for node in &nodes {
            node.wait_for(&["CLUSTER", "INFO"], |info| {
                info.contains("cluster_state:ok")
            });
        }
        for replica in replicas {
            replica.wait_for(&["INFO", "replication"], |info| {
                info.contains("master_link_status:up")
            });
        }
        Self { nodes }
    }

    /// Returns the addresses of the masters at the start.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes[..MASTERS].iter().map(RedisServer::url).collect()
    }

    /// Makes the replica of this master the master, without losing a write, and waits for it.
    ///
    /// # Panics
    ///
    /// Panics if it does not happen within 30 seconds.
    pub fn fail_over(&self, master: usize) {
        let replica = &self.nodes[master + MASTERS];
        replica.wait_for(&["CLUSTER", "FAILOVER"], |answer| answer == "OK");
        self.wait_for_promotion(master);
    }

    /// Waits until the replica of this master is a master.
    ///
    /// # Panics
    ///
    /// Panics if it does not happen within 30 seconds.
    pub fn wait_for_promotion(&self, master: usize) {
        self.nodes[master + MASTERS].wait_for(&["ROLE"], |role| role.starts_with("master"));
    }
}
