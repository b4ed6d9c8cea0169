//! Without the features of some formats, the doctor names the feature that is missing.

use hardtack::doctor::Doctor;

use crate::recorded_cookies::records;

#[test]
fn missing_features_are_causes() {
    let mut ran = [0, 0, 0];
    for record in records("2.3.18") {
        let diagnosis = Doctor::new()
            .secret("s", &record.secret())
            .examine(&record.cookie);
        let kinds: Vec<_> = diagnosis
            .causes
            .iter()
            .map(|cause| cause.kind().name())
            .collect();
        let report = diagnosis.to_string();
        let words = report.split_whitespace().collect::<Vec<_>>().join(" ");
        match record.digest.as_deref().unwrap() {
            // The key fits; the value is in Marshal.
            "SHA1" | "SHA256" => {
                assert_eq!(
                    (diagnosis.opens, &kinds[..]),
                    (true, &["feature-missing"][..])
                );
                assert!(words.contains("turn on the feature `marshal`"), "{report}");
                assert!(diagnosis.value().is_none() && diagnosis.entries().is_empty());
                ran[0] += 1;
            }
            // No other digest is as long as MD5's.
            "MD5" => {
                assert_eq!(
                    (diagnosis.opens, &kinds[..]),
                    (false, &["feature-missing"][..])
                );
                assert!(
                    words.contains("the feature `legacy-digests` alone"),
                    "{report}"
                );
                ran[1] += 1;
            }
            // RIPEMD-160's may be SHA-1's.
            _ => {
                assert!(!diagnosis.opens);
                assert!(kinds.contains(&"feature-missing") && kinds.contains(&"another-secret"));
                ran[2] += 1;
            }
        }
    }
    assert_eq!(ran, [12, 6, 6]);
}
