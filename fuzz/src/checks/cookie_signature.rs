//! cookie-signature: a text verifies only where a plain second implementation says so, and so does
//! the cookie of express-session. What was signed verifies, under its own secrets alone.

use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::SessionFormat;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The secrets under which Node signed the recorded texts, the first of them ours.
const SECRETS: [&str; 3] = ["keyboard cat 779c6e755323", "keyboard cat", "geheim"];

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn check(data: &[u8]) {
    let [way, data @ ..] = data else { return };
    let signature = CookieSignature::new(SECRETS[0]).unwrap();
    let signature = signature.older_secret(SECRETS[1]).unwrap();
    if let Ok(text) = std::str::from_utf8(data) {
        let signed = signature.sign(text);
        assert_eq!(signed, sign(SECRETS[0], text));
        assert_eq!(signature.verify(&signed), Some(text));
        let older = sign(SECRETS[1], text);
        assert_eq!(signature.verify(&older), Some(text));
        assert_eq!(signature.verify(&sign(SECRETS[2], text)), None);
        check_text(&signature, text);
        check_text(&signature, &edited(&signed, *way));
    }
    let formats = [
        ExpressSession::connect_redis(signature.clone()),
        ExpressSession::connect_redis(signature.clone()).custom_ids(),
    ];
    let mut cookies = vec![data.to_vec()];
    if let Ok(text) = std::str::from_utf8(data) {
        let signed = signature.sign(text);
        cookies.push(format!("s:{signed}").into_bytes());
        cookies.push(format!("s:{}", edited(&signed, *way)).into_bytes());
    }
    for cookie in cookies {
        let [own, custom] = formats
            .each_ref()
            .map(|format| format.id_of_cookie(&cookie));
        let text = std::str::from_utf8(&cookie).ok();
        let signed = text.and_then(|text| text.strip_prefix("s:"));
        let id = signed.and_then(|signed| model(&SECRETS[..2], signed));
        let is_own = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let form = |id: &&str| id.len() == 32 && id.bytes().all(is_own);
        assert_eq!(own.as_deref(), id.filter(form));
        let form = |id: &&str| {
            let is_plain = |letter: char| !letter.is_whitespace() && !letter.is_control();
            (1..=200).contains(&id.len()) && id.chars().all(is_plain)
        };
        assert_eq!(custom.as_deref(), id.filter(form));
        if let Some(id) = own {
            let cookie = formats[0].cookie_of_id(&id).unwrap();
            assert_eq!(formats[0].id_of_cookie(cookie.as_bytes()), Some(id));
        }
    }
}

fn check_text(signature: &CookieSignature, text: &str) {
    assert_eq!(
        signature.verify(text),
        model(&SECRETS[..2], text),
        "{text:?}"
    );
}

/// Returns the text as Node's `unsign` does: signs it again, and compares the whole.
fn model<'a>(secrets: &[&str], text: &'a str) -> Option<&'a str> {
    let (value, _) = text.rsplit_once('.')?;
    let is_signed = secrets.iter().any(|secret| sign(secret, value) == text);
    is_signed.then_some(value)
}

fn sign(secret: &str, value: &str) -> String {
    let mut code = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    code.update(value.as_bytes());
    let mut text = format!("{value}.");
    for chunk in code.finalize().into_bytes().chunks(3) {
        let mut bits = 0;
        for place in 0..3 {
            bits = bits << 8 | u32::from(chunk.get(place).copied().unwrap_or_default());
        }
        for place in 0..=chunk.len() {
            let digit = bits >> (18 - 6 * place) & 63;
            text.push(char::from(DIGITS[digit as usize]));
        }
    }
    text
}

/// A signed text with what clients and proxies do to it.
fn edited(signed: &str, way: u8) -> String {
    match way % 10 {
        0 => format!("{signed}="),
        1 => signed[..signed.len() - 1 - usize::from(way / 10)].to_owned(),
        2 => signed.replace('+', " "),
        3 => signed.replace('+', "-").replace('/', "_"),
        4 => format!("{signed}.{}", &signed[signed.len() - 43..]),
        5 => format!(" {signed}"),
        6 => format!("{signed}A"),
        7 => signed.replacen('.', "..", 1),
        8 => {
            // The last digit of 43 has two bits of no byte.
            let last = signed.as_bytes()[signed.len() - 1];
            let digit = DIGITS.iter().position(|digit| *digit == last).unwrap();
            let other = char::from(DIGITS[digit ^ 1]);
            format!("{}{other}", &signed[..signed.len() - 1])
        }
        _ => signed.to_ascii_lowercase(),
    }
}
