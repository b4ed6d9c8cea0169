//! The encrypted jar, AES-256-CBC under an HMAC.

use std::sync::LazyLock;

use hardtack::settings::Cipher;
use hardtack::{Jar, LoadDefaults, Rotation};

use super::jars::{Keyring, Kind};
use super::{other_secret, secret, vectors};

static JARS: LazyLock<Keyring> = LazyLock::new(|| {
    let kind = Kind {
        jar: |secret, settings| Jar::encrypted(secret, settings),
        rotation: |secret, settings| Rotation::encrypted(secret, settings),
    };
    let versions = [
        LoadDefaults::V8_1,
        LoadDefaults::V6_1,
        LoadDefaults::V5_2,
        LoadDefaults::V4_2,
    ];
    let versions = versions.map(|version| version.settings().cipher(Cipher::Aes256Cbc));
    let sealed = vectors::jar("encrypted_cbc");
    let besides = vectors::jar("encrypted_gcm");
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
