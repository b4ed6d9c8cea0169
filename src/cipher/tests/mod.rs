//! The published vectors: those of Project Wycheproof, of NIST and of the RFCs. Each is either run or listed
//! with the reason why not, and counted.

mod aes_cbc_vectors;
mod aes_ctr_vectors;
mod aes_gcm_vectors;
mod hmac_vectors;
