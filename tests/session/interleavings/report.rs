//! [`Report`]: what a request did and saw.

use std::collections::BTreeMap;

/// The content of a session.
pub(crate) type Content = BTreeMap<String, i64>;

/// The changes of a request, of each key the last one.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a request may do any of these"
)]
pub(crate) struct Changes {
    pub(crate) are_any: bool,
    pub(crate) is_cleared: bool,
    pub(crate) is_renewed: bool,
    pub(crate) is_reset: bool,
    /// The keys that were set, and those that were removed.
    pub(crate) keys: BTreeMap<String, Option<i64>>,
}

impl Changes {
    pub(crate) fn applied_to(&self, content: &Content) -> Content {
        let mut after = Content::new();
        if !self.is_cleared {
            after.clone_from(content);
        }
        for (key, value) in &self.keys {
            match value {
                Some(value) => drop(after.insert(key.clone(), *value)),
                None => drop(after.remove(key)),
            }
        }
        after
    }
}

/// The beginning, the last operation of the store, and the end of a load or a commit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) began: u64,
    pub(crate) asked: u64,
    pub(crate) ended: u64,
}

impl Span {
    pub(crate) fn begin(step: u64) -> Self {
        Self {
            began: step,
            asked: step,
            ended: u64::MAX,
        }
    }
}

/// What a response does to the session's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    Kept,
    Set(u64),
    Removed,
}

/// What a request did and saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// The id that it sent.
    pub(crate) sent: Option<u64>,
    pub(crate) load: Option<Span>,
    /// The session that was loaded; `None` if the id led to none.
    pub(crate) found: Option<Content>,
    /// True if it was found in an older place, from which it is moved.
    pub(crate) moves: bool,
    pub(crate) changes: Changes,
    pub(crate) commit: Option<Span>,
    /// The response; `None` if the client left before it.
    pub(crate) answer: Option<Cookie>,
    pub(crate) error: Option<String>,
    pub(crate) is_dropped: bool,
    /// True if the app's runtime finished the commit.
    pub(crate) is_handed_over: bool,
    /// The new ids that it made.
    pub(crate) ids: Vec<u64>,
}

impl Report {
    fn span(&mut self) -> Option<&mut Span> {
        let spans = [&mut self.commit, &mut self.load];
        spans.into_iter().flatten().next()
    }

    /// The session as the request alone leaves it.
    pub(crate) fn own(&self) -> Content {
        let none = Content::new();
        self.changes
            .applied_to(self.found.as_ref().unwrap_or(&none))
    }

    /// Checks whether the request ends its session for everybody, whatever others change meanwhile:
    /// by a reset, or a session that it discards and leaves empty.
    pub(crate) fn ends(&self) -> bool {
        let Changes {
            is_cleared,
            is_renewed,
            is_reset,
            ..
        } = self.changes;
        is_reset || (is_cleared || is_renewed) && self.own().is_empty()
    }

    /// The load found the session.
    pub(crate) fn hit(&mut self, is_older: bool) {
        if self.commit.is_none() {
            self.moves = is_older;
        }
    }

    /// An operation of the store ran.
    pub(crate) fn asked(&mut self, step: u64) {
        if let Some(span) = self.span() {
            span.asked = step;
        }
    }

    pub(crate) fn ended(&mut self, step: u64) {
        if let Some(span) = self.span() {
            span.ended = span.ended.min(step);
        }
    }
}
