//! The types that are made of a secret, one row each.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use hardtack::message::{MessageEncryptor, MessageVerifier};
use hardtack::rack::{RackJar, RackVersion};
use hardtack::secret::KeyGenerator;
use hardtack::settings::{Cipher, HmacDigest, KeyDigest};
use hardtack::{
    CookieHeader, CookieStore, Jar, Keyring, LoadDefaults, RequestOrigin, Rotation, SecretKeyBase,
    Serializer, Session, SessionData, Settings,
};
use zeroize::Zeroizing;

const NAME: &str = "_app_session";

/// The input of a child.
pub(crate) struct Given {
    pub(crate) secret: Zeroizing<Vec<u8>>,
    /// The folder of the Rails app that has the secret, if the case has an app.
    #[cfg(feature = "rails-app")]
    pub(crate) folder: String,
}

pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Makes a value and uses it. The child keeps the returned value for a while.
    pub(crate) make: fn(Given) -> Box<dyn Any>,
    /// The needles that must be found while the type lives. Otherwise not finding them afterwards
    /// proves nothing.
    pub(crate) alive: &'static [&'static str],
    /// The place of the Rails app's secret.
    #[cfg(feature = "rails-app")]
    pub(crate) app: Option<crate::app::Place>,
}

pub(crate) const COUNT: usize = BASE
    + if cfg!(feature = "doctor") { 2 } else { 0 }
    + if cfg!(feature = "rails-app") { 4 } else { 0 };

const BASE: usize = 22;

const fn case(
    name: &'static str,
    alive: &'static [&'static str],
    make: fn(Given) -> Box<dyn Any>,
) -> Case {
    Case {
        name,
        make,
        alive,
        #[cfg(feature = "rails-app")]
        app: None,
    }
}

#[cfg(feature = "rails-app")]
const fn of_app(name: &'static str, place: crate::app::Place) -> Case {
    Case {
        name,
        make: rails_app,
        alive: &["secret"],
        app: Some(place),
    }
}

