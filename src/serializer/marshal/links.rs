//! Reads links to earlier objects.

use super::MAX_DEPTH;
use super::document::{Kind, NodeId};
use super::reader::Reader;
use crate::serializer::LoadError;

impl Reader<'_> {
    /// Reads a link to an object that was read before (`r_entry`).
    pub(super) fn link(&mut self) -> Result<NodeId, LoadError> {
        let id = self.linked()?;
        if matches!(self.document.kind(id), Kind::Open) {
            return Err(self.cursor.error("a cycle"));
        }
        Ok(id)
    }

    /// Reads a link that may lead to an object around it.
    pub(super) fn owner_or_link(&mut self, depth: usize) -> Result<NodeId, LoadError> {
        let id = self.linked()?;
        if matches!(self.document.kind(id), Kind::Open) {
            let nil = self.measure(NodeId::NIL);
            return Ok(self.add(Kind::Owner(id), 0, nil));
        }
        self.within_depth(id, depth)
    }

    pub(super) fn within_depth(&self, id: NodeId, depth: usize) -> Result<NodeId, LoadError> {
        if depth + self.measure(id).height as usize > MAX_DEPTH {
            return Err(self.cursor.error("nesting deeper than 100 levels"));
        }
        Ok(id)
    }

    fn linked(&mut self) -> Result<NodeId, LoadError> {
        let index = self.cursor.long()?;
        let found = usize::try_from(index)
            .ok()
            .and_then(|index| self.objects.get(index));
        found
            .copied()
            .ok_or_else(|| self.cursor.error("a link to a missing object"))
    }
}
