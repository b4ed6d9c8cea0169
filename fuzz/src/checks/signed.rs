//! The signed jar.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use hardtack::{HmacDigest, Jar, RailsVersion, Rotation, Settings};

use super::jars::{Jars, Kind};
use super::{other_secret, secret, vectors};

static JARS: LazyLock<Jars> = LazyLock::new(|| {
    let kind = Kind {
        jar: |secret, settings| Jar::signed(secret, settings),
        rotation: |secret, settings| Rotation::signed(secret, settings),
    };
    let mut versions: Vec<Settings> = [
        RailsVersion::V8_1,
        RailsVersion::V6_1,
        RailsVersion::V5_2,
        RailsVersion::V4_2,
    ]
    .map(RailsVersion::settings)
    .into();
    for hmac_digest in [HmacDigest::Sha256, HmacDigest::Sha384, HmacDigest::Sha512] {
        versions.push(RailsVersion::V8_1.settings().hmac_digest(hmac_digest));
    }
    let sealed = vectors::jar("signed");
    let besides = BTreeSet::new();
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
