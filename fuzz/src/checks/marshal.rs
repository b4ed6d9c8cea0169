//! Ruby's Marshal: what was read is written so that it reads the same, with its sharing as a
//! document and without as a value.

use hardtack::{LoadDefaults, Serializer, fuzzing};

use super::{assert_kept, text};

pub(super) fn check(data: &[u8]) {
    let serialized = fuzzing::serialized(Serializer::Marshal, data);
    let value = fuzzing::load(&serialized);
    let document = fuzzing::marshal_again(data);
    assert_eq!(fuzzing::check(&serialized).is_ok(), document.is_ok());
    let Ok(stream) = document else {
        assert!(value.is_err());
        return;
    };
    assert_eq!(fuzzing::marshal_again(&stream).as_ref(), Ok(&stream));
    let rewritten = fuzzing::load(&fuzzing::serialized(Serializer::Marshal, &stream));
    assert_eq!(
        rewritten.as_ref().map(text),
        value.as_ref().map(text),
        "a document's value changed when it was written"
    );
    let Ok(value) = value else { return };
    let settings = LoadDefaults::V6_1
        .settings()
        .cookies_serializer(Serializer::Marshal);
    let Ok(dumped) = fuzzing::dump(&value, &settings) else {
        return;
    };
    let again = fuzzing::load(&dumped).unwrap();
    let write_and_read =
        |value: &_| fuzzing::load(&fuzzing::dump(value, &settings).unwrap()).unwrap();
    assert_kept(&value, &again, write_and_read);
}
