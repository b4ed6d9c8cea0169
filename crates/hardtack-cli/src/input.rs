//! Reads what a user passes as a cookie: a value, a pair or a whole header; opens it, and tells
//! which option to change where it does not open.

use hardtack::doctor::{CookieFormat, Doctor};
use hardtack::headers::unescape;
use hardtack::message::{JarKind, Opened};
use hardtack::observe::Shown;
use hardtack::settings::Cipher;
use hardtack::{CookieHeader, Jar, Refusal};

use crate::cookies::Cookies;
use crate::found::is_token;
use crate::lines::Failure;
use crate::output::note;

/// The most cookies of a header that a message names.
const MOST_NAMES: usize = 10;

/// Opens the cookie of a line. `by` opens a value that is not escaped.
pub(crate) fn open<T>(
    cookies: &Cookies,
    line: &[u8],
    by: impl Fn(&Jar, &str, &[u8]) -> Result<Opened<T>, Refusal>,
) -> Result<Opened<T>, Failure> {
    let Cookies { jar, name, .. } = cookies;
    let value = value(line, name, cookies.prefix)?;
    open_value(value, |value| by(jar, name, value)).map_err(|reason| {
        let advice = match reason {
            Refusal::Malformed => advice(line, cookies),
            Refusal::WrongPurpose if cookies.explains => other_name(cookies, value),
            _ => None,
        };
        let detail = advice.unwrap_or_else(|| explain(cookies, name, value, reason));
        Failure { reason, detail }
    })
}

/// Opens a value, escaped or not. `by` opens a value that is not escaped.
pub(crate) fn open_value<T>(
    value: &[u8],
    by: impl Fn(&[u8]) -> Result<Opened<T>, Refusal>,
) -> Result<Opened<T>, Refusal> {
    match by(value) {
        // A value that is too large as sent is not unescaped first.
        Err(Refusal::TooLarge) => Err(Refusal::TooLarge),
        // No message holds `%`, so a value with `%` is escaped. In all others `+` is itself.
        _ if value.contains(&b'%') => by(&unescape(value)),
        opened => opened,
    }
}

/// Explains why the cookie `name` of this value does not open, and which option to change.
pub(crate) fn explain(cookies: &Cookies, name: &str, value: &[u8], reason: Refusal) -> String {
    let known = match reason {
        _ if !cookies.explains => None,
        Refusal::WrongPurpose => {
            sealed_for(cookies, value).map(|purpose| told_purpose(&purpose, name))
        }
        Refusal::Malformed | Refusal::Invalid => other_form(cookies, value, reason),
        _ => None,
    };
    known.unwrap_or_else(|| hint(reason, cookies.prefix))
}

/// Points to the doctor. Call it once, after the reasons.
pub(crate) fn point_to_doctor() {
    note(
        "'hardtack doctor' takes the same cookies and secrets, tries every digest, salt and \
         cipher, and explains what it finds",
    );
}

/// Returns the purpose that was sealed with a value, for example `cookie._shop_session`.
fn sealed_for(cookies: &Cookies, value: &[u8]) -> Option<String> {
    cookies.doctor.examine(value).purpose
}

fn told_purpose(purpose: &str, name: &str) -> String {
    format!(
        "sealed for {:?}, not for {:?}",
        Shown::new(purpose),
        Shown::new(&format!("cookie.{name}"))
    )
}

/// Tells the name that a cookie was sealed for, and the option to give.
fn other_name(cookies: &Cookies, value: &[u8]) -> Option<String> {
    let Cookies { name, prefix, .. } = cookies;
    let purpose = sealed_for(cookies, value)?;
    let sealed = purpose.strip_prefix("cookie.");
    let sealed = sealed.filter(|sealed| is_token(sealed.as_bytes()))?;
    let told = told_purpose(&purpose, name);
    Some(format!(
        "{told}; give --{prefix}name {}",
        Shown::new(sealed).whole()
    ))
}

/// Tells what a value is by its form, where the jar reads another form.
fn other_form(cookies: &Cookies, value: &[u8], reason: Refusal) -> Option<String> {
    let Cookies {
        kind,
        cipher,
        prefix,
        ..
    } = cookies;
    let format = Doctor::new().examine(value).format;
    let (form, own_kind, own_cipher) = match format {
        CookieFormat::Signed => ("a signed cookie", JarKind::Signed, None),
        CookieFormat::EncryptedGcm => (
            "an encrypted cookie (AES-256-GCM)",
            JarKind::Encrypted,
            Some(Cipher::Aes256Gcm),
        ),
        CookieFormat::EncryptedCbc => (
            "an encrypted cookie (AES-256-CBC)",
            JarKind::Encrypted,
            Some(Cipher::Aes256Cbc),
        ),
        CookieFormat::Unknown | CookieFormat::SessionId | CookieFormat::PhpSessionId => {
            return None;
        }
        other => return Some(format!("this is {other}, and no cookie that Rails seals")),
    };
    if own_kind != *kind {
        return Some(format!(
            "this is {form}, and the jar is {kind}; give --{prefix}jar {own_kind}"
        ));
    }
    // The jar may read the other cipher's cookies too, and then names another reason.
    let own_cipher = own_cipher.filter(|own| own != cipher && reason == Refusal::Malformed)?;
    Some(format!(
        "this is {form}, and the cipher is {}; give --{prefix}cipher {}",
        cipher.name(),
        own_cipher.name()
    ))
}

