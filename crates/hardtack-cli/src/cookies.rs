//! [`Cookies`]: the jar that a command's options describe.

use hardtack::doctor::Doctor;
use hardtack::message::JarKind;
use hardtack::rails_app::RailsAppRotation;
use hardtack::settings::{Cipher, HmacDigest, SecretKind, SizeLimit};
use hardtack::{
    CookieAttributes, Error, Jar, LoadDefaults, Rotation, SecretKeyBase, Serializer, SetCookie,
    Settings,
};
use time::OffsetDateTime;

use crate::args::Sealing;
use crate::rails_app::App;
use crate::secrets::{Secrets, Sources};

/// The session's name where neither an option nor an app gives one (`Rack::Session`).
const NAME: &str = "_session_id";

/// Cookies of one name, and the jar that opens and seals them.
pub(crate) struct Cookies {
    pub(crate) jar: Jar,
    pub(crate) kind: JarKind,
    pub(crate) cipher: Cipher,
    /// Knows the same secrets, to explain what does not open.
    pub(crate) doctor: Doctor,
    /// A person reads the messages. A program reads reasons, and the doctor's work is saved.
    pub(crate) explains: bool,
    pub(crate) name: String,
    /// An option or the app gave the name.
    pub(crate) is_named: bool,
    /// The cookie is the session, by its jar and its name.
    pub(crate) is_session: bool,
    /// The prefix of the options' names, for messages.
    pub(crate) prefix: &'static str,
}

impl Cookies {
    /// Creates the cookies to open that the options without a prefix describe.
    pub(crate) fn to_open(sealing: Sealing) -> Result<Self, String> {
        Plan::new(sealing, None, None, false)?.carry_out()
    }

    /// Creates the cookies to seal that the options without a prefix describe.
    pub(crate) fn to_seal(sealing: Sealing, limit: Option<SizeLimit>) -> Result<Self, String> {
        Plan::new(sealing, limit, None, true)?.carry_out()
    }

    /// Creates the cookies that the options with `--from-` describe, and those without.
    pub(crate) fn before_and_after(
        before: Sealing,
        after: Sealing,
        limit: Option<SizeLimit>,
    ) -> Result<(Self, Self), String> {
        let after = Plan::new(after, limit, None, true)?;
        let before = Plan::new(before, None, Some(&after), false)?;
        // A missing secret that seals is reported first.
        let after = after.carry_out()?;
        Ok((before.carry_out()?, after))
    }

