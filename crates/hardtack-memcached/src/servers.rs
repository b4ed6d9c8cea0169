//! [`Servers`]: one server, or several on a ring.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::deadline::Deadline;
use crate::failure::{Failure, Then};
use crate::node::Node;
use crate::operation::{Answer, Operation};
use crate::ring::Ring;

pub(crate) struct Servers {
    nodes: Vec<Arc<Node>>,
    ring: Ring,
}

impl Servers {
    pub(crate) fn new(addresses: Vec<Address>, connections: usize) -> Self {
        let ring = Ring::new(&addresses);
        let nodes = addresses.into_iter();
        let nodes = nodes.map(|address| Arc::new(Node::new(address, connections)));
        Self {
            nodes: nodes.collect(),
            ring,
        }
    }

    pub(crate) fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// Runs an operation within the time limit, at the server of its key. If that one is away and
    /// `fails_over` is set, at the next.
    pub(crate) async fn run(
        &self,
        operation: &Arc<Operation>,
        fails_over: bool,
        limit: Duration,
    ) -> Result<Answer, Failure> {
        let deadline = Deadline::after(limit);
        let mut failed = None;
        for node in self.ring.servers(&operation.key) {
            let Some(node) = self.nodes.get(node) else {
                continue;
            };
            // A server that hangs leaves time for the next.
            let share = if fails_over {
                deadline.share(2)
            } else {
                deadline
            };
            match at(node, operation, deadline, share).await {
                Err(failure) if failure.then == Then::Unreachable => {
                    failed.get_or_insert(failure);
                    if !fails_over {
                        break;
                    }
                }
                answer => return answer,
            }
        }
        Err(failed.unwrap_or_else(Failure::mixed_up))
    }
}

/// Runs an operation at one server, and sends it again if its connection is lost and it may be.
async fn at(
    node: &Arc<Node>,
    operation: &Arc<Operation>,
    deadline: Deadline,
    share: Deadline,
) -> Result<Answer, Failure> {
    let failure = match node.run(operation, false, deadline, share.at).await {
        Err(failure) if failure.then == Then::Lost => failure,
        answer => return answer,
    };
    if !operation.may_run_twice() {
        return Err(failure);
    }
    match node.run(operation, true, deadline, deadline.at).await {
        // It was not sent again: the first failure is what happened, if it can have changed anything.
        Err(second) if second.then == Then::Unreachable && operation.is_write() => Err(failure),
        answer => answer,
    }
}

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, node) in self.nodes.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{}", node.shown())?;
        }
        Ok(())
    }
}
