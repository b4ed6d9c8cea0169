//! Random sessions of the handler `php`, full of references.

/// A generator of numbers that are the same in every run (Numerical Recipes' constants).
pub(super) struct Numbers(pub(super) u32);

impl Numbers {
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % limit
    }
}

/// A session that is being written, with what references may point to.
struct Script<'a> {
    numbers: &'a mut Numbers,
    bytes: Vec<u8>,
    slots: u32,
    /// The first slot of each object, to which PHP's `r:` points.
    objects: Vec<u32>,
}

/// Writes a session of some keys (`k0`, `k1` ...).
pub(super) fn session(numbers: &mut Numbers, keys: u32) -> Vec<u8> {
    let mut script = Script {
        numbers,
        bytes: Vec::new(),
        slots: 0,
        objects: Vec::new(),
    };
    for key in 0..keys {
        script.text(&format!("k{key}|"));
        script.value(0);
    }
    script.bytes
}

impl Script<'_> {
    fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn value(&mut self, depth: u32) {
        let choice = self.numbers.below(if depth < 3 { 12 } else { 8 });
        match choice {
            0 | 1 if self.slots > 0 => {
                let slot = 1 + self.numbers.below(self.slots);
                self.text(&format!("R:{slot};"));
            }
            2 | 3 if !self.objects.is_empty() => {
                let place = self
                    .numbers
                    .below(u32::try_from(self.objects.len()).unwrap());
                let slot = self.objects[place as usize];
                self.slots += 1;
                self.text(&format!("r:{slot};"));
            }
            4 => {
                self.slots += 1;
                self.objects.push(self.slots);
                self.text("E:6:\"Suit:A\";");
            }
            8 | 9 => {
                self.slots += 1;
                let count = self.numbers.below(4);
                self.text(&format!("a:{count}:{{"));
                for place in 0..count {
                    self.text(&format!("i:{place};"));
                    self.value(depth + 1);
                }
                self.text("}");
            }
            10 | 11 => {
                self.slots += 1;
                self.objects.push(self.slots);
                let count = self.numbers.below(4);
                self.text(&format!("O:1:\"C\":{count}:{{"));
                for place in 0..count {
                    self.text(&format!("s:2:\"p{place}\";"));
                    self.value(depth + 1);
                }
                self.text("}");
            }
            _ => {
                self.slots += 1;
                let number = self.numbers.below(1000);
                self.text(&format!("i:{number};"));
            }
        }
    }
}
