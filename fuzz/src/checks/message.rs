//! The envelope that its value is a part of (messages of Rails 7.1 and later), and the older one,
//! under each serializer.

use hardtack::{LoadDefaults, Refusal, Serializer, fuzzing};
use time::OffsetDateTime;
use time::macros::datetime;

use super::{assert_kept, one_of};

const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
const LATER: OffsetDateTime = datetime!(2100-01-02 03:04:05.678 UTC);
const VERSIONS: &[LoadDefaults] = &[LoadDefaults::V7_1, LoadDefaults::V6_1, LoadDefaults::V8_1];

pub(super) fn check(data: &[u8]) {
    let [version, serializer, data @ ..] = data else {
        return;
    };
    let has_purpose = serializer & 0x40 != 0;
    let has_expiry = serializer & 0x80 != 0;
    let version = *one_of(VERSIONS, *version);
    let serializer = *one_of(Serializer::ALL, serializer & 0x3f);
    let purpose = if has_purpose { "login" } else { "" };

    let extract = |text: &[u8], purpose: &str| {
        fuzzing::message_extract(text, purpose, version, serializer, NOW)
    };
    // The text of a message whose seal was right.
    let _ = extract(data, purpose);

    // A value: wrapped, it comes out as it was, for this purpose and no other.
    let Ok(value) = fuzzing::load(&fuzzing::serialized(serializer, data)) else {
        return;
    };
    let expires_at = has_expiry.then_some(LATER);
    let purpose_of = has_purpose.then_some(purpose);
    let wrap =
        |value: &_| fuzzing::message_wrap(value, expires_at, purpose_of, version, serializer);
    let Ok(wrapped) = wrap(&value) else { return };
    let (again, at) = extract(&wrapped, purpose).unwrap();
    // JSON has no infinities, and MessagePack before 8.1 no SafeBuffer: by then it is a fixpoint.
    let wrap_and_extract = |value: &_| extract(&wrap(value).unwrap(), purpose).unwrap().0;
    assert_kept(&again, &wrap_and_extract(&again), wrap_and_extract);
    if serializer == Serializer::Marshal {
        assert_kept(&value, &again, wrap_and_extract);
    }
    assert_eq!(at, expires_at);
    if has_purpose {
        assert_eq!(
            extract(&wrapped, "reset").err(),
            Some(Refusal::WrongPurpose)
        );
        assert_eq!(extract(&wrapped, "").err(), Some(Refusal::WrongPurpose));
    } else {
        assert_eq!(
            extract(&wrapped, "login").err(),
            Some(Refusal::WrongPurpose)
        );
    }
    if has_expiry {
        let late = fuzzing::message_extract(&wrapped, purpose, version, serializer, LATER);
        assert_eq!(late.err(), Some(Refusal::Expired));
    }
}
