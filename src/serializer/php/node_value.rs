//! Reads a value into a [`Value`].

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use super::array_key::{ArrayKey, last_of_each, text_value};
use super::expansion_limit;
use super::nodes::Nodes;
use crate::serializer::LoadError;
use crate::serializer::value::{MAX_DEPTH, PhpObject, Value};

/// The bytes of text that count as one more value.
const TEXT: usize = 16;

const EXPANDS: &str = "references that expand to many times the bytes";

/// The number of values that a reader may still follow: references may lead to one value again and
/// again.
pub(super) struct Budget {
    left: Cell<usize>,
    /// The arrays and objects that are being read, the innermost last.
    open: RefCell<Vec<u32>>,
}

impl Budget {
    pub(super) fn of(nodes: &Nodes) -> Self {
        Self {
            left: Cell::new(expansion_limit(nodes.input.len())),
            open: RefCell::default(),
        }
    }

    /// Counts a value.
    pub(super) fn spend(&self, nodes: &Nodes, node: u32) -> Result<(), LoadError> {
        // What is inside an array or object counts for itself.
        let text = match nodes.kind(node) {
            b'a' | b'O' => 0,
            _ => nodes.bytes(node).len() / TEXT,
        };
        let left = self.left.get().checked_sub(1 + text);
        self.left.set(left.ok_or(nodes.error(node, EXPANDS))?);
        Ok(())
    }

    /// Counts the values in an array or object, for a reader that may not look at them.
    pub(super) fn spend_inside(
        &self,
        nodes: &Nodes,
        node: u32,
        count: usize,
    ) -> Result<(), LoadError> {
        let left = self.left.get().checked_sub(count);
        self.left.set(left.ok_or(nodes.error(node, EXPANDS))?);
        Ok(())
    }

    /// Reads an array or object, which may contain itself only a limited number of times.
    pub(super) fn enter<R, E>(
        &self,
        nodes: &Nodes,
        node: u32,
        most: usize,
        error: impl FnOnce(LoadError) -> E,
        read: impl FnOnce() -> Result<R, E>,
    ) -> Result<R, E> {
        let depth = {
            let mut open = self.open.borrow_mut();
            let depth = open.len();
            if depth >= MAX_DEPTH {
                return Err(error(nodes.error(node, "nesting deeper than 128 levels")));
            }
            let around = open.iter().filter(|around| **around == node);
            if around.count() >= most {
                let reason = "references that go round in a circle";
                return Err(error(nodes.error(node, reason)));
            }
            open.push(node);
            depth
        };
        let outcome = read();
        self.open.borrow_mut().truncate(depth);
        outcome
    }
}

impl Nodes {
    fn error(&self, node: u32, reason: &'static str) -> LoadError {
        let offset = self.node(node).at as usize;
        LoadError { reason, offset }
    }

    /// Reads a value.
    pub(super) fn value(&self, node: u32, budget: &Budget) -> Result<Value, LoadError> {
        let node = self.resolved(node);
        budget.spend(self, node)?;
        // A value that stands inside itself has no end.
        let within = |read: &dyn Fn() -> Result<Value, LoadError>| {
            budget.enter(self, node, 1, |error| error, read)
        };
        Ok(match self.kind(node) {
            b'b' => Value::Bool(self.bytes(node) == b"b:1;"),
            b'i' => Value::Integer(self.integer(node)),
            b'd' => Value::Float(self.float(node)),
            b's' | b'S' => text_value(self.string(node)),
            b'a' => within(&|| self.array(node, budget))?,
            b'O' => within(&|| self.object(node, budget))?,
            b'E' => {
                let (class, case) = self.case(node);
                let (class, case) = (name_text(class), name_text(case));
                Value::Php(Box::new(PhpObject::Case { class, case }))
            }
            b'C' => Value::Php(Box::new(PhpObject::Custom {
                class: name_text(self.name(node)),
                data: self.custom_data(node).to_vec(),
            })),
            _ => Value::Nil,
        })
    }

    /// Returns the keys of an array or the names of an object's properties, each once, with their
    /// values.
    pub(super) fn pairs(&self, node: u32) -> Vec<(ArrayKey<'_>, u32)> {
        let pairs: Vec<_> = self
            .children(node)
            .map(|child| (child.key, child.node))
            .collect();
        // As in every list.
        let ascend = |pairs: &[(ArrayKey<'_>, u32)]| match pairs {
            [(ArrayKey::Integer(one), _), (ArrayKey::Integer(next), _)] => one < next,
            _ => false,
        };
        if pairs.windows(2).all(ascend) {
            return pairs;
        }
        last_of_each(pairs.into_iter())
    }

    fn array(&self, node: u32, budget: &Budget) -> Result<Value, LoadError> {
        let pairs = self.pairs(node);
        if is_list(&pairs) {
            let items = pairs.into_iter();
            let items = items.map(|(_, node)| self.value(node, budget));
            return items.collect::<Result<_, _>>().map(Value::Array);
        }
        let pairs = pairs.into_iter().map(|(key, node)| {
            let value = self.value(node, budget)?;
            Ok((key.into_value(), value))
        });
        pairs.collect::<Result<_, _>>().map(Value::Hash)
    }

    fn object(&self, node: u32, budget: &Budget) -> Result<Value, LoadError> {
        let properties = self.pairs(node).into_iter().map(|(name, node)| {
            let value = self.value(node, budget)?;
            Ok((property_text(&name).into_owned(), value))
        });
        let properties = properties.collect::<Result<_, LoadError>>()?;
        let class = name_text(self.name(node));
        Ok(Value::Php(Box::new(PhpObject::Instance {
            class,
            properties,
        })))
    }
}

/// Returns true if the keys are 0, 1, 2 ..., as those of a list are.
pub(super) fn is_list(pairs: &[(ArrayKey<'_>, u32)]) -> bool {
    let mut pairs = (0..).zip(pairs);
    pairs.all(|(place, (key, _))| *key == ArrayKey::Integer(place))
}

/// Returns a property's full name.
pub(super) fn property_text<'a>(name: &'a ArrayKey<'_>) -> Cow<'a, str> {
    match name {
        ArrayKey::Integer(number) => Cow::Owned(number.to_string()),
        ArrayKey::Text(bytes) => String::from_utf8_lossy(bytes),
    }
}

/// Returns a name, with U+FFFD for bytes that are not UTF-8. An object with U+FFFD in a name cannot
/// be written.
fn name_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
