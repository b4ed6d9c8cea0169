//! The signed sessions of Rails 2.3 and 3, by each digest there is.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use hardtack::settings::HmacDigest;
use hardtack::{Jar, LoadDefaults, Rotation};

use super::jars::{Keyring, Kind};
use super::{other_secret, secret_token, vectors};

static JARS: LazyLock<Keyring> = LazyLock::new(|| {
    let kind = Kind {
        jar: |secret, settings| Jar::signed(secret, settings),
        rotation: |secret, settings| Rotation::signed(secret, settings),
    };
    let mut versions = vec![LoadDefaults::V3_2.settings()];
    let of_2_3 = HmacDigest::ALL
        .iter()
        .map(|digest| LoadDefaults::V2_3.settings().signed_cookie_digest(*digest));
    versions.extend(of_2_3);
    let sealed = vectors::signed_rails_3();
    let besides = BTreeSet::new();
    Keyring::new(
        &kind,
        &secret_token(),
        &other_secret(),
        &versions,
        sealed,
        besides,
    )
});

pub(super) fn check(data: &[u8]) {
    JARS.check(data);
}
