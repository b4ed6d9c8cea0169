//! [`Room`]: the bounds on nesting and on declared lengths.

/// The levels to which values may nest: the gem's unpacker has room for this many open containers
/// and extensions. An empty container and an extension of plain bytes take none.
pub(super) const MAX_LEVELS: usize = 128;

/// The levels and bytes that a value may still use.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// The levels of nesting that are left.
    levels: usize,
    /// The values that the open containers still lack: each takes at least a byte. Counting them
    /// keeps the elements of ALL open containers within the input; checking each container alone
    /// would let 128 nested ones claim 128 times the input.
    owed: usize,
}

impl Room {
    pub(super) const ROOT: Self = Self {
        levels: MAX_LEVELS,
        owed: 0,
    };

    /// Returns the room of an entry's key and value in a message's map, or in the
    /// `HashWithIndifferentAccess`, which is an extension around a map.
    pub(super) fn of_entry(root_is_indifferent: bool) -> Self {
        Self::in_payload(MAX_LEVELS - 1 - usize::from(root_is_indifferent))
    }

    /// Returns the room in an extension's payload, whose bytes no other value needs.
    pub(super) fn in_payload(levels: usize) -> Self {
        Self { levels, owed: 0 }
    }

    /// Returns the room of a value that `more` others follow.
    pub(super) fn owing(self, more: usize) -> Self {
        Self {
            owed: self.owed.saturating_add(more),
            ..self
        }
    }

    /// Returns the room inside one more level, if there is one.
    pub(super) fn nested(self) -> Option<Self> {
        let levels = self.levels.checked_sub(1)?;
        Some(Self { levels, ..self })
    }

    /// Returns true if `bytes` can hold `count` values and all that are owed.
    pub(super) fn fits(self, count: usize, bytes: usize) -> bool {
        count.saturating_add(self.owed) <= bytes
    }

    pub(super) fn levels(self) -> usize {
        self.levels
    }
}
