//! The examination: from what was copied to a [`Diagnosis`].

use time::OffsetDateTime;

use crate::cookie::escape::escaped_len;
use crate::cookie::jar::Jar;
use crate::cookie::limit::{self, MAX_READ_SIZE};
use crate::error::Refusal;
use crate::message::base64;
use crate::message::metadata::{self, Said};
use crate::message::parts::Signed;
use crate::rails_version::RailsVersion;
use crate::serializer::{Format, Serialized};
use crate::settings::{LimitRule, SecretKind};

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::checkup::{Check, SessionCheck};
use super::diagnosis::{Diagnosis, Inside, JarKind};
use super::form::{CookieFormat, Fault, Form, fault_of};
use super::keys::Alteration;
use super::pasted::{Pasted, cookies};
use super::remedy::Remedy;
use super::repair::{Mended, Repair, mend};
use super::sealing::{Sealing, config_lines, in_words, serializer_of};
use super::trial::{self, Fit};
use super::words::{count, expiry, shown};

/// The longest text that is looked at in bytes: a browser's whole `Cookie` header is shorter.
const MAX_TEXT: usize = 4 * MAX_READ_SIZE;

impl Doctor {
    /// Examines a cookie as somebody copied it: a bare value, `name=value`, a whole `Cookie` or
    /// `Set-Cookie` header with or without its field's name, or a row of a browser's table; escaped
    /// or not. Example: at the type.
    #[must_use]
    pub fn examine(&self, text: impl AsRef<[u8]>) -> Diagnosis {
        let text = text.as_ref();
        let pasted = if text.len() <= MAX_TEXT {
            cookies(text, self.cookie_name.as_deref())
        } else {
            Vec::new()
        };
        let mut best: Option<(u8, &Pasted<'_>, Mended)> = None;
        for cookie in pasted
            .iter()
            .filter(|cookie| cookie.value.len() <= MAX_READ_SIZE)
        {
            for mut mended in mend(cookie.value, cookie.name) {
                if cookie.is_second {
                    mended.repairs.push(Repair::SecondOfName);
                }
                if let Some(fit) = trial::open(self.keys(), &mended.form, &mended.bytes) {
                    return self.opened(cookie, &mended, fit);
                }
                let rank = self.rank(cookie, &mended);
                if best.as_ref().is_none_or(|(other, ..)| rank > *other) {
                    best = Some((rank, cookie, mended));
                }
            }
        }
        let is_large = text.len() > MAX_TEXT
            || pasted
                .iter()
                .any(|cookie| cookie.value.len() > MAX_READ_SIZE);
        match best {
            Some((_, cookie, mended)) => self.unopened(cookie, mended, &pasted),
            None if is_large => self.nothing(Cause::new(
                CauseKind::TooLarge,
                "more than 16 KiB: no browser keeps a cookie of more than 4096 bytes, so no app \
                 set it; copy the one cookie alone",
            )),
            None => self.nothing(Cause::new(
                CauseKind::NoCookie,
                "there is no value in it: copy the cookie's value, name=value, or the whole header",
            )),
        }
    }

    /// How well a cookie that does not open suits as the one that is meant.
    fn rank(&self, cookie: &Pasted<'_>, mended: &Mended) -> u8 {
        let is_wanted = self.cookie_name.is_some() && cookie.name == self.cookie_name.as_deref();
        let is_whole = mended.form.format().is_rails();
        let is_damaged = !mended.form.is_known() && fault_of(&mended.bytes).is_some();
        // A cookie with the plain signature of another stands beside what it signs.
        let is_signature = cookie.name.is_some_and(|name| name.ends_with(".sig"));
        8 * u8::from(is_wanted)
            + 4 * u8::from(is_whole)
            + 3 * u8::from(is_damaged)
            + 2 * u8::from(mended.form.is_known() && !is_whole && !is_signature)
            + u8::from(!mended.bytes.is_empty())
    }

    fn at(&self) -> OffsetDateTime {
        self.now.unwrap_or_else(OffsetDateTime::now_utc)
    }

    fn blank(&self, format: CookieFormat) -> Diagnosis {
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

    fn name(&self, cookie: &Pasted<'_>) -> Option<String> {
        let name = cookie.name.or(self.cookie_name.as_deref());
        name.map(str::to_owned)
    }

    /// No key opened anything: what the form shows, and what is left.
    fn unopened(&self, cookie: &Pasted<'_>, mended: Mended, all: &[Pasted<'_>]) -> Diagnosis {
        let format = mended.form.format();
        let mut diagnosis = Diagnosis {
            name: self.name(cookie),
            shape: shape(&mended),
            ..self.blank(format)
        };
        if format.is_rails() {
            diagnosis.causes = self.causes_of_whole(&mended);
            diagnosis.tried = Some(self.tried(&mended.form));
            diagnosis.repairs = mended.repairs;
        } else if matches!(mended.form, Form::Foreign(_)) {
            let text = foreign_advice(format, cookie, all);
            diagnosis.causes.push(Cause::new(CauseKind::NotRails, text));
            diagnosis.repairs = mended.repairs;
        } else {
            diagnosis.causes.push(match fault_of(&mended.bytes) {
                Some(Fault::CutOff(text)) => {
                    Cause::new(CauseKind::CutOff, format!("cut off: {text}"))
                }
                Some(Fault::Damaged(text)) => {
                    Cause::new(CauseKind::Damaged, format!("damaged: {text}"))
                }
                None => Cause::new(
                    CauseKind::NotRails,
                    "it is no sealed cookie of Rails (those have -- in them), and of no form that \
                     is known: is it the right cookie? A Rails session is named _<app>_session \
                     unless config.session_store says otherwise",
                ),
            });
        }
        diagnosis
    }

    /// Why a message whose form is whole may not open.
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
        let is_signed = matches!(mended.form, Form::Signed { .. });
        causes.push(Cause::another_secret(self.secrets.len(), is_signed));
        causes.push(Cause::another_salt());
        causes.push(Cause::another_app());
        causes
    }

