//! The differences from express-session that were decided, and those that were met.

use super::scenario::{Kept, Scenario, Step};
use super::shelf::Held;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Data,
    Cookie,
    Entry,
    Life,
    Commands,
}

/// A difference that was decided: where it is met, why, and how often.
struct Decided {
    reason: &'static str,
    count: usize,
    is_met: fn(&Met<'_>) -> bool,
}

pub(super) struct Met<'a> {
    aspect: Aspect,
    file: &'a str,
    scenario: &'a Scenario,
    step: &'a Step,
    ours: &'a str,
    theirs: &'a str,
}

const DECIDED: &[Decided] = &[
    Decided {
        reason: "a session is saved once, at the end of the request, and not when its handler says",
        count: 76,
        is_met: |met| {
            met.step.path.starts_with("/save") && met.is_of(&[Aspect::Entry, Aspect::Commands])
        },
    },
    Decided {
        reason: "a session whose maxAge is not above zero is deleted, by DEL, in any store",
        count: 42,
        is_met: |met| met.scenario.label == "negative and zero maxAge",
    },
    Decided {
        reason: "`expires: false` of one session cannot be set: it is null",
        count: 5,
        is_met: |met| {
            met.step.path.starts_with("/expires")
                && met.is_of(&[Aspect::Entry])
                && met.theirs.replace(":false", ":null") == met.ours
        },
    },
    Decided {
        reason: "Memcached keeps a session of more than 30 days, which connect-memcached loses",
        count: 2,
        is_met: |met| {
            met.file == "connect-memcached-3"
                && met.scenario.label == "maxAge over 30 days"
                && met.is_of(&[Aspect::Entry])
        },
    },
    Decided {
        reason: "`sameSite` is written as a text in lower case, and false is left out",
        count: 9,
        is_met: |met| {
            let theirs = met
                .theirs
                .replace(r#""sameSite":true"#, r#""sameSite":"strict""#)
                .replace(r#","sameSite":false"#, "")
                .replace(r#""sameSite":"Lax""#, r#""sameSite":"lax""#);
            met.is_of(&[Aspect::Entry]) && theirs == met.ours
        },
    },
    Decided {
        reason: "browsers refuse `SameSite=None` and `Partitioned` without `Secure`",
        count: 17,
        is_met: |met| {
            let theirs = met
                .theirs
                .replace(r#", "samesite": "none""#, "")
                .replace(r#""partitioned": "", "#, "");
            let is_secure = met.theirs.contains("\"secure\"");
            met.is_of(&[Aspect::Cookie]) && !is_secure && theirs == met.ours
        },
    },
    Decided {
        reason: "express-session 1.17 and 1.18 fail on `sameSite: 'auto'`",
        count: 15,
        is_met: |met| {
            matches!(met.file, "memory-1.17.3" | "memory-1.18.2")
                && met.scenario.label.contains(r#""sameSite":"auto""#)
        },
    },
    Decided {
        reason: "connect-session-knex leaves the life of a session without maxAge as it is",
        count: 11,
        is_met: |met| met.file == "connect-session-knex-5" && met.is_of(&[Aspect::Life]),
    },
    Decided {
        reason: "connect-mongo with `touchAfter` keeps the end of a session that it wrote before",
        count: 3,
        is_met: |met| {
            met.scenario.store_options.contains_key("touchAfter")
                && met.step.path == "/none"
                && met.is_of(&[Aspect::Life])
        },
    },
    Decided {
        reason: "connect-mongo with `touchAfter` shows its own `lastModified` to the app",
        count: 3,
        is_met: |met| {
            met.scenario.store_options.contains_key("touchAfter")
                && met.is_of(&[Aspect::Data])
                && met.theirs.contains("\"lastModified\":")
        },
    },
    Decided {
        reason: "the clock of the recorded Memcached went on by a second",
        count: 1,
        is_met: |met| {
            let [ours, theirs] = [met.ours, met.theirs].map(str::parse::<i64>);
            met.file == "connect-memcached-3"
                && met.is_of(&[Aspect::Life])
                && ours.is_ok_and(|ours| theirs == Ok(ours - 1))
        },
    },
];

impl Met<'_> {
    fn is_of(&self, aspects: &[Aspect]) -> bool {
        aspects.contains(&self.aspect)
    }
}

#[derive(Default)]
pub(super) struct Differences {
    counts: Vec<usize>,
    others: Vec<String>,
}

impl Differences {
    pub(super) fn note(
        &mut self,
        aspect: Aspect,
        file: &str,
        scenario: &Scenario,
        step: &Step,
        [ours, theirs]: [String; 2],
    ) {
        self.counts.resize(DECIDED.len(), 0);
        let met = Met {
            aspect,
            file,
            scenario,
            step,
            ours: &ours,
            theirs: &theirs,
        };
        match DECIDED.iter().position(|decided| (decided.is_met)(&met)) {
            Some(at) => self.counts[at] += 1,
            None => self.others.push(format!(
                "{aspect:?} {file}, {}, {}\n  {ours}\n  {theirs}",
                scenario.label, step.path
            )),
        }
    }

    /// Checks that every difference was decided, and met as often as counted.
    pub(super) fn check(&self, counts: &str) {
        let met = DECIDED.iter().zip(&self.counts);
        let wrong = met.filter(|(decided, count)| decided.count != **count);
        let wrong = wrong.map(|(decided, count)| format!("{count} times: {}", decided.reason));
        let wrong: Vec<_> = wrong.chain(self.others.iter().cloned()).collect();
        assert!(wrong.is_empty(), "{counts}\n{}", wrong.join("\n"));
    }
}

/// Returns our life of an entry and that of Express, in the store's own unit; `None` if the store
/// has none.
pub(super) fn life(store: &str, ours: &Held, theirs: &Kept) -> Option<[String; 2]> {
    let ceil = |ms: i64| ms.div_euclid(1000) + i64::from(ms.rem_euclid(1000) > 0);
    if let Some(ttl) = theirs.ttl {
        let ours = ours.life_ms.map_or(-1, ceil);
        return Some([ours.to_string(), ttl.to_string()]);
    }
    let theirs = theirs.expire_epoch?;
    let end = ours.ends_at?;
    // connect-pg-simple rounds up to a second.
    let ours = match store {
        "pg" | "postgres" => format!("{}.000", ceil(end)),
        _ => format!("{}.{:03}", end / 1000, end % 1000),
    };
    Some([ours, format!("{theirs:.3}")])
}

/// Returns the end of a recorded entry, in milliseconds since 1970.
pub(super) fn end(theirs: &Kept, now_ms: i64) -> Option<i64> {
    match (theirs.ttl, theirs.expire_epoch) {
        (Some(-1), _) | (None, None) => None,
        (Some(ttl), _) => Some(now_ms + ttl * 1000),
        #[expect(clippy::cast_possible_truncation, reason = "a time in this century")]
        (None, Some(end)) => Some((end * 1000.0).round() as i64),
    }
}
