//! The encrypted jar, AES-256-CBC under an HMAC.

use std::sync::LazyLock;

use hardtack::{Cipher, Jar, RailsVersion, Rotation};

use super::jars::{Jars, Kind};
use super::{other_secret, secret, vectors};

static JARS: LazyLock<Jars> = LazyLock::new(|| {
    let kind = Kind {
        jar: |secret, settings| Jar::encrypted(secret, settings),
        rotation: |secret, settings| Rotation::encrypted(secret, settings),
    };
    let versions = [
        RailsVersion::V8_1,
        RailsVersion::V6_1,
        RailsVersion::V5_2,
        RailsVersion::V4_2,
    ];
    let versions = versions.map(|version| version.settings().cipher(Cipher::Aes256Cbc));
    let sealed = vectors::jar("encrypted_cbc");
    let besides = vectors::jar("encrypted_gcm");
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
