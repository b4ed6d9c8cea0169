//! The clock that is told is the only one: nothing asks the system beside it.

use std::time::Duration;

use hardtack::message::{MessageEncryptor, MessageOptions, MessageVerifier};
use hardtack::{CookieAttributes, Jar, LoadDefaults};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2200-01-01 12:00 UTC);

#[test]
fn a_jar_goes_by_its_clock() {
    let jar = Jar::ephemeral().unwrap().clock(|| NOW);
    let a_minute = CookieAttributes::new().max_age(Duration::from_secs(60));
    let cookie = jar.write("code", 7, &a_minute).unwrap();
    let opened = jar.read_value::<u8>("code", cookie.value()).unwrap();
    assert_eq!(opened.expires_at(), Some(datetime!(2200-01-01 12:01 UTC)));

    let permanent = CookieAttributes::new().permanent();
    let cookie = jar.write("code", 7, &permanent).unwrap();
    assert_eq!(cookie.expires(), Some(datetime!(2220-01-01 12:00 UTC)));
}

#[test]
fn messages_go_by_their_clock() {
    let a_minute = MessageOptions::new().expires_in(Duration::from_secs(60));
    let expected = Some(datetime!(2200-01-01 12:01 UTC));

    let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1).unwrap();
    let verifier = verifier.clock(|| NOW);
    let message = verifier.generate("hello", &a_minute).unwrap();
    assert_eq!(
        verifier.explain(&message, None).unwrap().expires_at(),
        expected
    );
    let over = verifier.clock(|| NOW + Duration::from_secs(60));
    assert!(over.verify::<String>(&message, None).is_err());

    let encryptor = MessageEncryptor::new([7; 32], LoadDefaults::V7_1).unwrap();
    let encryptor = encryptor.clock(|| NOW);
    let message = encryptor.encrypt_and_sign("hello", &a_minute).unwrap();
    assert_eq!(
        encryptor.explain(&message, None).unwrap().expires_at(),
        expected
    );
    let over = encryptor.clock(|| NOW + Duration::from_secs(60));
    assert!(over.decrypt_and_verify::<String>(&message, None).is_err());
}
