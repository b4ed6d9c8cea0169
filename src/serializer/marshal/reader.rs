//! [`Reader`]: Marshal bytes into a [`Document`], as `r_object0` in Ruby's `marshal.c` reads them.

use super::bignum;
use super::cursor::{Cursor, narrow};
use super::document::{Document, Extra, Kind, Node, NodeId, Span, Wrapper};
use super::measure::Measure;
use super::{MAX_DEPTH, VERSION, expansion_limit};
use crate::serializer::LoadError;

/// A single pass over the input. Its recursion is the nesting of objects, checked at each level.
pub(super) struct Reader<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) document: Document,
    /// The measure of each node, in the nodes' order.
    measures: Vec<Measure>,
    /// The objects that links count: all but nil, booleans, Fixnums and Symbols.
    pub(super) objects: Vec<NodeId>,
    /// The parts of the objects that are still being read.
    pub(super) pending: Vec<NodeId>,
    /// The next parts are the instance variables of a `FlashNow`.
    in_flash_now: bool,
}

/// `flash.now` of Rails 3.1 and 3.2, which a session holds if the request used it. It points back to
/// the flash that holds it: the only cycle that Rails itself writes.
const FLASH_NOW: &[u8] = b"ActionDispatch::Flash::FlashNow";

impl Document {
    /// Decodes a Marshal stream. Bytes after its object are ignored, as Ruby ignores them.
    pub(crate) fn load(input: &[u8]) -> Result<Self, LoadError> {
        Reader::read(input, 0)
    }

    /// Decodes a stream whose object is to stand inside another one.
    #[cfg(feature = "rails-stores")]
    pub(crate) fn load_inside(input: &[u8]) -> Result<Self, LoadError> {
        Reader::read(input, 1)
    }
}

impl<'a> Reader<'a> {
    pub(super) fn read(input: &'a [u8], depth: usize) -> Result<Document, LoadError> {
        let document = Document {
            input: Vec::new(),
            nodes: Vec::new(),
            parts: Vec::new(),
            symbols: Vec::new(),
            extras: Vec::new(),
            wrappers: Vec::new(),
            root: NodeId::NIL,
        };
        let (measures, objects, pending) = (Vec::new(), Vec::new(), Vec::new());
        let mut reader = Self {
            cursor: Cursor::new(input),
            document,
            measures,
            objects,
            pending,
            in_flash_now: false,
        };
        // Ids and ranges are 32 bits wide, half of them for Symbols.
        if input.len() > (u32::MAX / 4) as usize {
            return Err(reader.cursor.error("a stream of more than a gigabyte"));
        }
        let [major, minor] = VERSION;
        if reader.cursor.byte()? != major || reader.cursor.byte()? > minor {
            return Err(reader.cursor.error("not Marshal 4.8"));
        }
        let root = reader.object(depth)?;
        if reader.measure(root).weight as usize > expansion_limit(input.len()) {
            return Err(reader
                .cursor
                .error("links that expand to many times the input"));
        }
        reader.document.root = root;
        reader.document.input = input.to_vec();
        Ok(reader.document)
    }

    /// Reads one object, with all prefixes before its type.
    fn object(&mut self, mut depth: usize) -> Result<NodeId, LoadError> {
        let mut has_ivars = false;
        let mut names = Measure::default();
        let start = len(&self.document.wrappers);
        let tag = loop {
            match self.cursor.byte()? {
                b'I' if !has_ivars => has_ivars = true,
                tag @ (b'e' | b'C') => {
                    let name = self.symbol()?;
                    names.add(self.measure(name));
                    self.document.wrappers.push(Wrapper {
                        extended: tag == b'e',
                        name,
                    });
                    depth = self.level(depth)?;
                }
                tag => break tag,
            }
        };
        let wrappers = Span {
            start,
            len: len(&self.document.wrappers) - start,
        };
        if wrappers.len == 0 {
            if tag == b':' {
                return self.new_symbol(has_ivars);
            }
            if !has_ivars && let Some(id) = self.unnumbered(tag, depth)? {
                return Ok(id);
            }
        }
        let id = self.numbered(tag, has_ivars, wrappers, depth)?;
        self.weigh(id, names);
        Ok(id)
    }

