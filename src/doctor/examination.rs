//! [`Doctor::examine`]: turns a copied text into a [`Diagnosis`].

use time::OffsetDateTime;

use crate::http::limit::MAX_READ_SIZE;
use crate::message::base64;
use crate::message::jar_kind::JarKind;
use crate::message::parts::SignedParts;

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::cookie_format::CookieFormat;
use super::diagnosis::Diagnosis;
use super::fault::Fault;
use super::foreign;
use super::form::Form;
use super::intake::{Mended, Search};
use super::keys::MOST_FOR_ROUNDS;
use super::messages::{self, Claims};
use super::pasted::Pasted;
use super::repair::Repair;
use super::rounds::MOST as MOST_ROUNDS;
use super::sent::Sent;
use super::shape::shape;
use super::spelling::placeholder;
use super::trial;
use super::variants::Variants;
use super::words::count;

/// The longest text that is examined, in bytes. A browser's whole `Cookie` header is shorter.
const MAX_TEXT: usize = 4 * MAX_READ_SIZE;

impl Doctor {
    /// Examines a cookie in the form in which it was copied: a bare value, `name=value`, a whole
    /// `Cookie` or `Set-Cookie` header with or without its field name, or a row of a browser's
    /// table. The text may be escaped. Example: at the type.
    #[must_use]
    pub fn examine(&self, text: impl AsRef<[u8]>) -> Diagnosis {
        let text = text.as_ref();
        let is_large = text.len() > MAX_TEXT;
        let text = if is_large { &[][..] } else { text };
        // A byte order mark belongs to the file, and to no cookie.
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let variants = Variants::of(text);
        let copy = match self.search(&variants) {
            Search::Opened(mut copy, fit) => {
                let sent = Sent::of(text, &copy.cookie);
                let repairs = &mut copy.mended.repairs;
                let is_second = sent.as_ref().is_some_and(Sent::is_second);
                if is_second && !repairs.contains(&Repair::SecondOfName) {
                    repairs.push(Repair::SecondOfName);
                }
                return self.opened(sent.as_ref(), &copy.cookie, copy.mended, &fit);
            }
            Search::Unopened(copy) => Some(copy),
            Search::Nothing { is_large: is_long } if is_large || is_long => {
                return self.nothing(Cause::new(
                    CauseKind::TooLarge,
                    "more than 16 KiB: no browser keeps a cookie of more than 4096 bytes, so no \
                     app set it; copy the one cookie alone",
                ));
            }
            Search::Nothing { .. } => None,
        };
        let found = variants.as_it_is(self.cookie_name.as_deref());
        let absent = self.absence(&found, copy.as_ref());
        match copy {
            Some(copy) => {
                let mut diagnosis = self.unopened(&copy.cookie, copy.mended, &found.cookies);
                if let Some(absent) = absent {
                    diagnosis.causes.insert(0, absent);
                }
                diagnosis
            }
            None => self.nothing(absent.unwrap_or_else(|| {
                Cause::new(
                    CauseKind::NoCookie,
                    "there is no value in it: copy the cookie's value, name=value, or the whole \
                     header",
                )
            })),
        }
    }

    fn at(&self) -> OffsetDateTime {
        self.clock().now()
    }

    /// Creates a diagnosis that holds only what the format tells.
    pub(super) fn blank(&self, format: CookieFormat) -> Diagnosis {
        Diagnosis {
            format,
            opens: false,
            jar: match format {
                CookieFormat::EncryptedGcm | CookieFormat::EncryptedCbc => Some(JarKind::Encrypted),
                CookieFormat::Signed => Some(JarKind::Signed),
                _ => None,
            },
            cipher: format.cipher(),
            key_digest: None,
            hmac_digest: None,
            serializer: None,
            purpose: None,
            expires: None,
            secret: None,
            repairs: Vec::new(),
            causes: Vec::new(),
            weak_secrets: self.weak_secrets().to_vec(),
            name: None,
            now: self.at(),
            claims: None,
            tried: None,
            shape: None,
            inside: None,
        }
    }

    fn nothing(&self, cause: Cause) -> Diagnosis {
        Diagnosis {
            causes: vec![cause],
            ..self.blank(CookieFormat::Unknown)
        }
    }

    /// Returns the cookie's name: the copied one, or else the name that the app reads.
    pub(super) fn name(&self, cookie: &Pasted<'_>) -> Option<String> {
        let name = cookie.name.or(self.cookie_name.as_deref());
        name.map(str::to_owned)
    }

