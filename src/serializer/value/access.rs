//! Accessors of a [`Value`], one for each kind.

use super::Value;

impl Value {
    /// Returns the name of the value's kind, in a word or two, without its contents.
    ///
    /// ```
    /// assert_eq!(hardtack::value::Value::from("secret").kind(), "a String");
    /// ```
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::BigInteger(_) => "an Integer",
            Self::Float(_) => "a Float",
            Self::String(_) => "a String",
            Self::Bytes(bytes) if bytes.to_text().is_some() => "a String",
            Self::Bytes(_) => "a String that is not UTF-8",
            Self::Symbol(_) => "a Symbol",
            Self::Array(_) => "an Array",
            Self::Hash(_) => "a Hash",
            Self::IndifferentHash(_) => "a HashWithIndifferentAccess",
            Self::BigDecimal(_) => "a BigDecimal",
            Self::Rational(_) => "a Rational",
            Self::Complex(_) => "a Complex",
            Self::Time(_) => "a Time",
            Self::DateTime(_) => "a DateTime",
            Self::Date(_) => "a Date",
            Self::TimeZone(_) => "a TimeZone",
            Self::Duration(_) => "a Duration",
            Self::Range(_) => "a Range",
            Self::Set(_) => "a Set",
            Self::Uri(_) => "a URI",
            Self::IpAddr(_) => "an IPAddr",
            Self::Pathname(_) => "a Pathname",
            Self::Regexp(_) => "a Regexp",
            Self::SafeBuffer(_) => "a SafeBuffer",
            Self::Object(_) => "an object",
            #[cfg(feature = "php")]
            Self::Php(_) => "an object",
        }
    }

    /// Creates a Hash of these pairs. Of equal keys the last value counts, at the place of the
    /// first, as in Ruby.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// let hash = Value::hash([("a", 1), ("b", 2), ("a", 3)]);
    /// assert_eq!(hash.to_string(), r#"{"a":3,"b":2}"#);
    /// ```
    #[must_use]
    pub fn hash<K: Into<Value>, V: Into<Value>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let pairs = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()));
        Self::Hash(super::unique_pairs(pairs.collect()))
    }

    /// Returns the value under a key of a Hash. The key may be a String or a Symbol; the String is
    /// tried first. `None` for every other kind of value.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// let hash = Value::hash([(Value::Symbol("locale".to_owned()), "en")]);
    /// assert_eq!(hash.get("locale"), Some(&Value::from("en")));
    /// assert_eq!(hash.get("theme"), None);
    /// assert_eq!(Value::Nil.get("locale"), None);
    /// ```
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let pairs = self.as_hash()?;
        let by_string = pairs
            .iter()
            .find(|(k, _)| matches!(k, Self::String(text) if text == key));
        by_string
            .or_else(|| {
                pairs
                    .iter()
                    .find(|(k, _)| matches!(k, Self::Symbol(text) if text == key))
            })
            .map(|(_, value)| value)
    }

    /// Returns the pairs of a Hash, in order; `None` for other kinds.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// assert_eq!(Value::hash([("a", 1)]).as_hash().map(<[_]>::len), Some(1));
    /// assert_eq!(Value::Nil.as_hash(), None);
    /// ```
    #[must_use]
    pub fn as_hash(&self) -> Option<&[(Value, Value)]> {
        match self {
            Self::Hash(pairs) | Self::IndifferentHash(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// Returns the elements of an Array or a Set, in order; `None` for other kinds.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// assert_eq!(Value::from([1, 2]).as_array().map(<[_]>::len), Some(2));
    /// assert_eq!(Value::from("12").as_array(), None);
    /// ```
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) | Self::Set(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the text of a String, a Symbol, or another kind that is kept as text: URI, `IPAddr`,
    /// Pathname, Regexp, `SafeBuffer`, `TimeZone`, `BigDecimal`, Bytes that are valid UTF-8. `None`
    /// for other kinds.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// assert_eq!(Value::Symbol("en".to_owned()).as_str(), Some("en"));
    /// assert_eq!(Value::Integer(1).as_str(), None);
    /// ```
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text)
            | Self::Symbol(text)
            | Self::BigDecimal(text)
            | Self::TimeZone(text)
            | Self::Uri(text)
            | Self::IpAddr(text)
            | Self::Pathname(text)
            | Self::Regexp(text)
            | Self::SafeBuffer(text) => Some(text),
            Self::Bytes(bytes) => std::str::from_utf8(&bytes.bytes).ok(),
            _ => None,
        }
    }

    /// Returns an Integer of 64 bits; `None` for larger ones and other kinds.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// assert_eq!(Value::Integer(7).as_i64(), Some(7));
    /// assert_eq!(Value::Float(7.0).as_i64(), None);
    /// ```
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// Returns a Float, or the float nearest to another number: an Integer, `BigDecimal`, Rational
    /// or Duration. `None` for other kinds.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// assert_eq!(Value::BigDecimal("0.125e1".to_owned()).as_f64(), Some(1.25));
    /// assert_eq!(Value::from("1.25").as_f64(), None);
    /// ```
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.number()
    }

    /// Returns `true` or `false` as a `bool`; `None` for other kinds.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// assert_eq!(Value::Bool(true).as_bool(), Some(true));
    /// assert_eq!(Value::Nil.as_bool(), None);
    /// ```
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(boolean) => Some(*boolean),
            _ => None,
        }
    }

    /// Returns true if the value is `nil`.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// assert!(Value::Nil.is_nil());
    /// assert!(!Value::Bool(false).is_nil());
    /// ```
    #[must_use]
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }
}
