//! Every cookie that Rails recorded, with the right secret among three, and with wrong ones only.

use std::sync::LazyLock;

use hardtack::doctor::{Cause, CauseKind, Diagnosis, Doctor, JarKind};
use hardtack::settings::{Cipher, HmacDigest, KeyDigest};
use hardtack::{CookieHeader, Jar, LoadDefaults, Refusal, SecretKeyBase, Serializer, Settings};
use serde::Deserialize;

use crate::recorded_cookies::{Record, records};
use crate::support::vectors;

const KEY_BASE: &str = "b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33\
                        b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33";
const TOKEN: &str = "a 30+ character secret token, as Rails 3 asked for it: 0123456789abcdef";

/// The findings that the doctor must report.
#[derive(Debug, PartialEq)]
struct Expected {
    format: &'static str,
    jar: JarKind,
    cipher: Option<Cipher>,
    key_digest: Option<KeyDigest>,
    hmac_digest: Option<HmacDigest>,
    serializer: Serializer,
    purpose: Option<String>,
    versions: Vec<LoadDefaults>,
}

impl Expected {
    fn of(diagnosis: &Diagnosis) -> Option<Self> {
        Some(Self {
            format: diagnosis.format.name(),
            jar: diagnosis.jar?,
            cipher: diagnosis.cipher,
            key_digest: diagnosis.key_digest,
            hmac_digest: diagnosis.hmac_digest,
            serializer: diagnosis.serializer?,
            purpose: diagnosis.purpose.clone(),
            versions: diagnosis.versions().to_vec(),
        })
    }
}

/// The jars of a secret, each made once.
type Keyring = Vec<(JarKind, Settings, Jar)>;

impl Record {
    fn expected(&self) -> Expected {
        let (format, jar, cipher, hmac_digest) = match self.jar.as_deref() {
            Some("encrypted_gcm") => {
                let cipher = Some(Cipher::Aes256Gcm);
                ("rails-encrypted-gcm", JarKind::Encrypted, cipher, None)
            }
            Some("encrypted_cbc") => {
                let cipher = Some(Cipher::Aes256Cbc);
                let hmac = Some(HmacDigest::Sha1);
                ("rails-encrypted-cbc", JarKind::Encrypted, cipher, hmac)
            }
            _ => {
                let digest = self.digest.as_deref().unwrap_or("SHA1");
                let hmac = Some(digest.parse().unwrap());
                ("rails-signed", JarKind::Signed, None, hmac)
            }
        };
        Expected {
            format,
            jar,
            cipher,
            key_digest: self.key_digest.as_ref().map(|name| name.parse().unwrap()),
            hmac_digest,
            serializer: match self.serializer.as_str() {
                "json" | "hybrid" | "json_allow_marshal" => Serializer::Json,
                "marshal" => Serializer::Marshal,
                "message_pack" | "message_pack_allow_marshal" => Serializer::MessagePack,
                other => panic!("{other}"),
            },
            purpose: self.metadata.then(|| format!("cookie.{}", self.name)),
            versions: self.versions().to_vec(),
        }
    }

