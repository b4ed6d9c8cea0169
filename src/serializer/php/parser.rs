//! [`Parser`]: finds the values in PHP's serialized bytes, in one pass without recursion.

use std::collections::HashMap;

use super::MAX_DEPTH;
use super::literals::{
    count, float_end, integer_end, length, quoted_length, saturating_integer, string_end,
};
use super::nodes::{Node, Nodes};
use crate::serializer::LoadError;

/// Finds values, one after the other.
pub(super) struct Parser<'a> {
    input: &'a [u8],
    nodes: Vec<Node>,
    /// The node of each slot: of each value but `R:`.
    slots: Vec<u32>,
    /// The slot of the first `C:`. The bytes of that object may hold values that have slots too, so
    /// that no later number is known.
    last_certain: usize,
    has_references: bool,
}

/// An array or object whose end has not come.
struct Open {
    node: usize,
    /// The number of values to come.
    left: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(input: &'a [u8]) -> Result<Self, LoadError> {
        // Places are 32 bits wide.
        if input.len() > (u32::MAX / 4) as usize {
            return Err(LoadError {
                reason: "more than a gigabyte",
                offset: 0,
            });
        }
        Ok(Self {
            input,
            nodes: Vec::new(),
            slots: Vec::new(),
            last_certain: usize::MAX,
            has_references: false,
        })
    }

    /// Finds a value and everything inside it; returns its node and its end.
    pub(super) fn value(&mut self, mut at: usize) -> Result<(u32, usize), LoadError> {
        let first = narrow(self.nodes.len());
        let mut open: Vec<Open> = Vec::new();
        loop {
            at = self.begin(at, &mut open)?;
            loop {
                let Some(innermost) = open.last_mut() else {
                    return Ok((first, at));
                };
                if let Some(left) = innermost.left.checked_sub(1) {
                    innermost.left = left;
                    at = self.key_end(at)?;
                    break;
                }
                if self.input.get(at) != Some(&b'}') {
                    return Err(error("more values than an array or object counts", at));
                }
                at += 1;
                let link = narrow(self.nodes.len());
                if let Some(node) = self.nodes.get_mut(innermost.node) {
                    node.end = narrow(at);
                    node.link = link;
                }
                open.pop();
            }
        }
    }

    /// Reads a value, or the head of an array or object, which is left open; returns the end.
    fn begin(&mut self, at: usize, open: &mut Vec<Open>) -> Result<usize, LoadError> {
        let kind = *self
            .input
            .get(at)
            .ok_or(error("the end of the bytes", at))?;
        let node = self.nodes.len();
        if kind != b'R' {
            self.slots.push(narrow(node));
        }
        self.nodes.push(Node {
            at: narrow(at),
            ..Node::default()
        });
        let (end, link) = match kind {
            b'a' | b'O' => {
                let (count, end) = if kind == b'a' {
                    self.array_head(at)?
                } else {
                    self.object_head(at)?
                };
                // PHP counts no level for an empty array.
                if open.len() >= MAX_DEPTH && (kind == b'O' || count > 0) {
                    return Err(error("nesting deeper than 4096 levels", at));
                }
                open.push(Open { node, left: count });
                return Ok(end);
            }
            b'R' | b'r' => self.reference(at, kind)?,
            b'C' => {
                let slot = self.slots.len();
                self.last_certain = self.last_certain.min(slot);
                self.has_references = true;
                (self.custom_end(at)?, narrow(slot))
            }
            _ => (self.leaf_end(at, kind)?, 0),
        };
        if let Some(node) = self.nodes.get_mut(node) {
            (node.end, node.link) = (narrow(end), link);
        }
        Ok(end)
    }

