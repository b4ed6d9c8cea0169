//! Masked authenticity tokens: a one-time pad hides the token, so that the compressed length of a
//! page tells nothing about it (`mask_token`, `request_forgery_protection.rb`, Rails 4.2 to 8.1).

use zeroize::Zeroizing;

use crate::error::Error;
use crate::message::base64;
use crate::random;

/// `AUTHENTICITY_TOKEN_LENGTH`
pub(super) const LENGTH: usize = 32;

/// A token's bytes.
pub(super) type Token = Zeroizing<[u8; LENGTH]>;

/// Returns a new random pad, followed by the token masked with it.
pub(super) fn mask(token: &Token) -> Result<Zeroizing<Vec<u8>>, Error> {
    let pad = random()?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * LENGTH));
    bytes.extend_from_slice(&*pad);
    bytes.extend_from_slice(&*xor(&pad, token));
    Ok(bytes)
}

/// Removes the pad from a token; `None` if the bytes are not 64, a pad and a token.
pub(super) fn unmask(bytes: &[u8]) -> Option<Token> {
    let (pad, masked) = bytes.split_first_chunk()?;
    Some(xor(pad, masked.try_into().ok()?))
}

fn xor(one: &[u8; LENGTH], other: &[u8; LENGTH]) -> Token {
    let mut bytes = Zeroizing::new(*one);
    for (byte, other) in bytes.iter_mut().zip(other) {
        *byte ^= other;
    }
    bytes
}

/// Returns a new token of random bytes from the operating system.
pub(super) fn random() -> Result<Token, Error> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    random::fill(&mut *bytes)?;
    Ok(bytes)
}

/// Decodes a text as Ruby's `Base64.urlsafe_decode64` does: either alphabet, with padding or
/// without. Refuses any text longer than a masked token.
pub(super) fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    const LONGEST: usize = base64::encoded_len(2 * LENGTH);
    if text.len() > LONGEST {
        return None;
    }
    let mut standard = Zeroizing::new(Vec::with_capacity(LONGEST));
    standard.extend(text.iter().map(|digit| match digit {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    }));
    if !text.ends_with(b"=") {
        standard.resize(text.len().next_multiple_of(4), b'=');
    }
    base64::decode(&standard).map(Zeroizing::new)
}

/// Parses an unmasked token; `None` if it is not base64 of 32 bytes.
pub(super) fn parse(text: &str) -> Option<Token> {
    let bytes = decode(text.as_bytes())?;
    let token = <&[u8; LENGTH]>::try_from(bytes.as_slice()).ok()?;
    Some(Zeroizing::new(*token))
}