    /// Returns the `load_defaults` that seal this way, without regard to the serializer, by Rails' own
    /// documentation ("Configuring Rails Applications", versioned default values).
    fn versions(&self) -> &'static [LoadDefaults] {
        let has_expiry = self.expires.is_some() || self.kind == "expired";
        let of = |first: LoadDefaults, last: LoadDefaults| {
            let place = |version| LoadDefaults::ALL.iter().position(|one| *one == version);
            &LoadDefaults::ALL[place(first).unwrap()..=place(last).unwrap()]
        };
        let none = &LoadDefaults::ALL[..0];
        match (
            self.jar.as_deref(),
            self.key_digest.as_deref(),
            self.metadata,
        ) {
            (None, ..) if self.digest.as_deref() == Some("SHA1") => {
                of(LoadDefaults::V2_3, LoadDefaults::V3_2)
            }
            (Some("encrypted_cbc"), Some("SHA1"), false) if !has_expiry => {
                of(LoadDefaults::V4_0, LoadDefaults::V5_1)
            }
            // An app that set :digest, or chose CBC against its defaults.
            (None | Some("encrypted_cbc"), ..) => none,
            (Some("signed"), Some("SHA1"), false) if !has_expiry => {
                of(LoadDefaults::V4_0, LoadDefaults::V5_2)
            }
            (Some(_), Some("SHA1"), false) => of(LoadDefaults::V5_2, LoadDefaults::V5_2),
            (Some(_), Some("SHA1"), true) => of(LoadDefaults::V6_0, LoadDefaults::V6_1),
            (Some(_), Some("SHA256"), true) => of(LoadDefaults::V7_0, LoadDefaults::NEWEST),
            _ => none,
        }
    }

    /// Checks that the settings that the doctor found open the cookie.
    fn assert_settings_open(&self, diagnosis: &Diagnosis, place: &str, jars: &mut Keyring) {
        let secret = self.secret();
        let settings = diagnosis.settings().unwrap().clone();
        let kind = diagnosis.jar.unwrap();
        let known = |(one, other, _): &(JarKind, Settings, Jar)| *one == kind && *other == settings;
        let index = jars.iter().position(known).unwrap_or_else(|| {
            let jar = match kind {
                JarKind::Encrypted => Jar::encrypted(&secret, settings.clone()),
                JarKind::Signed => Jar::signed(&secret, settings.clone()),
            };
            jars.push((kind, settings.clone(), jar));
            jars.len() - 1
        });
        let jar = &jars[index].2;
        let text = format!("{}={}", self.name, self.cookie);
        let header = CookieHeader::new(&text);
        let value = if self.is_escaped() {
            header.get(&self.name).unwrap().into_owned()
        } else {
            self.cookie.clone().into_bytes()
        };
        match jar.explain(&self.name, value) {
            Ok(opened) => assert_eq!(
                Some(opened.value().to_string()),
                self.value.as_ref().map(ToString::to_string),
                "{place}"
            ),
            Err(refusal) => {
                assert_eq!(
                    (refusal, &*self.kind),
                    (Refusal::Expired, "expired"),
                    "{place}"
                );
            }
        }
    }
}

fn wrong(secret: &str) -> SecretKeyBase {
    SecretKeyBase::new(secret).unwrap()
}

/// The right secrets among wrong ones; their keys are derived once for all tests.
static KNOWING: LazyLock<Doctor> = LazyLock::new(|| {
    Doctor::new()
        .secret("wrong", &wrong("6a1f9a6c8f5d4b1e93b0f3c27d58e1a4"))
        .secret("right", &SecretKeyBase::new(KEY_BASE).unwrap())
        .secret("wrong too", &wrong("c2e07d5519b84f3aa6d1f08e47b39c62"))
});

static KNOWING_TOKEN: LazyLock<Doctor> = LazyLock::new(|| {
    Doctor::new()
        .secret("wrong", &wrong("6a1f9a6c8f5d4b1e93b0f3c27d58e1a4"))
        .secret("right", &SecretKeyBase::new(TOKEN).unwrap())
        .secret("wrong too", &wrong("c2e07d5519b84f3aa6d1f08e47b39c62"))
});

static IGNORANT: LazyLock<Doctor> = LazyLock::new(|| {
    let third = wrong("a third secret, which is as wrong as the others");
    Doctor::new()
        .secret("wrong", &wrong("6a1f9a6c8f5d4b1e93b0f3c27d58e1a4"))
        .secret("wrong too", &wrong("c2e07d5519b84f3aa6d1f08e47b39c62"))
        .secret("wrong as well", &third)
});