    /// Reads an object that links do not count, or a link; `None` for another type.
    fn unnumbered(&mut self, tag: u8, depth: usize) -> Result<Option<NodeId>, LoadError> {
        Ok(Some(match tag {
            b'0' => NodeId::NIL,
            b'T' => NodeId::TRUE,
            b'F' => NodeId::FALSE,
            b'i' => {
                let number = self.cursor.long()?;
                let Ok(number) = i32::try_from(number) else {
                    return Err(self.cursor.error("a Fixnum of more than 32 bits"));
                };
                match NodeId::small_fixnum(number) {
                    Some(small) => small,
                    None => self.add(
                        Kind::Fixnum(number),
                        0,
                        Measure {
                            height: 0,
                            weight: 1,
                        },
                    ),
                }
            }
            b';' => self.symbol_link()?,
            b'@' => {
                let id = self.link()?;
                self.within_depth(id, depth)?
            }
            _ => return Ok(None),
        }))
    }

    /// Reads an object that links count, and counts it at the moment at which Ruby's own reader
    /// does.
    fn numbered(
        &mut self,
        tag: u8,
        has_ivars: bool,
        wrappers: Span,
        depth: usize,
    ) -> Result<NodeId, LoadError> {
        // The names of these classes are read before the object is entered, that of `o` after it.
        let class = if matches!(tag, b'S' | b'U' | b'u') {
            self.symbol()?
        } else {
            NodeId::NIL
        };
        // The result of `_dump` becomes an object only once its ivars are read.
        let early = if tag == b'u' { None } else { Some(self.open()) };
        let (kind, mut measure) = self.body(tag, class, depth)?;
        let mut ivars = None;
        if has_ivars {
            let (span, inner) = self.ivars(depth)?;
            measure.add(inner);
            ivars = Some(span);
        }
        if class != NodeId::NIL {
            measure.add(self.measure(class));
        }
        measure.height += wrappers.len;
        measure.weight = measure.weight.saturating_add(1 + wrappers.len);
        let extra = if has_ivars || wrappers.len > 0 {
            self.document.extras.push(Extra { wrappers, ivars });
            len(&self.document.extras)
        } else {
            0
        };
        let id = early.unwrap_or_else(|| self.open());
        if let Some(index) = id.node_index()
            && let Some(node) = self.document.nodes.get_mut(index)
            && let Some(slot) = self.measures.get_mut(index)
        {
            *node = Node { kind, extra };
            *slot = measure;
        }
        Ok(id)
    }

    fn body(&mut self, tag: u8, class: NodeId, depth: usize) -> Result<(Kind, Measure), LoadError> {
        Ok(match tag {
            b'[' => {
                let count = self.cursor.count(1)?;
                let (span, measure) = self.parts(count, false, depth)?;
                (Kind::Array(span), measure)
            }
            b'{' | b'}' => self.hash(tag == b'}', depth)?,
            b'S' => {
                let (members, measure) = self.ivars(depth)?;
                (Kind::Struct { class, members }, measure)
            }
            b'o' => {
                let class = self.symbol()?;
                self.in_flash_now = self.name_is(class, FLASH_NOW);
                let (ivars, mut measure) = self.ivars(depth)?;
                measure.add(self.measure(class));
                (Kind::Object { class, ivars }, measure)
            }
            b'U' => {
                let depth = self.level(depth)?;
                let content = self.object(depth)?;
                (
                    Kind::UserMarshal { class, content },
                    self.measure(content).level(),
                )
            }
            _ => self.leaf(tag, class)?,
        })
    }

    fn hash(&mut self, with_default: bool, depth: usize) -> Result<(Kind, Measure), LoadError> {
        let count = self.cursor.count(2)?;
        let (pairs, mut measure) = self.parts(2 * count, false, depth)?;
        let mut default = NodeId::NONE;
        if with_default {
            default = self.object(depth + 1)?;
            measure.add(self.measure(default).level());
        }
        Ok((Kind::Hash { pairs, default }, measure))
    }

