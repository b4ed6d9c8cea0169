//! The errors of mistakes with a secret or a value.

use std::sync::Arc;
use std::time::Duration;

use hardtack::message::MessageEncryptor;
use hardtack::rack::{RackJar, RackVersion};
use hardtack::{Error, Jar, LoadDefaults, RequestOrigin, SecretKeyBase, Session};

use super::{CARD, NAME, Rows, SECRET, data, fill, secret, store};
use crate::support::json;

/// Adds the errors of mistakes with these values.
pub(crate) fn errors(rows: &mut Rows) {
    let data = data();
    let jar = Jar::encrypted(&secret(), json(LoadDefaults::V7_1));
    let mut large = data.clone();
    large.insert("cards", CARD.repeat(500)).unwrap();
    let overflow = large.write(&jar, NAME, None).unwrap_err();
    let Error::CookieOverflow(inner) = &overflow else {
        panic!("{overflow}")
    };
    rows.both("CookieOverflow", inner);
    let short = SecretKeyBase::new(&SECRET[..32]).unwrap();
    let mut told = vec![
        overflow,
        data.get::<u32>("card").unwrap_err(),
        data.get::<bool>("number").unwrap_err(),
        data.get::<Duration>("card").unwrap_err(),
        data.get::<Writing>("card").unwrap_err(),
        data.get::<std::net::IpAddr>("card").unwrap_err(),
        SecretKeyBase::new(&SECRET[..16]).unwrap_err(),
        MessageEncryptor::new(SECRET, LoadDefaults::V7_1).unwrap_err(),
        RackJar::new(&short, RackVersion::Session2_0).unwrap_err(),
    ];
    let store = Arc::new(store());
    let session = Session::open(&store, "", RequestOrigin::default());
    session.update(fill).unwrap();
    told.push(session.get::<u32>("card").unwrap_err());
    told.extend(session.view::<Cart>().err());
    told.extend(session.insert("at", NotWritable).err());
    let _ = session.commit(200).unwrap();
    told.extend(session.insert("card", CARD).err());
    assert_eq!(told.len(), 13, "{told:#?}");
    for error in &told {
        rows.both("Error", error);
    }
    let parse = CARD.parse::<hardtack::value::BigInteger>().unwrap_err();
    rows.both("ParseBigIntegerError", &parse);
    let big: hardtack::value::BigInteger = "73402918557340291855734029185".parse().unwrap();
    rows.both("BigIntegerRangeError", &u64::try_from(&big).unwrap_err());
}

#[derive(Debug, serde::Deserialize)]
#[allow(dead_code, reason = "it is never read")]
struct Cart {
    card: u32,
}

#[derive(Debug, serde::Deserialize)]
enum Writing {
    Large,
    Small,
}

struct NotWritable;

impl serde::Serialize for NotWritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("of no use"))
    }
}