/// Returns what is known from the reason alone.
fn hint(refusal: Refusal, prefix: &str) -> String {
    match refusal {
        Refusal::TooLarge => {
            "the value has more than 16 KiB; browsers keep at most 4096 bytes, so \
                              no app set it"
                .to_owned()
        }
        Refusal::Malformed => format!(
            "the value is cut off, or it is not a message of this jar; check --{prefix}jar, \
             --{prefix}rails, and for signed cookies --{prefix}hmac-digest"
        ),
        Refusal::Invalid => format!(
            "no key fits, or the value was changed; check the secret \
             (--{prefix}secret-key-base-file, for Rails 3 --{prefix}secret-token-file), the digest \
             of keys (--{prefix}rails or --{prefix}key-digest: SHA1 up to Rails 6.1, SHA256 from \
             load_defaults 7.0 on), --{prefix}jar and --{prefix}hmac-digest"
        ),
        Refusal::Expired => "the expiry that was sealed with the value has passed".to_owned(),
        Refusal::WrongPurpose => {
            format!("sealed for a cookie of another name; check --{prefix}name")
        }
        Refusal::UnreadableValue => format!(
            "a key fits, but the value is broken, or it is Marshal and --{prefix}serializer does \
             not allow it (hybrid, marshal and message_pack_allow_marshal do)"
        ),
        other => other.hint().to_owned(),
    }
}

/// Returns the value of the cookie `name` in a line, escaped or not.
///
/// A line counts as `name=value` only with this name: a value may hold `=` itself.
pub(crate) fn value<'a>(line: &'a [u8], name: &str, prefix: &str) -> Result<&'a [u8], Failure> {
    if let Some(header) = strip_field(line, "Cookie") {
        let header = CookieHeader::new(header);
        header
            .get_raw(name)
            .ok_or_else(|| missing(name, prefix, header.into_iter()))
    } else if let Some(header) = strip_field(line, "Set-Cookie") {
        let first = CookieHeader::new(first_pair(header));
        let value = strip_name(header, name).map(first_pair);
        value.ok_or_else(|| missing(name, prefix, first.into_iter()))
    } else if let Some(pair) = strip_name(line, name) {
        Ok(first_pair(pair))
    } else {
        Ok(line)
    }
}

/// Explains a malformed value that looks like a pair of another name, or like pairs without the
/// name of their header.
fn advice(line: &[u8], cookies: &Cookies) -> Option<String> {
    let Cookies { name, prefix, .. } = cookies;
    let place = line.iter().position(|byte| *byte == b'=')?;
    let (before, after) = line.split_at_checked(place)?;
    let after = after.strip_prefix(b"=")?;
    // In a message only `=` and `--` follow a `=`.
    let ends_base64 = after.is_empty() || after.starts_with(b"=") || after.starts_with(b"--");
    let is_ours = before == name.as_bytes() || before.contains(&b':');
    (!ends_base64 && !is_ours).then(|| {
        format!(
            "this looks like a cookie {:?}, and --{prefix}name is {:?}; write the header's name \
             before several cookies, as in 'Cookie: a=1; b=2'",
            Shown::new(before),
            Shown::new(name)
        )
    })
}

/// Explains that a header has no cookie `name`.
fn missing<'a>(
    name: &str,
    prefix: &str,
    cookies: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
) -> Failure {
    let names = cookies.map(|(name, _)| format!("{:?}", Shown::new(name)));
    let mut names: Vec<_> = names.collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    if more > 0 {
        names.push(format!("and {more} more"));
    } else if names.is_empty() {
        names.push("none".to_owned());
    }
    Failure {
        reason: Refusal::Malformed,
        detail: format!(
            "the header has no cookie {:?}, only: {}; see --{prefix}name",
            Shown::new(name),
            names.join(", ")
        ),
    }
}

/// Returns the value of a header line, if the header has this name in any case (RFC 9110 section
/// 5.1).
fn strip_field<'a>(line: &'a [u8], field: &str) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(field.len())?;
    let value = rest.strip_prefix(b":")?;
    start
        .eq_ignore_ascii_case(field.as_bytes())
        .then(|| value.trim_ascii())
}

fn strip_name<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

/// Returns the part before the attributes.
fn first_pair(text: &[u8]) -> &[u8] {
    let first = text.split(|byte| *byte == b';').next();
    first.unwrap_or_default()
}
