//! [`Graph`]: a session of the handler `php` as PHP holds it, in a naive reader of its own: which
//! values are one variable, and which are one object.

use std::collections::BTreeMap;

/// The place of a value in the graph.
type Variable = usize;

/// Keys as they are serialized, and their values.
type Parts = Vec<(Vec<u8>, Variable)>;

#[derive(Clone, Debug)]
enum Content {
    /// The bytes of a value without parts.
    Leaf(Vec<u8>),
    Array(Parts),
    /// An object, by its place among the objects.
    Object(usize),
}

#[derive(Default)]
pub(super) struct Graph {
    contents: Vec<Content>,
    /// The class of each object, and its properties.
    objects: Vec<(Vec<u8>, Parts)>,
    slots: Vec<Variable>,
    pub(super) keys: Vec<(String, Variable)>,
}

/// A path of keys with what is there: the variable, the object if it is one, and what can be seen.
type Seen = BTreeMap<Vec<Vec<u8>>, (Variable, Option<usize>, Vec<u8>)>;

impl Graph {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut graph = Self::default();
        let mut at = 0;
        while at < bytes.len() {
            let bar = at + bytes[at..].iter().position(|byte| *byte == b'|').unwrap();
            let key = String::from_utf8(bytes[at..bar].to_vec()).unwrap();
            at = bar + 1;
            let variable = graph.value(bytes, &mut at);
            graph.keys.push((key, variable));
        }
        graph
    }

    fn value(&mut self, bytes: &[u8], at: &mut usize) -> Variable {
        let start = *at;
        let until = |end: u8| start + bytes[start..].iter().position(|byte| *byte == end).unwrap();
        let number = |from: usize, to: usize| -> usize {
            std::str::from_utf8(&bytes[from..to])
                .unwrap()
                .parse()
                .unwrap()
        };
        if bytes[start] == b'R' {
            *at = until(b';') + 1;
            return self.slots[number(start + 2, *at - 1) - 1];
        }
        let variable = self.contents.len();
        self.contents.push(Content::Leaf(Vec::new()));
        self.slots.push(variable);
        match bytes[start] {
            b'r' => {
                *at = until(b';') + 1;
                let target = self.slots[number(start + 2, *at - 1) - 1];
                self.contents[variable] = self.contents[target].clone();
                assert!(matches!(self.contents[variable], Content::Object(_)));
            }
            b's' => {
                let quote = until(b'"');
                *at = quote + 1 + number(start + 2, quote - 1) + 2;
                self.contents[variable] = Content::Leaf(bytes[start..*at].to_vec());
            }
            b'E' => {
                *at = until(b';') + 1;
                self.objects.push((bytes[start..*at].to_vec(), Vec::new()));
                self.contents[variable] = Content::Object(self.objects.len() - 1);
            }
            kind @ (b'a' | b'O') => {
                let brace = until(b'{');
                let colon = start
                    + bytes[start..brace - 1]
                        .iter()
                        .rposition(|byte| *byte == b':')
                        .unwrap();
                let count = number(colon + 1, brace - 1);
                let object = self.objects.len();
                if kind == b'O' {
                    self.objects
                        .push((bytes[start..colon].to_vec(), Vec::new()));
                    self.contents[variable] = Content::Object(object);
                }
                *at = brace + 1;
                let mut parts = Vec::new();
                for _ in 0..count {
                    let key_at = *at;
                    if bytes[key_at] == b'i' {
                        *at += bytes[key_at..]
                            .iter()
                            .position(|byte| *byte == b';')
                            .unwrap()
                            + 1;
                    } else {
                        let quote = key_at
                            + bytes[key_at..]
                                .iter()
                                .position(|byte| *byte == b'"')
                                .unwrap();
                        *at = quote + 1 + number(key_at + 2, quote - 1) + 2;
                    }
                    let key = bytes[key_at..*at].to_vec();
                    parts.push((key, self.value(bytes, at)));
                }
                assert_eq!(bytes[*at], b'}');
                *at += 1;
                if kind == b'O' {
                    self.objects[object].1 = parts;
                } else {
                    self.contents[variable] = Content::Array(parts);
                }
            }
            _ => {
                *at = until(b';') + 1;
                self.contents[variable] = Content::Leaf(bytes[start..*at].to_vec());
            }
        }
        variable
    }

    /// Returns what can be seen under these keys, to a depth and a number of places.
    pub(super) fn seen(&self, is_wanted: impl Fn(&str) -> bool) -> Seen {
        let mut seen = Seen::new();
        let wanted = self.keys.iter().filter(|(key, _)| is_wanted(key));
        let mut open: Vec<(Vec<Vec<u8>>, Variable)> = wanted
            .map(|(key, variable)| (vec![key.clone().into_bytes()], *variable))
            .collect();
        // Breadth first: which places are seen depends on what is there alone.
        while !open.is_empty() && seen.len() + open.len() < 120 {
            let mut inside = Vec::new();
            for (path, variable) in open {
                let (object, bytes, parts) = match &self.contents[variable] {
                    Content::Leaf(bytes) => (None, bytes.clone(), &[][..]),
                    Content::Array(parts) => (None, b"a".to_vec(), &parts[..]),
                    Content::Object(object) => {
                        let (class, parts) = &self.objects[*object];
                        (Some(*object), class.clone(), &parts[..])
                    }
                };
                for (key, part) in parts {
                    inside.push(([&path[..], std::slice::from_ref(key)].concat(), *part));
                }
                seen.insert(path, (variable, object, bytes));
            }
            open = inside;
        }
        seen
    }
}

/// Checks that two sessions look alike: the same values, and which of them are one variable or one
/// object.
pub(super) fn assert_alike(one: &Seen, other: &Seen, what: &str) {
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        other.keys().collect::<Vec<_>>(),
        "{what}"
    );
    let (mut variables, mut objects) = (BTreeMap::new(), BTreeMap::new());
    let (mut variables_back, mut objects_back) = (BTreeMap::new(), BTreeMap::new());
    for ((path, (variable, object, bytes)), (_, (variable_2, object_2, bytes_2))) in
        one.iter().zip(other)
    {
        assert_eq!(bytes, bytes_2, "{what}: {path:?}");
        let is_same = *variables.entry(*variable).or_insert(*variable_2) == *variable_2
            && *variables_back.entry(*variable_2).or_insert(*variable) == *variable
            && *objects.entry(*object).or_insert(*object_2) == *object_2
            && *objects_back.entry(*object_2).or_insert(*object) == *object;
        assert!(is_same, "{what}: {path:?} is another variable or object");
    }
}
