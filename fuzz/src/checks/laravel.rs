//! The encrypted texts of Laravel: one that was not sealed here or recorded does not open, and a text
//! that is sealed opens unchanged. A stored session is written as it was read.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::Refusal;
use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion};
use hardtack::stores::{ReadEntry, SessionFormat};
use time::OffsetDateTime;

use super::{one_of, vectors};

struct Recorded {
    /// The encrypters of the recordings.
    encrypters: Vec<Encrypter>,
    /// The texts that they sealed.
    texts: BTreeSet<Vec<u8>>,
}

static RECORDED: LazyLock<Recorded> = LazyLock::new(|| {
    let (keys, payloads) = vectors::laravel();
    let encrypters: Vec<_> = keys
        .iter()
        .map(|(key, cipher)| encrypter(key, LaravelCipher::of_name(cipher).unwrap()))
        .collect();
    let opened = payloads.iter().filter_map(|payload| {
        let mut opened = encrypters.iter().map(|encrypter| encrypter.open(payload));
        opened.find_map(Result::ok)
    });
    let mut texts: BTreeSet<_> = opened.collect();
    assert_eq!((encrypters.len(), texts.len()), (4, 18));
    // Of the odd payloads that were recorded, which open under the same keys.
    texts.insert(b"secret".to_vec());
    Recorded { encrypters, texts }
});

fn encrypter(key: &str, cipher: LaravelCipher) -> Encrypter {
    Encrypter::new(&AppKey::new(key).unwrap(), cipher).unwrap()
}

/// Keys of as many bytes as each cipher takes.
fn own(cipher: LaravelCipher, letter: &str) -> Encrypter {
    encrypter(&letter.repeat(cipher.key_length()), cipher)
}

/// The first byte chooses a cipher, and a place to change.
pub(super) fn check(data: &[u8]) {
    let [choice, data @ ..] = data else { return };
    // The JSON of a payload, and a whole payload.
    for payload in [STANDARD.encode(data).as_bytes(), data] {
        for encrypter in &RECORDED.encrypters {
            if let Ok(text) = encrypter.open(payload) {
                assert!(RECORDED.texts.contains(&text));
            }
        }
    }

    let cipher = *one_of(LaravelCipher::ALL, *choice);
    let own_key = own(cipher, "k");
    let sealed = own_key.seal_cookie("n", data).unwrap();
    assert!(own_key.open(&sealed).is_ok());
    if data.len() <= 4096 {
        assert_eq!(own_key.open_cookie("n", &sealed).unwrap(), data);
        let of_another = own_key.explain_cookie("m", &sealed);
        assert_eq!(of_another, Err(Refusal::WrongPurpose));
    }
    assert_eq!(own(cipher, "j").explain(&sealed), Err(Refusal::Invalid));
    let mut changed = STANDARD.decode(&sealed).unwrap();
    let place = usize::from(*choice) % changed.len();
    changed[place] ^= 1;
    if let Ok(text) = own_key.open(STANDARD.encode(changed)) {
        // The name of the tag of CBC.
        assert_eq!(text, own_key.open(&sealed).unwrap());
    }

    stored(
        data,
        LaravelSession::redis(own_key.clone(), LaravelVersion::V8),
    );
    stored(
        data,
        LaravelSession::file(own_key.clone(), LaravelVersion::V13).json(),
    );
    stored(data, LaravelSession::database(own_key, LaravelVersion::V11));
}

fn stored(data: &[u8], format: LaravelSession) {
    let read = |format: &LaravelSession, bytes: &[u8]| match format
        .read(&bytes.to_vec().into(), OffsetDateTime::UNIX_EPOCH)
    {
        ReadEntry::Session(session) => Some(session),
        _ => None,
    };
    let Some(session) = read(&format, data) else {
        return;
    };
    for format in [format.clone(), format.encrypt()] {
        let written = format.write(&session, None, None, OffsetDateTime::UNIX_EPOCH);
        let again = read(&format, &written.unwrap()).expect("a session that was written");
        assert_eq!(again.keys(), session.keys());
        assert_eq!(again.to_json().ok(), session.to_json().ok());
    }
}