    /// What was tried, in words.
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

    /// A key opened it.
    fn opened(&self, cookie: &Pasted<'_>, mended: &Mended, fit: Fit) -> Diagnosis {
        let format = mended.form.format();
        let mut diagnosis = Diagnosis {
            opens: true,
            key_digest: fit.key_digest,
            hmac_digest: fit.hmac_digest,
            secret: self
                .secrets
                .get(fit.secret)
                .map(|secret| secret.label.clone()),
            name: self.name(cookie),
            repairs: mended.repairs.clone(),
            ..self.blank(format)
        };
        let said = metadata::said(&fit.text);
        let (envelope, payload) = match said {
            Ok(said) => {
                let value_format = Format::of(&said.value);
                let bytes = said.value.clone();
                let payload = value_format.map(|format| Serialized { bytes, format });
                (Some(said), payload)
            }
            Err(_) => (None, None),
        };
        let broken = match &payload {
            None if envelope.is_none() => Some("its envelope is broken".to_owned()),
            None => Some("it is neither JSON nor Marshal nor MessagePack".to_owned()),
            Some(payload) => payload.check().err().map(|error| error.reason.to_owned()),
        };
        let purpose = envelope.as_ref().and_then(|said| said.purpose.clone());
        diagnosis.expires = envelope.as_ref().and_then(|said| said.expires_at);
        diagnosis.serializer = payload
            .as_ref()
            .map(|payload| serializer_of(payload.format));
        let sealing = Sealing {
            cipher: diagnosis.cipher,
            secret_kind: fit.secret_kind,
            key_digest: fit.key_digest,
            hmac_digest: fit.hmac_digest,
            salts: fit.salts.clone(),
            has_envelope: envelope.as_ref().is_some_and(|said| said.has_envelope),
            has_purpose: purpose.is_some(),
            format: payload.as_ref().map(|payload| payload.format),
        };
        diagnosis.purpose = purpose;
        let session_name = diagnosis.name.clone();
        let session = payload
            .as_ref()
            .and_then(|payload| SessionCheck::of(payload, session_name.as_deref()));
        let name_length = self.sent_name(&diagnosis).map_or(0, str::len);
        let size = limit::size(
            LimitRule::Strict,
            RailsVersion::NEWEST,
            name_length,
            mended.bytes.len(),
            escaped_len(&mended.bytes),
        );
        let settings = sealing.settings();
        let differs = self.differs(&fit, &diagnosis, &sealing, mended);
        diagnosis.causes = self.causes_of_opened(cookie, &fit, &diagnosis, broken, differs.clone());
        if let Some(check) = &session {
            diagnosis.causes.extend(causes_of_session(*check));
        }
        if let Some(size) = size.filter(|size| !size.fits()) {
            diagnosis.causes.push(Cause::new(
                CauseKind::TooLong,
                format!(
                    "{} as they are sent, name and value: browsers drop what is over {} without a \
                     word",
                    count(size.counted, "byte"),
                    size.limit
                ),
            ));
        }
        let needs_remedy = self.settings.is_none() || differs.is_some();
        let older_name = self.older_name(&diagnosis);
        let is_encrypted = diagnosis.jar == Some(JarKind::Encrypted);
        diagnosis.inside = Some(Box::new(Inside {
            versions: sealing.versions(),
            nearest: sealing.nearest(),
            remedy: needs_remedy
                .then(|| Remedy::new(&settings, is_encrypted, older_name.as_deref())),
            settings,
            has_envelope: sealing.has_envelope,
            session,
            size: size.map_or(0, |size| size.counted),
            entries: payload
                .as_ref()
                .map(Serialized::entry_sizes)
                .unwrap_or_default(),
            value: payload.as_ref().and_then(|payload| payload.load().ok()),
        }));
        diagnosis
    }