    /// Creates the diagnosis of a cookie that no key opened: its form, and the possible causes.
    fn unopened(&self, cookie: &Pasted<'_>, mended: Mended, all: &[Pasted<'_>]) -> Diagnosis {
        let format = mended.form.format();
        let mut diagnosis = Diagnosis {
            name: self.name(cookie),
            shape: shape(&mended.form, &mended.bytes),
            ..self.blank(format)
        };
        if format.is_rails() {
            let claims = claims(&mended);
            diagnosis.causes = self.causes_of_whole(&mended, claims.as_ref());
            if claims.as_ref().is_some_and(|claims| claims.kind.is_some()) {
                diagnosis.jar = None;
            }
            diagnosis.claims = claims.and_then(|claims| claims.in_words(diagnosis.now));
            diagnosis.tried = Some(self.tried(&mended.form));
            diagnosis.repairs = mended.repairs;
        } else if let Some(examined) = self.of_node(&mended, cookie, all) {
            self.tell_of_node(examined, &mut diagnosis);
            diagnosis.repairs = mended.repairs;
        } else if matches!(mended.form, Form::Foreign(_)) {
            let form = foreign::id_form(format, &mended.bytes);
            let of_app = form.and_then(|form| self.of_stored_id(form, cookie));
            diagnosis
                .causes
                .push(of_app.unwrap_or_else(|| foreign::cause(format, &mended.bytes, cookie, all)));
            diagnosis.repairs = mended.repairs;
        } else {
            let fault = Fault::of(&mended.bytes, cookie.value, cookie.name);
            diagnosis.causes.push(fault.map_or_else(
                || Cause::new(CauseKind::NotRails, foreign::advice_by_name(cookie.name)),
                Fault::cause,
            ));
        }
        // What was asked about is another cookie, which was not copied.
        if let Some(cause) = self.other_name(cookie) {
            let place = if format.is_rails() || diagnosis.opens {
                0
            } else {
                diagnosis.causes.len()
            };
            diagnosis.causes.insert(place, cause);
        }
        diagnosis
    }

    /// Lists the possible causes if a message of intact form does not open.
    fn causes_of_whole(&self, mended: &Mended, claims: Option<&Claims>) -> Vec<Cause> {
        let message = claims.and_then(|claims| claims.kind);
        let mut causes: Vec<_> = message
            .into_iter()
            .map(|kind| messages::cause(kind, false))
            .collect();
        if let Form::Signed { digest_len } | Form::Cbc { digest_len } = mended.form
            && !trial::knows_digest(digest_len)
        {
            causes.push(Cause::new(
                CauseKind::FeatureMissing,
                "its signature is as long as MD5's, which hardtack knows with the feature \
                 `legacy-digests` alone",
            ));
            return causes;
        }
        if self.secrets.is_empty() {
            let cause = Cause::new(CauseKind::NoSecret, "no secret was given");
            causes.push(cause.with_action("give the app's secret_key_base, and any older one"));
            return causes;
        }
        let (likely, less_likely): (Vec<_>, Vec<_>) = self
            .causes_in_secrets()
            .into_iter()
            .partition(|(_, is_likely)| *is_likely);
        causes.extend(likely.into_iter().map(|(cause, _)| cause));
        if mended.repairs.contains(&Repair::PaddingLost) {
            let text = "damaged: characters are missing from it (its base64 only has a whole \
                        length once = is added)";
            let cause = Cause::new(CauseKind::Damaged, text);
            causes.push(cause.with_action("copy it again, whole"));
        }
        let signer = trial::signer(self.keys(), &mended.form, &mended.bytes);
        if let Some(label) = signer.and_then(|signer| self.label(signer)) {
            causes.push(Cause::another_cbc_salt(&label));
            return causes;
        }
        let is_signed = matches!(mended.form, Form::Signed { .. });
        causes.push(Cause::another_secret(self.secrets.len(), is_signed));
        causes.extend(less_likely.into_iter().map(|(cause, _)| cause));
        if message.is_some() {
            return causes;
        }
        let setting = match mended.form {
            Form::Gcm => "authenticated_encrypted_cookie_salt",
            Form::Cbc { .. } => "encrypted_signed_cookie_salt",
            _ => "signed_cookie_salt",
        };
        causes.push(Cause::another_salt(setting));
        let tries_rounds = self.tries_rounds && self.secrets.len() <= MOST_FOR_ROUNDS;
        causes.push(Cause::other_keys(tries_rounds, is_signed));
        if matches!(
            mended.form,
            Form::Signed { digest_len: 20 } | Form::Cbc { digest_len: 20 }
        ) && !cfg!(feature = "legacy-digests")
        {
            causes.push(Cause::new(
                CauseKind::FeatureMissing,
                "it may be signed with RIPEMD-160, as apps of Rails 2.3 could choose, which \
                 hardtack knows with the feature `legacy-digests` alone",
            ));
        }
        causes.push(Cause::another_app());
        causes
    }

    /// Lists the secrets that look like something else, each with `true` if that is likely.
    fn causes_in_secrets(&self) -> Vec<(Cause, bool)> {
        let mut causes = Vec::new();
        for given in &self.secrets {
            let (label, secret) = (&given.label, given.secret.expose());
            let is_hex = secret.iter().all(u8::is_ascii_hexdigit);
            match secret.len() {
                32 if is_hex => causes.push((Cause::master_key(label), true)),
                // Rails makes 128 digits; other tools often make 64.
                digits @ 64.. if is_hex && digits != 128 => {
                    causes.push((Cause::partial_secret(label, digits), digits != 64));
                }
                _ => causes.extend(
                    placeholder(secret).map(|what| (Cause::placeholder(label, what), true)),
                ),
            }
        }
        causes
    }

    /// Describes the secrets, salts and keys that were tried.
    fn tried(&self, form: &Form) -> String {
        let keys = self.keys();
        if keys.given.is_empty() {
            return "nothing: no secret was given".to_owned();
        }
        let secrets = count(self.secrets.len(), "secret");
        let token = match form {
            Form::Signed { .. } => " and as secret_token",
            _ => "",
        };
        let rounds = if self.tries_rounds {
            format!(
                "; of the first {MOST_FOR_ROUNDS} secrets, keys of up to {MOST_ROUNDS} iterations"
            )
        } else {
            String::new()
        };
        format!(
            "{secrets}, as given and in {} other spellings (white space, quotes, base64 and the \
             like); as secret_key_base{token}, keys by SHA1 and SHA256, {}; other digests and \
             sizes of keys{rounds}",
            keys.spelled().len(),
            count(keys.salt_count(), "salt"),
        )
    }
}

/// Reads what a signed message says without a key.
fn claims(mended: &Mended) -> Option<Claims> {
    let Form::Signed { digest_len } = mended.form else {
        return None;
    };
    let parts = SignedParts::parse(&mended.bytes, digest_len)?;
    Some(Claims::of(&base64::decode_any(parts.data)?))
}
