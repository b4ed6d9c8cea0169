//! [`Document`]: a decoded Marshal stream, with its sharing.

use std::borrow::Cow;
use std::collections::HashMap;

/// An object of a [`Document`]. An id is only valid with the document that it came from.
///
/// nil, true, false, the smallest Fixnums and Symbols have an id but no node: each takes a byte or
/// two of input, and an array of them must not cost twenty times that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(u32);

impl NodeId {
    pub(super) const NIL: Self = Self(0);
    pub(super) const TRUE: Self = Self(1);
    pub(super) const FALSE: Self = Self(2);
    /// The id for a missing node: a Hash without a default.
    pub(super) const NONE: Self = Self(u32::MAX);
    /// The id of Fixnum 0: from -123 to 122 they take one byte in the stream.
    const ZERO: i32 = 126;
    const FIRST_NODE: u32 = 249;
    const FIRST_SYMBOL: u32 = 1 << 31;

    pub(super) fn small_fixnum(number: i32) -> Option<Self> {
        (-123..=122)
            .contains(&number)
            .then(|| Self((number + Self::ZERO).cast_unsigned()))
    }

    pub(super) fn symbol(index: u32) -> Self {
        Self(Self::FIRST_SYMBOL + index)
    }

    pub(super) fn node(index: u32) -> Self {
        Self(Self::FIRST_NODE + index)
    }

    /// Returns the object's place among [`Document::nodes`], if it has one.
    pub(super) fn node_index(self) -> Option<usize> {
        let index = self.0.checked_sub(Self::FIRST_NODE)?;
        (self.0 < Self::FIRST_SYMBOL).then_some(index as usize)
    }

    /// Returns a number that is different for every object of a document.
    pub(super) fn place(self) -> usize {
        self.0 as usize
    }

    fn symbol_index(self) -> Option<usize> {
        self.0
            .checked_sub(Self::FIRST_SYMBOL)
            .map(|index| index as usize)
    }
}

/// A range of the input's bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// A range of [`Document::parts`] or of [`Document::wrappers`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// The type and the parts of an object. A class is the [`NodeId`] of the Symbol that names it;
/// `members` and `ivars` are pairs of a Symbol and a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// The object is still being read: a link to it would be a cycle.
    Open,
    /// A link to an object around this one, which expands to nil. The only such link is that from a
    /// `FlashNow` to its flash.
    Owner(NodeId),
    Nil,
    Bool(bool),
    Fixnum(i32),
    Symbol(Symbol),
    Bignum {
        negative: bool,
        magnitude: Text,
    },
    Float(Text),
    String(Text),
    Regexp {
        source: Text,
        options: u8,
    },
    Array(Span),
    Hash {
        pairs: Span,
        default: NodeId,
    },
    Struct {
        class: NodeId,
        members: Span,
    },
    Object {
        class: NodeId,
        ivars: Span,
    },
    UserDump {
        class: NodeId,
        bytes: Text,
    },
    UserMarshal {
        class: NodeId,
        content: NodeId,
    },
    Class(Text),
    Module(Text),
    /// `M`: a class or module, from before Ruby told them apart.
    OldModule(Text),
}

/// A Symbol's text, and the ivars that name its encoding if it is not ASCII.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol {
    pub(super) text: Text,
    pub(super) ivars: Span,
}

/// `e` (extended by a module) or `C` (an instance of a subclass of a core class).
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrapper {
    pub(super) extended: bool,
    pub(super) name: NodeId,
}

/// The parts around an object, if there are any: `I`, `e` and `C`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extra {
    pub(super) wrappers: Span,
    pub(super) ivars: Option<Span>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// The place in [`Document::extras`] plus 1; 0 for none.
    pub(super) extra: u32,
}

/// The encoding of a String's or Symbol's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Encoding<'a> {
    /// No ivar: ASCII-8BIT, or any encoding at all from Ruby 1.8.
    Unnamed,
    Utf8,
    UsAscii,
    Named(&'a [u8]),
}

/// A decoded Marshal stream: its objects in an arena, each of them once.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(super) input: Vec<u8>,
    pub(super) nodes: Vec<Node>,
    pub(super) parts: Vec<NodeId>,
    pub(super) symbols: Vec<Symbol>,
    pub(super) extras: Vec<Extra>,
    pub(super) wrappers: Vec<Wrapper>,
    pub(super) root: NodeId,
}

/// An entry of a session: its key as text, and the nodes of its key and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_node: NodeId,
    pub(crate) value_node: NodeId,
}

