//! [`Room`]: the bounds on nesting and on declared lengths.

/// How deep values may be nested: the gem's unpacker has room for this many open containers and
/// extensions. An empty container and an extension of plain bytes take none.
pub(super) const MAX_LEVELS: usize = 128;

/// What a value may still use.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Levels of nesting that are left.
    levels: usize,
    /// Values that the open containers still have to come: each takes a byte at least. Counting
    /// them keeps the elements of ALL open containers within the input; checking each container
    /// alone would let 128 nested ones claim 128 times the input.
    owed: usize,
}

impl Room {
    pub(super) const ROOT: Self = Self {
        levels: MAX_LEVELS,
        owed: 0,
    };

    /// The room of an entry's key and value in the map that a message is, or in the
    /// `HashWithIndifferentAccess`, which is an extension around a map.
    pub(super) fn of_entry(root_is_indifferent: bool) -> Self {
        Self::in_payload(MAX_LEVELS - 1 - usize::from(root_is_indifferent))
    }

    /// The room in an extension's payload, whose bytes nobody else has a claim on.
    pub(super) fn in_payload(levels: usize) -> Self {
        Self { levels, owed: 0 }
    }

    /// The room of a value behind which `more` others are still to come.
    pub(super) fn owing(self, more: usize) -> Self {
        Self {
            owed: self.owed.saturating_add(more),
            ..self
        }
    }

    /// The room within one more level, if there is one.
    pub(super) fn nested(self) -> Option<Self> {
        let levels = self.levels.checked_sub(1)?;
        Some(Self { levels, ..self })
    }

    /// Whether `bytes` can hold `count` values and all that is owed.
    pub(super) fn fits(self, count: usize, bytes: usize) -> bool {
        count.saturating_add(self.owed) <= bytes
    }

    pub(super) fn levels(self) -> usize {
        self.levels
    }
}
