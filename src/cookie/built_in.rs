//! Formats of a jar's settings that are not built in.

use super::jar::Jar;
use crate::error::Error;

impl Jar {
    /// Checks that the format in which it writes is built in.
    pub(crate) fn check_serializer(&self) -> Result<(), Error> {
        let serializer = self.settings().serializer;
        match serializer.writes().missing_feature() {
            None => Ok(()),
            Some(feature) => Err(Error::SerializerNotBuiltIn {
                serializer,
                feature,
            }),
        }
    }

    /// Finds the settings whose cookies this build cannot read: the feature that is off, and the
    /// settings in words ("rotation 0 (marshal)").
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = (&'static str, String)> {
        let rotations = self.rotations.iter().enumerate();
        rotations.flat_map(|(index, rotation)| {
            let serializer = rotation.settings.serializer;
            let missing = serializer
                .formats()
                .iter()
                .filter_map(|format| format.missing_feature());
            missing.map(move |feature| match index.checked_sub(1) {
                None => (feature, format!("current ({serializer})")),
                Some(index) => (feature, format!("rotation {index} ({serializer})")),
            })
        })
    }
}
