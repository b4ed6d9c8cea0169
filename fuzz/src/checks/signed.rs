//! The signed jar.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use hardtack::settings::HmacDigest;
use hardtack::{Jar, LoadDefaults, Rotation, Settings};

use super::jars::{Keyring, Kind};
use super::{other_secret, secret, vectors};

static JARS: LazyLock<Keyring> = LazyLock::new(|| {
    let kind = Kind {
        jar: |secret, settings| Jar::signed(secret, settings),
        rotation: |secret, settings| Rotation::signed(secret, settings),
    };
    let mut versions: Vec<Settings> = [
        LoadDefaults::V8_1,
        LoadDefaults::V6_1,
        LoadDefaults::V5_2,
        LoadDefaults::V4_2,
    ]
    .map(LoadDefaults::settings)
    .into();
    for hmac_digest in [HmacDigest::Sha256, HmacDigest::Sha384, HmacDigest::Sha512] {
        versions.push(
            LoadDefaults::V8_1
                .settings()
                .signed_cookie_digest(hmac_digest),
        );
    }
    let sealed = vectors::jar("signed");
    let besides = BTreeSet::new();
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
