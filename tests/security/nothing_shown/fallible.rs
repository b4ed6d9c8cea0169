//! Makes every public method that can fail, fail on a marked value under a marked key. No error may
//! hold the value, nor the key unescaped.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::{Debug, Display};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hardtack::doctor::Doctor;
use hardtack::express::{
    ConnectFlash, CookieSessions, CookieSignature, DoubleCsrf, IronPasswords, IronSessions,
    Keygrip, Passport,
};
use hardtack::flash::FlashHash;
use hardtack::headers::Domain;
use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, SessionGuard};
use hardtack::message::{MessageEncryptor, MessageOptions, MessageVerifier};
use hardtack::php::{self, PhpSessions};
use hardtack::rack::{RackJar, RackSessions, RackVersion};
use hardtack::rails_app::RailsApp;
use hardtack::settings::{Cipher, HmacDigest, KeyDigest, Priority, SecretKind, SizeLimit};
use hardtack::stores::{MemoryStore, SessionFormat, StoredJson, StoredSession};
use hardtack::test_util::cookie_header;
use hardtack::value::{BigInteger, PhpObject, RubyObject, Value};
use hardtack::warden::WardenScope;
use hardtack::{
    CookieAttributes, CookieHeader, CookieStore, Error, Jar, LoadDefaults, RequestOrigin, SameSite,
    SecretKeyBase, Serializer, ServerSessions, Session, SessionData, SetCookie,
};

use super::public_methods::fallible;
use super::{NAME, secret};
use crate::logged::logged;
use crate::support::json;

/// The value that no error may hold.
const VALUE: &str = "marked-value-73402";
/// The key that no error may hold unescaped: it clears a terminal, forges a line of a log, and
/// reorders text.
const KEY: &str = "marked-key\n\u{1b}[2J\u{9b}\u{202e}";

/// Methods that fail only if the operating system gives no random bytes, or that never fail yet.
const NEVER: [&str; 15] = [
    "AuthenticityTokens::csrf_meta_tags",
    "AuthenticityTokens::hidden_field",
    "AuthenticityTokens::load_or_create",
    "AuthenticityTokens::masked_authenticity_token",
    "AuthenticityTokens::masked_per_form_token",
    "AppKey::generate",
    "CookieStore::ephemeral",
    "DoubleCsrf::token",
    "Encrypter::seal",
    "Encrypter::seal_cookie",
    "IronPasswords::seal",
    "Jar::ephemeral",
    "Passport::log_out_and_keep",
    "SecretKeyBase::generate",
    "Session::ephemeral",
];

/// The errors of each method.
#[derive(Default)]
struct Told(Vec<(&'static str, String)>);

impl Told {
    fn add<T, E: Debug + Display>(&mut self, method: &'static str, result: Result<T, E>) {
        let Err(error) = result else {
            panic!("{method} did not fail")
        };
        for text in [
            error.to_string(),
            format!("{error:?}"),
            format!("{error:#?}"),
        ] {
            self.0.push((method, text));
        }
    }
}

/// A value that refuses to be serialized, with itself in the error.
struct Unwritable;

impl serde::Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(format_args!(
            "{VALUE} under {KEY}"
        )))
    }
}

/// A type that refuses to be deserialized, with the input in the error.
#[derive(Debug)]
struct Unreadable;

impl<'de> serde::Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format_args!("{value} in {KEY}")))
    }
}

/// The type of a session whose values are all numbers.
type Numbers = BTreeMap<String, u8>;

fn data() -> SessionData {
    let mut data = SessionData::new();
    data.insert(KEY, VALUE).unwrap();
    data
}

/// Returns an object of a class that MessagePack does not know.
fn object() -> Value {
    Value::Object(Box::new(RubyObject::Instance {
        class: KEY.to_owned(),
        ivars: vec![(KEY.to_owned(), Value::from(VALUE))],
    }))
}

