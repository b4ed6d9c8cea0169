//! Messages other than cookies: `MessageVerifier` and `MessageEncryptor`, as Rails makes and
//! reads them.

mod envelope;
mod keys;
mod odd;
mod of_rails;
mod recorded;
mod refusals;
mod url_safe;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hardtack::LoadDefaults;
use hardtack::message::MessageVerifier;
use time::OffsetDateTime;
use time::macros::datetime;

const FUTURE: OffsetDateTime = datetime!(2999-12-31 23:59:59.123 UTC);
const PAST: OffsetDateTime = datetime!(2020-01-02 03:04:05.678 UTC);

fn verifier(version: LoadDefaults) -> MessageVerifier {
    MessageVerifier::new("key", version).unwrap()
}

/// The text that was signed.
fn text(message: &str) -> Vec<u8> {
    let (data, _) = message.rsplit_once("--").unwrap();
    let data = data.replace('-', "+").replace('_', "/");
    STANDARD_NO_PAD.decode(data.trim_end_matches('=')).unwrap()
}