impl Document {
    /// Returns the object at the root of the stream.
    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    /// Returns the entries of a Hash of any class at the root; `None` if the root is another
    /// object.
    ///
    /// If keys have the same text (`"a"` and `:a`), the last one counts, at the place of the first,
    /// as when Rails makes the keys Strings. Keys that Ruby tells apart otherwise never have the
    /// same text.
    pub(crate) fn entries(&self) -> Option<Vec<Entry>> {
        let Kind::Hash { pairs, .. } = self.kind(self.root) else {
            return None;
        };
        let texts = self.key_texts(pairs);
        let mut entries: Vec<Entry> = Vec::with_capacity(texts.len());
        let mut places: HashMap<Cow<'_, str>, usize> = HashMap::with_capacity(texts.len());
        for (text, (key_node, value_node)) in texts.into_iter().zip(self.pairs(pairs)) {
            let place = *places.entry(text.clone()).or_insert(entries.len());
            if let Some(earlier) = entries.get_mut(place) {
                earlier.key_node = key_node;
                earlier.value_node = value_node;
            } else {
                entries.push(Entry {
                    key: text.into_owned(),
                    key_node,
                    value_node,
                });
            }
        }
        Some(entries)
    }

    /// Returns true if an object is nil.
    pub(crate) fn is_nil(&self, id: NodeId) -> bool {
        matches!(self.kind(id), Kind::Nil)
    }

    /// Returns the instance variables written with an object, by name: `@used` of an old flash,
    /// which no [`Value`](crate::value::Value) holds because the object is a Hash as well.
    #[cfg(test)]
    pub(crate) fn ivars(&self, id: NodeId) -> Vec<(String, NodeId)> {
        let own = if let Kind::Object { ivars, .. } = self.kind(id) {
            Some(ivars)
        } else {
            None
        };
        let outer = self.extra(id).and_then(|extra| extra.ivars);
        let spans = own.into_iter().chain(outer);
        spans
            .flat_map(|span| self.pairs(span))
            .map(|(name, value)| (self.name(name), value))
            .collect()
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.node_index()?)
    }

    /// Returns the kind of an object; nil for an id of another document.
    pub(super) fn kind(&self, id: NodeId) -> Kind {
        if let Some(index) = id.symbol_index() {
            return self
                .symbols
                .get(index)
                .map_or(Kind::Nil, |symbol| Kind::Symbol(*symbol));
        }
        match id {
            NodeId::NIL => Kind::Nil,
            NodeId::TRUE => Kind::Bool(true),
            NodeId::FALSE => Kind::Bool(false),
            NodeId(small) if small < NodeId::FIRST_NODE => {
                Kind::Fixnum(small.cast_signed() - NodeId::ZERO)
            }
            _ => self.node(id).map_or(Kind::Nil, |node| node.kind),
        }
    }

    pub(super) fn extra(&self, id: NodeId) -> Option<Extra> {
        let place = self.node(id)?.extra.checked_sub(1)?;
        self.extras.get(place as usize).copied()
    }

    pub(super) fn text(&self, text: Text) -> &[u8] {
        let start = text.start as usize;
        self.input
            .get(start..start + text.len as usize)
            .unwrap_or_default()
    }

    pub(super) fn parts(&self, span: Span) -> &[NodeId] {
        let start = span.start as usize;
        self.parts
            .get(start..start + span.len as usize)
            .unwrap_or_default()
    }

    pub(super) fn pairs(&self, span: Span) -> impl ExactSizeIterator<Item = (NodeId, NodeId)> {
        let (pairs, _) = self.parts(span).as_chunks::<2>();
        pairs.iter().map(|[name, value]| (*name, *value))
    }

    pub(super) fn wrappers(&self, span: Span) -> &[Wrapper] {
        let start = span.start as usize;
        self.wrappers
            .get(start..start + span.len as usize)
            .unwrap_or_default()
    }

    /// Returns a Symbol's bytes; empty for other objects.
    pub(super) fn symbol_bytes(&self, id: NodeId) -> &[u8] {
        if let Kind::Symbol(symbol) = self.kind(id) {
            self.text(symbol.text)
        } else {
            &[]
        }
    }

    /// Returns a Symbol's text: the name of a class or of an instance variable.
    pub(super) fn name(&self, id: NodeId) -> String {
        String::from_utf8_lossy(self.symbol_bytes(id)).into_owned()
    }

    /// Returns the encoding that the ivars of a String or Symbol name.
    pub(super) fn encoding(&self, ivars: Option<Span>) -> Encoding<'_> {
        for (name, value) in ivars.into_iter().flat_map(|span| self.pairs(span)) {
            match (self.symbol_bytes(name), self.kind(value)) {
                (b"E", Kind::Bool(true)) => return Encoding::Utf8,
                (b"E", Kind::Bool(false)) => return Encoding::UsAscii,
                (b"encoding", Kind::String(text)) => return Encoding::Named(self.text(text)),
                _ => {}
            }
        }
        Encoding::Unnamed
    }
}
