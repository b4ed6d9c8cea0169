//! The least that an older secret can cost: that its key's tag does not fit the ciphertext, by the
//! back end that hardtack has here.

use std::rc::Rc;

use crate::case::{Case, cycle};
use crate::operation::Operation;
use crate::samples::{COUNT, NAME, SIZES};

pub(crate) const TAG_CHECK: &str = "a bare tag check";

#[cfg(not(feature = "aws-lc-rs"))]
mod key {
    use aes_gcm::Aes256Gcm;
    use aes_gcm::aead::{AeadInOut, KeyInit};

    pub(super) struct Key(Aes256Gcm);

    impl Key {
        pub(super) fn new() -> Self {
            Self(Aes256Gcm::new(&[7; 32].into()))
        }

        pub(super) fn fits(&self, sealed: &[u8], buffer: &mut [u8]) -> bool {
            // It decrypts nothing where the tag is wrong, so that the ciphertext can be the buffer.
            let _ = sealed;
            let opened =
                self.0
                    .decrypt_inout_detached(&[1; 12].into(), &[], buffer.into(), &[2; 16].into());
            opened.is_ok()
        }
    }
}

#[cfg(feature = "aws-lc-rs")]
mod key {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

    pub(super) struct Key(LessSafeKey);

    impl Key {
        pub(super) fn new() -> Self {
            let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("32 bytes are a key");
            Self(LessSafeKey::new(key))
        }

        pub(super) fn fits(&self, sealed: &[u8], buffer: &mut [u8]) -> bool {
            let nonce = Nonce::assume_unique_for_key([1; 12]);
            let opened = self
                .0
                .open_separate_gather(nonce, Aad::empty(), sealed, &[2; 16], buffer);
            opened.is_ok()
        }
    }
}

pub(crate) fn tag_checks() -> impl Iterator<Item = Case> {
    SIZES.into_iter().map(|size| {
        // The envelope around the session's base64.
        let length = size.div_ceil(3) * 4
            + r#"{"_rails":{"message":"","exp":null,"pur":"cookie."}}"#.len()
            + NAME.len();
        let inputs = Rc::new(vec![vec![b'a'; length]; COUNT]);
        let state = Rc::new((key::Key::new(), std::cell::RefCell::new(vec![0; length])));
        let cycle = cycle(&state, &inputs, |(key, buffer), sealed| {
            std::hint::black_box(key.fits(sealed, &mut buffer.borrow_mut()));
        });
        Case::new(TAG_CHECK, Operation::OlderSecrets, None, size, cycle)
    })
}
