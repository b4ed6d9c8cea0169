//! Finds the formats in a jar's settings that are not built in.

use super::Jar;
use super::way::Way;
use crate::error::Error;

impl Jar {
    /// Checks that the format that the jar writes is built in.
    pub(crate) fn check_serializer(&self) -> Result<(), Error> {
        let serializer = self.settings().cookies_serializer;
        match serializer.writes().missing_feature() {
            None => Ok(()),
            Some(feature) => Err(Error::SerializerNotBuiltIn {
                serializer: serializer.name(),
                feature,
            }),
        }
    }

    /// Returns the settings whose cookies this build cannot read: the missing feature, and a
    /// description of the settings ("rotation 0 (marshal)").
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = (&'static str, String)> {
        let same = |one: &Way, other: &Way| one.sealed_by.rotation == other.sealed_by.rotation;
        let ways = self.ways.chunk_by(same).filter_map(<[Way]>::first);
        ways.flat_map(|way| {
            let serializer = way.serializer;
            let missing = serializer
                .formats()
                .iter()
                .filter_map(|format| format.missing_feature());
            missing.map(move |feature| match way.sealed_by.rotation {
                None => (feature, format!("current ({serializer})")),
                Some(index) => (feature, format!("rotation {index} ({serializer})")),
            })
        })
    }
}
