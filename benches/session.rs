//! Measures opening and sealing of a session: `cargo bench --bench session`.
//!
//! Names give the size of the session JSON in bytes. `benches/peers` is the comparison with other
//! crates.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "that a benchmark cannot go on is seen by its panic"
)]
#![allow(
    clippy::wildcard_imports,
    reason = "its modules are there for the benchmarks' names"
)]

mod samples;

use divan::{Bencher, black_box};
use hardtack::{
    CookieAttributes, CookieHeader, Jar, LoadDefaults, Rotation, SecretKeyBase, SessionData,
};

use samples::{COUNT, NAME, SIZES, Session, Wheel, sessions};

fn main() {
    // A sample takes every input once.
    let divan = divan::Divan::default().sample_size(COUNT.try_into().unwrap());
    divan.config_with_args().main();
}

fn secret(number: usize) -> SecretKeyBase {
    SecretKeyBase::new(format!("{number:064x}")).unwrap()
}

fn jar() -> Jar {
    Jar::encrypted(&secret(0), LoadDefaults::V7_1)
}

fn attributes() -> CookieAttributes {
    CookieAttributes::new().http_only(true)
}

/// `Cookie` headers of as many sessions, sealed by this jar.
fn headers(jar: &Jar, size: usize) -> Wheel<String> {
    Wheel::new(values(jar, size).map(|value| format!("{NAME}={value}")))
}

/// The cookies' values as sent.
fn values(jar: &Jar, size: usize) -> impl Iterator<Item = String> {
    let seal = |session| {
        jar.write(NAME, &session, &attributes())
            .unwrap()
            .escaped_value()
            .to_owned()
    };
    sessions(size).into_iter().map(seal)
}

fn user_id(jar: &Jar, header: &str) -> Option<u32> {
    let header = CookieHeader::new(header);
    let session = SessionData::read(jar, NAME, &header).ok()??;
    session.value().get("user_id").ok()?
}

mod open {
    use super::*;

    /// From the header to the third of six keys.
    #[divan::bench(args = SIZES)]
    fn one_key(bencher: Bencher<'_, '_>, size: usize) {
        let jar = jar();
        let headers = headers(&jar, size);
        assert!(user_id(&jar, headers.turn()).is_some());
        bencher.bench_local(|| user_id(&jar, black_box(headers.turn())));
    }

    /// From the header to a value of one's own type.
    #[divan::bench(args = SIZES)]
    fn typed(bencher: Bencher<'_, '_>, size: usize) {
        let jar = jar();
        let headers = headers(&jar, size);
        let read = |header: &str| jar.read::<Session>(NAME, &CookieHeader::new(header));
        assert!(read(headers.turn()).unwrap().is_some());
        bencher.bench_local(|| read(black_box(headers.turn())));
    }

    /// Sealed under the oldest of so many older secrets.
    #[divan::bench(args = [1, 4], consts = [128, 512, 2048])]
    fn rotations<const SIZE: usize>(bencher: Bencher<'_, '_>, count: usize) {
        let old = |number| Rotation::encrypted(&secret(number), LoadDefaults::V7_1);
        let jar = (1..=count).fold(jar(), |jar, number| jar.rotation(old(number)));
        let headers = headers(&Jar::encrypted(&secret(count), LoadDefaults::V7_1), SIZE);
        assert!(user_id(&jar, headers.turn()).is_some());
        bencher.bench_local(|| user_id(&jar, black_box(headers.turn())));
    }
}

/// Cookies that do not open, made of cookies of 512 bytes of session JSON.
mod refuse {
    use super::*;

    fn refuse(bencher: Bencher<'_, '_>, spoil: impl Fn(String) -> String) {
        let jar = jar();
        let spoilt = |value| format!("{NAME}={}", spoil(value));
        let headers = Wheel::new(values(&jar, 512).map(spoilt));
        let read = |header: &str| SessionData::read(&jar, NAME, &CookieHeader::new(header));
        assert!(read(headers.turn()).is_err());
        bencher.bench_local(|| read(black_box(headers.turn())).is_err());
    }

    /// A tag that lacks a byte, so that the separators stand in the wrong places.
    #[divan::bench]
    fn wrong_length(bencher: Bencher<'_, '_>) {
        refuse(bencher, |value| value[..value.len() - 8].to_owned());
    }

    #[divan::bench]
    fn no_separator(bencher: Bencher<'_, '_>) {
        refuse(bencher, |value| value.replace("--", "AA"));
    }

    /// The right form throughout, and one bit of the tag changed.
    #[divan::bench]
    fn wrong_tag(bencher: Bencher<'_, '_>) {
        refuse(bencher, |value| {
            let (rest, tag) = value.rsplit_once("--").unwrap();
            let first = if tag.starts_with('A') { "B" } else { "A" };
            let after = if tag.starts_with('%') { 3 } else { 1 };
            format!("{rest}--{first}{}", &tag[after..])
        });
    }

    /// More than four times what a browser keeps.
    #[divan::bench]
    fn oversize(bencher: Bencher<'_, '_>) {
        refuse(bencher, |value| value.repeat(17 * 1024 / value.len() + 1));
    }
}

/// To the whole `Set-Cookie` header.
mod seal {
    use super::*;

    /// A value of one's own type.
    #[divan::bench(args = SIZES)]
    fn typed(bencher: Bencher<'_, '_>, size: usize) {
        let (jar, attributes) = (jar(), attributes());
        let sessions = Wheel::new(sessions(size));
        let seal = |session| jar.write(NAME, session, &attributes).unwrap().to_string();
        bencher.bench_local(|| seal(black_box(sessions.turn())));
    }

    /// A session filled key by key.
    #[divan::bench(args = SIZES)]
    fn new_session(bencher: Bencher<'_, '_>, size: usize) {
        let (jar, attributes) = (jar(), attributes());
        let sessions = Wheel::new(sessions(size));
        bencher.bench_local(|| {
            let given = black_box(sessions.turn());
            let mut session = SessionData::new();
            session.insert("session_id", &given.session_id).unwrap();
            session.insert("_csrf_token", &given.csrf_token).unwrap();
            session.insert("user_id", given.user_id).unwrap();
            session.insert("return_to", &given.return_to).unwrap();
            session.insert("flash", &given.flash).unwrap();
            session.insert("cart", &given.cart).unwrap();
            let cookie = session.write(&jar, NAME, &attributes).unwrap();
            cookie.to_string()
        });
    }

    /// A session that was opened (which is not measured), and one key of it changed.
    #[divan::bench(args = SIZES)]
    fn changed_key(bencher: Bencher<'_, '_>, size: usize) {
        let (jar, attributes) = (jar(), attributes());
        let headers = headers(&jar, size);
        let open = || {
            let header = CookieHeader::new(headers.turn());
            let opened = SessionData::read(&jar, NAME, &header).unwrap();
            opened.unwrap().into_value()
        };
        bencher.with_inputs(open).bench_local_values(|mut session| {
            session.insert("user_id", black_box(&482_913)).unwrap();
            let cookie = session.write(&jar, NAME, &attributes).unwrap();
            cookie.to_string()
        });
    }
}
