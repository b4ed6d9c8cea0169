//! The key schedule of AES-256 (FIPS 197 section 5.2): fifteen round keys, of which the key itself
//! is the first two.

/// Returns the round keys, one after another.
pub(crate) fn round_keys(key: &[u8; 32]) -> Vec<u8> {
    let s_box = s_box();
    let mut words: Vec<[u8; 4]> = key.as_chunks().0.to_vec();
    let mut constant = 1;
    for index in 8..60 {
        let mut word = words[index - 1];
        if index % 8 == 0 {
            word.rotate_left(1);
        }
        if index % 4 == 0 {
            word = word.map(|byte| s_box[usize::from(byte)]);
        }
        if index % 8 == 0 {
            word[0] ^= constant;
            constant = times_x(constant);
        }
        let before = words[index - 8];
        words.push(std::array::from_fn(|byte| word[byte] ^ before[byte]));
    }
    words.concat()
}

/// Section 5.1.1: the inverse in GF(2^8), and an affine map.
fn s_box() -> [u8; 256] {
    let mut s_box = [0x63; 256];
    // 3 generates all of them but 0: powers of it, and of its inverse beside them.
    let powers: Vec<u8> = std::iter::successors(Some(1), |power| Some(power ^ times_x(*power)))
        .take(256)
        .collect();
    for (exponent, power) in powers.iter().enumerate().take(255) {
        let inverse = powers[255 - exponent];
        let rotated = (1..5).map(|bits| inverse.rotate_left(bits));
        s_box[usize::from(*power)] = rotated.fold(0x63 ^ inverse, |all, own| all ^ own);
    }
    s_box
}

fn times_x(byte: u8) -> u8 {
    (byte << 1) ^ if byte & 0x80 == 0 { 0 } else { 0x1b }
}

/// Appendix A.3, whose first new word is `w8` and whose last is `w59`.
pub(crate) fn check() {
    let key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
    let key: [u8; 32] = hex::decode(key).unwrap().try_into().unwrap();
    let round_keys = hex::encode(round_keys(&key));
    assert_eq!(round_keys.len(), 2 * 15 * 16);
    assert_eq!(&round_keys[64..72], "9ba35411");
    assert_eq!(&round_keys[472..], "706c631e");
}