fn jars(told: &mut Told) {
    let plain = CookieAttributes::new();
    let odd = CookieAttributes::new().domain(Domain::Exact(KEY.to_owned()));
    let jar = Jar::encrypted(&secret(), json(LoadDefaults::V7_1));
    told.add("Jar::write", jar.write(NAME, &Unwritable, &plain));
    told.add("Jar::write", jar.write(KEY, VALUE, &plain));
    told.add("Jar::write", jar.write(NAME, VALUE, &odd));
    told.add("Jar::write", jar.write(NAME, VALUE.repeat(300), &plain));
    let sealed = jar.write(NAME, VALUE, &plain).unwrap();
    let opened = jar.open(NAME, sealed.value()).unwrap();
    let serialized = opened.value();
    told.add(
        "Jar::write_serialized",
        jar.write_serialized(KEY, serialized, &plain),
    );
    told.add("Jar::delete", jar.delete(KEY, &plain));
    told.add("Jar::delete", jar.delete(NAME, &odd));
    let header = format!("{NAME}={VALUE}");
    let header = CookieHeader::new(&header);
    told.add("Jar::read", jar.read::<String>(NAME, &header));
    told.add("Jar::read_value", jar.read_value::<String>(NAME, VALUE));
    told.add(
        "Jar::read_value",
        jar.read_value::<Unreadable>(NAME, sealed.value()),
    );
    told.add("Jar::explain", jar.explain(KEY, sealed.value()));
    told.add("Jar::explain_header", jar.explain_header(NAME, &header));
    told.add("Jar::open", jar.open(KEY, VALUE));

    for name in [KEY, ""] {
        told.add("CookieAttributes::check", plain.check(name));
        told.add("SetCookie::new", SetCookie::new(name, VALUE, &plain));
        let version = LoadDefaults::V7_1;
        let made = SetCookie::as_rails(version, name, VALUE, &plain);
        told.add("SetCookie::as_rails", made);
        told.add("SetCookie::delete", SetCookie::delete(name, &plain));
    }
    told.add("CookieAttributes::check", odd.check(NAME));
    told.add(
        "CookieAttributes::check",
        CookieAttributes::new().path(KEY).check(NAME),
    );

    told.add("SessionData::read", SessionData::read(&jar, NAME, &header));
    told.add(
        "SessionData::explain",
        SessionData::explain(&jar, NAME, &header),
    );
    told.add(
        "SessionData::read_value",
        SessionData::read_value(&jar, NAME, sealed.value()),
    );
    told.add("SessionData::write", data().write(&jar, KEY, &plain));
    let mut large = data();
    for number in 0..900 {
        let key = format!("{number} {}", KEY.repeat(20));
        large.insert(key, VALUE).unwrap();
    }
    let overflow = large.write(&jar, NAME, &plain).unwrap_err();
    let Error::CookieOverflow(inner) = &overflow else {
        panic!("{overflow}")
    };
    assert_eq!(
        inner.entries.len(),
        902,
        "all are there, with the session_id"
    );
    told.add("SessionData::write", Err::<(), _>(inner.clone()));
    told.add("SessionData::write", Err::<(), _>(overflow));
}

fn rack(told: &mut Told) {
    let short = SecretKeyBase::new(VALUE.repeat(2)).unwrap();
    told.add(
        "RackJar::new",
        RackJar::new(&short, RackVersion::Session2_0),
    );
    let weak = SecretKeyBase::allow_short(VALUE).unwrap();
    let jar = RackJar::new(&weak, RackVersion::Rack2_1).unwrap().json();
    told.add("RackJar::check_secrets", jar.check_secrets());
    told.add("RackJar::open", jar.open(KEY, VALUE));
    told.add("RackJar::seal", jar.seal(&mut data(), KEY, None));
    let mut large = data();
    large.insert(format!("{KEY}2"), VALUE.repeat(300)).unwrap();
    told.add("RackJar::seal", jar.seal(&mut large, NAME, None));
    told.add("RackSessions::check", RackSessions::new(jar, KEY).check());
}

