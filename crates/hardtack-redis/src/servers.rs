//! [`Servers`]: one server, the master that Sentinels name, or a Cluster.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::cluster::Cluster;
use crate::command::{Answer, Operation};
use crate::deadline::Deadline;
use crate::failure::{Failure, Then};
use crate::node::{Node, Place};
use crate::sentinels::Sentinels;

pub(crate) enum Servers {
    One(Arc<Node>),
    Cluster(Box<Cluster>),
}

impl Servers {
    pub(crate) fn one(url: &str) -> Result<Self, Failure> {
        let address = Address::parse(url)?;
        Ok(Self::One(Arc::new(Node::new(Place::Master(address)))))
    }

    pub(crate) fn sentinels(urls: &[impl AsRef<str>], master: &str) -> Result<Self, Failure> {
        let sentinels = addresses(urls)?;
        let (name, login) = if master.contains("://") {
            let login = Address::parse(master)?;
            (login.host().to_owned(), login)
        } else {
            let scheme = sentinels.first().map_or("redis", Address::scheme);
            // The host is replaced by the one that the Sentinels name.
            (
                master.to_owned(),
                Address::parse(&format!("{scheme}://master"))?,
            )
        };
        let sentinels = Arc::new(Sentinels::new(sentinels, &name, login));
        Ok(Self::One(Arc::new(Node::new(Place::Sentinels(sentinels)))))
    }

    pub(crate) fn cluster(urls: &[impl AsRef<str>]) -> Result<Self, Failure> {
        let cluster = Cluster::new(addresses(urls)?);
        Ok(Self::Cluster(Box::new(cluster)))
    }

    /// Trusts these certificates, in connections to come.
    #[cfg(feature = "rustls")]
    pub(crate) fn trust(&mut self, roots: &[u8]) {
        match self {
            Self::One(node) => match Arc::get_mut(node).map(|node| &mut node.place) {
                Some(Place::Master(address) | Place::ClusterNode(address)) => address.trust(roots),
                Some(Place::Sentinels(sentinels)) => {
                    if let Some(sentinels) = Arc::get_mut(sentinels) {
                        let addresses = sentinels.addresses_mut();
                        addresses.for_each(|address| address.trust(roots));
                    }
                }
                None => {}
            },
            Self::Cluster(cluster) => {
                cluster
                    .addresses_mut()
                    .for_each(|address| address.trust(roots));
            }
        }
    }

    /// Checks whether one command may read several keys. A Cluster has them on one server only if
    /// they are in one slot, and refuses such a command while that slot moves.
    pub(crate) fn has_together(&self) -> bool {
        matches!(self, Self::One(_))
    }

    /// Runs an operation within the time limit.
    pub(crate) async fn run(
        &self,
        operation: &Operation<'_>,
        limit: Duration,
    ) -> Result<Answer, Failure> {
        let deadline = Deadline::after(limit);
        match self {
            Self::One(node) => {
                let failure = match node.run(operation, false, false, deadline).await {
                    Err(failure) if failure.may_be_resent(operation) => failure,
                    result => return result,
                };
                let is_resent = failure.then == Then::Lost;
                match node.run(operation, false, is_resent, deadline).await {
                    // It was not sent again: the first failure is what happened.
                    Err(second) if second.then == Then::Unreachable => Err(failure),
                    result => result,
                }
            }
            Self::Cluster(cluster) => cluster.run(operation, deadline).await,
        }
    }

    /// Returns the servers that keep sessions.
    pub(crate) async fn masters(&self, limit: Duration) -> Result<Vec<Arc<Node>>, Failure> {
        match self {
            Self::One(node) => Ok(vec![Arc::clone(node)]),
            Self::Cluster(cluster) => cluster.masters(Deadline::after(limit)).await,
        }
    }
}

fn addresses(urls: &[impl AsRef<str>]) -> Result<Vec<Address>, Failure> {
    if urls.is_empty() {
        let message = "no address is given: name at least one server";
        return Err(Failure::new(message, Then::GiveUp));
    }
    let mut addresses = Vec::with_capacity(urls.len());
    for url in urls {
        let address = Address::parse(url.as_ref())?;
        if address.host().is_empty() {
            let message =
                "a local socket leads to one server: use `RedisStore::new`, or give hosts";
            return Err(Failure::new(message, Then::GiveUp));
        }
        addresses.push(address);
    }
    Ok(addresses)
}

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(node) => match &node.place {
                Place::Master(address) | Place::ClusterNode(address) => address.fmt(f),
                Place::Sentinels(sentinels) => sentinels.fmt(f),
            },
            Self::Cluster(cluster) => write!(f, "Cluster at {cluster}"),
        }
    }
}
