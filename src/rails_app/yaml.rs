//! The secrets in a YAML document, and nothing else of it.
//!
//! Read by `serde-saphyr`, whose limits are set here: a document is at most a mebibyte, nests 64
//! levels, and its aliases expand to at most a hundred thousand nodes. The parser's own buffers
//! are not wiped; what is kept of the document is.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Options};
use zeroize::Zeroizing;

use super::error::Lack;

/// The most nodes that all aliases together expand to.
const MOST_OF_ALIASES: usize = 100_000;

/// The most bytes that are kept for anchors.
const MOST_OF_ANCHORS: usize = 4 * 1024 * 1024;

/// A value under a name that should be a text.
#[derive(Clone)]
pub(super) enum Entry {
    Text(Zeroizing<String>),
    /// A list of texts.
    Texts(Vec<Zeroizing<String>>),
    /// Anything else.
    Other,
}

/// The secrets of a mapping.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    pub(super) secret_key_base: Option<Entry>,
    pub(super) secret_token: Option<Entry>,
    pub(super) rotated_secret_key_bases: Option<Entry>,
}

impl Secrets {
    /// Takes from another what it has: what nil stands for is not there.
    pub(super) fn merge(&mut self, other: Self) {
        let merge = |own: &mut Option<Entry>, other: Option<Entry>| {
            if other.is_some() {
                *own = other;
            }
        };
        merge(&mut self.secret_key_base, other.secret_key_base);
        merge(&mut self.secret_token, other.secret_token);
        merge(
            &mut self.rotated_secret_key_bases,
            other.rotated_secret_key_bases,
        );
    }
}

/// The secrets of a document's root.
pub(super) fn root(text: &str) -> Result<Secrets, Lack> {
    with(text, Section)
}

/// The secrets of the sections of these names, in the names' order.
pub(super) fn sections<const N: usize>(text: &str, names: [&str; N]) -> Result<[Secrets; N], Lack> {
    with(text, Sections(names))
}

fn with<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> Result<S::Value, Lack> {
    let mut options = Options::default();
    options.with_snippet = false;
    // As Psych: the last of two keys counts.
    options.duplicate_keys = serde_saphyr::DuplicateKeyPolicy::LastWins;
    options.alias_limits.max_total_replayed_events = MOST_OF_ALIASES;
    if let Some(budget) = &mut options.budget {
        budget.max_recorded_anchor_bytes = MOST_OF_ANCHORS;
    }
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| {
        seed.deserialize(yaml)
    });
    // The error's own text may quote what stands there.
    read.map_err(|error: Error| Lack::Yaml {
        line: error
            .location()
            .and_then(|location| u32::try_from(location.line()).ok()),
    })
}

/// A mapping's own secrets.
struct Section;

/// The secrets of the mappings under these names.
struct Sections<'n, const N: usize>([&'n str; N]);

/// A value that should be a text, or a list of them.
struct EntrySeed;

/// A mapping's key, as text; empty where it is none.
struct Key(String);

/// What a visitor makes of values that it has no use for.
macro_rules! everything_else {
    ($de:lifetime, $value:ty, $nothing:expr, [$($skipped:ident)*]) => {
        type Value = $value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_i128<E>(self, _: i128) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_u128<E>(self, _: u128) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_bytes<E>(self, _: &[u8]) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_some<D: Deserializer<$de>>(self, inner: D) -> Result<Self::Value, D::Error> {
            inner.deserialize_any(self)
        }

        $(everything_else!(@ $skipped, $de, $nothing);)*
    };
    (@ unit, $de:lifetime, $nothing:expr) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
    (@ text, $de:lifetime, $nothing:expr) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
    (@ seq, $de:lifetime, $nothing:expr) => {
        fn visit_seq<A: SeqAccess<$de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok($nothing)
        }
    };
    (@ map, $de:lifetime, $nothing:expr) => {
        fn visit_map<A: MapAccess<$de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($nothing)
        }
    };
}

impl<'de> DeserializeSeed<'de> for Section {
    type Value = Secrets;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Secrets, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Section {
    everything_else!('de, Secrets, Secrets::default(), [unit text seq]);

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Secrets, A::Error> {
        let mut secrets = Secrets::default();
        while let Some(Key(key)) = entries.next_key()? {
            let place = match key.as_str() {
                "secret_key_base" => &mut secrets.secret_key_base,
                "secret_token" => &mut secrets.secret_token,
                "rotated_secret_key_bases" => &mut secrets.rotated_secret_key_bases,
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *place = entries.next_value_seed(EntrySeed)?;
        }
        Ok(secrets)
    }
}

impl<'de, const N: usize> DeserializeSeed<'de> for Sections<'_, N> {
    type Value = [Secrets; N];

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Sections<'_, N> {
    everything_else!('de, [Secrets; N], [(); N].map(|()| Secrets::default()), [unit text seq]);

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut sections = [(); N].map(|()| Secrets::default());
        while let Some(Key(key)) = entries.next_key()? {
            let mut named = self.0.iter().zip(&mut sections);
            match named.find(|(name, _)| **name == key) {
                Some((_, section)) => *section = entries.next_value_seed(Section)?,
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(sections)
    }
}

impl<'de> DeserializeSeed<'de> for EntrySeed {
    type Value = Option<Entry>;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Option<Entry>, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for EntrySeed {
    everything_else!('de, Option<Entry>, Some(Entry::Other), [map]);

    fn visit_unit<E>(self) -> Result<Option<Entry>, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Option<Entry>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<Entry>, E> {
        Ok(Some(Entry::Text(Zeroizing::new(text.to_owned()))))
    }

    fn visit_string<E>(self, text: String) -> Result<Option<Entry>, E> {
        Ok(Some(Entry::Text(Zeroizing::new(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Entry>, A::Error> {
        let mut texts = Some(Vec::new());
        while let Some(item) = items.next_element_seed(EntrySeed)? {
            match (item, &mut texts) {
                (Some(Entry::Text(text)), Some(texts)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(Some(texts.map_or(Entry::Other, Entry::Texts)))
    }
}

impl<'de> serde::Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(key: D) -> Result<Self, D::Error> {
        key.deserialize_any(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    everything_else!('de, Key, Key(String::new()), [unit seq map]);

    fn visit_str<E>(self, text: &str) -> Result<Key, E> {
        // Symbols and texts are the same here (`deep_symbolize_keys`).
        Ok(Key(text.strip_prefix(':').unwrap_or(text).to_owned()))
    }
}
