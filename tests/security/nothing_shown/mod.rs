//! Nothing secret is shown. The tests make every public type of a known secret and known values of
//! a session, render it, and search the output.

mod doctor;
mod errors;
mod events;
mod fallible;
mod forbidden;
mod jars;
mod middleware;
mod public_methods;
mod public_types;
mod rails_app;
mod sessions;

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::csrf::AuthenticityTokens;
use hardtack::flash::FlashHash;
use hardtack::warden::WardenScope;
use hardtack::{CookieStore, Error, LoadDefaults, Rotation, SecretKeyBase, SessionData};

use crate::support::json;

/// The secret of the apps in `vectors/rails_apps`.
const SECRET: &str = "b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33";
const NAME: &str = "_shop_session";

// The values in the session.
const CARD: &str = "4111-1111-1111-1111";
const NOTICE: &str = "your divorce papers have come";
const NUMBER: i64 = 7_340_291_855;
const PASSWORD: &str = "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
const CSRF: [u8; 32] = *b"thirty-two bytes of a real token";

/// The names of types, and the text that was rendered of each.
#[derive(Default)]
struct Rows {
    types: BTreeSet<String>,
    texts: Vec<(String, String)>,
}

impl Rows {
    fn debug(&mut self, name: &str, value: &(impl Debug + ?Sized)) {
        self.types.insert(name.to_owned());
        self.texts.push((name.to_owned(), format!("{value:?}")));
        self.texts.push((name.to_owned(), format!("{value:#?}")));
    }

    fn both(&mut self, name: &str, value: &(impl Debug + Display + ?Sized)) {
        self.debug(name, value);
        self.texts.push((name.to_owned(), value.to_string()));
        self.texts.push((name.to_owned(), format!("{value:#}")));
    }

    /// Adds a type that is data and shows its value, as rendering it asks for. It must show no
    /// secret.
    fn data(&mut self, name: &str) {
        self.types.insert(name.to_owned());
    }
}

#[test]
fn no_public_type_shows_a_secret_or_a_value() {
    let mut rows = Rows::default();
    jars::keys(&mut rows);
    jars::jars(&mut rows);
    sessions::sessions(&mut rows);
    sessions::on_server(&mut rows);
    sessions::settings(&mut rows);
    errors::errors(&mut rows);
    jars::messages(&mut rows);
    doctor::doctor(&mut rows);
    rails_app::rails_app(&mut rows);
    middleware::middleware(&mut rows);
    for name in DATA {
        rows.data(name);
    }

    assert_eq!(
        rows.types,
        public_types::public_types(),
        "a row for each public type"
    );
    let forbidden = forbidden::forbidden();
    let mut searched = 0;
    let mut faults = BTreeSet::new();
    for (name, text) in &rows.texts {
        assert!(!text.is_empty(), "{name}");
        for (what, needle) in &forbidden {
            if text.contains(needle.as_str()) {
                faults.insert(format!("{name} shows {what}: {text}"));
            }
            searched += 1;
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(rows.texts.len() > 200 && searched > 10_000, "{searched}");
}

/// Types that are a value or a part of a value.
const DATA: [&str; 11] = [
    "BigInteger",
    "PhpObject",
    "RecordId",
    "RubyObject",
    "RubyBytes",
    "RubyDuration",
    "RubyRange",
    "RubyTime",
    "Shown", // who renders it asks for the text
    "Value",
    "Observer", // a trait
];

fn secret() -> SecretKeyBase {
    SecretKeyBase::new(SECRET).unwrap()
}

fn store() -> CookieStore {
    CookieStore::new(&secret(), json(LoadDefaults::V7_1), NAME)
        .rotation(Rotation::encrypted(&secret(), json(LoadDefaults::V6_1)))
        .expire_after(Duration::from_secs(3600))
}

fn tokens() -> AuthenticityTokens {
    AuthenticityTokens::parse(&STANDARD.encode(CSRF), LoadDefaults::V6_1).unwrap()
}

/// Returns a session with all of these values.
fn data() -> SessionData {
    let mut data = SessionData::new();
    fill(&mut data).unwrap();
    data
}

fn fill(data: &mut SessionData) -> Result<(), Error> {
    let mut flash = FlashHash::load(data);
    flash.set("notice", NOTICE);
    flash.commit(data)?;
    WardenScope::new("user").log_in(data, &NUMBER, PASSWORD)?;
    data.insert("card", CARD)?;
    data.insert("number", NUMBER)?;
    data.insert("_csrf_token", STANDARD.encode(CSRF))
}
