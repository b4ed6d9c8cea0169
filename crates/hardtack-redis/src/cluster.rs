//! [`Cluster`]: finds the node that has a key, also after nodes changed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::cmd;
use tokio::time::Instant;

use crate::address::Address;
use crate::command::{Answer, Operation};
use crate::deadline::Deadline;
use crate::failure::{Failure, Then};
use crate::node::{Node, Place};
use crate::slots::{Range, ranges, redirection, slot};

/// The number of times that one operation is sent on to another node.
const REDIRECTIONS: u32 = 5;

/// The shortest time between two questions for the slots: during a failover many commands fail.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// A Cluster: three and more masters, each with a part of the keys.
pub(crate) struct Cluster {
    seeds: Vec<Address>,
    known: Mutex<Known>,
    /// Held by the one command that asks for the slots.
    asking: tokio::sync::Mutex<()>,
}

/// The knowledge of the nodes and their slots.
#[derive(Default)]
struct Known {
    nodes: HashMap<(String, u16), Arc<Node>>,
    slots: Vec<(Range, Arc<Node>)>,
    /// Slots that a node said to be elsewhere, since the slots were asked for.
    moved: HashMap<u16, Arc<Node>>,
    asked: Option<Instant>,
    /// The reason why no node told the slots then.
    failure: Option<Failure>,
    /// A node failed since: one of the next commands asks again.
    is_stale: bool,
}

