//! Reads the cookie of a name through a [`Jar`]: tries the current settings and each rotation,
//! under the present name and the older ones.

use std::iter;

use serde::de::DeserializeOwned;

use crate::error::{InvalidMessage, Refusal};
use crate::message::incoming::Incoming;
use crate::message::opened::Opened;
use crate::serializer::Serialized;
use crate::serializer::value::Value;

use super::Jar;
use super::buffers::Buffers;
use super::way::Way;
use crate::http::cookie_header::CookieHeader;
use crate::http::duplicate_policy::DuplicatePolicy;
use crate::http::escape::unescape_over;
use crate::http::limit::MAX_READ_SIZE;

impl Jar {
    /// Reads the cookie with this name from a request's `Cookie` header; `None` if the header has
    /// none.
    ///
    /// ```
    /// use hardtack::{CookieHeader, InvalidMessage, Jar};
    ///
    /// let jar = Jar::ephemeral()?;
    /// # let cookie = jar.write("volume", &0.5, None)?;
    /// let text = format!("volume={}; balance=AAAA", cookie.escaped_value());
    /// let header = CookieHeader::new(&text);
    /// assert_eq!(*jar.read::<f64>("volume", &header)?.unwrap().value(), 0.5);
    /// assert!(jar.read::<f64>("treble", &header)?.is_none()); // not sent
    /// assert_eq!(jar.read::<f64>("balance", &header).err(), Some(InvalidMessage));
    /// assert!(jar.read::<bool>("volume", &header).is_err()); // of another type
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMessage`], and no other error, if the cookie does not open; [`Jar::explain`] tells
    /// the operator why.
    pub fn read<T: DeserializeOwned>(
        &self,
        name: &str,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Opened<T>>, InvalidMessage> {
        Ok(self.find_value(name, header)?)
    }

    /// Reads a cookie from its unescaped value, for code that has already parsed the header. From
    /// Rails 6.0 on the name is sealed with the value, so it is needed too.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let jar = Jar::signed(&SecretKeyBase::generate()?, LoadDefaults::V7_1);
    /// let cookie = jar.write("locale", "pt-BR", None)?;
    /// assert_eq!(jar.read_value::<String>("locale", cookie.value())?.value(), "pt-BR");
    /// assert!(jar.read_value::<String>("language", cookie.value()).is_err()); // another name
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMessage`], and no other error, if the cookie does not open.
    pub fn read_value<T: DeserializeOwned>(
        &self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Opened<T>, InvalidMessage> {
        Ok(self.open_as(name, name, value.as_ref())?.load()?)
    }

    /// Reads a cookie from its unescaped value, and tells why it does not open. Show the reason to
    /// the operator, never to the sender of the cookie.
    ///
    /// ```
    /// use hardtack::{Jar, Refusal};
    ///
    /// let jar = Jar::ephemeral()?;
    /// let cookie = jar.write("discount", 45, None)?;
    ///
    /// assert_eq!(jar.explain("price", cookie.value()).err(), Some(Refusal::WrongPurpose));
    /// assert_eq!(jar.explain("discount", "AAAA--AAAA--AAAA").err(), Some(Refusal::Malformed));
    ///
    /// let other = Jar::ephemeral()?;
    /// assert_eq!(other.explain("discount", cookie.value()).err(), Some(Refusal::Invalid));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The [`Refusal`] of the attempt that got furthest.
    pub fn explain(&self, name: &str, value: impl AsRef<[u8]>) -> Result<Opened<Value>, Refusal> {
        self.open_as(name, name, value.as_ref())?.load()
    }

    /// Reads the cookie with this name from a request's `Cookie` header, as [`read`](Self::read)
    /// does, and tells why it does not open. Show the reason to the operator, never to the sender
    /// of the cookie.
    ///
    /// ```
    /// use hardtack::{CookieHeader, Jar, Refusal};
    ///
    /// let jar = Jar::ephemeral()?;
    /// let header = CookieHeader::new("discount=AAAA--AAAA--AAAA");
    /// assert_eq!(jar.explain_header("discount", &header).err(), Some(Refusal::Malformed));
    /// assert!(jar.explain_header("price", &header)?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The [`Refusal`] of the attempt that got furthest.
    pub fn explain_header(
        &self,
        name: &str,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Opened<Value>>, Refusal> {
        self.find_value(name, header)
    }

    /// Reads the cookie with this name, and tells why it does not open.
    pub(crate) fn find_value<T: DeserializeOwned>(
        &self,
        name: &str,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Opened<T>>, Refusal> {
        self.find(name, header, DuplicatePolicy::First, Opened::load)
            .transpose()
    }

    /// Returns the first cookie that opens and that `accept` takes; tries `name`, then the
    /// rotations' former names.
    pub(crate) fn find<T>(
        &self,
        name: &str,
        header: &CookieHeader<'_>,
        duplicates: DuplicatePolicy,
        accept: impl Fn(Opened<Serialized>) -> Result<T, Refusal>,
    ) -> Option<Result<T, Refusal>> {
        let names = iter::once(name).chain(self.older_names(name));
        let sent = names.flat_map(|sent_name| {
            let values = duplicates.of(header, sent_name);
            values.map(move |raw| (sent_name, raw))
        });
        Refusal::first_opened(sent.map(|(sent_name, raw)| {
            let opened = self.open_raw(name, sent_name, raw);
            opened.and_then(&accept)
        }))
    }

    fn open_raw(
        &self,
        name: &str,
        sent_name: &str,
        raw: &[u8],
    ) -> Result<Opened<Serialized>, Refusal> {
        if raw.len() > MAX_READ_SIZE {
            return Err(Refusal::TooLarge);
        }
        if !self.ends.fit(raw) {
            return Err(Refusal::Malformed);
        }
        Buffers::lend(|buffers| {
            let Buffers {
                value,
                ciphertext,
                text,
                ..
            } = buffers;
            unescape_over(value, raw);
            let message = Incoming::new(value, ciphertext);
            self.open_message(name, sent_name, message, text)
        })
    }

    /// Opens a cookie's unescaped value, and returns it still serialized: for tools. Tells why a
    /// cookie does not open; show the reason to the operator, never to the sender of the cookie.
    ///
    /// ```
    /// use hardtack::{Jar, Refusal};
    ///
    /// let jar = Jar::ephemeral()?;
    /// let cookie = jar.write("sizes", ["S", "XL"], None)?;
    /// assert_eq!(jar.open("sizes", cookie.value())?.value().as_bytes(), br#"["S","XL"]"#);
    /// assert_eq!(jar.open("sizes", "AAAA").err(), Some(Refusal::Malformed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The [`Refusal`] of the attempt that got furthest.
    pub fn open(&self, name: &str, value: impl AsRef<[u8]>) -> Result<Opened<Serialized>, Refusal> {
        let opened = self.open_as(name, name, value.as_ref())?;
        opened
            .value()
            .check()
            .map_err(|_| Refusal::UnreadableValue)?;
        Ok(opened)
    }

    /// Opens a cookie's value that was sent as `sent_name` and is asked for as `name`.
    pub(crate) fn open_as(
        &self,
        name: &str,
        sent_name: &str,
        value: &[u8],
    ) -> Result<Opened<Serialized>, Refusal> {
        if value.len() > MAX_READ_SIZE {
            return Err(Refusal::TooLarge);
        }
        Buffers::lend(|buffers| {
            let message = Incoming::new(value, &mut buffers.ciphertext);
            self.open_message(name, sent_name, message, &mut buffers.text)
        })
    }

    fn open_message(
        &self,
        name: &str,
        sent_name: &str,
        mut message: Incoming<'_>,
        text: &mut Vec<u8>,
    ) -> Result<Opened<Serialized>, Refusal> {
        let ways = self.ways(name, sent_name);
        let attempts = ways.map(|way| way.open(&mut message, sent_name, text, || self.clock.now()));
        Refusal::first_opened(attempts).unwrap_or(Err(Refusal::Malformed))
    }

    /// Returns the ways to open a cookie that was sent under one name and is asked for under
    /// another.
    fn ways<'a>(
        &'a self,
        name: &'a str,
        sent_name: &'a str,
    ) -> impl Iterator<Item = &'a Way> + Clone {
        let ways = self.ways.iter();
        ways.filter(move |way| way.name(name) == sent_name)
    }
}
