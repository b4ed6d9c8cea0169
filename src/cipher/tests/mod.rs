//! The published vectors: Project Wycheproof's, and those of the RFCs. Each is run or listed with
//! the reason why not, and counted.

mod aes_cbc_vectors;
mod aes_gcm_vectors;
mod hmac_vectors;
