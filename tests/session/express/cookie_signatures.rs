//! cookie-signature: texts that Node signed, and signatures that it refuses.

use hardtack::Error;
use hardtack::express::CookieSignature;
use serde::Deserialize;

use super::lines;

#[derive(Deserialize)]
struct Line {
    kind: String,
    secret: Option<String>,
    value: Option<String>,
    signed: Option<String>,
    input: Option<String>,
}

#[test]
fn signatures_are_those_of_node() {
    let (mut signed, mut verified, mut refused, mut blank) = (0, 0, 0, 0);
    for line in lines::<Line>("cookies.jsonl.gz") {
        let (Some(secret), "cookie_signature" | "cookie_unsign") = (&line.secret, &*line.kind)
        else {
            continue;
        };
        let signature = match CookieSignature::new(secret) {
            Ok(signature) => signature,
            Err(error) => {
                assert_eq!((error, secret.as_str()), (Error::BlankSecret, ""));
                blank += 1;
                continue;
            }
        };
        let rotated = CookieSignature::new("another secret").unwrap();
        let rotated = rotated.older_secret(secret).unwrap();
        if let Some(text) = &line.signed {
            let value = line.value.as_deref().unwrap();
            assert_eq!(signature.sign(value), *text);
            assert_eq!(signature.verify(text), Some(value));
            assert_eq!(rotated.verify(text), Some(value));
            assert_ne!(rotated.sign(value), *text);
            signed += 1;
        } else {
            let input = line.input.as_deref().unwrap();
            assert_eq!(signature.verify(input), line.value.as_deref(), "{input}");
            assert_eq!(rotated.verify(input), line.value.as_deref(), "{input}");
            match line.value {
                Some(_) => verified += 1,
                None => refused += 1,
            }
        }
    }
    // 171 signed texts and 85 that were verified, less those of an empty secret.
    assert_eq!(signed + verified + refused + blank, 171 + 85);
    assert_eq!(blank, 36);
    assert!(verified > 0 && refused > 0);
}

#[test]
fn every_changed_character_is_refused() {
    let signature = CookieSignature::new("keyboard cat 779c6e755323").unwrap();
    let signed = signature.sign("a.b");
    assert_eq!(signature.verify(&signed), Some("a.b"));
    let mut tried = 0;
    for at in 0..signed.len() {
        for other in ["A", "B", "=", "-", "_", " ", "."] {
            let mut changed = signed.clone();
            changed.replace_range(at..=at, other);
            if changed != signed {
                assert_eq!(signature.verify(&changed), None, "{changed}");
                tried += 1;
            }
        }
        assert_eq!(signature.verify(&signed[..at]), None);
    }
    assert!(tried > 300);
    assert!(!format!("{signature:?}").contains("keyboard"));
}