fn php(told: &mut Told) {
    told.add("serialize", php::serialize(&Unwritable));
    told.add("serialize", php::serialize(&u64::MAX));
    let object = PhpObject::Instance {
        class: KEY.to_owned(),
        properties: vec![(KEY.to_owned(), Value::from(VALUE))],
    };
    told.add("serialize", php::serialize(&Value::Php(Box::new(object))));
    let text = php::serialize(VALUE).unwrap();
    told.add("unserialize", php::unserialize::<u32>(&text));
    told.add("unserialize", php::unserialize::<Unreadable>(&text));
    told.add("unserialize", php::unserialize::<Value>(&text[1..]));
    let now = time::OffsetDateTime::UNIX_EPOCH;
    let mut data = data();
    data.insert(format!("{KEY}|"), VALUE).unwrap();
    let format = PhpSessions::new();
    told.add("serialize", format.write(&data, None, None, now));
}

fn express(told: &mut Told) {
    told.add("CookieSignature::new", CookieSignature::new(" "));
    let signature = CookieSignature::new(VALUE).unwrap();
    let older = signature.clone().older_secret("\n");
    told.add("CookieSignature::older_secret", older);
    told.add("Keygrip::new", Keygrip::new(" "));
    told.add(
        "Keygrip::with_digest",
        Keygrip::with_digest(HmacDigest::Sha256, ""),
    );
    let keys = Keygrip::new(VALUE).unwrap();
    told.add("Keygrip::older_key", keys.clone().older_key("\n"));
    told.add("Keygrip::open", keys.open(KEY, VALUE, VALUE));
    told.add("Keygrip::seal", keys.seal(&data(), KEY, None));
    let mut large = data();
    large.insert(KEY, VALUE.repeat(300)).unwrap();
    told.add("Keygrip::seal", keys.seal(&large, NAME, None));
    told.add(
        "CookieSessions::check",
        CookieSessions::new(keys, KEY).check(),
    );
    told.add("IronPasswords::new", IronPasswords::new(VALUE));
    told.add("IronPasswords::with_id", IronPasswords::with_id(2, VALUE));
    let passwords = IronPasswords::new(VALUE.repeat(4)).unwrap();
    told.add(
        "IronPasswords::password",
        passwords.clone().password(2, VALUE),
    );
    let now = time::OffsetDateTime::UNIX_EPOCH;
    told.add("IronPasswords::open", passwords.open(VALUE, now));
    told.add(
        "IronSessions::check",
        IronSessions::new(passwords, KEY).check(),
    );
}

fn passport(told: &mut Told) {
    let mut session = data();
    let logins = Passport::new();
    told.add("Passport::log_in", logins.log_in(&mut session, &Unwritable));
    told.add(
        "Passport::log_in_and_keep",
        logins.log_in_and_keep(&mut session, &Unwritable),
    );
    session
        .insert("passport", HashMap::from([("user", VALUE)]))
        .unwrap();
    told.add("Passport::user", logins.user::<u32>(&session));

    told.add(
        "ConnectFlash::add",
        ConnectFlash::add(&mut session, KEY, Unwritable),
    );
    ConnectFlash::add(&mut session, KEY, VALUE).unwrap();
    told.add(
        "ConnectFlash::take",
        ConnectFlash::take::<u32>(&mut session, KEY),
    );
    told.add(
        "ConnectFlash::take_all",
        ConnectFlash::take_all::<u32>(&mut session),
    );

    told.add("DoubleCsrf::new", DoubleCsrf::new(" "));
    let tokens = DoubleCsrf::new(VALUE).unwrap();
    told.add("DoubleCsrf::older_secret", tokens.older_secret("\n"));
    let session = Session::ephemeral().unwrap();
    told.add("Session::express_max_age", session.express_max_age(None));
}

