//! [`Generator`]: random values, the same for the same seed.

use crate::Data;

/// The longest value in bytes of fully escaped JSON: it fits a cookie by every rule and under every
/// nonce.
const LONGEST_JSON: usize = 1500;

/// The pieces that texts are made of. Each piece is escaped, encoded or folded by some format.
const PIECES: [&str; 48] = [
    "a",
    "Z",
    "0",
    "9",
    " ",
    "  ",
    "/",
    "\\",
    "\"",
    "'",
    "<",
    ">",
    "&",
    "</script>",
    "&amp;",
    "%",
    "%2B",
    "+",
    "=",
    ";",
    ",",
    "--",
    "|",
    "~",
    "`",
    "\0",
    "\u{1}",
    "\u{8}",
    "\t",
    "\n",
    "\u{b}",
    "\u{c}",
    "\r",
    "\u{1b}",
    "\u{1f}",
    "\u{7f}",
    "\u{85}",
    "é",
    "e\u{301}",
    "ß",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{ffff}",
    "日本",
    "🍪",
    "👩‍👩‍👧",
    "\u{10ffff}",
];

/// Makes values of every kind (`SplitMix64`).
///
/// ```
/// use hardtack_peers::Generator;
///
/// assert_eq!(Generator::new(1).data().ruby(), Generator::new(1).data().ruby());
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    state: u64,
}

impl Generator {
    /// Creates a generator. Generators with the same seed make the same values.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Makes a value that fits a cookie.
    pub fn data(&mut self) -> Data {
        self.fitting(|generator| generator.any(6))
    }

    /// Makes the data of a session without its id: a map that fits a cookie, with no nil at its top.
    pub fn session(&mut self) -> Data {
        self.fitting(|generator| {
            let mut pairs = generator.pairs(8, 4);
            pairs.retain(|(key, value)| key != "session_id" && !matches!(value, Data::Nil));
            Data::Map(pairs)
        })
    }

    /// Makes a number below `end`.
    ///
    /// # Panics
    ///
    /// Panics if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is below a usize")
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn fitting(&mut self, make: impl Fn(&mut Self) -> Data) -> Data {
        loop {
            let data = make(self);
            if data.json().len() <= LONGEST_JSON {
                return data;
            }
        }
    }

    fn any(&mut self, depth: usize) -> Data {
        match self.below(if depth == 0 { 8 } else { 16 }) {
            0 => Data::Nil,
            1 => Data::Bool(self.below(2) == 1),
            2 | 3 => self.integer(),
            4 | 5 => self.float(),
            6 | 7 => Data::Text(self.text(12)),
            8..12 => {
                let length = self.below(6);
                Data::List((0..length).map(|_| self.any(depth - 1)).collect())
            }
            _ => Data::Map(self.pairs(6, depth - 1)),
        }
    }

    /// Makes a value that holds no others.
    pub fn leaf(&mut self) -> Data {
        self.any(0)
    }

    fn integer(&mut self) -> Data {
        let digits = match self.below(3) {
            0 => self.below(1000).to_string(),
            1 => self.power_of_two(),
            _ => {
                let first = char::from(b"123456789"[self.below(9)]);
                let more = self.below(90);
                let rest = (0..more).map(|_| char::from(b"0123456789"[self.below(10)]));
                std::iter::once(first).chain(rest).collect()
            }
        };
        let negative = digits != "0" && self.below(2) == 1;
        Data::Integer(if negative {
            format!("-{digits}")
        } else {
            digits
        })
    }

    /// Makes a power of two at which programs change their type, or its neighbour.
    fn power_of_two(&mut self) -> String {
        let widths = [7, 8, 15, 16, 30, 31, 32, 53, 61, 62, 63, 64, 65, 100, 126];
        let power = 1_u128 << widths[self.below(widths.len())];
        [power - 1, power, power + 1][self.below(3)].to_string()
    }

    /// Makes a finite Float: a round number, or one of random bits.
    pub fn float(&mut self) -> Data {
        loop {
            let bits = self.next();
            let [high, low, ..] = bits.to_be_bytes();
            let float = match self.below(4) {
                0 => f64::from(u16::from_be_bytes([high, low])) / 100.0,
                1 => 10_f64.powi(i32::from(high % 40) - 20),
                2 => f64::from(u32::from(high) << 24 | u32::from(low)),
                _ => f64::from_bits(bits),
            };
            if float.is_finite() {
                return Data::Float(if self.below(2) == 1 { -float } else { float });
            }
        }
    }

    /// Makes a text of at most `longest` pieces.
    pub fn text(&mut self, longest: usize) -> String {
        let length = self.below(longest + 1);
        (0..length)
            .map(|_| PIECES[self.below(PIECES.len())])
            .collect()
    }

    fn pairs(&mut self, most: usize, depth: usize) -> Vec<(String, Data)> {
        let mut pairs: Vec<(String, Data)> = Vec::new();
        for _ in 0..self.below(most + 1) {
            let key = self.text(4);
            if pairs.iter().all(|(known, _)| *known != key) {
                pairs.push((key, self.any(depth)));
            }
        }
        pairs
    }
}
