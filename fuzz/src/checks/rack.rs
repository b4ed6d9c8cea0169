//! The sessions of Rack: a cookie that was not sealed here or recorded opens under no jar, and a
//! session that is sealed opens unchanged.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use hardtack::rack::{RackJar, RackVersion};
use hardtack::value::Value;
use hardtack::{Refusal, SecretKeyBase, SessionData};

use super::{one_of, other_secret, secret, vectors};

const NAME: &str = "rack.session";

const VERSIONS: &[RackVersion] = &[
    RackVersion::Rack1_0,
    RackVersion::Rack2_1,
    RackVersion::Session2_0,
    RackVersion::Session2_1_2,
];

struct Recorded {
    /// A jar for each secret and form of the recordings.
    jars: Vec<RackJar>,
    /// The session that the recorded cookies hold.
    sessions: BTreeSet<String>,
}

static RECORDED: LazyLock<Recorded> = LazyLock::new(|| {
    let (secrets, cookies) = vectors::rack();
    let mut jars = Vec::new();
    for secret in secrets {
        for version in VERSIONS {
            let secret = SecretKeyBase::new(secret.clone()).unwrap();
            if let Ok(jar) = RackJar::new(&secret, *version) {
                jars.extend([
                    jar.clone(),
                    jar.clone().purpose(None),
                    jar.json().purpose(None),
                ]);
            }
        }
    }
    let mut sessions = BTreeSet::new();
    for cookie in &cookies {
        for jar in &jars {
            if let Ok(opened) = jar.open(NAME, cookie) {
                sessions.insert(content(&opened.into_value()));
            }
        }
    }
    assert!(sessions.len() >= 12, "{}", sessions.len());
    Recorded { jars, sessions }
});

fn jar(secret: &SecretKeyBase, version: RackVersion) -> RackJar {
    RackJar::new(secret, version).unwrap().json()
}

fn content(session: &SessionData) -> String {
    format!("{:?}", session.view::<Value>().unwrap())
}

pub(super) fn check(data: &[u8]) {
    let [choice, data @ ..] = data else { return };
    for jar in &RECORDED.jars {
        if let Ok(opened) = jar.open(NAME, data) {
            assert!(RECORDED.sessions.contains(&content(&opened.into_value())));
        }
    }

    let Some(mut session) = SessionData::from_json(data) else {
        return;
    };
    let version = *one_of(VERSIONS, *choice);
    let own = jar(&secret(), version);
    let Ok(cookie) = own.seal(&mut session, NAME, None) else {
        return;
    };
    let written = session.to_json().unwrap();
    let opened = own.open(NAME, cookie.value()).unwrap();
    assert!(!opened.needs_rewrite());
    assert_eq!(opened.into_value().to_json().unwrap(), written);
    let other = jar(&other_secret(), version).open(NAME, cookie.value());
    assert_eq!(other.err(), Some(Refusal::Invalid));
    let mut changed = cookie.value().into_owned();
    let place = usize::from(*choice) % changed.len();
    changed[place] ^= 1;
    assert!(own.open(NAME, changed).is_err());
}
