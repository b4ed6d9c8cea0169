//! Cookies that real Rails made open to the values that Rails put in.

use std::collections::HashMap;

use hardtack::Refusal;
use hardtack::value::Value;

use crate::recorded::{Record, records};

impl Record {
    /// The settings of its jar. Deriving the keys of a jar takes time, so tests share jars.
    fn app(&self) -> String {
        format!(
            "{:?} {:?} {:?} {} {}",
            self.jar, self.key_digest, self.digest, self.serializer, self.metadata
        )
    }

    /// Describes how the cookie opens, by the fields of its file.
    fn sealed_by(&self) -> String {
        let keys = self.key_digest.as_deref().unwrap_or("SHA1");
        let digest = self.digest.as_deref().unwrap_or("SHA1");
        let sealed = match self.jar.as_deref() {
            Some("encrypted_cbc") => {
                format!("encrypted, aes-256-cbc, key digest {keys}, HMAC digest SHA1")
            }
            Some("encrypted_gcm") => format!("encrypted, aes-256-gcm, key digest {keys}"),
            Some(_) => format!("signed, key digest {keys}, HMAC digest SHA1"),
            None => format!("signed, the secret itself as key, HMAC digest {digest}"),
        };
        let serializer = match &*self.serializer {
            "hybrid" | "json_allow_marshal" => "json",
            "message_pack_allow_marshal" => "message_pack",
            other => other,
        };
        format!("current: {sealed}, {serializer}")
    }
}

#[test]
fn every_recorded_cookie_opens_to_its_value() {
    // The release, how many of its cookies open, and how many have expired.
    let files = [
        ("2.3.18", 24, 0),
        ("3.2.22.5", 6, 0),
        ("4.2.11.3", 24, 0),
        ("5.2.8.1", 123, 3),
        ("6.1.7.10", 234, 18),
        ("7.1.5", 252, 36),
        ("8.1.3.1", 624, 48),
    ];
    for (rails, open, expired) in files {
        let mut counted = (0, 0);
        let mut jars = HashMap::new();
        for record in records(rails) {
            let value = record.unescaped();
            let jar = jars.entry(record.app()).or_insert_with(|| record.jar());
            let opened = jar.explain(&record.name, &value);
            let place = format!(
                "{rails}: {:?} {} {}",
                record.jar, record.serializer, record.name
            );
            if record.kind == "expired" {
                assert_eq!(opened.err(), Some(Refusal::Expired), "{place}");
                counted.1 += 1;
                continue;
            }
            let opened = opened.unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
            // As JSON, which is how the file tells the value.
            let json: Value = serde_json::from_str(&opened.value().to_string()).unwrap();
            assert_eq!(Some(json), record.value, "{place}");
            assert!(!opened.needs_rewrite(), "{place}");
            assert_eq!(
                opened.sealed_by().to_string(),
                record.sealed_by(),
                "{place}"
            );
            counted.0 += 1;
        }
        assert_eq!(counted, (open, expired), "{rails}");
    }
}