    /// The name under which it is sent: as copied, as told, or as sealed.
    fn sent_name<'a>(&self, diagnosis: &'a Diagnosis) -> Option<&'a str> {
        let sealed = || diagnosis.purpose.as_deref()?.strip_prefix("cookie.");
        diagnosis.name.as_deref().or_else(sealed)
    }

    /// The name that the cookie has where the app reads another.
    fn older_name(&self, diagnosis: &Diagnosis) -> Option<String> {
        let read = self.cookie_name.as_deref()?;
        let sealed = || diagnosis.purpose.as_deref()?.strip_prefix("cookie.");
        let name = sealed().or(diagnosis.name.as_deref())?;
        (name != read).then(|| name.to_owned())
    }

    /// What the app's settings have otherwise, where they are known and do not open it.
    fn differs(
        &self,
        fit: &Fit,
        diagnosis: &Diagnosis,
        sealing: &Sealing,
        mended: &Mended,
    ) -> Option<String> {
        let settings = self.settings.as_ref()?;
        let fits = |material: &&super::keys::Material| {
            material.index == fit.secret && material.alteration == fit.alteration
        };
        let secret = &self.keys().materials.iter().find(fits)?.secret;
        let jar = match diagnosis.jar? {
            JarKind::Encrypted => Jar::encrypted(secret, settings.clone()),
            JarKind::Signed => Jar::signed(secret, settings.clone()),
        };
        let name = self.sent_name(diagnosis).unwrap_or_default();
        match jar.open_as(name, name, &mended.bytes) {
            Ok(_) | Err(Refusal::Expired | Refusal::WrongPurpose) => None,
            Err(_) => {
                let sealed = sealing.settings();
                let mut differences = Vec::new();
                if sealed.secret_kind != settings.secret_kind {
                    differences.push(format!("signed by the {} itself", sealed.secret_kind));
                }
                if diagnosis.cipher.is_some() && sealed.cipher != settings.cipher {
                    differences.push(format!("{}, not {}", sealed.cipher, settings.cipher));
                }
                let derived = diagnosis.key_digest.is_some();
                if derived && sealed.key_digest != settings.key_digest {
                    differences.push(format!(
                        "keys by {}, not {}",
                        sealed.key_digest, settings.key_digest
                    ));
                }
                if diagnosis.hmac_digest.is_some() && sealed.hmac_digest != settings.hmac_digest {
                    differences.push(format!(
                        "signed by {}, not {}",
                        sealed.hmac_digest, settings.hmac_digest
                    ));
                }
                if sealed.serializer.writes() != settings.serializer.writes() {
                    differences.push(format!(
                        "written by the serializer {}, not {}",
                        sealed.serializer, settings.serializer
                    ));
                }
                for (role, salt) in &sealing.salts {
                    if salt != role.salt(settings) {
                        differences.push(format!("the salt {salt:?}"));
                    }
                }
                Some(differences.join("; "))
            }
        }
    }

    /// Why an app reads `nil` although a key fits, what is most likely first.
    fn causes_of_opened(
        &self,
        cookie: &Pasted<'_>,
        fit: &Fit,
        diagnosis: &Diagnosis,
        broken: Option<String>,
        differs: Option<String>,
    ) -> Vec<Cause> {
        let mut causes = Vec::new();
        let mut add = |kind, text: String| causes.push(Cause::new(kind, text));
        if let Some(at) = diagnosis.expires.filter(|at| diagnosis.now >= *at) {
            add(
                CauseKind::Expired,
                format!(
                    "it expired {} ago: Rails reads nil from it, whatever its secret",
                    super::words::distance((diagnosis.now - at).unsigned_abs().as_secs())
                ),
            );
        }
        if let Some(sealed) = wrong_name(diagnosis) {
            let name = diagnosis.name.as_deref().unwrap_or_default();
            add(
                CauseKind::WrongPurpose,
                format!(
                    "it was sealed for a cookie named {}, and is read as {}: Rails refuses it; \
                     read it under its own name, or add a rotation of that name",
                    shown(sealed),
                    shown(name)
                ),
            );
        }
        if let (Some(read), Some(name)) = (self.cookie_name.as_deref(), cookie.name)
            && read != name
        {
            add(
                CauseKind::OtherName,
                format!(
                    "its name is {}, and the app reads {}: see the key of config.session_store",
                    shown(name),
                    shown(read)
                ),
            );
        }
        let label = diagnosis.secret.as_deref().map(shown).unwrap_or_default();
        match fit.alteration {
            Some(Alteration::Stripped) => add(
                CauseKind::SecretAltered,
                format!(
                    "the secret {label} has white space or quotes around it, which the app's own \
                     has not: take them away"
                ),
            ),
            Some(Alteration::WithLineFeed) => add(
                CauseKind::SecretAltered,
                format!(
                    "the app's secret ends with a line feed, which {label} does not: the app reads \
                     it from a file without cutting that off, and so has to be given it"
                ),
            ),
            None => {}
        }
        if let Some(differences) = differs {
            let version = self.settings.as_ref().map(|settings| settings.version);
            let version = version
                .map(|version| version.to_string())
                .unwrap_or_default();
            add(
                CauseKind::OtherSettings,
                format!(
                    "the app's settings (load_defaults {version}) do not open it: it has {differences}"
                ),
            );
        }
        for repair in &diagnosis.repairs {
            add(CauseKind::Mended, repair.to_string());
        }
        if let Some(reason) = broken {
            let kind = if reason.contains("feature") {
                CauseKind::FeatureMissing
            } else {
                CauseKind::UnreadableValue
            };
            add(
                kind,
                format!("the key fits, but its value cannot be read: {reason}"),
            );
        }
        causes
    }
}

