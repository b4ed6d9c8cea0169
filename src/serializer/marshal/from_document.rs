//! Writes a [`Document`]'s objects as Marshal again: in their order, with new numbers.

use super::document::{Document, Encoding, Kind, NodeId, Span, Text};
use super::writer::{UNNUMBERED, Writer};

impl<'a> Writer<'a> {
    /// Writes an object of the document. The reader bounded its nesting.
    pub(super) fn node(&mut self, id: NodeId) {
        let Some(document) = self.document else {
            return self.byte(b'0');
        };
        if let Some(&number) = id.node_index().and_then(|index| self.numbers.get(index))
            && number != UNNUMBERED
        {
            self.byte(b'@');
            return self.long(i64::from(number));
        }
        match document.kind(id) {
            // The owner is being written, so it has a number.
            Kind::Owner(owner) => match owner.node_index().and_then(|at| self.numbers.get(at)) {
                Some(&number) if number != UNNUMBERED => {
                    self.byte(b'@');
                    self.long(i64::from(number));
                }
                _ => self.byte(b'0'),
            },
            Kind::Nil | Kind::Open => self.byte(b'0'),
            Kind::Bool(flag) => self.bool(flag),
            Kind::Fixnum(number) => {
                self.byte(b'i');
                self.long(i64::from(number));
            }
            Kind::Symbol(_) => self.symbol_node(document, id),
            kind => self.object(document, id, kind),
        }
    }

    fn object(&mut self, document: &'a Document, id: NodeId, kind: Kind) {
        self.prefix(document, id);
        // In the order in which a reader counts: see `Reader::numbered`.
        if let Kind::Struct { class, .. }
        | Kind::UserMarshal { class, .. }
        | Kind::UserDump { class, .. } = kind
        {
            self.byte(match kind {
                Kind::Struct { .. } => b'S',
                Kind::UserMarshal { .. } => b'U',
                _ => b'u',
            });
            self.symbol_node(document, class);
        }
        let early = !matches!(kind, Kind::UserDump { .. });
        if early {
            self.remember(id);
        }
        self.body(document, kind);
        if let Some(ivars) = document.extra(id).and_then(|extra| extra.ivars) {
            self.pairs(document, ivars);
        }
        if !early {
            self.remember(id);
        }
    }

    fn body(&mut self, document: &'a Document, kind: Kind) {
        match kind {
            Kind::Bignum {
                negative,
                magnitude,
            } => self.magnitude(negative, document.text(magnitude)),
            Kind::Float(text) => self.tagged(b'f', document, text),
            Kind::String(text) => self.tagged(b'"', document, text),
            Kind::Class(text) => self.tagged(b'c', document, text),
            Kind::Module(text) => self.tagged(b'm', document, text),
            Kind::OldModule(text) => self.tagged(b'M', document, text),
            Kind::Regexp { source, options } => {
                self.tagged(b'/', document, source);
                self.byte(options);
            }
            Kind::UserDump { bytes, .. } => self.text(document.text(bytes)),
            Kind::Array(span) => {
                self.byte(b'[');
                self.length(span.len as usize);
                for &part in document.parts(span) {
                    self.node(part);
                }
            }
            Kind::Hash { pairs, default } => {
                self.byte(if default == NodeId::NONE { b'{' } else { b'}' });
                self.pairs(document, pairs);
                if default != NodeId::NONE {
                    self.node(default);
                }
            }
            Kind::Struct { members, .. } => self.pairs(document, members),
            Kind::Object { class, ivars } => {
                self.byte(b'o');
                self.symbol_node(document, class);
                self.pairs(document, ivars);
            }
            Kind::UserMarshal { content, .. } => self.node(content),
            Kind::Nil
            | Kind::Bool(_)
            | Kind::Fixnum(_)
            | Kind::Symbol(_)
            | Kind::Open
            | Kind::Owner(_) => {}
        }
    }

    /// Writes `I`, and the classes and modules that precede an object.
    pub(super) fn prefix(&mut self, document: &'a Document, id: NodeId) {
        let Some(extra) = document.extra(id) else {
            return;
        };
        if extra.ivars.is_some() {
            self.byte(b'I');
        }
        for wrapper in document.wrappers(extra.wrappers) {
            self.byte(if wrapper.extended { b'e' } else { b'C' });
            self.symbol_node(document, wrapper.name);
        }
    }

    pub(super) fn pairs(&mut self, document: &'a Document, span: Span) {
        self.length(span.len as usize / 2);
        for &part in document.parts(span) {
            self.node(part);
        }
    }

    fn tagged(&mut self, tag: u8, document: &'a Document, text: Text) {
        self.byte(tag);
        self.text(document.text(text));
    }

    fn symbol_node(&mut self, document: &'a Document, id: NodeId) {
        let Kind::Symbol(symbol) = document.kind(id) else {
            return self.symbol("");
        };
        let text = document.text(symbol.text);
        let encoding = match document.encoding(Some(symbol.ivars)) {
            Encoding::Unnamed => b"",
            Encoding::Utf8 => "UTF-8".as_bytes(),
            Encoding::UsAscii => "US-ASCII".as_bytes(),
            Encoding::Named(name) => name,
        };
        if self.new_symbol(text, encoding, symbol.ivars.len > 0) && symbol.ivars.len > 0 {
            self.pairs(document, symbol.ivars);
        }
    }
}
