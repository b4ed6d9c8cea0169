//! What a [`Jar`] reads: the cookie of a name, by the first rotation and under the first name that
//! fits.

use std::iter;

use serde::de::DeserializeOwned;

use crate::error::{InvalidMessage, Refusal};
use crate::message::metadata::{self, Purpose};
use crate::message::rotation::Incoming;
use crate::serializer::Serialized;
use crate::serializer::value::Value;

use super::buffers::Buffers;
use super::duplicates::Duplicates;
use super::escape::unescape_over;
use super::form;
use super::header::CookieHeader;
use super::jar::Jar;
use super::limit::MAX_READ_SIZE;
use super::opened::Opened;
use super::opening::Opening;
use super::rotation::Rotation;

impl Jar {
    /// Reads the cookie of this name from a request's `Cookie` header; `None` where it is not
    /// there.
    ///
    /// ```
    /// # use hardtack::{Attributes, CookieHeader, InvalidMessage, Jar, RailsVersion, SecretKeyBase};
    /// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// # let cookie = jar.write("volume", &0.5, &Attributes::new())?;
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
    /// [`InvalidMessage`], and nothing else, where it does not open; [`Jar::explain`] tells the
    /// operator why.
    pub fn read<T: DeserializeOwned>(
        &self,
        name: &str,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Opened<T>>, InvalidMessage> {
        Ok(self.find_value(name, header)?)
    }

    /// Reads a cookie's value, no longer escaped: for whoever has taken the header apart already.
    /// The name is needed too, since from Rails 6.0 on it is sealed with the value.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, SecretKeyBase};
    /// # let jar = Jar::signed(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// let cookie = jar.write("locale", "pt-BR", &Attributes::new())?;
    /// assert_eq!(jar.read_value::<String>("locale", cookie.value())?.value(), "pt-BR");
    /// assert!(jar.read_value::<String>("language", cookie.value()).is_err()); // another's value
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMessage`], and nothing else, where it does not open.
    pub fn read_value<T: DeserializeOwned>(
        &self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Opened<T>, InvalidMessage> {
        Ok(self.open_as(name, name, value.as_ref())?.load()?)
    }

    /// Reads a cookie's value, no longer escaped, and says why it does not open: for the operator,
    /// never for whoever sent it.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, Refusal, SecretKeyBase};
    /// let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// let cookie = jar.write("discount", &45, &Attributes::new())?;
    ///
    /// assert_eq!(jar.explain("price", cookie.value()).err(), Some(Refusal::WrongPurpose));
    /// assert_eq!(jar.explain("discount", "AAAA--AAAA--AAAA").err(), Some(Refusal::Malformed));
    ///
    /// let other = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// assert_eq!(other.explain("discount", cookie.value()).err(), Some(Refusal::Invalid));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The [`Refusal`] of the attempt that got furthest.
    pub fn explain(&self, name: &str, value: impl AsRef<[u8]>) -> Result<Opened<Value>, Refusal> {
        self.open_as(name, name, value.as_ref())?.load()
    }

    /// Reads the cookie of this name from a request's `Cookie` header, as [`read`](Self::read)
    /// does, and says why it does not open: for the operator, never for whoever sent it.
    ///
    /// ```
    /// # use hardtack::{CookieHeader, Jar, RailsVersion, Refusal, SecretKeyBase};
    /// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
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

    /// Reads the cookie of this name, and says why it does not open.
    pub(crate) fn find_value<T: DeserializeOwned>(
        &self,
        name: &str,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Opened<T>>, Refusal> {
        self.find(name, header, Duplicates::First, Opened::load)
            .transpose()
    }

    /// Opens the first cookie that does, and that is accepted, under the present name and then
    /// under the older ones.
    pub(crate) fn find<T>(
        &self,
        name: &str,
        header: &CookieHeader<'_>,
        duplicates: Duplicates,
        accept: impl Fn(Opened<Serialized>) -> Result<T, Refusal>,
    ) -> Option<Result<T, Refusal>> {
        let older_names = self.rotations.iter().filter_map(|rotation| {
            let older = rotation.cookie_name.as_deref()?;
            (older != name).then_some(older)
        });
        let mut furthest = None;
        for sent_name in iter::once(name).chain(older_names) {
            match self.find_sent(name, sent_name, header, duplicates, &accept) {
                Some(Err(refusal)) => furthest = furthest.max(Some(refusal)),
                Some(opened) => return Some(opened),
                None => {}
            }
        }
        furthest.map(Err)
    }

    /// Opens the cookie that is asked for under one name among those that were sent under one.
    fn find_sent<T>(
        &self,
        name: &str,
        sent_name: &str,
        header: &CookieHeader<'_>,
        duplicates: Duplicates,
        accept: impl Fn(Opened<Serialized>) -> Result<T, Refusal>,
    ) -> Option<Result<T, Refusal>> {
        let mut furthest = None;
        for raw in duplicates.of(header, sent_name) {
            match self.open_raw(name, sent_name, raw).and_then(&accept) {
                Err(refusal) => furthest = furthest.max(Some(refusal)),
                opened => return Some(opened),
            }
        }
        furthest.map(Err)
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
        let rotations = self.rotations.iter();
        let asked = rotations.filter(|rotation| rotation.name(name) == sent_name);
        if !form::can_be_of(raw, asked.map(|rotation| &rotation.codecs)) {
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

    /// Opens a cookie's value, no longer escaped, and keeps it as it was serialized. For tools: it
    /// says why a cookie does not open, which is for the operator and never for whoever sent it.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, Refusal, SecretKeyBase};
    /// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// let cookie = jar.write("sizes", &["S", "XL"], &Attributes::new())?;
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

    /// Opens the value of the cookie that is asked for under one name, and was sent under one.
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
        let mut furthest = Refusal::Malformed;
        for (index, rotation) in self.rotations.iter().enumerate() {
            if rotation.name(name) != sent_name {
                continue;
            }
            match self.open_with(index, rotation, &mut message, text, sent_name) {
                Ok(opened) => return Ok(opened),
                Err(refusal) => furthest = furthest.max(refusal),
            }
        }
        Err(furthest)
    }

    fn open_with(
        &self,
        index: usize,
        rotation: &Rotation,
        message: &mut Incoming<'_>,
        text: &mut Vec<u8>,
        sent_name: &str,
    ) -> Result<Opened<Serialized>, Refusal> {
        let codec = rotation.codecs.open(message, text)?;
        let reading = rotation.settings.envelope;
        let purpose = Purpose::Cookie(sent_name);
        let extracted = metadata::extract(text, purpose, reading, || self.clock.now())?;
        let serializer = rotation.settings.serializer;
        let format = serializer
            .format_of(&extracted.value)
            .map_err(|_| Refusal::UnreadableValue)?;
        let needs_rewrite = !std::ptr::eq(codec, &raw const rotation.codecs.first)
            || (index != 0 && index != self.write)
            || format != serializer.writes();
        Ok(Opened {
            older_name: rotation.cookie_name.clone(),
            opening: Opening::new(index, rotation, codec, format, needs_rewrite),
            expires_at: extracted.expires_at,
            value: Serialized {
                bytes: extracted.value,
                format,
            },
        })
    }
}