fn laravel(told: &mut Told) {
    told.add("AppKey::new", AppKey::new(VALUE));
    let cipher = LaravelCipher::default();
    let short = AppKey::generate(LaravelCipher::Aes128Cbc).unwrap();
    told.add("Encrypter::new", Encrypter::new(&short, cipher));
    let key = AppKey::generate(cipher).unwrap();
    let encrypter = Encrypter::new(&key, cipher).unwrap();
    told.add(
        "Encrypter::previous_keys",
        encrypter.clone().previous_keys(VALUE),
    );
    told.add("Encrypter::open", encrypter.open(VALUE));
    told.add("Encrypter::explain", encrypter.explain(VALUE));
    told.add("Encrypter::seal_value", encrypter.seal_value(&Unwritable));
    let sealed = encrypter.seal_value(VALUE).unwrap();
    told.add(
        "Encrypter::open_value",
        encrypter.open_value::<u32>(&sealed),
    );
    told.add("Encrypter::open_value", encrypter.open_value::<u32>(VALUE));
    told.add("Encrypter::open_cookie", encrypter.open_cookie(KEY, VALUE));
    told.add(
        "Encrypter::explain_cookie",
        encrypter.explain_cookie(KEY, &sealed),
    );

    let guard = SessionGuard::new(KEY);
    let mut session = data();
    told.add(
        "SessionGuard::log_in",
        guard.log_in(&mut session, &Unwritable),
    );
    guard.log_in(&mut session, &VALUE).unwrap();
    told.add("SessionGuard::user_id", guard.user_id::<u32>(&session));

    let session = Session::ephemeral().unwrap();
    let keys = session.laravel();
    told.add("LaravelKeys::flash", keys.flash(KEY, Unwritable));
    told.add(
        "LaravelKeys::xsrf_cookie",
        keys.xsrf_cookie(&encrypter, &CookieAttributes::new().path(KEY)),
    );
    keys.flash(KEY, VALUE).unwrap();
    told.add("LaravelKeys::take_flash", keys.take_flash::<u32>(KEY));
    session.insert("_token", [VALUE]).unwrap();
    told.add("LaravelKeys::token", keys.token());

    let symfony = session.symfony();
    told.add("SymfonySession::insert", symfony.insert(KEY, Unwritable));
    symfony.insert(KEY, VALUE).unwrap();
    told.add("SymfonySession::get", symfony.get::<u32>(KEY));
    session.insert("_sf2_meta", VALUE).unwrap();
    told.add("SymfonySession::meta", symfony.meta());
    let _ = session.commit(200).unwrap();
    told.add("SymfonySession::remove", symfony.remove(KEY));
}

