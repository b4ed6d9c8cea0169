//! AES-256-CTR of NIST SP 800-38A, section F.5.5.

use crate::cipher::aes_ctr::apply;

const KEY: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
const COUNTER: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
const TEXT: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
                    30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
const CIPHERTEXT: &str = "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5\
                          2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6";

/// Encrypts and decrypts every length: a part of a block, and over the end of the last counter.
#[test]
fn aes_256_ctr_of_nist() {
    let bytes = |text: &str| hex::decode(text).unwrap();
    let key = bytes(KEY).try_into().unwrap();
    let iv = bytes(COUNTER).try_into().unwrap();
    let (text, ciphertext) = (bytes(TEXT), bytes(CIPHERTEXT));
    for length in 0..=text.len() {
        let mut buffer = text[..length].to_vec();
        apply(&key, &iv, &mut buffer);
        assert_eq!(buffer, ciphertext[..length]);
        apply(&key, &iv, &mut buffer);
        assert_eq!(buffer, text[..length]);
    }
    assert_eq!(text.len(), 64);
}
