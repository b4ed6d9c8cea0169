//! iron-session: a seal that was not made here or recorded never opens, and what is sealed opens
//! unchanged, until its end and under its own password alone.

use std::sync::LazyLock;
use std::time::Duration;

use hardtack::express::IronPasswords;
use hardtack::{Refusal, SessionData};
use time::OffsetDateTime;
use time::macros::datetime;

use super::vectors;

const FIRST: &str = "the first password of this fuzz target";

const NOW: OffsetDateTime = datetime!(2026-12-01 12:00 UTC);

/// The passwords of the recordings, and the seals that they open.
static RECORDED: LazyLock<Vec<(IronPasswords, String)>> = LazyLock::new(|| {
    let recorded = vectors::iron_seals().into_iter().map(|(passwords, seal)| {
        let mut passwords = passwords.into_iter();
        let (id, first) = passwords.next().unwrap();
        let first = IronPasswords::with_id(id, first).unwrap();
        let all = passwords.fold(first, |all, (id, password)| {
            all.password(id, password).unwrap()
        });
        (all, seal)
    });
    let recorded: Vec<_> = recorded.collect();
    assert!(recorded.len() >= 70, "{}", recorded.len());
    recorded
});

/// Passwords that sealed nothing that was recorded.
fn passwords() -> IronPasswords {
    let passwords = IronPasswords::new(FIRST).unwrap();
    passwords
        .password(7, "the second password of this fuzz target")
        .unwrap()
}

pub(super) fn check(data: &[u8]) {
    let [choice, data @ ..] = data else { return };
    // A seal opens until a minute after its end.
    let long_ago = OffsetDateTime::UNIX_EPOCH;
    let own = passwords();
    assert!(own.open(data, long_ago).is_err());
    let (recorded, seal) = &RECORDED[usize::from(*choice) % RECORDED.len()];
    if recorded.open(data, long_ago).is_ok() {
        let text = std::str::from_utf8(data).unwrap();
        // The code does not cover the version.
        let same = |seal: &str| text.split('~').next() == seal.split('~').next();
        assert!(RECORDED.iter().any(|(_, seal)| same(seal)));
    }
    let mut changed = seal.clone().into_bytes();
    let place = data.len() % (changed.len() - 2);
    changed[place] ^= 1;
    assert!(recorded.open(changed, long_ago).is_err());

    let Some(session) = SessionData::from_json(data) else {
        return;
    };
    let end = NOW + Duration::from_secs(u64::from(*choice));
    let Ok(seal) = own.seal(&session, end) else {
        return;
    };
    let opened = own.open(&seal, end + Duration::from_secs(59)).unwrap();
    assert!(!opened.needs_rewrite());
    // A key that is no text is called by its place.
    assert_eq!(opened.into_value().keys().len(), session.keys().len());
    let late = own.open(&seal, end + Duration::from_secs(60));
    assert_eq!(late.err(), Some(Refusal::Expired));
    let other = IronPasswords::new(FIRST).unwrap();
    assert_eq!(other.open(&seal, NOW).err(), Some(Refusal::Invalid));
    let mut changed = seal.into_bytes();
    let place = usize::from(*choice) * 7 % (changed.len() - 2);
    changed[place] ^= 1;
    assert!(own.open(changed, NOW).is_err());
}
