//! Copies values of a document, with the new numbers of the slots that they point to.
//!
//! `php_add_var_hash` in PHP's `ext/standard/var.c` numbers the slots: from 1, each value but `R:`.

use super::nodes::{Node, Nodes};
use super::php_writer::PhpWriter;
use crate::serializer::DumpError;

/// A stretch of a document that is being copied.
struct Copying {
    /// The node that comes next, and the first one that is no part of it.
    next: u32,
    last: u32,
    /// The bytes before this place are written; those before `end` are part of it.
    copied: u32,
    end: u32,
}

/// The form in which a value is written.
enum Form {
    /// As it stands, with a slot of its own.
    Whole,
    /// `R:` or `r:`, to this slot.
    Reference(char, u32),
    /// By another node in its place, which nothing has written yet. Of an object only the part
    /// after its slot is written, since that slot is taken.
    Other { node: u32, is_begun: bool },
}

impl PhpWriter {
    /// Copies a value. Its references get the new numbers of the values that they point to. A value
    /// that is not written yet is written here, and later references point here.
    pub(super) fn copy(&mut self, nodes: &Nodes, node: u32) -> Result<(), DumpError> {
        if !nodes.has_references {
            self.bytes.extend_from_slice(nodes.bytes(node));
            self.slots += nodes.after(node) - node;
            return Ok(());
        }
        let mut stack = vec![Copying::whole(nodes, node)];
        while let Some(copying) = stack.last_mut() {
            if copying.next >= copying.last {
                self.copy_to(nodes, copying, None);
                stack.pop();
                continue;
            }
            let node = copying.next;
            let form = self.form(nodes, node)?;
            if let Form::Whole = form {
                // What is inside follows.
                copying.next = node + 1;
                continue;
            }
            self.copy_to(nodes, copying, Some(node));
            copying.copied = nodes.node(node).end;
            copying.next = nodes.after(node);
            match form {
                Form::Whole => {}
                Form::Reference(letter, slot) => self.raw(&format!("{letter}:{slot};")),
                Form::Other { node, is_begun } => {
                    let mut other = Copying::whole(nodes, node);
                    other.next += u32::from(is_begun);
                    stack.push(other);
                }
            }
        }
        Ok(())
    }

    /// Decides how a node is written, and numbers it.
    fn form(&mut self, nodes: &Nodes, node: u32) -> Result<Form, DumpError> {
        let Node { link, .. } = nodes.node(node);
        let letter = nodes.kind(node);
        if letter == b'R' {
            return match slot(&self.variables, link) {
                0 => Ok(Form::Other {
                    node: link,
                    is_begun: false,
                }),
                known => self.reference('R', known),
            };
        }
        // Written before, where something pointed to it.
        let known = slot(&self.variables, node);
        if known > 0 {
            return self.reference('R', known);
        }
        self.count(node);
        let object = match letter {
            b'r' => link,
            b'O' | b'C' | b'E' => node,
            _ => return Ok(Form::Whole),
        };
        let known = slot(&self.objects, object);
        if known > 0 {
            return self.reference('r', known);
        }
        set(&mut self.objects, object, self.slots);
        if nodes.kind(object) == b'C' {
            self.custom(nodes, object)?;
        }
        Ok(if letter == b'r' {
            Form::Other {
                node: object,
                is_begun: true,
            }
        } else {
            Form::Whole
        })
    }

    fn reference(&self, letter: char, slot: u32) -> Result<Form, DumpError> {
        if slot > self.last_certain {
            return Err(DumpError(
                "a reference would come to lie past an object that its own class serialized, whose values PHP counts too; remove that object"
                    .to_owned(),
            ));
        }
        Ok(Form::Reference(letter, slot))
    }

    /// Checks that an object that its own class serialized can stand here.
    fn custom(&mut self, nodes: &Nodes, node: u32) -> Result<(), DumpError> {
        let has_moved = nodes.node(node).link != self.slots || self.slots > self.last_certain;
        if has_moved && nodes.may_refer(node) {
            return Err(DumpError(
                "an object that its own class serialized would come to lie elsewhere, and the references in its bytes would be wrong; remove it"
                    .to_owned(),
            ));
        }
        self.last_certain = self.last_certain.min(self.slots);
        Ok(())
    }

    /// Writes what is not yet copied before a node, or to the end.
    fn copy_to(&mut self, nodes: &Nodes, copying: &Copying, node: Option<u32>) {
        let end = node.map_or(copying.end, |node| nodes.node(node).at);
        let bytes = nodes.input.get(copying.copied as usize..end as usize);
        self.bytes.extend_from_slice(bytes.unwrap_or_default());
    }

    /// Numbers a node that is written by other means.
    pub(super) fn count(&mut self, node: u32) {
        self.slots += 1;
        set(&mut self.variables, node, self.slots);
    }
}

impl Copying {
    fn whole(nodes: &Nodes, node: u32) -> Self {
        let Node { at, end, .. } = nodes.node(node);
        Self {
            next: node,
            last: nodes.after(node),
            copied: at,
            end,
        }
    }
}

fn slot(slots: &[u32], node: u32) -> u32 {
    slots.get(node as usize).copied().unwrap_or_default()
}

fn set(slots: &mut [u32], node: u32, slot: u32) {
    if let Some(place) = slots.get_mut(node as usize) {
        *place = slot;
    }
}
