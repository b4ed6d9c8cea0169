//! Hostile text takes bounded time and never causes a panic.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use hardtack::doctor::Doctor;
use proptest::prelude::*;

use crate::copies::{DOCTOR, record};
use crate::support::secret;

/// The time limit: far more than any input needs, far less than quadratic work would take.
const ENOUGH: Duration = Duration::from_secs(5);

/// A cookie that opens.
static BARE: LazyLock<String> = LazyLock::new(|| record("encrypted_gcm").bare());

#[test]
fn hostile_texts_are_soon_done() {
    let bare = record("encrypted_gcm").bare();
    let mib = 1 << 20;
    let texts = [
        "a".repeat(16 * 1024),
        "a".repeat(16 * 1024 + 1),
        "a".repeat(16 * mib),
        "%".repeat(64 * 1024),
        "%25".repeat(5 * 1024),
        "%2525".repeat(13 * 1024),
        "-".repeat(16 * 1024),
        "--".repeat(32 * 1024),
        "a--".repeat(5 * 1024),
        "=".repeat(64 * 1024),
        ";".repeat(64 * 1024),
        "a=b;".repeat(16 * 1024),
        "\n".repeat(64 * 1024),
        "Cookie: ".repeat(8 * 1024),
        "Cookie: a=b\n".repeat(5 * 1024),
        "\"".repeat(64 * 1024),
        "a:\"".repeat(21 * 1024),
        "a\t".repeat(32 * 1024),
        " ".repeat(64 * 1024),
        "a b".repeat(5 * 1024),
        ".".repeat(16 * 1024),
        ":".repeat(16 * 1024),
        format!("eyJ{}", "A".repeat(16 * 1024 - 3)),
        format!("s:{}.", ".".repeat(16 * 1000)),
        format!("{}--{}", "QUFB".repeat(4000), "0".repeat(40)),
        format!("{}--{}", "BAh7".repeat(4000), "0".repeat(128)),
        format!("x={bare}; ").repeat(200),
        format!(
            "k={}--{}--{}==; ",
            "AAAA".repeat(900),
            "A".repeat(16),
            "A".repeat(22)
        )
        .repeat(16),
    ];
    let doctor = Doctor::new().secret("s", &secret());
    assert!(!doctor.examine(&bare).opens); // which derives the keys
    let mut ran = 0;
    for text in &texts {
        let started = Instant::now();
        let diagnosis = doctor.examine(text);
        let took = started.elapsed();
        assert!(!diagnosis.opens);
        assert!(diagnosis.to_string().len() < 4096, "{}", &text[..40]);
        assert!(took < ENOUGH, "{took:?}: {}", &text[..40]);
        ran += 1;
    }
    assert_eq!(ran, 28);
}

#[test]
fn too_much_is_not_looked_at() {
    let cookie = record("encrypted_gcm").cookie;
    for (text, opens) in [
        (format!("a={}; k={cookie}", "x".repeat(16 * 1024)), true),
        (format!("a={}; k={cookie}", "x".repeat(64 * 1024)), false),
        (format!("{cookie}{}", "A".repeat(16 * 1024)), false),
    ] {
        let diagnosis = DOCTOR.examine(text);
        assert_eq!(diagnosis.opens, opens);
        if !opens {
            assert_eq!(diagnosis.causes[0].kind().name(), "too-large");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let diagnosis = Doctor::new().examine(&bytes);
        prop_assert!(!diagnosis.opens && !diagnosis.to_string().is_empty());
    }

    #[test]
    fn no_likely_text_panics(text in "(Cookie: )?([a-z_]{0,8}=)?[A-Za-z0-9+/=%;: \"\n.-]{0,300}(--[A-Za-z0-9+/=]{0,24}){0,3}") {
        let diagnosis = Doctor::new().examine(&text);
        prop_assert!(!diagnosis.opens && !diagnosis.causes.is_empty());
    }

    /// A sealed cookie with one changed character never opens.
    #[test]
    fn tampering_never_opens(place in 0usize..300, letter in "[A-Za-z0-9+/]") {
        let mut bare = BARE.clone();
        let place = place % bare.len();
        prop_assume!(bare[place..=place] != letter && !"=-".contains(&bare[place..=place]));
        bare.replace_range(place..=place, &letter);
        // The last digit before padding has bits that no byte holds: strict base64 refuses them.
        prop_assert!(!DOCTOR.examine(&bare).opens);
    }
}