    /// Reads an object without parts.
    fn leaf(&mut self, tag: u8, class: NodeId) -> Result<(Kind, Measure), LoadError> {
        if tag == b'l' {
            let negative = match self.cursor.byte()? {
                b'+' => false,
                b'-' => true,
                _ => return Err(self.cursor.error("a Bignum without its sign")),
            };
            let words = self.cursor.count(2)?;
            let magnitude = self.cursor.take(2 * words)?;
            return Ok((
                Kind::Bignum {
                    negative,
                    magnitude,
                },
                Measure::bignum(magnitude),
            ));
        }
        if !matches!(tag, b'f' | b'"' | b'/' | b'u' | b'c' | b'm' | b'M') {
            return Err(self.cursor.error(match tag {
                b'd' => "an object of type Data",
                b'I' | b'e' | b'C' | b'0' | b'T' | b'F' | b'i' | b':' | b';' | b'@' => {
                    "instance variables or a class on an object that cannot have them"
                }
                _ => "an unknown type",
            }));
        }
        let length = self.cursor.count(1)?;
        let text = self.cursor.take(length)?;
        let mut measure = Measure::text(text);
        let kind = match tag {
            b'f' if bignum::float(self.cursor.bytes(text)).is_none() => {
                return Err(self.cursor.error("a Float that is not a number"));
            }
            b'f' => Kind::Float(text),
            b'"' => Kind::String(text),
            b'/' => {
                // A control character becomes four.
                measure.weight *= 4;
                Kind::Regexp {
                    source: text,
                    options: self.cursor.byte()?,
                }
            }
            b'u' => {
                if self.name_is(class, b"BigDecimal") {
                    measure = Measure::decimal(text, self.cursor.bytes(text));
                }
                Kind::UserDump { class, bytes: text }
            }
            b'c' => Kind::Class(text),
            b'm' => Kind::Module(text),
            _ => Kind::OldModule(text),
        };
        if matches!(tag, b'c' | b'm' | b'M') {
            // An `Object` of its own for two bytes of input.
            measure.weight += 2;
        }
        Ok((kind, measure))
    }

    fn ivars(&mut self, depth: usize) -> Result<(Span, Measure), LoadError> {
        let count = self.cursor.count(2)?;
        self.parts(count, true, depth)
    }

    /// Reads `count` objects, each after its name if they are `named`. No memory is reserved: a
    /// count is only a claim.
    fn parts(
        &mut self,
        count: usize,
        named: bool,
        depth: usize,
    ) -> Result<(Span, Measure), LoadError> {
        let depth = self.level(depth)?;
        let in_flash_now = std::mem::take(&mut self.in_flash_now);
        let first = self.pending.len();
        let mut measure = Measure::default();
        for _ in 0..count {
            if named {
                let name = self.symbol()?;
                measure.add(self.measure(name));
                self.pending.push(name);
            }
            let part = if in_flash_now && self.cursor.skip(b'@') {
                self.owner_or_link(depth)?
            } else {
                self.object(depth)?
            };
            measure.add(self.measure(part));
            self.pending.push(part);
        }
        Ok((self.settle(first), measure.level()))
    }

    pub(super) fn settle(&mut self, first: usize) -> Span {
        let start = len(&self.document.parts);
        self.document.parts.extend(self.pending.drain(first..));
        Span {
            start,
            len: len(&self.document.parts) - start,
        }
    }

    fn open(&mut self) -> NodeId {
        let id = self.add(Kind::Open, 0, Measure::default());
        self.objects.push(id);
        id
    }

    pub(super) fn add(&mut self, kind: Kind, extra: u32, measure: Measure) -> NodeId {
        let id = NodeId::node(len(&self.document.nodes));
        self.document.nodes.push(Node { kind, extra });
        self.measures.push(measure);
        id
    }

    /// Adds the weight of an object's prefixes and ivars.
    fn weigh(&mut self, id: NodeId, names: Measure) {
        if let Some(measure) = id
            .node_index()
            .and_then(|index| self.measures.get_mut(index))
        {
            measure.add(names);
        }
    }

    /// Returns true if the class has this name.
    fn name_is(&self, class: NodeId, name: &[u8]) -> bool {
        matches!(self.document.kind(class), Kind::Symbol(symbol) if self.cursor.bytes(symbol.text) == name)
    }

    pub(super) fn measure(&self, id: NodeId) -> Measure {
        if let Kind::Symbol(symbol) = self.document.kind(id) {
            return Measure::symbol(symbol.text);
        }
        let known = id.node_index().and_then(|index| self.measures.get(index));
        known.copied().unwrap_or(Measure {
            height: 0,
            weight: 1,
        })
    }

    fn level(&self, depth: usize) -> Result<usize, LoadError> {
        if depth >= MAX_DEPTH {
            return Err(self.cursor.error("nesting deeper than 100 levels"));
        }
        Ok(depth + 1)
    }
}

pub(super) fn len<T>(items: &[T]) -> u32 {
    narrow(items.len())
}