/// Examines every cookie of a version, and counts them: all, the expired ones, and those that some
/// `load_defaults` seals by default.
fn examine_all(version: &str) -> (usize, usize, usize) {
    let mut counted = (0, 0, 0);
    let mut jars = Keyring::new();
    for record in records(version) {
        let doctor = match record.kind.as_str() {
            "legacy_signed" => &*KNOWING_TOKEN,
            _ => &*KNOWING,
        };
        let place = format!("{} {} {:?}", record.rails, record.name, record.cookie);
        let diagnosis = doctor.examine(format!("{}={}", record.name, record.cookie));
        assert!(diagnosis.opens, "{place}");
        let expected = record.expected();
        counted.0 += 1;
        counted.1 += usize::from(record.kind == "expired");
        counted.2 += usize::from(!expected.versions.is_empty());
        assert_eq!(Expected::of(&diagnosis), Some(expected), "{place}");
        assert_eq!(diagnosis.secret.as_deref(), Some("right"), "{place}");
        assert_eq!(diagnosis.repairs, [], "{place}");
        assert_eq!(diagnosis.size(), Some(sent_size(&record)), "{place}");
        let kinds: Vec<_> = diagnosis.causes.iter().map(Cause::kind).collect();
        // The right secret is not the first one.
        if record.kind == "expired" {
            let expected = [CauseKind::Expired, CauseKind::RotatedSecret];
            assert_eq!(kinds, expected, "{place}");
            assert!(diagnosis.expires.is_some());
        } else {
            // Some of the values under a session's name are Hashes without an id.
            let hash = record
                .value
                .as_ref()
                .filter(|value| value.as_hash().is_some() && record.name == "_app_session");
            let mut expected = vec![CauseKind::RotatedSecret];
            if hash.is_none() && record.name == "_app_session" {
                expected.push(CauseKind::NotASession);
            }
            if hash.is_some_and(|hash| hash.get("session_id").is_none()) {
                expected.push(CauseKind::NoSessionId);
            }
            // And some flashes are none of FlashHash's forms.
            let flash = hash.and_then(|hash| hash.get("flash"));
            if flash.is_some_and(|flash| flash.get("flashes").is_none()) {
                expected.push(CauseKind::BadFlash);
            }
            assert_eq!(kinds, expected, "{place}");
            let [found, recorded] = [diagnosis.value(), record.value.as_ref()]
                .map(|value| value.map(ToString::to_string));
            assert_eq!(found, recorded, "{place}");
            let json = serde_json::to_value(&diagnosis).unwrap();
            // Up to 5.1 there was no envelope.
            let expires = record.expires.clone().filter(|_| record.is_escaped());
            assert_eq!(json["expires"].as_str(), expires.as_deref(), "{place}");
        }
        record.assert_settings_open(&diagnosis, &place, &mut jars);
        assert_shows_nothing(&diagnosis, &record.secret);
    }
    counted
}

/// Returns the length of name and value as they are sent.
fn sent_size(record: &Record) -> usize {
    let value = if record.is_escaped() {
        record.cookie.len()
    } else {
        hardtack::internal::escaped_len(record.cookie.as_bytes())
    };
    record.name.len() + value
}

/// Checks that a text shows no secret and no value.
fn assert_shows_nothing(diagnosis: &Diagnosis, secret: &str) {
    let shown = format!(
        "{diagnosis}{diagnosis:?}{}",
        serde_json::to_string(diagnosis).unwrap()
    );
    for hidden in [
        secret,
        "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6",
        "Signed in",
        "/orders/17",
    ] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
}

/// Examines every cookie of a version without its secret, and counts them.
fn refuse_all(version: &str) -> usize {
    let mut counted = 0;
    for record in records(version) {
        let diagnosis = IGNORANT.examine(format!("{}={}", record.name, record.cookie));
        let expected = record.expected();
        let place = format!("{} {} {:?}", record.rails, record.name, record.cookie);
        let json = serde_json::to_value(&diagnosis).unwrap();
        // The form shows the jar and the cipher; all else only a key can show.
        let known = serde_json::json!({
            "format": expected.format, "opens": false, "jar": expected.jar.name(),
            "cipher": expected.cipher.map(Cipher::name), "key_digest": null,
            "hmac_digest": null, "serializer": null, "purpose": null, "expires": null,
            "secret": null, "repairs": [],
            "causes": [
                "master-key", "master-key", "another-secret", "another-salt", "other-keys",
                "another-app",
            ],
        });
        assert_eq!(json, known, "{place}");
        assert!(diagnosis.settings().is_none() && diagnosis.value().is_none());
        assert!(diagnosis.versions().is_empty() && diagnosis.entries().is_empty());
        assert!(diagnosis.size().is_none() && diagnosis.session().is_none());
        assert!(diagnosis.remedy().is_none());
        let report = diagnosis.to_string();
        let first = "It does not open: no secret that was given fits.\n";
        assert!(report.starts_with(first), "{report}");
        // What a signed cookie says of itself is marked.
        let says = report.contains("(unverified)");
        assert!(!says || expected.format == "rails-signed", "{report}");
        let claims = ["serializer", "keys  ", "expires", "purpose"];
        for claim in &claims[..if says { 2 } else { 4 }] {
            assert!(!report.contains(claim), "{claim}: {report}");
        }
        counted += 1;
    }
    counted
}