fn sessions(told: &mut Told) {
    let mut data = data();
    told.add("SessionData::get", data.get::<u32>(KEY));
    told.add("SessionData::get", data.get::<Unreadable>(KEY));
    told.add("SessionData::insert", data.insert(KEY, Unwritable));
    told.add("SessionData::view", data.view::<Numbers>());
    told.add("SessionData::view", data.view::<Unreadable>());
    told.add("SessionData::merge", data.merge(&Unwritable));
    told.add("SessionData::merge", data.merge(VALUE));
    let mut too_deep = SessionData::new();
    // A hundred levels, and the session's own.
    let levels = (0..100).fold(object(), |inner, _| Value::Array(vec![inner]));
    too_deep.insert(KEY, &levels).unwrap();
    told.add("SessionData::to_json", too_deep.to_json());
    let mut stored = StoredSession::read(b"{}").unwrap();
    stored.session_mut().insert(KEY, &levels).unwrap();
    told.add("StoredSession::to_bytes", stored.to_bytes());

    told.add("SessionData::take", data.take::<u32>(KEY));

    let mut flash = FlashHash::load(&data);
    let deep = (0..200).fold(Value::from(VALUE), |inner, _| Value::Array(vec![inner]));
    flash.set(KEY, deep);
    told.add("FlashHash::commit", flash.commit(&mut data));

    let scope = WardenScope::new(KEY);
    let refused = scope.log_in(&mut data, &Unwritable, None);
    told.add("WardenScope::log_in", refused);
    scope.log_in(&mut data, VALUE, None).unwrap();
    let login = scope.login(&data).unwrap();
    told.add("WardenLogin::id", login.id::<u64>());
    told.add("WardenLogin::id", login.id::<Unreadable>());
    scope.log_in(&mut data, &(VALUE, VALUE), None).unwrap();
    let login = scope.login(&data).unwrap();
    told.add("WardenLogin::id", login.id::<String>());

    let store = Arc::new(CookieStore::new(&secret(), json(LoadDefaults::V7_1), NAME));
    let open = || Session::open(&store, "", RequestOrigin::default());
    let session = open();
    session.insert(KEY, VALUE).unwrap();
    told.add("Session::get", session.get::<u32>(KEY));
    told.add("Session::get", session.get::<Unreadable>(KEY));
    told.add("Session::insert", session.insert(KEY, Unwritable));
    told.add("Session::view", session.view::<Numbers>());
    told.add("Session::merge", session.merge(&Unwritable));
    told.add("Session::take", session.take::<u32>(KEY));
    told.add(
        "Session::update",
        session.update(|data| data.insert(KEY, Unwritable)),
    );
    updates(told, &session);
    let flash = session.flash();
    flash.set(KEY, VALUE).unwrap();
    told.add("Flash::get", flash.get::<u32>(KEY));
    let cookies = session.cookies();
    let plain = CookieAttributes::new();
    told.add("Cookies::delete", cookies.delete(KEY, &plain));
    let signed = cookies.signed();
    told.add(
        "SealedCookies::write",
        signed.write(NAME, &Unwritable, &plain),
    );
    told.add("SealedCookies::write", signed.write(KEY, VALUE, &plain));
    told.add("SealedCookies::delete", signed.delete(KEY, &plain));
    let header = format!("theme={VALUE}");
    let other = Session::open(&store, header, RequestOrigin::default());
    let signed = other.cookies().signed();
    told.add("SealedCookies::explain", signed.explain("theme"));
    signed.write("cart", VALUE, &plain).unwrap();
    told.add("SealedCookies::get", signed.get::<u32>("cart"));
    let _ = session.commit(200).unwrap();
    told.add("Session::insert", session.insert(KEY, VALUE));
    told.add("Session::remove", session.remove(KEY));
    told.add("Session::clear", session.clear());
    told.add("Session::renew", session.renew());
    told.add("Session::reset", session.reset());
    told.add("Session::skip", session.skip());
    told.add("Session::drop", session.drop());
    told.add("Session::expire_after", session.expire_after(None));
    told.add("Session::same_site", session.same_site(SameSite::Lax));
    told.add("Flash::set", flash.set(KEY, VALUE));
    told.add("Flash::now", flash.now(KEY, VALUE));
    told.add("Flash::keep", flash.keep(KEY));
    told.add("Flash::keep_all", flash.keep_all());
    told.add("Flash::discard", flash.discard(KEY));
    told.add("Flash::discard_all", flash.discard_all());
    told.add("Flash::remove", flash.remove(KEY));
    told.add("Flash::clear", flash.clear());
    let late = SetCookie::new(NAME, VALUE, &plain).unwrap();
    told.add("Cookies::set", cookies.set(late));
    told.add(
        "Session::authenticity_tokens",
        session.authenticity_tokens(),
    );
    stores(told);
}

/// The session holds a text.
fn updates(told: &mut Told, session: &Session) {
    told.add(
        "Session::update_key",
        session.update_key(KEY, |number: Option<u32>| number),
    );
    told.add(
        "Session::update_key",
        session.update_key(KEY, |_: Option<String>| Unwritable),
    );
    let same = session.clone();
    told.add(
        "Session::update_key",
        session.update_key(KEY, move |text: Option<String>| {
            same.insert(KEY, VALUE).unwrap();
            text
        }),
    );
}

fn stores(told: &mut Told) {
    let large = open_in(&CookieStore::new(&secret(), json(LoadDefaults::V7_1), NAME));
    large.insert(KEY, VALUE.repeat(300)).unwrap();
    told.add("Session::check", large.check());
    told.add("Session::commit", large.commit(200));
    let odd = CookieStore::new(&secret(), json(LoadDefaults::V7_1), KEY);
    told.add("CookieStore::check", odd.check());
    for refused in [Duration::ZERO, Duration::MAX] {
        let odd = open_in(&odd).expire_after(refused);
        told.add("Session::expire_after", odd);
    }
    let insecure = open_in(&odd).same_site(SameSite::None);
    told.add("Session::same_site", insecure);
    let odd_server = ServerSessions::new(StoredJson, MemoryStore::new(), KEY);
    told.add("ServerSessions::check", odd_server.check());
    told.add(
        "cookie_header",
        cookie_header(&odd, |data| data.insert(KEY, VALUE)),
    );
}

