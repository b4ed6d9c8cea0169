//! The encrypted jar, AES-256-GCM.

use std::sync::LazyLock;

use hardtack::{Cipher, Jar, RailsVersion, Rotation, Settings};

use super::jars::{Jars, Kind};
use super::{other_secret, secret, vectors};

static JARS: LazyLock<Jars> = LazyLock::new(|| {
    let kind = Kind {
        jar: |secret, settings| Jar::encrypted(secret, settings),
        rotation: |secret, settings| Rotation::encrypted(secret, settings),
    };
    let versions = [
        RailsVersion::V8_1,
        RailsVersion::V7_1,
        RailsVersion::V6_1,
        RailsVersion::V5_2,
    ];
    let versions = versions.map(RailsVersion::settings);
    assert!(
        versions
            .iter()
            .all(|version: &Settings| version.cipher == Cipher::Aes256Gcm)
    );
    let sealed = vectors::jar("encrypted_gcm");
    let besides = vectors::jar("encrypted_cbc");
    Jars::new(
        &kind,
        &secret(),
        &other_secret(),
        &versions,
        sealed,
        besides,
    )
});

pub(super) fn check(data: &[u8]) {
    JARS.check(data);
}
