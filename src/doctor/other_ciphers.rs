//! AES with keys of 128 and 192 bits, which apps choose by `encrypted_cookie_cipher`. It only
//! opens.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit};
use aes::{Aes128, Aes192};
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::U12;
use aes_gcm::{Aes128Gcm, AesGcm};

use crate::cipher::aes_cbc::Ciphertext;
use crate::cipher::hmac::HmacKey;
use crate::message::base64::Alphabet;
use crate::message::codec::Signed;
use crate::message::parts::SealedParts;
use crate::stack;

/// The size of a key other than 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeySize {
    Bits128,
    Bits192,
}

impl KeySize {
    pub(super) const ALL: [Self; 2] = [Self::Bits128, Self::Bits192];

    /// Returns the size in bits.
    pub(super) const fn bits(self) -> usize {
        match self {
            Self::Bits128 => 128,
            Self::Bits192 => 192,
        }
    }
}

/// Opens an AES-GCM message by the start of a derived key.
pub(super) fn open_gcm(size: KeySize, key: &[u8], sealed: &SealedParts<'_>) -> Option<Vec<u8>> {
    let mut text = sealed.ciphertext.to_vec();
    let (iv, tag) = (&sealed.iv, &sealed.tag);
    let key = key.get(..size.bits() / 8)?;
    stack::wiped(|| match size {
        KeySize::Bits128 => Aes128Gcm::new_from_slice(key)
            .ok()?
            .decrypt_inout_detached(iv.into(), &[], text.as_mut_slice().into(), tag.into())
            .ok(),
        KeySize::Bits192 => AesGcm::<Aes192, U12>::new_from_slice(key)
            .ok()?
            .decrypt_inout_detached(iv.into(), &[], text.as_mut_slice().into(), tag.into())
            .ok(),
    })?;
    Some(text)
}

/// The keys of an AES-CBC message.
pub(super) struct OtherCbc<'a> {
    pub(super) size: KeySize,
    pub(super) key: &'a [u8],
    pub(super) signing: HmacKey,
}

impl OtherCbc<'_> {
    /// Opens a message, after its HMAC was checked.
    pub(super) fn open(self, message: &[u8]) -> Option<Vec<u8>> {
        let verifier = Signed::new(self.signing, Alphabet::Standard);
        let data = verifier.verify(message).ok()?;
        let ciphertext = data.and_then(|data| {
            Ciphertext::parse(&Alphabet::Standard.decode(data)?, Alphabet::Standard)
        })?;
        let ciphertext = ciphertext.into_inner();
        let key = self.key.get(..self.size.bits() / 8)?;
        stack::wiped(|| match self.size {
            KeySize::Bits128 => decrypt(Aes128::new_from_slice(key).ok()?, ciphertext),
            KeySize::Bits192 => decrypt(Aes192::new_from_slice(key).ok()?, ciphertext),
        })
    }
}

fn decrypt<C>(cipher: C, ciphertext: Ciphertext) -> Option<Vec<u8>>
where
    C: BlockCipherDecrypt,
    cbc::Decryptor<C>: InnerIvInit<Inner = C> + BlockModeDecrypt,
{
    let Ciphertext { mut bytes, iv } = ciphertext;
    let decryptor = cbc::Decryptor::inner_iv_slice_init(cipher, &iv).ok()?;
    let length = decryptor.decrypt_padded::<Pkcs7>(&mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}
