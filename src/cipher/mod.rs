//! Ciphers and message authentication codes: bytes in, bytes out.

pub(crate) mod aes_cbc;
pub(crate) mod aes_ctr;
pub(crate) mod aes_gcm;
mod expanded;
pub(crate) mod hmac;

#[cfg(test)]
mod tests;
