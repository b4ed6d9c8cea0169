//! [`Summary`]: the number of cookies of each kind.

use std::collections::BTreeMap;
use std::fmt;

use indicatif::HumanCount;

/// The number of cookies, and how often they occurred.
#[derive(Clone, Copy, Default)]
struct Count {
    distinct: u64,
    times: u64,
}

/// A table of counts, in groups. Its `Display` ends with a line feed.
#[derive(Default)]
pub(crate) struct Summary {
    /// By group, then by entry.
    counts: BTreeMap<&'static str, BTreeMap<String, Count>>,
}

/// The groups in their order.
const GROUPS: [&str; 11] = [
    "opens",
    "format",
    "jar",
    "cipher",
    "secret",
    "key digest",
    "hmac digest",
    "serializer",
    "repair",
    "opens, but",
    "why not",
];

impl Summary {
    /// Counts a cookie that occurred `times` times under the entry `what` of a group.
    pub(crate) fn add(&mut self, group: &'static str, what: &str, times: u64) {
        let group = self.counts.entry(group).or_default();
        let count = group.entry(what.to_owned()).or_default();
        count.distinct += 1;
        count.times += times;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whats = self.counts.values().flat_map(BTreeMap::keys);
        let width = whats.map(|what| what.chars().count()).max().unwrap_or(0);
        writeln!(
            f,
            "  {:11}  {:width$}  {:>9}  {:>9}",
            "", "", "distinct", "times"
        )?;
        for mut title in GROUPS {
            let mut counts: Vec<_> = self.counts.get(title).into_iter().flatten().collect();
            // The most frequent first. The sort is stable, so equal ones are in order of their names.
            counts.sort_by_key(|(_, count)| std::cmp::Reverse(count.distinct));
            for (what, Count { distinct, times }) in counts {
                let (distinct, times) = (grouped(*distinct), grouped(*times));
                writeln!(f, "  {title:11}  {what:width$}  {distinct:>9}  {times:>9}")?;
                title = "";
            }
        }
        Ok(())
    }
}

/// Returns a number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    HumanCount(number).to_string()
}

/// Returns a number of cookies in words.
pub(crate) fn cookies(number: u64) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} cookie{ending}", grouped(number))
}