// A test for each version, so that they run in parallel.

#[test]
fn every_cookie_of_rails_2_3() {
    assert_eq!(examine_all("2.3.18"), (24, 0, 6));
    assert_eq!(refuse_all("2.3.18"), 24);
}

#[test]
fn every_cookie_of_rails_3_2() {
    assert_eq!(examine_all("3.2.22.5"), (6, 0, 6));
    assert_eq!(refuse_all("3.2.22.5"), 6);
}

#[test]
fn every_cookie_of_rails_4_2() {
    assert_eq!(examine_all("4.2.11.3"), (24, 0, 24));
    assert_eq!(refuse_all("4.2.11.3"), 24);
}

#[test]
fn every_cookie_of_rails_5_2() {
    assert_eq!(examine_all("5.2.8.1"), (126, 3, 126));
    assert_eq!(refuse_all("5.2.8.1"), 126);
}

#[test]
fn every_cookie_of_rails_6_1() {
    assert_eq!(examine_all("6.1.7.10"), (252, 18, 204));
    assert_eq!(refuse_all("6.1.7.10"), 252);
}

#[test]
fn every_cookie_of_rails_7_1() {
    assert_eq!(examine_all("7.1.5"), (288, 36, 162));
    assert_eq!(refuse_all("7.1.5"), 288);
}

#[test]
fn every_cookie_of_rails_8_1() {
    assert_eq!(examine_all("8.1.3.1"), (672, 48, 384));
    assert_eq!(refuse_all("8.1.3.1"), 672);
}

#[derive(Deserialize)]
struct Session {
    secret_key_base: String,
    key_digest: String,
    serializer: String,
    set_cookie: Option<String>,
}

/// Examines every recorded `Set-Cookie` header of the session store.
#[test]
fn every_session_of_rails() {
    let mut ran = 0;
    for (version, eras) in [
        ("6.1", [LoadDefaults::V6_0, LoadDefaults::V6_1]),
        ("7.1", [LoadDefaults::V7_0, LoadDefaults::V8_1]),
        ("8.1", [LoadDefaults::V7_0, LoadDefaults::V8_1]),
    ] {
        for record in vectors::<Session>(&format!("sessions/rails-{version}.jsonl")) {
            let Some(set_cookie) = &record.set_cookie else {
                continue;
            };
            let diagnosis = KNOWING.examine(format!("set-cookie: {set_cookie}\r\n"));
            assert!(diagnosis.opens, "{set_cookie}");
            let digest: KeyDigest = record.key_digest.parse().unwrap();
            let serializer: Serializer = record.serializer.parse().unwrap();
            assert_eq!(diagnosis.key_digest, Some(digest));
            assert_eq!(diagnosis.cipher, Some(Cipher::Aes256Gcm));
            assert_eq!(diagnosis.serializer, Some(serializer));
            assert_eq!(diagnosis.purpose.as_deref(), Some("cookie._app_session"));
            let [first, last] = eras;
            assert_eq!(diagnosis.versions().first(), Some(&first));
            assert_eq!(diagnosis.versions().last(), Some(&last));
            let kinds: Vec<_> = diagnosis.causes.iter().map(Cause::kind).collect();
            assert_eq!(kinds, [CauseKind::RotatedSecret], "{set_cookie}");
            assert!(diagnosis.session().is_some());
            assert_shows_nothing(&diagnosis, &record.secret_key_base);
            assert!(!IGNORANT.examine(set_cookie).opens);
            ran += 1;
        }
    }
    assert_eq!(ran, 64);
}