impl Cluster {
    pub(crate) fn new(seeds: Vec<Address>) -> Self {
        Self {
            seeds,
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    #[cfg(feature = "rustls")]
    pub(crate) fn addresses_mut(&mut self) -> impl Iterator<Item = &mut Address> {
        self.seeds.iter_mut()
    }

    /// Runs an operation on the node that has the key.
    pub(crate) async fn run(
        &self,
        operation: &Operation<'_>,
        deadline: Deadline,
    ) -> Result<Answer, Failure> {
        let slot = slot(operation.key.as_bytes());
        let mut node = self.owner(slot, deadline).await?;
        let mut is_asking = false;
        // The failure after which the operation was sent again: it may have been executed.
        let mut lost: Option<Failure> = None;
        let mut left = REDIRECTIONS;
        loop {
            let result = node
                .run(operation, is_asking, lost.is_some(), deadline)
                .await;
            let failure = match result {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if left == 0 {
                return Err(failure);
            }
            left -= 1;
            (node, is_asking) = match &failure.then {
                Then::Moved { slot, to } => {
                    let target = self.node_of(to, &node).ok_or_else(|| failure.clone())?;
                    let mut known = self.known();
                    known.moved.insert(*slot, Arc::clone(&target));
                    known.is_stale = true;
                    (target, false)
                }
                Then::Ask { to } => {
                    let target = self.node_of(to, &node).ok_or_else(|| failure.clone())?;
                    (target, true)
                }
                Then::GiveUp | Then::LoginNeeded => return Err(failure),
                Then::TimedOut | Then::ClusterDown => {
                    self.known().is_stale = true;
                    return Err(failure);
                }
                Then::Unreachable => {
                    self.ask_for_slots(slot, Some(&node), deadline).await;
                    let owner = self.known().owner(slot);
                    match owner.filter(|owner| !Arc::ptr_eq(owner, &node)) {
                        Some(owner) => (owner, false),
                        // It was not sent again: the first failure is what happened.
                        None => return Err(lost.unwrap_or(failure)),
                    }
                }
                Then::Lost | Then::NotMaster => {
                    if lost.is_some() || !failure.may_be_resent(operation) {
                        return Err(failure);
                    }
                    if failure.then == Then::Lost {
                        lost = Some(failure);
                    }
                    self.ask_for_slots(slot, Some(&node), deadline).await;
                    let owner = self.known().owner(slot);
                    (owner.unwrap_or(node), false)
                }
            };
        }
    }

    /// Returns the masters that are known; asks for them if none is known, or one is in doubt.
    pub(crate) async fn masters(&self, deadline: Deadline) -> Result<Vec<Arc<Node>>, Failure> {
        self.owner(0, deadline).await?;
        let mut masters: Vec<Arc<Node>> = Vec::new();
        for (_, node) in &self.known().slots {
            if !masters.iter().any(|master| Arc::ptr_eq(master, node)) {
                masters.push(Arc::clone(node));
            }
        }
        Ok(masters)
    }

    /// Returns the node that has a slot; asks for the slots if that is unknown or in doubt.
    async fn owner(&self, slot: u16, deadline: Deadline) -> Result<Arc<Node>, Failure> {
        let (owner, is_stale) = {
            let known = self.known();
            (known.owner(slot), known.is_stale)
        };
        let failure = match owner {
            // While one command asks again, the others go on with what is known.
            Some(owner) if !is_stale || self.asking.try_lock().is_err() => return Ok(owner),
            _ => self.ask_for_slots(slot, None, deadline).await,
        };
        self.known().owner(slot).ok_or_else(|| {
            failure.unwrap_or_else(|| {
                let message = format!("no node of the Cluster at {self} has slot {slot}");
                Failure::new(message, Then::ClusterDown)
            })
        })
    }

    /// Asks one node after another, but for the one that has just failed, until one knows who has
    /// this slot. Returns the last failure if none of them does.
    async fn ask_for_slots(
        &self,
        slot: u16,
        failed: Option<&Arc<Node>>,
        deadline: Deadline,
    ) -> Option<Failure> {
        // Here wait the commands that know no node for their slot, or whose node failed.
        let Ok(_asking) = tokio::time::timeout_at(deadline.at, self.asking.lock()).await else {
            return Some(Failure::timed_out(&self.to_string(), "CLUSTER SLOTS"));
        };
        let nodes = {
            let mut known = self.known();
            let is_fresh = known.asked.is_some_and(|asked| asked.elapsed() < ASK_AGAIN);
            if is_fresh {
                return known.failure.clone();
            }
            known.nodes(&self.seeds)
        };
        let (mut last, mut best) = (None, Vec::new());
        let count = nodes.len();
        for (tried, (place, node)) in nodes.into_iter().enumerate() {
            if failed.is_some_and(|failed| Arc::ptr_eq(failed, &node)) {
                continue;
            }
            // A node that does not answer leaves time for the others, and for the command itself.
            let shares = u32::try_from((count - tried).min(3) + 1).unwrap_or(2);
            let mut command = cmd("CLUSTER");
            command.arg("SLOTS");
            let within = deadline.share(shares);
            match node.ask(command, "CLUSTER SLOTS", within).await {
                Ok(answer) => match ranges(&answer, &place.0) {
                    Some(ranges) if has(&ranges, slot) => {
                        self.learn(ranges);
                        return None;
                    }
                    // A new node, or one that was cut off: another may know more.
                    Some(ranges) => {
                        if covered(&ranges) > covered(&best) {
                            best = ranges;
                        }
                    }
                    None => last = Some(Failure::unexpected(&node.address(), "CLUSTER SLOTS")),
                },
                Err(failure) => last = Some(failure),
            }
        }
        let known = self
            .known()
            .slots
            .iter()
            .map(|(range, _)| size(range))
            .sum();
        if covered(&best) > known {
            self.learn(best);
        }
        let mut known = self.known();
        known.is_stale = false;
        // With its time over, this command has not asked them all.
        if Instant::now() < deadline.at {
            known.asked = Some(Instant::now());
            known.failure.clone_from(&last);
        }
        last
    }

    fn learn(&self, ranges: Vec<Range>) {
        let mut known = self.known();
        known.moved.clear();
        known.is_stale = false;
        known.asked = Some(Instant::now());
        known.failure = None;
        known.slots = Vec::with_capacity(ranges.len());
        let mut nodes = HashMap::new();
        for range in ranges {
            let place = (range.host.clone(), range.port);
            let node = known.node(place.clone(), &self.seeds);
            if let Some(node) = node {
                nodes.insert(place, Arc::clone(&node));
                known.slots.push((range, node));
            }
        }
        known.nodes = nodes;
    }

    fn node_of(&self, to: &str, asked: &Node) -> Option<Arc<Node>> {
        let Place::ClusterNode(address) = &asked.place else {
            return None;
        };
        let place = redirection(to, address.host())?;
        self.known().node(place, &self.seeds)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(range: &Range) -> u64 {
    u64::from(range.last.saturating_sub(range.first)) + 1
}

fn covered(ranges: &[Range]) -> u64 {
    ranges.iter().map(size).sum()
}

fn has(ranges: &[Range], slot: u16) -> bool {
    let mut ranges = ranges.iter();
    ranges.any(|range| (range.first..=range.last).contains(&slot))
}

impl Known {
    fn owner(&self, slot: u16) -> Option<Arc<Node>> {
        if let Some(moved) = self.moved.get(&slot) {
            return Some(Arc::clone(moved));
        }
        let after = self.slots.partition_point(|(range, _)| range.first <= slot);
        let (range, node) = self.slots.get(after.checked_sub(1)?)?;
        (slot <= range.last).then(|| Arc::clone(node))
    }

    fn node(&mut self, place: (String, u16), seeds: &[Address]) -> Option<Arc<Node>> {
        let login = seeds.first()?;
        let node = self.nodes.entry(place).or_insert_with_key(|(host, port)| {
            let address = login.at(host, *port);
            Arc::new(Node::new(Place::ClusterNode(address)))
        });
        Some(Arc::clone(node))
    }

    /// Returns the nodes that can be asked for the slots: the known ones, then the first ones.
    fn nodes(&mut self, seeds: &[Address]) -> Vec<((String, u16), Arc<Node>)> {
        let mut nodes: Vec<_> = self
            .nodes
            .iter()
            .map(|(place, node)| (place.clone(), Arc::clone(node)))
            .collect();
        // A node without a connection may be one that hangs.
        nodes.sort_by_key(|(_, node)| !node.is_open());
        for seed in seeds {
            let place = (seed.host().to_owned(), seed.port());
            if !nodes.iter().any(|(known, _)| *known == place)
                && let Some(node) = self.node(place.clone(), seeds)
            {
                nodes.push((place, node));
            }
        }
        nodes
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, address) in self.seeds.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{address}")?;
        }
        Ok(())
    }
}