/// Opens a request to a store whose cookies have an odd name.
fn open_in(store: &CookieStore) -> Session {
    Session::open(&Arc::new(store.clone()), "", RequestOrigin::default())
}

fn messages(told: &mut Told) {
    let version = LoadDefaults::V7_1;
    let settings = json(version);
    told.add(
        "MessageEncryptor::new",
        MessageEncryptor::new(VALUE, version),
    );
    told.add(
        "MessageEncryptor::cbc",
        MessageEncryptor::cbc(VALUE, VALUE, version),
    );
    told.add("MessageVerifier::new", MessageVerifier::new("", version));
    let options = MessageOptions::new().purpose(KEY);
    let crypt = MessageEncryptor::for_application(&secret(), KEY, settings.clone());
    let refused = crypt.encrypt_and_sign(&Unwritable, &options);
    told.add("MessageEncryptor::encrypt_and_sign", refused);
    let message = crypt.encrypt_and_sign(VALUE, &options).unwrap();
    told.add(
        "MessageEncryptor::decrypt_and_verify",
        crypt.decrypt_and_verify::<Unreadable>(&message, KEY),
    );
    told.add("MessageEncryptor::explain", crypt.explain(&message, VALUE));
    let verifier = MessageVerifier::for_application(&secret(), KEY, settings);
    let refused = verifier.generate(&Unwritable, &options);
    told.add("MessageVerifier::generate", refused);
    let message = verifier.generate(VALUE, &options).unwrap();
    told.add(
        "MessageVerifier::verify",
        verifier.verify::<Unreadable>(&message, KEY),
    );
    told.add(
        "MessageVerifier::explain",
        verifier.explain(&message, VALUE),
    );
    // Values that a single format has no form for.
    for serializer in [Serializer::Marshal, Serializer::MessagePack] {
        let settings = version.settings().cookies_serializer(serializer);
        let verifier = MessageVerifier::for_application(&secret(), "x", settings);
        for value in [
            object(),
            Value::IpAddr(VALUE.to_owned()),
            Value::BigDecimal(VALUE.to_owned()),
            Value::Symbol(format!("{VALUE}\u{fffd}{KEY}")),
            Value::Uri(VALUE.to_owned()),
        ] {
            if let Err(error) = verifier.generate(&value, &options) {
                told.add("MessageVerifier::generate", Err::<(), _>(error));
            }
        }
    }
}

fn settings(told: &mut Told) {
    told.add("SecretKeyBase::new", SecretKeyBase::new(VALUE));
    told.add(
        "SecretKeyBase::allow_short",
        SecretKeyBase::allow_short(" \n"),
    );
    let weak = SecretKeyBase::allow_short(VALUE).unwrap();
    told.add("SecretKeyBase::check", weak.check());
    let store = CookieStore::new(&weak, LoadDefaults::V7_1, NAME);
    told.add("CookieStore::check_secrets", store.check_secrets());
    told.add(
        "Jar::check_secrets",
        store.keyring().session().check_secrets(),
    );
    told.add("from_str", KEY.parse::<LoadDefaults>());
    told.add("from_str", KEY.parse::<Cipher>());
    told.add("from_str", KEY.parse::<HmacDigest>());
    told.add("from_str", KEY.parse::<KeyDigest>());
    told.add("from_str", KEY.parse::<Priority>());
    told.add("from_str", KEY.parse::<SizeLimit>());
    told.add("from_str", KEY.parse::<SecretKind>());
    told.add("from_str", KEY.parse::<Serializer>());
    told.add("from_str", VALUE.parse::<BigInteger>());
}

/// Creates an app whose folder, and whose file for the cookies, are named after the key.
fn app() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fallible {KEY}"));
    let initializers = root.join("config/initializers");
    fs::create_dir_all(&initializers).unwrap();
    let write = |file: &str, text: &str| fs::write(root.join(file), text).unwrap();
    write(
        "config/application.rb",
        "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 7.1\nend\nend\n",
    );
    let file = format!("config/initializers/{KEY}.rb");
    let statement = format!(
        "Rails.application.config.session_store :cookie_store, key: {KEY_IN_RUBY} + \"x\"\n"
    );
    write(&file, &statement);
    root
}

