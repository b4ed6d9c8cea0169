//! Keys, jars and messages.

use hardtack::express::{CookieSessions, IronPasswords, IronSessions, Keygrip};
use hardtack::message::{MessageEncryptor, MessageOptions, MessageVerifier};
use hardtack::rack::{RackJar, RackSessions, RackVersion};
use hardtack::secret::KeyGenerator;
use hardtack::settings::HmacDigest;
use hardtack::{CookieHeader, Jar, Keyring, LoadDefaults, Rotation, SecretKeyBase};

use super::{CARD, NAME, Rows, SECRET, data, secret};
use crate::support::json;

pub(crate) fn keys(rows: &mut Rows) {
    rows.debug("SecretKeyBase", &secret());
    let generator = KeyGenerator::new(&secret());
    rows.debug("Key", &generator.generate_key("invoices", 64));
    rows.debug("KeyGenerator", &generator);
    let weak = SecretKeyBase::allow_short(&SECRET[..16]).unwrap().check();
    rows.both("WeakSecret", &weak.unwrap_err());
}

pub(crate) fn jars(rows: &mut Rows) {
    for jar in [
        Jar::encrypted(&secret(), json(LoadDefaults::V7_1)),
        Jar::encrypted(&secret(), json(LoadDefaults::V5_1)),
        Jar::signed(&secret(), json(LoadDefaults::V7_1)),
        Jar::signed(&secret(), json(LoadDefaults::V3_2)),
    ] {
        let rotation = Rotation::signed(&secret(), json(LoadDefaults::V7_1));
        rows.debug("Rotation", &rotation);
        let jar = jar.rotation(rotation);
        rows.debug("Jar", &jar);
        let cookie = jar.write(NAME, CARD, None).unwrap();
        // Its own text is the header, in which a signed value may be read by anybody.
        rows.debug("SetCookie", &cookie);
        let opened = jar.read_value::<String>(NAME, cookie.value()).unwrap();
        rows.debug("Opened", &opened);
        rows.debug("SealedBy", opened.sealed_by());
        rows.debug("JarKind", &opened.sealed_by().jar);
        rows.debug(
            "Serialized",
            jar.open(NAME, cookie.value()).unwrap().value(),
        );
        let header = format!("{NAME}={}; plain={CARD}", cookie.escaped_value());
        let header = CookieHeader::new(&header);
        rows.debug("CookieHeader", &header);
        rows.debug("CookiePairs", &header.iter());
        let mut forged = cookie.value().to_vec();
        forged[0] = if forged[0] == b'A' { b'B' } else { b'A' };
        rows.both("Refusal", &jar.explain(NAME, &forged).unwrap_err());
        rows.both(
            "InvalidMessage",
            &jar.read_value::<String>(NAME, forged).unwrap_err(),
        );
    }
    for version in [RackVersion::Rack1_0, RackVersion::Session2_1_2] {
        rows.debug("RackVersion", &version);
        let jar = RackJar::new(&secret(), version).unwrap().json();
        let jar = jar.clone().rotation(jar);
        rows.debug("RackJar", &jar);
        let opened = jar.seal(&mut data(), NAME, None).unwrap();
        rows.debug("Opened", &jar.open(NAME, opened.value()).unwrap());
        rows.debug("RackSessions", &RackSessions::new(jar, NAME));
    }
    let keys = Keygrip::new(SECRET).unwrap();
    rows.debug("Keygrip", &keys);
    let [cookie, signature] = keys.seal(&data(), NAME, None).unwrap();
    let opened = keys.open(NAME, cookie.escaped_value(), signature.escaped_value());
    rows.debug("Opened", &opened.unwrap());
    rows.debug("CookieSessions", &CookieSessions::new(keys, NAME));
    let passwords = IronPasswords::new(SECRET).unwrap();
    rows.debug("IronPasswords", &passwords);
    rows.debug("IronSessions", &IronSessions::new(passwords, NAME));
    let jars = Keyring::new(&secret(), json(LoadDefaults::V7_1));
    rows.debug("Keyring", &jars);
}

pub(crate) fn messages(rows: &mut Rows) {
    let options = MessageOptions::new().purpose("invoices");
    rows.debug("MessageOptions", &options);
    let older = MessageVerifier::for_application(&secret(), "invoices", LoadDefaults::V6_1);
    let verifier =
        MessageVerifier::for_application(&secret(), "invoices", json(LoadDefaults::V7_1))
            .digest(HmacDigest::Sha256)
            .rotation(older);
    rows.debug("MessageVerifier", &verifier);
    let message = verifier.generate(CARD, None).unwrap();
    rows.debug("Opened", &verifier.explain(&message, None).unwrap());
    for version in [LoadDefaults::V7_1, LoadDefaults::V5_1] {
        let made = MessageEncryptor::for_application(&secret(), "invoices", json(version));
        rows.debug("MessageEncryptor", &made);
    }
}