    fn leaf_end(&self, at: usize, kind: u8) -> Result<usize, LoadError> {
        let rest = self.input.get(at..).unwrap_or_default();
        let has_colon = rest.get(1) == Some(&b':');
        match kind {
            b'N' if rest.starts_with(b"N;") => Ok(at + 2),
            b'b' if rest.starts_with(b"b:0;") || rest.starts_with(b"b:1;") => Ok(at + 4),
            b'i' if has_colon => integer_end(self.input, at + 2),
            b'd' if has_colon => float_end(self.input, at + 2),
            b's' | b'S' => string_end(self.input, at),
            b'E' => self.case_end(at),
            b'}' => Err(error("fewer values than an array or object counts", at)),
            _ => Err(error("an unknown type", at)),
        }
    }

    /// Returns the end of a key: an integer or a string.
    fn key_end(&self, at: usize) -> Result<usize, LoadError> {
        match self.input.get(at..at + 2) {
            Some(b"i:") => integer_end(self.input, at + 2),
            Some(b"s:" | b"S:") => string_end(self.input, at),
            Some([b'}', _]) => Err(error("fewer values than an array or object counts", at)),
            _ => Err(error("a key that is neither an integer nor a string", at)),
        }
    }

    /// Reads `a:N:{`: the count, and the end of the head.
    fn array_head(&self, at: usize) -> Result<(usize, usize), LoadError> {
        if self.input.get(at + 1) != Some(&b':') {
            return Err(error("a type without a colon", at));
        }
        let (_, digits_end) = length(self.input, at + 2)?;
        let digits = self.input.get(at + 2..digits_end).unwrap_or_default();
        // Unlike a length, a count does not wrap around.
        let count = usize::try_from(saturating_integer(digits)).unwrap_or(usize::MAX);
        let end = digits_end + 2;
        if self.input.get(digits_end..end) != Some(b":{") {
            return Err(error("a count without a brace", at));
        }
        self.check_count(Some(count), at, end)
            .map(|count| (count, end))
    }

    /// Reads `O:LEN:"Class":N:{`: the count, and the end of the head.
    fn object_head(&self, at: usize) -> Result<(usize, usize), LoadError> {
        let class_end = self.class_end(at)?;
        let (count, digits_end) = count(self.input, class_end + 2);
        let count = self.check_count(count, at, class_end)?;
        let end = digits_end + 2;
        if self.input.get(digits_end..end) != Some(b":{") {
            return Err(error("a count without a brace", at));
        }
        Ok((count, end))
    }

    /// Checks that a count is not more than there are bytes left (`IS_FAKE_ELEM_COUNT`).
    fn check_count(&self, count: Option<usize>, at: usize, end: usize) -> Result<usize, LoadError> {
        let left = self.input.len().saturating_sub(end);
        let count = count.filter(|count| *count <= left);
        count.ok_or(error("a count beyond the end", at))
    }

    /// Reads `X:LEN:"Class":`; returns the place of the second quote.
    fn class_end(&self, at: usize) -> Result<usize, LoadError> {
        let (length, head) = quoted_length(self.input, at)?;
        let end = head + length;
        let class = self.input.get(head..end).unwrap_or_default();
        if self.input.get(end..end + 2) != Some(b"\":") || !is_class_name(class) {
            return Err(error("a class without a valid name", at));
        }
        Ok(end)
    }

    /// Returns the end of `C:LEN:"Class":LEN:{bytes}`.
    fn custom_end(&self, at: usize) -> Result<usize, LoadError> {
        let class_end = self.class_end(at)?;
        let (length, digits_end) = count(self.input, class_end + 2);
        let wrong = error(
            "an object's own data that does not end where its length says",
            at,
        );
        if self.input.get(digits_end..digits_end + 2) != Some(b":{") {
            return Err(wrong);
        }
        let end = length.and_then(|length| (digits_end + 2).checked_add(length));
        let end = end.filter(|end| self.input.get(*end) == Some(&b'}'));
        end.map(|end| end + 1).ok_or(wrong)
    }

    /// Returns the end of `E:LEN:"Class:Case";`.
    fn case_end(&self, at: usize) -> Result<usize, LoadError> {
        let (length, head) = quoted_length(self.input, at)?;
        let end = head + length;
        let name = self.input.get(head..end).unwrap_or_default();
        let colon = name.iter().position(|byte| *byte == b':');
        let class = colon.and_then(|colon| name.get(..colon));
        let is_valid = class.is_some_and(is_class_name);
        if self.input.get(end..end + 2) != Some(b"\";") || !is_valid {
            return Err(error("an enum's case without a valid name", at));
        }
        Ok(end + 2)
    }

