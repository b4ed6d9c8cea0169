//! AES-256-CBC is no padding oracle (Vaudenay, 2002): nothing is decrypted without the right
//! digest, and wrong padding is refused like a wrong digest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::message::MessageEncryptor;
use hardtack::secret::KeyGenerator;
use hardtack::settings::{Cipher, KeyDigest};
use hardtack::value::Value;
use hardtack::{InvalidMessage, Jar, LoadDefaults, Refusal};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::support::secret;

const NAME: &str = "_app_session";

/// The answers to a message: to its sender, and to the operator.
type Answer = (Result<(), InvalidMessage>, Option<Refusal>);

/// An opener of messages, a message that it sealed, and the key that signs.
struct Opener {
    what: &'static str,
    open: Box<dyn Fn(&str) -> Answer>,
    message: String,
    signing_key: Vec<u8>,
}

fn openers() -> [Opener; 2] {
    let settings = LoadDefaults::V7_1.settings().cipher(Cipher::Aes256Cbc);
    let keys = KeyGenerator::new(&secret()).digest(KeyDigest::Sha256);
    let signing_key = keys.generate_key("signed encrypted cookie", 64);
    let jar = Jar::encrypted(&secret(), settings);
    let cookie = jar.write(NAME, "a value", None).unwrap();
    let of_jar = Opener {
        what: "a cookie",
        message: String::from_utf8(cookie.value().to_vec()).unwrap(),
        signing_key: signing_key.expose().to_vec(),
        open: Box::new(move |value| {
            let answer = jar.read_value::<Value>(NAME, value).map(drop);
            (answer, jar.explain(NAME, value).err())
        }),
    };

    let crypt = MessageEncryptor::cbc([1; 32], [2; 64], LoadDefaults::V7_1).unwrap();
    let of_encryptor = Opener {
        what: "a message",
        message: crypt.encrypt_and_sign("a value", None).unwrap(),
        signing_key: vec![2; 64],
        open: Box::new(move |message| {
            let answer = crypt.decrypt_and_verify::<Value>(message, None).map(drop);
            (answer, crypt.explain(message, None).err())
        }),
    };
    [of_jar, of_encryptor]
}

/// Changes the last byte of the plaintext, which is the length of the padding, and signs the
/// message again with the right key or with another. In CBC the byte at that place in the block
/// before (or in the initialisation vector) changes it.
fn padded_otherwise(message: &str, change: u8, signing_key: &[u8]) -> String {
    let (data, _) = message.rsplit_once("--").unwrap();
    let inner = String::from_utf8(STANDARD.decode(data).unwrap()).unwrap();
    let (ciphertext, iv) = inner.split_once("--").unwrap();
    let [mut ciphertext, mut iv] = [ciphertext, iv].map(|part| STANDARD.decode(part).unwrap());
    match ciphertext.len().checked_sub(17) {
        Some(place) => ciphertext[place] ^= change,
        None => iv[15] ^= change,
    }
    let [ciphertext, iv] = [ciphertext, iv].map(|part| STANDARD.encode(part));
    let data = STANDARD.encode(format!("{ciphertext}--{iv}"));
    let hmac = Hmac::<Sha1>::new_from_slice(signing_key).unwrap();
    let digest = hmac.chain_update(&data).finalize().into_bytes();
    format!("{data}--{}", hex::encode(digest))
}

#[test]
fn wrong_padding_is_refused_as_a_wrong_digest_is() {
    const REFUSED: Answer = (Err(InvalidMessage), Some(Refusal::Invalid));
    for opener in openers() {
        let Opener { what, open, .. } = &opener;
        let padded = |change, key: &[u8]| open(&padded_otherwise(&opener.message, change, key));

        // Right padding: what the digest says is all that counts.
        assert_eq!(padded(0, &opener.signing_key), (Ok(()), None), "{what}");
        assert_eq!(padded(0, b"another key"), REFUSED, "{what}");

        let mut right_by_chance = 0;
        for change in 1..=255 {
            // With the right digest, which nobody outside can make: one change in 255 makes the
            // padding one byte long, and then the text is longer and no JSON.
            let (answer, refusal) = padded(change, &opener.signing_key);
            assert_eq!(answer, Err(InvalidMessage), "{what} {change}");
            if refusal != Some(Refusal::Invalid) {
                right_by_chance += 1;
            }
            // With a wrong one that cannot be told from the 254 others, and so it cannot be asked
            // what the plaintext ends in.
            assert_eq!(padded(change, b"another key"), REFUSED, "{what} {change}");
        }
        assert_eq!(right_by_chance, 1, "{what}");
    }
}