/// The name for which it was sealed, where it is read under another.
fn wrong_name(diagnosis: &Diagnosis) -> Option<&str> {
    let purpose = diagnosis.purpose.as_deref()?;
    let sealed = purpose.strip_prefix("cookie.").unwrap_or(purpose);
    let name = diagnosis.name.as_deref()?;
    (sealed != name).then_some(sealed)
}

fn causes_of_session(check: SessionCheck) -> Vec<Cause> {
    let mut causes = Vec::new();
    if check.session_id != Check::Sane {
        let what = match check.session_id {
            Check::Absent => "it has no session_id: Rails takes such a session for empty",
            _ => "its session_id is not 32 hexadecimal digits, as Rails makes them",
        };
        causes.push(Cause::new(CauseKind::NoSessionId, what));
    }
    if check.csrf_token == Check::Odd {
        causes.push(Cause::new(
            CauseKind::BadCsrfToken,
            "its _csrf_token is not base64 of 32 bytes: Rails refuses every form",
        ));
    }
    if check.flash == Check::Odd {
        causes.push(Cause::new(
            CauseKind::BadFlash,
            "its flash is not what any Rails writes, and Rails may fail on it",
        ));
    }
    causes
}

/// What the form of a signed cookie says of itself, which anybody could have written.
fn shape(mended: &Mended) -> Option<String> {
    let Form::Signed { digest_len } = mended.form else {
        return None;
    };
    let data = Signed::parse(&mended.bytes, digest_len)?.data;
    let data = base64::decode_any(data)?;
    Some(match metadata::said(&data) {
        Ok(Said {
            has_envelope: true,
            purpose,
            ..
        }) => {
            let since = if purpose.is_some() {
                RailsVersion::ALL
                    .iter()
                    .find(|version| version.settings().metadata)
            } else {
                RailsVersion::ALL
                    .iter()
                    .find(|version| version.settings().seals_expiry())
            };
            let since = since.map(|version| version.to_string()).unwrap_or_default();
            format!("with an envelope, as Rails {since} and later write it")
        }
        _ => match Format::of(&data) {
            Some(Format::Marshal) => {
                let tokens = RailsVersion::ALL.iter().copied();
                let tokens: Vec<_> = tokens
                    .filter(|version| version.settings().secret_kind == SecretKind::SecretToken)
                    .collect();
                format!(
                    "without an envelope, in Marshal: the session of {}, cookies.signed of any \
                     later one, or Rack::Session::Cookie",
                    in_words(&tokens)
                )
            }
            Some(_) => "without an envelope, in JSON or MessagePack: cookies.signed".to_owned(),
            None => "without an envelope, and in none of Rails' serializations: perhaps another \
                     message of the app, and no cookie"
                .to_owned(),
        },
    })
}

