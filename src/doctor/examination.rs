//! [`Doctor::examine`]: turns a copied text into a [`Diagnosis`].

use time::OffsetDateTime;

use crate::clock::Clock;
use crate::http::limit::MAX_READ_SIZE;
use crate::message::jar_kind::JarKind;

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::cookie_format::CookieFormat;
use super::diagnosis::Diagnosis;
use super::fault::Fault;
use super::foreign;
use super::form::Form;
use super::intake::{Mended, Search};
use super::pasted::Pasted;
use super::repair::Repair;
use super::shape::shape;
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
        let variants = Variants::of(text);
        let copy = match self.search(&variants) {
            Search::Opened(copy, fit) => return self.opened(&copy.cookie, copy.mended, fit),
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
        self.now.unwrap_or_else(|| Clock::System.now())
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
            diagnosis.causes = self.causes_of_whole(&mended);
            diagnosis.tried = Some(self.tried(&mended.form));
            diagnosis.repairs = mended.repairs;
        } else if matches!(mended.form, Form::Foreign(_)) {
            let text = foreign::advice(format, &mended.bytes, cookie, all);
            diagnosis.causes.push(Cause::new(CauseKind::NotRails, text));
            diagnosis.repairs = mended.repairs;
        } else {
            let fault = Fault::of(&mended.bytes, cookie.value, cookie.name);
            diagnosis.causes.push(fault.map_or_else(
                || Cause::new(CauseKind::NotRails, foreign::advice_by_name(cookie.name)),
                Fault::cause,
            ));
        }
        diagnosis
    }

    /// Lists the possible causes if a message of intact form does not open.
    fn causes_of_whole(&self, mended: &Mended) -> Vec<Cause> {
        if let Form::Signed { digest_len } | Form::Cbc { digest_len } = mended.form
            && !trial::knows_digest(digest_len)
        {
            return vec![Cause::new(
                CauseKind::FeatureMissing,
                "its signature is as long as MD5's, which hardtack knows with the feature \
                 `legacy-digests` alone",
            )];
        }
        if self.secrets.is_empty() {
            return vec![Cause::new(
                CauseKind::NoSecret,
                "no secret was given: give the app's secret_key_base, and any older one",
            )];
        }
        let is_master_key =
            |secret: &[u8]| secret.len() == 32 && secret.iter().all(u8::is_ascii_hexdigit);
        let mut causes: Vec<_> = self
            .secrets
            .iter()
            .filter(|given| is_master_key(given.secret.expose()))
            .map(|given| Cause::master_key(&given.label))
            .collect();
        if mended.repairs.contains(&Repair::PaddingLost) {
            causes.push(Cause::new(
                CauseKind::Damaged,
                "damaged: characters are missing from it (its base64 only has a whole length once \
                 = is added): copy it again, whole",
            ));
        }
        let is_signed = matches!(mended.form, Form::Signed { .. });
        causes.push(Cause::another_secret(self.secrets.len(), is_signed));
        causes.push(Cause::another_salt());
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

    /// Describes the secrets, salts and keys that were tried.
    fn tried(&self, form: &Form) -> String {
        let keys = self.keys();
        if keys.materials.is_empty() {
            return "nothing: no secret was given".to_owned();
        }
        let secrets = count(self.secrets.len(), "secret");
        let token = match form {
            Form::Signed { .. } => " and as secret_token",
            _ => "",
        };
        format!(
            "{secrets}, as given, without white space and quotes around, and with a line feed at \
             the end; as secret_key_base{token}, keys by SHA1 and SHA256, {}: {} in all",
            count(keys.salts.len(), "salt"),
            count(keys.materials.len() * 2 * keys.salts.len(), "key")
        )
    }
}
