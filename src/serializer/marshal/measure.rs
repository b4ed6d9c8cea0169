//! [`Measure`]: how deep and how large an object is once its links are followed.

use super::document::Text;

/// What an object comes to once its links are followed.
#[derive(Clone, Copy, Default)]
pub(super) struct Measure {
    /// Levels of objects in it; 0 for one without parts.
    pub(super) height: u32,
    /// Nodes, and one more for every 32 bytes of text.
    pub(super) weight: u32,
}

impl Measure {
    pub(super) fn add(&mut self, part: Self) {
        self.height = self.height.max(part.height);
        self.weight = self.weight.saturating_add(part.weight);
    }

    pub(super) fn text(text: Text) -> Self {
        Self {
            height: 0,
            weight: text.len / 32,
        }
    }

    pub(super) fn level(self) -> Self {
        Self {
            height: self.height + 1,
            ..self
        }
    }
}
