//! Reads Symbols: a text, or a link to an earlier one.

use super::document::{Kind, NodeId, Span, Symbol};
use super::measure::Measure;
use super::reader::{Reader, len};
use crate::serializer::LoadError;

impl Reader<'_> {
    /// Reads a Symbol at a place where only a Symbol is allowed (`r_symbol`).
    pub(super) fn symbol(&mut self) -> Result<NodeId, LoadError> {
        match self.cursor.byte()? {
            b':' => self.new_symbol(false),
            b';' => self.symbol_link(),
            b'I' if self.cursor.byte()? == b':' => self.new_symbol(true),
            _ => Err(self.cursor.error("expected a Symbol")),
        }
    }

    pub(super) fn symbol_link(&mut self) -> Result<NodeId, LoadError> {
        let index = self.cursor.long()?;
        match u32::try_from(index) {
            Ok(index) if index < len(&self.document.symbols) => Ok(NodeId::symbol(index)),
            _ => Err(self.cursor.error("a link to a missing Symbol")),
        }
    }

    /// Reads the rest of a Symbol (`r_symreal`), which is counted before its own ivars. Those name
    /// its encoding and nothing else, so there is no recursion here.
    pub(super) fn new_symbol(&mut self, has_ivars: bool) -> Result<NodeId, LoadError> {
        let length = self.cursor.count(1)?;
        let text = self.cursor.take(length)?;
        let index = len(&self.document.symbols);
        self.document.symbols.push(Symbol {
            text,
            ivars: Span { start: 0, len: 0 },
        });
        if has_ivars {
            let first = self.pending.len();
            for _ in 0..self.cursor.count(2)? {
                let name = match self.cursor.byte()? {
                    b':' => {
                        let length = self.cursor.count(1)?;
                        let text = self.cursor.take(length)?;
                        self.document.symbols.push(Symbol {
                            text,
                            ivars: Span { start: 0, len: 0 },
                        });
                        NodeId::symbol(len(&self.document.symbols) - 1)
                    }
                    b';' => self.symbol_link()?,
                    _ => return Err(self.cursor.error("expected a Symbol")),
                };
                let value = self.encoding_value()?;
                self.pending.extend([name, value]);
            }
            let ivars = self.settle(first);
            if let Some(symbol) = self.document.symbols.get_mut(index as usize) {
                symbol.ivars = ivars;
            }
        }
        Ok(NodeId::symbol(index))
    }

    fn encoding_value(&mut self) -> Result<NodeId, LoadError> {
        match self.cursor.byte()? {
            b'T' => Ok(NodeId::TRUE),
            b'F' => Ok(NodeId::FALSE),
            b'"' => {
                let length = self.cursor.count(1)?;
                let text = self.cursor.take(length)?;
                let id = self.add(Kind::String(text), 0, Measure::symbol(text));
                self.objects.push(id);
                Ok(id)
            }
            b'@' => {
                let id = self.link()?;
                match self.document.kind(id) {
                    Kind::String(_) if self.measure(id).height == 0 => Ok(id),
                    _ => Err(self.cursor.error("a Symbol with an invalid encoding")),
                }
            }
            _ => Err(self.cursor.error("a Symbol with an invalid encoding")),
        }
    }
}