    /// Checks that these settings seal null. If they do not, the options are wrong, whatever the
    /// values are.
    pub(crate) fn try_out(&self, expires: Option<OffsetDateTime>) -> Result<(), String> {
        match self.seal_nothing(expires) {
            Ok(_) | Err(Error::CookieOverflow(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Checks that an expiry is sealed with a value.
    pub(crate) fn seal_expiry(&self) -> bool {
        let later = OffsetDateTime::now_utc() + time::Duration::days(1);
        // A cookie over the limit fails for that reason, with or without an expiry.
        self.seal_nothing(Some(later)).map_or(true, |cookie| {
            let opened = self.jar.open(&self.name, cookie.value());
            opened.is_ok_and(|opened| opened.expires_at().is_some())
        })
    }

    fn seal_nothing(&self, expires: Option<OffsetDateTime>) -> Result<SetCookie, Error> {
        self.jar.write(&self.name, (), &attributes(expires))
    }
}

/// Returns the attributes of every cookie. Only the value is printed. `Secure` allows the names
/// `__Host-` and `__Secure-`.
pub(crate) fn attributes(expires: Option<OffsetDateTime>) -> CookieAttributes {
    let attributes = CookieAttributes::new().secure(true);
    match expires {
        Some(at) => attributes.expires(at),
        None => attributes,
    }
}

/// The options, before any secret is read.
struct Plan {
    prefix: &'static str,
    name: String,
    is_named: bool,
    /// The name of the app's session, if an app gives it.
    app_session: Option<String>,
    /// The jar, if an option names it.
    kind: Option<JarKind>,
    /// These options name the jar, rather than those that seal.
    kind_is_own: bool,
    settings: Settings,
    /// An option names the serializer, rather than the version.
    serializer_chosen: bool,
    /// Older settings, from an app's files.
    rotations: Vec<RailsAppRotation>,
    sources: Sources,
}

impl Plan {
    /// Creates the plan of these options. `after` is the plan that seals: the options of `--from-`
    /// take from it what they do not name. If the plan `seals`, its name must be known.
    fn new(
        sealing: Sealing,
        limit: Option<SizeLimit>,
        after: Option<&Self>,
        seals: bool,
    ) -> Result<Self, String> {
        let prefix = sealing.prefix;
        let version = sealing.rails;
        let app = App::new(&sealing.app, prefix, version, sealing.name.is_some())?;
        let told = app.as_ref().map(|app| &app.settings);
        let name = sealing.name.as_deref();
        if let (None, Some(app), true) = (name, &app, seals) {
            app.check_name()?;
        }
        let name = name.or(told.and_then(|told| told.session.name.as_deref()));
        let is_named = name.is_some() || after.is_some_and(|after| after.is_named);
        let name = name.unwrap_or(after.map_or(NAME, |after| &after.name));
        let checked = attributes(None).check(name);
        checked.map_err(|error| format!("--{prefix}name: {error}"))?;
        let mut settings = match (version, told, after) {
            (Some(version), ..) => version.settings(),
            (None, Some(told), _) => told.settings.clone(),
            (None, None, Some(after)) => after.settings.clone(),
            (None, None, None) => LoadDefaults::NEWEST.settings(),
        };
        settings.limit = limit.unwrap_or(settings.limit);
        let rotations = told.map(|told| &told.rotations);
        let rotations = rotations.or(after.map(|after| &after.rotations));
        Ok(Self {
            prefix,
            name: name.to_owned(),
            is_named,
            app_session: told.and_then(|told| told.session.name.clone()),
            kind: sealing.jar.or(after.and_then(|after| after.kind)),
            kind_is_own: sealing.jar.is_some(),
            settings: sealing.over(settings),
            serializer_chosen: sealing.serializer.is_some()
                || (version.is_none() && after.is_some_and(|after| after.serializer_chosen)),
            rotations: rotations.cloned().unwrap_or_default(),
            sources: Sources::new(sealing, app).or(after.map(|after| &after.sources)),
        })
    }

    fn carry_out(self) -> Result<Cookies, String> {
        let Secrets { key_bases, tokens } = self.sources.secrets(self.settings.version)?;
        let (jar, kind) = match key_bases.split_first() {
            Some((first, older)) => (
                self.jar_of_key_bases(first, older, &tokens),
                self.kind.unwrap_or(JarKind::Encrypted),
            ),
            None => (self.jar_of_tokens(&tokens)?, JarKind::Signed),
        };
        let secrets = key_bases.iter().chain(&tokens);
        let doctor = secrets.fold(Doctor::new(), |doctor, secret| doctor.secret("", secret));
        // Rails seals its session in the encrypted jar, and up to 3.2 signs it with a token.
        let holds_session = kind == JarKind::Encrypted || key_bases.is_empty();
        let is_session_name =
            self.app_session.as_ref() == Some(&self.name) || self.name.contains("session");
        Ok(Cookies {
            jar,
            kind,
            cipher: self.settings.cipher,
            doctor: doctor.settings(self.settings),
            explains: true,
            is_session: holds_session && is_session_name,
            name: self.name,
            is_named: self.is_named,
            prefix: self.prefix,
        })
    }

    /// Creates the jar of a `secret_key_base`, which also opens what Rails 3 signed with a token.
    fn jar_of_key_bases(
        &self,
        first: &SecretKeyBase,
        older: &[SecretKeyBase],
        tokens: &[SecretKeyBase],
    ) -> Jar {
        let settings = || self.settings.clone();
        let mut jar;
        let rotation: fn(&SecretKeyBase, Settings) -> Rotation;
        if self.kind == Some(JarKind::Signed) {
            (jar, rotation) = (Jar::signed(first, settings()), Rotation::signed);
        } else {
            (jar, rotation) = (Jar::encrypted(first, settings()), Rotation::encrypted);
        }
        let kind = self.kind.unwrap_or(JarKind::Encrypted);
        for told in self.rotations.iter().filter(|told| told.jar == kind) {
            jar = jar.rotation(told.rotation(first));
        }
        for secret in older {
            jar = jar.rotation(rotation(secret, settings()));
        }
        for token in tokens {
            for settings in self.rails_3() {
                jar = jar.rotation(Rotation::signed(token, settings));
            }
        }
        jar
    }

    /// Returns the settings of cookies that Rails 3 signed.
    fn rails_3(&self) -> impl Iterator<Item = Settings> {
        // Rails reads them with SHA-1 whatever the app chose; Rails 2.3 apps could choose too.
        let mut digests = vec![HmacDigest::Sha1, self.settings.signed_cookie_digest];
        digests.dedup();
        // Rails 3 wrote only Marshal, so Marshal is read unless an option names a serializer.
        let serializer = if self.serializer_chosen {
            self.settings.cookies_serializer
        } else {
            Serializer::Marshal
        };
        let settings = self.signed_by_token().cookies_serializer(serializer);
        digests
            .into_iter()
            .map(move |digest| settings.clone().signed_cookie_digest(digest))
    }

    /// Creates the jar of `secret_token`s, the first of which signs.
    fn jar_of_tokens(&self, tokens: &[SecretKeyBase]) -> Result<Jar, String> {
        if self.kind_is_own && self.kind == Some(JarKind::Encrypted) {
            let prefix = self.prefix;
            return Err(match self.settings.secret_kind {
                SecretKind::SecretToken => format!(
                    "--{prefix}jar encrypted: Rails {} has signed cookies only",
                    self.settings.version
                ),
                _ => format!(
                    "--{prefix}jar encrypted: a secret_token only signs; encrypted cookies need a \
                     secret_key_base, from a file named with --{prefix}secret-key-base-file or the \
                     environment"
                ),
            });
        }
        let settings = self.signed_by_token();
        let (first, older) = tokens.split_first().ok_or("no secret")?;
        let jar = Jar::signed(first, settings.clone());
        Ok(older.iter().fold(jar, |jar, token| {
            jar.rotation(Rotation::signed(token, settings.clone()))
        }))
    }

    fn signed_by_token(&self) -> Settings {
        self.settings.clone().secret_kind(SecretKind::SecretToken)
    }
}