/// The key in Ruby code: terminal control characters unescaped, without its line feed.
const KEY_IN_RUBY: &str = "key\u{1b}[2J\u{9b}\u{202e}";

fn apps(told: &mut Told) {
    let root = app();
    let here = RailsApp::new(&root)
        .environment("production")
        .variables(|_| None);
    let settings = here.settings().unwrap();
    assert_eq!(settings.unreadable_settings.len(), 1);
    for one in settings.unreadable_settings {
        assert!(one.text.contains('\u{1b}'), "{one:?}");
        told.add("RailsApp::settings", Err::<(), _>(one.to_string()));
    }
    told.add("RailsApp::secrets", here.secrets());
    told.add("RailsApp::secret_key_base", here.secret_key_base());
    told.add("RailsApp::jar", here.jar());
    told.add("RailsApp::signed_jar", here.signed_jar());
    told.add(
        "CookieStore::from_rails_app",
        CookieStore::from_rails_app(&here),
    );
    told.add("Doctor::rails_app", Doctor::new().rails_app(&here));
    let odd = here.clone().environment(KEY);
    told.add("RailsApp::environment_name", odd.environment_name());
    told.add("RailsApp::settings", here.rails(KEY).settings());
    let nowhere = RailsApp::new(root.join(KEY)).settings();
    told.add("RailsApp::settings", nowhere);
}

#[test]
fn no_error_shows_a_value_or_what_a_terminal_obeys() {
    let mut told = Told::default();
    jars(&mut told);
    rack(&mut told);
    php(&mut told);
    express(&mut told);
    passport(&mut told);
    laravel(&mut told);
    sessions(&mut told);
    messages(&mut told);
    settings(&mut told);
    apps(&mut told);

    let mut ran: BTreeSet<_> = told.0.iter().map(|row| row.0.to_owned()).collect();
    assert!(ran.remove("from_str"));
    ran.extend(NEVER.map(str::to_owned));
    assert_eq!(ran, fallible(), "each public method that can fail");

    let mut faults = Vec::new();
    for (method, text) in &told.0 {
        if text.contains(VALUE) {
            faults.push(format!("{method} shows the value: {text:?}"));
        }
        if is_raw(text) {
            faults.push(format!("{method} shows the key: {text:?}"));
        }
    }
    assert!(faults.is_empty(), "{} {faults:#?}", faults.len());
    assert!(told.0.len() > 250, "{}", told.0.len());
}

/// Checks if a text holds the key unescaped, or a part of it that commands a terminal.
fn is_raw(text: &str) -> bool {
    text.contains(['\u{1b}', '\u{9b}', '\u{202e}']) || text.contains("marked-key\n")
}

#[test]
fn no_event_shows_what_a_terminal_obeys() {
    let odd = Arc::new(CookieStore::new(&secret(), json(LoadDefaults::V7_1), KEY));
    let store = Arc::new(CookieStore::new(&secret(), json(LoadDefaults::V7_1), NAME));
    let lines = logged(|| {
        // Neither can be written: for the cookie's name, and for the size of all keys.
        let session = Session::open(&odd, "", RequestOrigin::default());
        session.insert(KEY, VALUE).unwrap();
        assert!(session.commit(200).is_err());
        let session = Session::open(&store, "", RequestOrigin::default());
        for number in 0..900 {
            let key = format!("{number} {}", KEY.repeat(20));
            session.insert(key, VALUE).unwrap();
        }
        assert!(session.commit(200).is_err());
    });
    assert_eq!(lines.len(), 2, "{lines:#?}");
    for line in &lines {
        assert!(!is_raw(line) && !line.contains(VALUE), "{line:?}");
        // Ten keys of 120 characters and their sizes, and 400 characters of our own.
        assert!(line.len() < 10 * (120 + 10) + 400, "{} bytes", line.len());
    }
    // 900 keys, and the session_id.
    assert!(lines[1].contains(" and 891 more"), "{lines:#?}");
}
