//! UUIDs, which a table may have for ids.

use hardtack::stores::{SessionFormat as _, StoreError, StoredJson};

/// Checks for the form of a UUID (RFC 9562 section 4), in any case.
pub(crate) fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    let is_digit = |byte: u8| byte == b'-' || byte.is_ascii_hexdigit();
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(is_digit)
}

/// Returns a random UUID (RFC 9562 section 5.4), as `SecureRandom.uuid` does.
pub(crate) fn new_uuid() -> Result<String, StoreError> {
    // 32 hexadecimal digits of the operating system's random bytes.
    let digits = StoredJson.new_id().map_err(StoreError::new)?;
    let mut uuid = String::with_capacity(36);
    for (index, digit) in digits.chars().take(32).enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(match index {
            12 => '4',
            // The variant's two bits.
            16 => match digit {
                '0' | '4' | '8' | 'c' => '8',
                '1' | '5' | '9' | 'd' => '9',
                '2' | '6' | 'a' | 'e' => 'a',
                _ => 'b',
            },
            _ => digit,
        });
    }
    Ok(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_uuid_has_the_form() {
        let mut variants = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let uuid = new_uuid().unwrap();
            assert!(is_uuid(&uuid), "{uuid}");
            assert_eq!(uuid.chars().nth(14), Some('4'), "{uuid}");
            variants.insert(uuid.chars().nth(19).unwrap());
        }
        assert_eq!(variants.into_iter().collect::<String>(), "89ab");
    }

    #[test]
    fn the_form_of_a_uuid() {
        let mut ran = 0;
        for (text, is_one) in [
            ("0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11", true),
            ("0193C2A8-7D4E-7A51-9A0B-5A1D2F6F3C11", true),
            ("0193c2a87d4e7a519a0b5a1d2f6f3c11", false),
            ("0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c1g", false),
            ("0193c2a8-7d4e-7a51-9a0b5-a1d2f6f3c11", false),
            ("", false),
            ("7", false),
        ] {
            assert_eq!(is_uuid(text), is_one, "{text}");
            ran += 1;
        }
        assert_eq!(ran, 7);
    }
}