    /// Reads `R:n;` or `r:n;`: its end, and the node that it points to.
    fn reference(&mut self, at: usize, kind: u8) -> Result<(usize, u32), LoadError> {
        self.has_references = true;
        if self.input.get(at + 1) != Some(&b':') {
            return Err(error("a type without a colon", at));
        }
        let (number, digits_end) = length(self.input, at + 2)?;
        if self.input.get(digits_end) != Some(&b';') {
            return Err(error("a number without a semicolon", at));
        }
        if number > self.last_certain {
            return Err(error(
                "a reference past an object that its own class serialized, whose values PHP counts too",
                at,
            ));
        }
        let node = number.checked_sub(1).and_then(|slot| self.slots.get(slot));
        let node = *node.ok_or(error("a reference to no value", at))?;
        let target = self.nodes.get(node as usize).copied().unwrap_or_default();
        let link = match (kind, self.input.get(target.at as usize)) {
            (b'R', _) | (_, Some(b'O' | b'C' | b'E')) => node,
            // Its own slot is one of these, which has no link yet.
            (_, Some(b'r')) if target.end > 0 => target.link,
            _ => return Err(error("a reference to no object", at)),
        };
        Ok((digits_end + 1, link))
    }

    /// Returns what was found. Each pair is a value, and the one that replaced it under the same
    /// key.
    pub(super) fn finish(self, replaced: &[(u32, u32)]) -> Nodes {
        // Room that grew by doubling is given back.
        let mut found = self.nodes;
        found.shrink_to_fit();
        let mut nodes = Nodes {
            input: self.input.to_vec(),
            places: found,
            has_references: self.has_references,
        };
        nodes.relink(replaced);
        nodes
    }
}

impl Nodes {
    /// Points each `R:` that refers to a key which is set several times to the value that the key
    /// had at that point. Each pair is a value, and the one that replaced it.
    pub(super) fn relink(&mut self, replaced: &[(u32, u32)]) {
        if !self.has_references || replaced.is_empty() {
            return;
        }
        // The values of one key go by the first of them.
        let mut firsts: HashMap<u32, u32> = HashMap::new();
        for (former, value) in replaced {
            let first = *firsts.entry(*former).or_insert(*former);
            firsts.insert(*value, first);
        }
        let mut replaced = replaced.iter().map(|(_, value)| *value).peekable();
        let mut present: HashMap<u32, u32> = HashMap::new();
        for node in 0..narrow(self.places.len()) {
            while let Some(value) = replaced.next_if(|value| self.after(*value) <= node) {
                let first = firsts.get(&value).copied().unwrap_or(value);
                present.insert(first, self.variable(value));
            }
            let Node { link, .. } = self.node(node);
            // Inside a value its key still has the former one.
            if self.kind(node) == b'R'
                && self.after(link) <= node
                && let Some(first) = firsts.get(&link)
            {
                let variable = present.get(first).copied();
                let link = variable.unwrap_or_else(|| self.variable(*first));
                if let Some(place) = self.places.get_mut(node as usize) {
                    place.link = link;
                }
            }
        }
    }

    /// Returns the variable of a key that is set to a value.
    fn variable(&self, value: u32) -> u32 {
        match self.kind(value) {
            b'R' => self.node(value).link,
            _ => value,
        }
    }
}

/// Returns true for the characters of a class's name and a namespace (`zend_is_valid_class_name`).
pub(super) fn is_class_name(name: &[u8]) -> bool {
    let is_valid =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\\' | 0x80..);
    !name.is_empty() && !name.starts_with(b"\\") && name.iter().all(is_valid)
}

fn error(reason: &'static str, offset: usize) -> LoadError {
    LoadError { reason, offset }
}

pub(super) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
