//! Counts of what a key has sealed: an AES-GCM key with random nonces is good for 2^32 messages
//! (NIST SP 800-38D section 8.3). `tests/session/events.rs` tests the events of it.

use std::sync::Arc;

use hardtack::message::MessageEncryptor;
use hardtack::settings::{HmacDigest, KeyDigest, SizeLimit};
use hardtack::{
    CookieStore, Error, Jar, Keyring, LoadDefaults, RequestOrigin, Rotation, SecretKeyBase,
    Serializer, Session,
};

use crate::support::json;

const NAME: &str = "_app_session";

/// Returns a secret of the test's own, since the counts of a key are shared by the whole process.
fn secret() -> SecretKeyBase {
    SecretKeyBase::generate().unwrap()
}

fn encrypted(secret: &SecretKeyBase) -> Jar {
    Jar::encrypted(secret, LoadDefaults::V7_1)
}

fn write(jar: &Jar, times: u64) {
    for _ in 0..times {
        jar.write(NAME, 45, None).unwrap();
    }
}

#[test]
fn each_seal_counts_and_opening_does_not() {
    let jar = encrypted(&secret());
    assert_eq!(jar.seals(), Some(0));
    for before in 0..100 {
        let cookie = jar.write(NAME, before, None).unwrap();
        assert_eq!(jar.seals(), Some(before + 1));
        let opened = jar.read_value::<u64>(NAME, cookie.value()).unwrap();
        assert_eq!(*opened.value(), before);
        assert!(jar.read_value::<u64>(NAME, "AAAA--AAAA--AAAA").is_err());
        assert!(jar.read_value::<u64>("other", cookie.value()).is_err());
        assert_eq!(jar.seals(), Some(before + 1));
    }
    // Cookies that are refused before sealing.
    assert!(jar.write("no name", 45, None).is_err());
    assert_eq!(jar.seals(), Some(100));
}

#[test]
fn each_try_at_the_limit_counts() {
    // Without an envelope: a JSON String of n bytes is 4 * ceil(n / 3) of base64, and 4 hyphens,
    // 16 of the nonce and 24 of the tag. The tag ends in `==`, which takes 4 bytes more as sent.
    let cases = [
        // 4 + 4092 bytes would fit; 4 + 4096 or more, as sent, do not, with any nonce.
        (3036, 4092, 8),
        // 4 + 4096 does not even fit unescaped.
        (3039, 4096, 1),
    ];
    let mut ran = 0;
    for (bytes, value, seals) in cases {
        let jar = Jar::encrypted(&secret(), json(LoadDefaults::V5_2));
        let text = "x".repeat(bytes - 2);
        let refused = jar.write("cart", &text, None);
        assert!(
            matches!(refused, Err(Error::CookieOverflow(_))),
            "{refused:?}"
        );
        assert_eq!(jar.seals(), Some(seals));

        let unlimited = json(LoadDefaults::V5_2).limit(SizeLimit::None);
        let cookie = Jar::encrypted(&secret(), unlimited).write("cart", &text, None);
        assert_eq!(cookie.unwrap().value().len(), value);
        ran += 1;
    }
    assert_eq!(ran, 2);
}

#[test]
fn a_key_has_one_number_whoever_seals_with_it() {
    let (secret, other) = (secret(), secret());
    let jar = encrypted(&secret);
    write(&jar, 3);
    // Made anew, copied, in other jars, under settings that leave the key as it is.
    let newer = LoadDefaults::V8_1
        .settings()
        .cookies_serializer(Serializer::Json)
        .limit(SizeLimit::Rails);
    let same = [
        jar.clone(),
        encrypted(&secret),
        Jar::encrypted(&secret, newer),
        encrypted(&secret).rotation(Rotation::encrypted(&other, LoadDefaults::V7_1)),
        encrypted(&other).rotation(Rotation::encrypted(&secret, LoadDefaults::V7_1).writes()),
        Jar::clone(Keyring::new(&secret, LoadDefaults::V7_1).encrypted()),
    ];
    let mut number = 3;
    for jar in &same {
        assert_eq!(jar.seals(), Some(number));
        write(jar, 2);
        number += 2;
    }
    assert_eq!(number, 3 + 2 * 6);
    assert_eq!(jar.seals(), Some(number));

    let sha1 = LoadDefaults::V7_1
        .settings()
        .key_generator_hash_digest_class(KeyDigest::Sha1);
    let salted = LoadDefaults::V7_1
        .settings()
        .authenticated_encrypted_cookie_salt("another salt");
    let others = [
        encrypted(&other),
        Jar::encrypted(&secret, sha1),
        Jar::encrypted(&secret, salted),
        encrypted(&other).rotation(Rotation::encrypted(&secret, LoadDefaults::V7_1)),
    ];
    for jar in &others {
        assert_eq!(jar.seals(), Some(0));
    }
    write(&others[1], 1);
    assert_eq!(others.map(|jar| jar.seals().unwrap()), [0, 1, 0, 0]);
    assert_eq!(jar.seals(), Some(number));
}