pub(crate) const CASES: &[Case] = &[
    case("SecretKeyBase", &["secret"], |given| {
        let secret = given.secret();
        Box::new((secret.clone(), secret))
    }),
    case("SecretKeyBase that is checked", &["secret"], |given| {
        let secret = given.secret();
        assert!(secret.check().is_ok());
        Box::new(secret)
    }),
    case("SecretKeyBase of a text", &["secret"], |given| {
        Box::new(SecretKeyBase::new(given.secret.as_slice()).unwrap())
    }),
    case(
        "KeyGenerator",
        &["secret", "SHA1 invoices", "SHA256 invoices"],
        |given| {
            let keys = KeyGenerator::new(&given.secret());
            let sha1 = keys.clone().digest(KeyDigest::Sha1);
            let made = [&keys, &sha1].map(|keys| keys.generate_key("invoices", 64));
            Box::new((keys, sha1, made.clone(), made))
        },
    ),
    // Nothing follows that would take up the memory that deriving left behind.
    case("Key", &["SHA256 invoices"], |given| {
        let keys = KeyGenerator::new(&given.secret());
        Box::new(keys.generate_key("invoices", 64))
    }),
    // The raw key stands at the head of what it is expanded to; where a processor has no
    // instructions for AES it does not.
    case("encrypted jar, GCM", GCM, |given| {
        jar(Jar::encrypted(&given.secret(), json(LoadDefaults::V7_1)))
    }),
    case("encrypted jar, CBC", CBC, |given| {
        jar(Jar::encrypted(&given.secret(), json(LoadDefaults::V5_1)))
    }),
    case("encrypted jar, both ciphers", CBC_STATES, |given| {
        jar(Jar::encrypted(&given.secret(), json(LoadDefaults::V6_1)))
    }),
    case("signed jar", SIGNED, |given| {
        jar(Jar::signed(&given.secret(), json(LoadDefaults::V7_1)))
    }),
    case("signed jar, SHA-512", SIGNED_SHA512, |given| {
        let settings = json(LoadDefaults::V7_1).signed_cookie_digest(HmacDigest::Sha512);
        jar(Jar::signed(&given.secret(), settings))
    }),
    case("signed jar, secret_token", TOKEN, |given| {
        jar(Jar::signed(&given.secret(), json(LoadDefaults::V3_2)))
    }),
    case("rotations", SIGNED, |given| {
        let secret = given.secret();
        let own = SecretKeyBase::generate().unwrap();
        let kept = jar(Jar::encrypted(&own, json(LoadDefaults::V7_1))
            .rotation(Rotation::encrypted(&secret, json(LoadDefaults::V7_1)))
            .rotation(Rotation::encrypted(&secret, json(LoadDefaults::V6_1)))
            .rotation(Rotation::signed(&secret, json(LoadDefaults::V7_1)).writes()));
        Box::new((kept, secret))
    }),
    case("MessageVerifier", &["SHA256 invoices"], |given| {
        let settings = json(LoadDefaults::V7_1);
        let verifier = MessageVerifier::for_application(&given.secret(), "invoices", settings)
            .digest(HmacDigest::Sha256)
            .serializer(Serializer::Json)
            .url_safe(true);
        let message = verifier.generate("hello", None).unwrap();
        let opened: String = verifier.verify(&message, None).unwrap();
        assert_eq!(opened, "hello");
        Box::new((verifier.clone(), verifier))
    }),
    case("MessageEncryptor, GCM", &["SHA256 invoices"], |given| {
        let settings = json(LoadDefaults::V7_1);
        encryptor(MessageEncryptor::for_application(
            &given.secret(),
            "invoices",
            settings,
        ))
    }),
    case("MessageEncryptor, CBC", &["SHA1 invoices"], |given| {
        let settings = json(LoadDefaults::V5_1);
        let settings = settings.cipher(Cipher::Aes256Cbc);
        let older = MessageEncryptor::for_application(&given.secret(), "invoices", settings);
        encryptor(older.digest(HmacDigest::Sha256))
    }),
    case("CookieStore", STORE, |given| {
        let secret = given.secret();
        let store = CookieStore::new(&secret, json(LoadDefaults::V7_1), NAME)
            .rotation(Rotation::encrypted(&secret, json(LoadDefaults::V6_1)));
        let store = Arc::new(store);
        visit(&store);
        Box::new((store, secret))
    }),
    case("Rack's jar, signed", TOKEN, |given| {
        rack(&given.secret(), RackVersion::Rack2_1)
    }),
    case("Rack's jar, both encryptors", RACK, |given| {
        let secret = given.secret();
        let kept = [RackVersion::Session2_0, RackVersion::Session2_1_2];
        Box::new(kept.map(|version| rack(&secret, version)))
    }),
    case("worker's stack, GCM", GCM, |given| {
        by_worker(Jar::encrypted(&given.secret(), json(LoadDefaults::V7_1)))
    }),
    case("worker's stack, CBC", CBC, |given| {
        by_worker(Jar::encrypted(&given.secret(), json(LoadDefaults::V5_1)))
    }),
    case("worker's stack, signed", SIGNED, |given| {
        by_worker(Jar::signed(&given.secret(), json(LoadDefaults::V7_1)))
    }),
    // The store lives on, with jars of another secret.
    case("jars that are replaced", &[], |given| {
        let secret = given.secret();
        let store = CookieStore::new(&secret, json(LoadDefaults::V7_1), NAME);
        let store = Arc::new(store);
        visit(&store);
        let other = SecretKeyBase::generate().unwrap();
        store.replace_keyring(Keyring::new(&other, json(LoadDefaults::V7_1)));
        visit(&store);
        drop(secret);
        Box::leak(Box::new(store.clone()));
        Box::new(store)
    }),
    #[cfg(feature = "doctor")]
    case(
        "doctor, GCM",
        &["secret", "SHA256 authenticated encrypted cookie"],
        |given| {
            let secret = given.secret();
            doctor(&secret, &Jar::encrypted(&secret, json(LoadDefaults::V7_1)))
        },
    ),
    #[cfg(feature = "doctor")]
    case(
        "doctor, CBC and signed",
        &["secret", "SHA1 encrypted cookie"],
        |given| {
            let secret = given.secret();
            let encrypted = Jar::encrypted(&secret, json(LoadDefaults::V5_1));
            let signed = Jar::signed(&secret, json(LoadDefaults::V7_1));
            Box::new((doctor(&secret, &encrypted), doctor(&secret, &signed)))
        },
    ),
    #[cfg(feature = "rails-app")]
    of_app("Rails app, credentials", crate::app::Place::Credentials),
    #[cfg(feature = "rails-app")]
    of_app("Rails app, secrets.yml", crate::app::Place::SecretsYml),
    #[cfg(feature = "rails-app")]
    of_app("Rails app, local secret", crate::app::Place::Local),
    #[cfg(feature = "rails-app")]
    of_app("Rails app, a setting", crate::app::Place::Setting),
];

const GCM: &[&str] = &[
    AES_KEY_GCM,
    "SHA256 authenticated encrypted cookie, AES-256 round keys",
    "SHA256 authenticated encrypted cookie, POLYVAL key",
];
const CBC: &[&str] = &[
    AES_KEY_CBC,
    "SHA1 encrypted cookie, AES-256 round keys",
    "SHA1 signed encrypted cookie, HMAC-SHA1 inner state",
    "SHA1 signed encrypted cookie, HMAC-SHA1 outer state",
];
const CBC_STATES: &[&str] = &["SHA1 signed encrypted cookie, HMAC-SHA1 inner state"];
const SIGNED: &[&str] = &["SHA256 signed cookie, HMAC-SHA1 inner state"];
const SIGNED_SHA512: &[&str] = &["SHA256 signed cookie, HMAC-SHA512 inner state"];
const TOKEN: &[&str] = &["secret, HMAC-SHA1 inner state"];
const RACK: &[&str] = &[
    "secret's head, HMAC-SHA256 inner state",
    "secret's rest, HMAC-SHA256 outer state",
];
const STORE: &[&str] = &["secret", "SHA256 signed cookie, HMAC-SHA1 inner state"];
const AES_KEY_GCM: &str = "SHA256 authenticated encrypted cookie";
const AES_KEY_CBC: &str = "SHA1 encrypted cookie";