/// Where to look for what another framework's cookie holds.
fn foreign_advice(format: CookieFormat, cookie: &Pasted<'_>, all: &[Pasted<'_>]) -> String {
    let tells = match format {
        CookieFormat::ExpressSession => {
            "the session itself is in its store (Redis, a database) under the id that stands \
             between s: and the point"
        }
        CookieFormat::CookieSession => {
            let signature = cookie.name.map(|name| format!("{name}.sig"));
            let is_there =
                signature.is_some() && all.iter().any(|other| other.name == signature.as_deref());
            if is_there {
                "its signature is the cookie .sig beside it; its JSON is readable without a key"
            } else {
                "its JSON is readable without a key; its signature would be a cookie .sig beside it"
            }
        }
        CookieFormat::RackSessionV1 | CookieFormat::RackSessionV2 => {
            "it looks like one that rack-session (Sinatra, Hanami, Roda) encrypted with its own \
             secret: not a Rails session"
        }
        CookieFormat::Jwt => "its first part says how it is signed or encrypted",
        CookieFormat::Django => "its key is the app's SECRET_KEY",
        CookieFormat::Itsdangerous => {
            "its key is the app's SECRET_KEY; its timestamp is the second part"
        }
        CookieFormat::PhpSessionId => "the session itself is on the server, in session.save_path",
        _ => {
            "the session itself is on the server: PHP, Django, or a Rails app whose session_store \
             is :cache_store, :active_record_store or Redis"
        }
    };
    format!(
        "{format}: Rails did not seal it. {tells}",
        format = sentence(format)
    )
}

fn sentence(format: CookieFormat) -> String {
    let text = format.to_string();
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// How settings of no single version are described.
pub(super) fn era(
    versions: &[RailsVersion],
    nearest: &[RailsVersion],
    settings: &crate::Settings,
) -> String {
    let lines = config_lines(settings);
    let base = if versions.is_empty() {
        nearest
    } else {
        versions
    };
    if lines.is_empty() {
        in_words(base)
    } else {
        format!("{} with {}", in_words(base), lines.join(", "))
    }
}

/// An expiry for the report.
pub(super) fn expires(diagnosis: &Diagnosis) -> String {
    diagnosis
        .expires
        .map_or_else(|| "never".to_owned(), |at| expiry(at, diagnosis.now))
}