#[test]
fn a_store_tells_of_its_session_s_key() {
    let (secret, newer) = (secret(), secret());
    let store = Arc::new(CookieStore::new(&secret, LoadDefaults::V7_1, NAME));
    let visit = || {
        let session = Session::open(&store, "", RequestOrigin::default());
        session.insert("user_id", 42).unwrap();
        assert_eq!(session.commit(200).unwrap().cookies().len(), 1);
    };
    visit();
    assert_eq!(store.seals(), Some(1));
    write(store.keyring().encrypted(), 1);
    write(store.keyring().signed(), 1);
    assert_eq!(store.seals(), Some(2));
    store.raise_seals(50);
    visit();
    assert_eq!(
        (store.seals(), encrypted(&secret).seals()),
        (Some(51), Some(51))
    );

    store.replace_keyring(Keyring::new(&newer, LoadDefaults::V7_1));
    assert_eq!(store.seals(), Some(0));
    visit();
    assert_eq!(
        (store.seals(), encrypted(&secret).seals()),
        (Some(1), Some(51))
    );
}

#[test]
fn messages_count_too() {
    let secret = secret();
    let salted = |salt| MessageEncryptor::for_application(&secret, salt, LoadDefaults::V7_1);
    let crypt = salted("bank details");
    for _ in 0..5 {
        let message = crypt.encrypt_and_sign("hello", None);
        let hello: String = crypt.decrypt_and_verify(message.unwrap(), None).unwrap();
        assert_eq!(hello, "hello");
    }
    assert_eq!(crypt.seals(), Some(5));
    let changed = crypt.clone().url_safe(true).serializer(Serializer::Json);
    changed.encrypt_and_sign("hello", None).unwrap();
    assert_eq!(crypt.seals(), Some(6));
    assert_eq!(salted("bank details").seals(), Some(6));
    assert_eq!(salted("tax number").rotation(crypt).seals(), Some(0));
}

#[test]
fn keys_without_such_a_bound_have_no_number() {
    let secret = secret();
    let sha256 = LoadDefaults::V7_1
        .settings()
        .signed_cookie_digest(HmacDigest::Sha256);
    let jars = [
        Jar::signed(&secret, LoadDefaults::V7_1),
        Jar::signed(&secret, sha256),
        Jar::signed(&secret, json(LoadDefaults::V3_2)),
        Jar::encrypted(&secret, json(LoadDefaults::V4_0)),
        Jar::encrypted(&secret, json(LoadDefaults::V5_1)),
        encrypted(&secret).rotation(Rotation::signed(&secret, LoadDefaults::V7_1).writes()),
    ];
    let mut ran = 0;
    for jar in jars {
        write(&jar, 1);
        jar.raise_seals(1 << 20);
        assert_eq!(jar.seals(), None);
        ran += 1;
    }
    assert_eq!(ran, 6);
    let crypt = MessageEncryptor::cbc([1; 32], [2; 32], LoadDefaults::V7_1).unwrap();
    crypt.encrypt_and_sign("hello", None).unwrap();
    crypt.raise_seals(1 << 20);
    assert_eq!(crypt.seals(), None);
    let signed = Keyring::new(&secret, LoadDefaults::V7_1)
        .session_in(Jar::signed(&secret, LoadDefaults::V7_1));
    let store = CookieStore::with_keyring(signed, NAME);
    store.raise_seals(1 << 20);
    assert_eq!(store.seals(), None);
    // Nothing of it went to the key of the encrypted jar.
    assert_eq!(encrypted(&secret).seals(), Some(0));
}

#[test]
fn the_number_is_raised_and_never_lowered() {
    let secret = secret();
    let jar = encrypted(&secret);
    write(&jar, 2);
    let mut ran = 0;
    for (to, number) in [
        (0, 2),
        (1, 2),
        (2, 2),
        (3, 3),
        (1_000, 1_000),
        (999, 1_000),
        (u64::MAX - 2, u64::MAX - 2),
    ] {
        encrypted(&secret).raise_seals(to);
        assert_eq!(jar.seals(), Some(number));
        ran += 1;
    }
    assert_eq!(ran, 7);
    // Counted up to the last, and there it stays.
    write(&jar, 5);
    assert_eq!(jar.seals(), Some(u64::MAX));
}