impl Given {
    fn secret(mut self) -> SecretKeyBase {
        SecretKeyBase::new(std::mem::take(&mut *self.secret)).unwrap()
    }
}

fn json(version: LoadDefaults) -> Settings {
    version.settings().cookies_serializer(Serializer::Json)
}

/// Uses a jar on another thread, which lives on with its stack.
fn by_worker(jar: Jar) -> Box<dyn Any> {
    let (is_done, wait) = channel();
    let its = jar.clone();
    thread::spawn(move || {
        drop(self::jar(its));
        is_done.send(()).unwrap();
        loop {
            thread::park();
        }
    });
    wait.recv().unwrap();
    Box::new(jar)
}

/// Writes cookies and reads them, and reads a broken and a forged cookie.
fn jar(jar: Jar) -> Box<dyn Any> {
    for value in ["a", &"long ".repeat(100)] {
        let cookie = jar.write(NAME, value, None).unwrap();
        let header = format!("{NAME}={}", cookie.escaped_value());
        let read = jar.read::<String>(NAME, &CookieHeader::new(&header));
        assert_eq!(read.unwrap().unwrap().value(), value);
        let mut forged = cookie.value().to_vec();
        forged[0] = if forged[0] == b'A' { b'B' } else { b'A' };
        assert!(jar.read_value::<String>(NAME, forged).is_err());
        assert!(jar.read_value::<String>(NAME, "AAAA--AAAA--AAAA").is_err());
    }
    Box::new((jar.clone(), jar))
}

/// Seals a session and opens it, and opens a forged one.
fn rack(secret: &SecretKeyBase, version: RackVersion) -> Box<dyn Any> {
    let jar = RackJar::new(secret, version).unwrap().json();
    let mut session = SessionData::new();
    session.insert("user_id", 42).unwrap();
    let cookie = jar.seal(&mut session, NAME, None).unwrap();
    let opened = jar.open(NAME, cookie.value()).unwrap().into_value();
    assert_eq!(opened.get::<u32>("user_id").unwrap(), Some(42));
    let mut forged = cookie.value().to_vec();
    forged[9] = if forged[9] == b'A' { b'B' } else { b'A' };
    assert!(jar.open(NAME, forged).is_err());
    Box::new((jar.clone(), jar))
}

fn encryptor(encryptor: MessageEncryptor) -> Box<dyn Any> {
    let encryptor = encryptor.serializer(Serializer::Json);
    let message = encryptor.encrypt_and_sign("hello", None).unwrap();
    let opened: String = encryptor.decrypt_and_verify(&message, None).unwrap();
    assert_eq!(opened, "hello");
    Box::new((encryptor.clone(), encryptor))
}

/// Writes a session, and reads another.
fn visit(store: &Arc<CookieStore>) {
    let session = Session::open(store, "", RequestOrigin::default());
    session.insert("user_id", 42).unwrap();
    let commit = session.commit(200).unwrap();
    let cookie = &commit.cookies()[0];
    let header = format!("{NAME}={}", cookie.escaped_value());
    let session = Session::open(store, header, RequestOrigin::default());
    assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
    let session = Session::open(store, "_app_session=junk", RequestOrigin::default());
    assert!(session.is_empty());
}

#[cfg(feature = "doctor")]
fn doctor(secret: &SecretKeyBase, jar: &Jar) -> Box<dyn Any> {
    let cookie = jar.write(NAME, "hello", None).unwrap();
    let doctor = hardtack::doctor::Doctor::new()
        .secret("a secret", secret)
        .cookie_name(NAME);
    let diagnosis = doctor.examine(cookie.escaped_value());
    assert!(diagnosis.opens);
    assert!(!diagnosis.to_string().is_empty());
    assert!(!doctor.examine("AAAA--AAAA--AAAA").opens);
    Box::new((doctor.clone(), doctor, diagnosis))
}

#[cfg(feature = "rails-app")]
fn rails_app(given: Given) -> Box<dyn Any> {
    let Given { secret, folder } = given;
    drop(secret);
    let environment = crate::app::environment(&folder);
    let app = hardtack::rails_app::RailsApp::new(&folder)
        .environment(environment)
        .variables(|_| None);
    // Nothing more, which would take up the memory that reading left behind.
    let secrets = app.secrets().unwrap();
    Box::new((app, secrets))
}
