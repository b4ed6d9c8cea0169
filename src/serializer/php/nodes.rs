//! [`Nodes`]: the values of a session, found in its bytes.

use std::borrow::Cow;

use super::array_key::ArrayKey;
use super::literals::{escaped_text, first_quote, saturating_integer};
use crate::serializer::Span;

/// The place of a value among the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    pub(super) at: u32,
    pub(super) end: u32,
    /// A node or a slot, by the type. For an array or object it is the first node after everything
    /// inside it; for `R:` the node of the same variable, for `r:` the node of the object, and for
    /// `C:` its own slot.
    pub(super) link: u32,
}

/// The values in the order in which they begin, so that a value's parts follow it.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes {
    pub(super) input: Vec<u8>,
    pub(super) places: Vec<Node>,
    /// True if any value is an `R:` or `r:`, or a `C:`, in whose bytes there may be one.
    pub(super) has_references: bool,
}

impl Nodes {
    pub(super) fn node(&self, node: u32) -> Node {
        self.places.get(node as usize).copied().unwrap_or_default()
    }

    /// Returns the letter of a value's type.
    pub(super) fn kind(&self, node: u32) -> u8 {
        let at = self.node(node).at as usize;
        self.input.get(at).copied().unwrap_or(b'N')
    }

    /// Returns the first node after a value and everything inside it.
    pub(super) fn after(&self, node: u32) -> u32 {
        match self.kind(node) {
            // Never before the next one, or a reader would not come to an end.
            b'a' | b'O' => self.node(node).link.max(node + 1),
            _ => node + 1,
        }
    }

    /// Returns the node of the value itself, where references lead.
    pub(super) fn resolved(&self, node: u32) -> u32 {
        let mut node = node;
        if self.kind(node) == b'R' {
            node = self.node(node).link;
        }
        if self.kind(node) == b'r' {
            node = self.node(node).link;
        }
        node
    }

    /// Returns the bytes of a value.
    pub(super) fn bytes(&self, node: u32) -> &[u8] {
        let Node { at, end, .. } = self.node(node);
        let bytes = self.input.get(at as usize..end as usize);
        bytes.unwrap_or_default()
    }

    /// Returns the keys and values of an array, or the properties of an object, as they stand.
    pub(super) fn children(&self, node: u32) -> Children<'_> {
        let bytes = self.bytes(node);
        let head = bytes
            .iter()
            .position(|byte| *byte == b'{')
            .unwrap_or_default();
        Children {
            nodes: self,
            next: node + 1,
            last: self.after(node),
            key_at: self.node(node).at as usize + head + 1,
            is_object: self.kind(node) == b'O',
        }
    }

    pub(super) fn integer(&self, node: u32) -> i64 {
        saturating_integer(self.bytes(node).get(2..).unwrap_or_default())
    }

    pub(super) fn float(&self, node: u32) -> f64 {
        let text = self.bytes(node).get(2..).unwrap_or_default();
        match text.strip_suffix(b";").unwrap_or(text) {
            b"NAN" => f64::NAN,
            b"INF" => f64::INFINITY,
            b"-INF" => f64::NEG_INFINITY,
            text => std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse().ok())
                .unwrap_or_default(),
        }
    }

    /// Returns the bytes of a string.
    pub(super) fn string(&self, node: u32) -> Cow<'_, [u8]> {
        string_of(self.bytes(node))
    }

    /// Returns the name of an object's class, or the enum and its case.
    pub(super) fn name(&self, node: u32) -> &[u8] {
        let rest = first_quote(self.bytes(node));
        let end = rest
            .iter()
            .position(|byte| *byte == b'"')
            .unwrap_or_default();
        rest.get(..end).unwrap_or_default()
    }

    /// Returns the enum and the case of an `E:`.
    pub(super) fn case(&self, node: u32) -> (&[u8], &[u8]) {
        // The case's name may be anything, and end with a quote.
        let bytes = first_quote(self.bytes(node));
        let name = bytes
            .get(..bytes.len().saturating_sub(2))
            .unwrap_or_default();
        let colon = name
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or_default();
        let (class, case) = name.split_at(colon);
        (class, case.get(1..).unwrap_or_default())
    }

    /// Returns the bytes that the class of a `C:` wrote.
    pub(super) fn custom_data(&self, node: u32) -> &[u8] {
        let bytes = self.bytes(node);
        // A class's name holds no brace.
        let head = bytes
            .iter()
            .position(|byte| *byte == b'{')
            .unwrap_or_default();
        bytes
            .get(head + 1..bytes.len().saturating_sub(1))
            .unwrap_or_default()
    }

    /// Returns true if the bytes that the class of a `C:` wrote may refer to values around it: PHP
    /// counts on through what such a class serializes and unserializes.
    pub(super) fn may_refer(&self, node: u32) -> bool {
        let is_reference = |three: &[u8]| matches!(three, [b'r' | b'R', b':', b'0'..=b'9']);
        self.custom_data(node).windows(3).any(is_reference)
    }

    /// Returns the key in a stretch.
    pub(super) fn key(&self, token: Span, is_object: bool) -> ArrayKey<'_> {
        let token = token.of_bytes(&self.input);
        if let Some(digits) = token.strip_prefix(b"i:") {
            let integer = saturating_integer(digits);
            return if is_object {
                ArrayKey::Text(Cow::Owned(integer.to_string().into_bytes()))
            } else {
                ArrayKey::Integer(integer)
            };
        }
        let text = string_of(token);
        if is_object {
            ArrayKey::Text(text)
        } else {
            ArrayKey::of_text(text)
        }
    }
}

/// Returns the bytes of `s:1:"a";` or `S:1:"\61";`.
fn string_of(token: &[u8]) -> Cow<'_, [u8]> {
    let rest = first_quote(token);
    let content = rest.get(..rest.len().saturating_sub(2)).unwrap_or_default();
    if token.starts_with(b"S") {
        Cow::Owned(escaped_text(content))
    } else {
        Cow::Borrowed(content)
    }
}

/// A key with its place, and the value under it.
pub(super) struct Child<'a> {
    pub(super) key: ArrayKey<'a>,
    pub(super) token: Span,
    pub(super) node: u32,
}

/// The keys and values of an array or object.
pub(super) struct Children<'a> {
    nodes: &'a Nodes,
    next: u32,
    last: u32,
    key_at: usize,
    is_object: bool,
}

impl<'a> Iterator for Children<'a> {
    type Item = Child<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.last {
            return None;
        }
        let node = self.next;
        let Node { at, end, .. } = self.nodes.node(node);
        let token = Span::new(self.key_at, at as usize);
        let key = self.nodes.key(token, self.is_object);
        self.key_at = end as usize;
        self.next = self.nodes.after(node);
        Some(Child { key, token, node })
    }
}
