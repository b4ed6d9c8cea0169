//! The time that hardtack takes for cookies that do not open, and for those that an older secret opens.

use std::rc::Rc;

use hardtack::{CookieHeader, Jar, LoadDefaults, Rotation, SecretKeyBase, SessionData};

use crate::case::{Case, cycle};
use crate::contender::OURS;
use crate::operation::Operation;
use crate::ours::read;
use crate::samples::{NAME, SIZES, sessions};

/// The number of older secrets that are tried before the right one.
const OLDER: [usize; 4] = [0, 1, 4, 16];

/// The fault of a cookie.
type Spoil = fn(&str) -> String;

const SPOILT: [(&str, Spoil); 5] = [
    ("no separator", |value| value.replace("--", "AA")),
    // A tag that lacks bytes, so that the separators stand in the wrong places.
    ("wrong length", |value| value[..value.len() - 8].to_owned()),
    ("no base64", |value| format!("!{}", &value[1..])),
    // Of the right form throughout.
    ("wrong key", str::to_owned),
    // More than four times what a browser keeps.
    ("oversize", |value| {
        value.repeat(17 * 1024 / value.len() + 1)
    }),
];

fn secret(number: usize) -> SecretKeyBase {
    SecretKeyBase::new(format!("{number:064x}")).expect("it is not blank")
}

/// The values of cookies, as sent, sealed under this secret.
fn values(number: usize, size: usize) -> impl Iterator<Item = String> {
    let jar = Jar::encrypted(&secret(number), LoadDefaults::V7_1);
    sessions(size).into_iter().map(move |session| {
        let cookie = jar.write(NAME, &session, None);
        cookie.expect("it fits").escaped_value().to_owned()
    })
}

pub(crate) fn refusals() -> impl Iterator<Item = Case> {
    SIZES.into_iter().flat_map(|size| {
        SPOILT.into_iter().map(move |(how, spoil)| {
            let jar = Rc::new(Jar::encrypted(&secret(0), LoadDefaults::V7_1));
            let number = usize::from(how == "wrong key");
            let header = |value: String| format!("{NAME}={}", spoil(&value));
            let headers: Rc<Vec<String>> = Rc::new(values(number, size).map(header).collect());
            let refuses = |jar: &Jar, header: &String| {
                SessionData::read(jar, NAME, &CookieHeader::new(header)).is_err()
            };
            assert!(headers.iter().all(|header| refuses(&jar, header)), "{how}");
            let cycle = cycle(&jar, &headers, move |jar, header| {
                std::hint::black_box(refuses(jar, header));
            });
            Case::new(OURS, Operation::Refuse, Some(how.to_owned()), size, cycle)
        })
    })
}

pub(crate) fn older_secrets() -> impl Iterator<Item = Case> {
    SIZES.into_iter().flat_map(|size| {
        OLDER.into_iter().map(move |count| {
            let jar = (1..=count).fold(
                Jar::encrypted(&secret(0), LoadDefaults::V7_1),
                |jar, number| {
                    jar.rotation(Rotation::encrypted(&secret(number), LoadDefaults::V7_1))
                },
            );
            let jar = Rc::new(jar);
            let header = |value| format!("{NAME}={value}");
            let headers: Rc<Vec<String>> = Rc::new(values(count, size).map(header).collect());
            let user_id =
                |jar: &Jar, header: &String| read(jar, header)?.get::<u32>("user_id").ok()?;
            assert!(headers.iter().all(|header| user_id(&jar, header).is_some()));
            let cycle = cycle(&jar, &headers, move |jar, header| {
                std::hint::black_box(user_id(jar, header));
            });
            let detail = format!("{count} before it");
            Case::new(OURS, Operation::OlderSecrets, Some(detail), size, cycle)
        })
    })
}
