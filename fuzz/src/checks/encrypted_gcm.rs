//! The encrypted jar, AES-256-GCM.

use std::sync::LazyLock;

use hardtack::settings::Cipher;
use hardtack::{Jar, LoadDefaults, Rotation, Settings};

use super::jars::{Keyring, Kind};
use super::{other_secret, secret, vectors};

static JARS: LazyLock<Keyring> = LazyLock::new(|| {
    let kind = Kind {
        jar: |secret, settings| Jar::encrypted(secret, settings),
        rotation: |secret, settings| Rotation::encrypted(secret, settings),
    };
    let versions = [
        LoadDefaults::V8_1,
        LoadDefaults::V7_1,
        LoadDefaults::V6_1,
        LoadDefaults::V5_2,
    ];
    let versions = versions.map(LoadDefaults::settings);
    assert!(
        versions
            .iter()
            .all(|version: &Settings| version.cipher == Cipher::Aes256Gcm)
    );
    let sealed = vectors::jar("encrypted_gcm");
    let besides = vectors::jar("encrypted_cbc");
    Keyring::new(
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
