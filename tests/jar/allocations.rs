//! Counts the allocations of the hot path, which every request takes.

use hardtack::settings::SizeLimit;
use hardtack::{
    CookieAttributes, CookieHeader, Jar, LoadDefaults, Rotation, SecretKeyBase, SessionData,
};
use serde::{Deserialize, Serialize};

use crate::samples;
use crate::support::secret;

const NAME: &str = "_app_session";

#[derive(Serialize, Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "`session_id` is what Rails calls it"
)]
struct Session {
    session_id: [u8; 16],
    user_id: u32,
    visits: Vec<u32>,
}

fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

/// Sizes of session JSON in bytes: small, medium, and the largest that fits.
const VISITS: [usize; 3] = [0, 80, 300];

#[test]
fn opening_and_sealing_allocate_a_fixed_number_of_times() {
    let older = SecretKeyBase::new("o".repeat(64)).unwrap();
    let jar = Jar::encrypted(&secret(), LoadDefaults::V7_1)
        .rotation(Rotation::encrypted(&older, LoadDefaults::V7_1));
    let attributes = CookieAttributes::new().http_only(true);
    let mut checked = 0;
    for visits in VISITS {
        let session = Session {
            session_id: [7; 16],
            user_id: 42,
            visits: vec![12_345; visits],
        };
        for sealed_by in [&jar, &Jar::encrypted(&older, LoadDefaults::V7_1)] {
            let cookie = sealed_by.write(NAME, &session, &attributes).unwrap();
            let sent = format!("theme=dark; {NAME}={}", cookie.escaped_value());
            let header = CookieHeader::new(&sent);
            let read = || SessionData::read(&jar, NAME, &header).unwrap().unwrap();
            let mut opened = read().into_value(); // and the buffers have their size

            // The session's text, and the index of its keys. By an older secret no more.
            let open = || {
                let opened = read();
                assert_eq!(opened.value().get::<u32>("user_id"), Ok(Some(42)));
            };
            assert_eq!(allocations(open), 2, "{visits}: open");
            // Both together take less than the cookie did, and room for eight keys.
            let taken = allocation_counter::measure(open).bytes_max;
            assert!(
                taken <= sent.len() as u64 + 8 * 20,
                "{visits}: {taken} bytes"
            );

            // The session's text; what else there is the struct itself takes.
            let json = serde_json::to_string(&session).unwrap();
            let own = allocations(|| drop(serde_json::from_str::<Session>(&json).unwrap()));
            let typed = || drop(jar.read::<Session>(NAME, &header).unwrap().unwrap());
            assert_eq!(allocations(typed), 1 + own, "{visits}: to a struct");

            // The header.
            let seal = || drop(jar.write(NAME, &session, &attributes).unwrap());
            assert_eq!(allocations(seal), 1, "{visits}: seal");

            // The header. (What was changed is there already.)
            opened
                .insert("session_id", "0".repeat(32).as_str())
                .unwrap();
            opened.insert("user_id", 43).unwrap();
            let mut write = || drop(opened.write(&jar, NAME, &attributes).unwrap());
            write(); // it is longer than what passed through the buffers before
            assert_eq!(allocations(write), 1, "{visits}: seal after a change");

            // What has another form, or was sealed by nobody.
            for spoilt in [
                sent.replace("--", "AA"),
                sent[..sent.len() - 9].to_owned(),
                sent.replacen(&sent[40..44], "AAAA", 1),
            ] {
                let header = CookieHeader::new(&spoilt);
                let refuse = || assert!(SessionData::read(&jar, NAME, &header).is_err());
                refuse(); // half an escape makes it longer than what passed before
                assert_eq!(allocations(refuse), 0, "{visits}: refuse");
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 6);
}

/// Allocates the text of the values, the list of keys (both with room for most sessions) and the
/// header. A session longer than that room takes one allocation more.
#[test]
fn a_session_that_is_built_key_by_key_allocates_no_more_for_more_values() {
    // Without a limit: a cookie near the limit is sealed until its nonce escapes to fewer bytes.
    let settings = LoadDefaults::V7_1.settings().limit(SizeLimit::None);
    let jar = Jar::encrypted(&secret(), settings);
    let attributes = CookieAttributes::new().http_only(true);
    for (size, most) in [(128, 3), (512, 3), (2048, 4)] {
        let build = |given: &samples::Session| {
            let mut session = SessionData::new();
            session.insert("session_id", &given.session_id).unwrap();
            session.insert("_csrf_token", &given.csrf_token).unwrap();
            session.insert("user_id", given.user_id).unwrap();
            session.insert("return_to", &given.return_to).unwrap();
            session.insert("flash", &given.flash).unwrap();
            session.insert("cart", &given.cart).unwrap();
            session.write(&jar, NAME, &attributes).unwrap()
        };
        let sessions = samples::sessions(size);
        for given in &sessions {
            drop(build(given)); // and the buffers have their size
        }
        for given in &sessions {
            let found = allocations(|| drop(build(given)));
            assert!(found <= most, "{size}: {found}");
        }
        let cookie = build(&sessions[0]);
        let read = SessionData::read_value(&jar, NAME, cookie.value()).unwrap();
        let json = serde_json::to_vec(&sessions[0]).unwrap();
        assert_eq!(read.value().to_json().unwrap(), json);
        assert_eq!(json.len(), size);
    }
}
