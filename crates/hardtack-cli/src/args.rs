//! The options that say how cookies are sealed.
//!
//! Structs of options that several commands share have no doc comment: clap would take it for the
//! help of the command.

#![expect(
    clippy::doc_markdown,
    reason = "the doc comments of options are their help"
)]

use std::ffi::OsStr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command, ValueHint};
use hardtack::message::JarKind;
use hardtack::settings::{Cipher, HmacDigest, KeyDigest, SizeLimit};
use hardtack::{Error, LoadDefaults, Serializer, Settings};

/// The heading of the options of [`Sealing`] in the help.
pub(crate) const SEALING: &str = "How the app seals its cookies";

/// The heading of the options of [`SealedBefore`] in the help.
pub(crate) const SEALED_BEFORE: &str = "How the cookies were sealed";

#[derive(Args)]
pub(crate) struct AppOptions {
    /// Take secret, settings and the session's name from a Rails app's files
    ///
    /// The options here override what the files say, and --rails overrides all of their settings.
    /// hardtack runs no Ruby: it tells which setting it does not understand.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) rails_app: Option<PathBuf>,

    /// The app's environment [default: $RAILS_ENV, else $RACK_ENV, else production]
    #[arg(long, value_name = "ENV", requires = "rails_app")]
    pub(crate) rails_env: Option<String>,
}

#[derive(Args)]
pub(crate) struct Sealing {
    /// The prefix of these options' names: empty or `from-`.
    #[arg(skip)]
    pub(crate) prefix: &'static str,

    /// The cookie's name [default: _session_id; with --rails-app, the session's]
    ///
    /// The name is sealed with the value.
    #[arg(long)]
    pub(crate) name: Option<String>,

    #[command(flatten)]
    pub(crate) app: AppOptions,

    #[arg(
        long,
        value_name = "VERSION",
        value_parser = Versions,
        hide_possible_values = true,
        help = format!("The app's load_defaults, from 2.3 on [default: {}]", LoadDefaults::NEWEST),
        long_help = format!(
            "The app's load_defaults: {} [default: {}]\n\n\
             load_defaults exists from Rails 5.1 on; before, give the app's Rails version. The \
             options below override what the version means.",
            versions(),
            LoadDefaults::NEWEST
        )
    )]
    pub(crate) rails: Option<LoadDefaults>,

    /// The jar: cookies.encrypted or cookies.signed [default: encrypted]
    ///
    /// Sessions are in cookies.encrypted. With a secret_token and no secret_key_base the default is
    /// signed.
    #[arg(long, ignore_case = true, value_parser = jar())]
    pub(crate) jar: Option<JarKind>,

    /// The cipher of encrypted cookies [default: the version's]
    ///
    /// Rails chooses it by use_authenticated_cookie_encryption.
    #[arg(long, ignore_case = true, value_parser = cipher())]
    pub(crate) cipher: Option<Cipher>,

    /// The digest that derives keys [default: the version's]
    ///
    /// In Rails: key_generator_hash_digest_class.
    #[arg(long, value_name = "DIGEST", ignore_case = true, value_parser = key_digest())]
    pub(crate) key_digest: Option<KeyDigest>,

    /// The digest that signs cookies [default: SHA1]
    ///
    /// In Rails: signed_cookie_digest; up to Rails 5.1 cookies_digest; in Rails 2.3 the session's
    /// :digest. It signs cookies.signed, and up to Rails 5.1 also CBC cookies.
    #[arg(long, value_name = "DIGEST", ignore_case = true, value_parser = hmac_digest())]
    pub(crate) hmac_digest: Option<HmacDigest>,

    /// The format of values [default: the version's]
    ///
    /// In Rails: cookies_serializer. It also decides whether Marshal is read.
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = serializer())]
    pub(crate) serializer: Option<Serializer>,

    /// Seal the cookie's name with the value [default: the version's]
    ///
    /// In Rails: use_cookies_with_metadata.
    #[arg(long, value_name = "BOOL", ignore_case = true, value_parser = boolean())]
    pub(crate) metadata: Option<bool>,

    /// A file with a secret_key_base [default: $SECRET_KEY_BASE]
    ///
    /// The file holds the secret verbatim; one final newline does not count. With several files,
    /// the first secret seals and all of them open. Without a file, the environment variable
    /// SECRET_KEY_BASE counts.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secret_key_base_file: Vec<PathBuf>,

    /// A file with a secret_token [default: up to Rails 5.2, $SECRET_TOKEN]
    ///
    /// In Rails 2.3 this is the session's :secret. From Rails 4.0 on, a secret_token opens what
    /// Rails 3 signed: Marshal, unless --serializer is given.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secret_token_file: Vec<PathBuf>,

    /// Accept a secret of fewer than 30 characters
    #[arg(long)]
    pub(crate) allow_short_secret: bool,
}

#[derive(Args)]
#[expect(clippy::struct_field_names, reason = "they are the options' names")]
pub(crate) struct SealedBefore {
    /// The old name [default: --name's]
    #[arg(long, value_name = "NAME")]
    from_name: Option<String>,

    /// The Rails app that sealed the cookies
    ///
    /// Its files are read as those of --rails-app.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    from_rails_app: Option<PathBuf>,

    /// The old app's environment [default: $RAILS_ENV, else $RACK_ENV, else production]
    #[arg(long, value_name = "ENV", requires = "from_rails_app")]
    from_rails_env: Option<String>,

    /// The old load_defaults [default: --rails']
    ///
    /// With it, every setting that no other --from- option names is this version's; without it, such
    /// a setting is the one that seals.
    #[arg(long, value_name = "VERSION", value_parser = Versions, hide_possible_values = true)]
    from_rails: Option<LoadDefaults>,

    /// The old jar: cookies.encrypted or cookies.signed [default: --jar's]
    ///
    /// With a secret_token and no secret_key_base the default is signed.
    #[arg(long, value_name = "JAR", ignore_case = true, value_parser = jar())]
    from_jar: Option<JarKind>,

    /// The old cipher [default: --cipher's, or --from-rails']
    ///
    /// Rails chooses it by use_authenticated_cookie_encryption.
    #[arg(long, value_name = "CIPHER", ignore_case = true, value_parser = cipher())]
    from_cipher: Option<Cipher>,

    /// The old digest of keys [default: --key-digest's, or --from-rails']
    ///
    /// In Rails: key_generator_hash_digest_class.
    #[arg(long, value_name = "DIGEST", ignore_case = true, value_parser = key_digest())]
    from_key_digest: Option<KeyDigest>,

    /// The old digest of signatures [default: --hmac-digest's]
    ///
    /// With --from-rails the default is SHA1. In Rails: signed_cookie_digest; up to Rails 5.1
    /// cookies_digest; in Rails 2.3 the session's :digest. It signs cookies.signed, and up to Rails
    /// 5.1 also CBC cookies.
    #[arg(long, value_name = "DIGEST", ignore_case = true, value_parser = hmac_digest())]
    from_hmac_digest: Option<HmacDigest>,

    /// The old format [default: --serializer's, or --from-rails']
    ///
    /// In Rails: cookies_serializer. It also decides whether Marshal is read.
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = serializer())]
    from_serializer: Option<Serializer>,

    /// The old setting for sealing the name with the value [default: --metadata's, or --from-rails']
    ///
    /// In Rails: use_cookies_with_metadata.
    #[arg(long, value_name = "BOOL", ignore_case = true, value_parser = boolean())]
    from_metadata: Option<bool>,

    /// A file with an old secret_key_base; may be given several times
    ///
    /// Without this option and --from-secret-token-file, the secrets that seal open too.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from_secret_key_base_file: Vec<PathBuf>,

    /// A file with an old secret_token; may be given several times
    ///
    /// From Rails 4.0 on, a secret_token opens what Rails 3 signed.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from_secret_token_file: Vec<PathBuf>,

    /// Accept an old secret of fewer than 30 characters
    #[arg(long)]
    from_allow_short_secret: bool,
}

impl From<SealedBefore> for Sealing {
    fn from(before: SealedBefore) -> Self {
        Self {
            prefix: "from-",
            name: before.from_name,
            app: AppOptions {
                rails_app: before.from_rails_app,
                rails_env: before.from_rails_env,
            },
            rails: before.from_rails,
            jar: before.from_jar,
            cipher: before.from_cipher,
            key_digest: before.from_key_digest,
            hmac_digest: before.from_hmac_digest,
            serializer: before.from_serializer,
            metadata: before.from_metadata,
            secret_key_base_file: before.from_secret_key_base_file,
            secret_token_file: before.from_secret_token_file,
            allow_short_secret: before.from_allow_short_secret,
        }
    }
}

impl Sealing {
    /// Returns `settings` with what the options say in their place.
    pub(crate) fn over(&self, mut settings: Settings) -> Settings {
        settings.cipher = self.cipher.unwrap_or(settings.cipher);
        settings.key_generator_hash_digest_class = self
            .key_digest
            .unwrap_or(settings.key_generator_hash_digest_class);
        settings.signed_cookie_digest = self.hmac_digest.unwrap_or(settings.signed_cookie_digest);
        settings.cookies_serializer = self.serializer.unwrap_or(settings.cookies_serializer);
        settings.use_cookies_with_metadata =
            self.metadata.unwrap_or(settings.use_cookies_with_metadata);
        settings
    }
}

#[derive(Args)]
pub(crate) struct Limit {
    /// The limit of a cookie's size [default: strict]
    ///
    /// strict allows 4096 bytes of name and value as sent, as browsers do. rails allows 4096 bytes of
    /// what the app's Rails counts. none sets no limit.
    #[arg(long, value_name = "RULE", ignore_case = true, value_parser = limit_rule())]
    pub(crate) limit: Option<SizeLimit>,
}

/// Returns the help of a command, with the parts that several commands share filled in.
pub(crate) fn help(text: &str) -> String {
    let text = text.replace("{SECRETS}", include_str!("help/secrets.txt").trim_end());
    let text = text.replace("{SOURCES}", include_str!("help/sources.txt").trim_end());
    text.trim_end().to_owned()
}

/// Parses a version, and offers all versions to the completions.
#[derive(Clone)]
pub(crate) struct Versions;

impl TypedValueParser for Versions {
    type Value = LoadDefaults;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<LoadDefaults, clap::Error> {
        let version = StringValueParser::new().try_map(|text| {
            let version = text.parse();
            version.map_err(|_: Error| format!("write {}", candidates(&text)))
        });
        version.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let versions = LoadDefaults::ALL.iter();
        Some(Box::new(
            versions.map(|one| PossibleValue::new(one.to_string())),
        ))
    }
}

/// Returns the versions that an unknown one may stand for: those of its major version, else all.
fn candidates(text: &str) -> String {
    let major = text.trim().split('.').next().unwrap_or_default();
    let names = LoadDefaults::ALL.iter().map(ToString::to_string);
    let same: Vec<_> = names
        .filter(|name| name.split('.').next() == Some(major))
        .collect();
    match same.split_last() {
        None => format!("one of {}", versions()),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// Returns the names of all versions.
fn versions() -> String {
    let names = LoadDefaults::ALL.iter().map(ToString::to_string);
    names.collect::<Vec<_>>().join(", ")
}

fn cipher() -> impl TypedValueParser<Value = Cipher> {
    choice(each(Cipher::ALL, Cipher::name))
}

fn key_digest() -> impl TypedValueParser<Value = KeyDigest> {
    choice(each(KeyDigest::ALL, KeyDigest::name))
}

fn hmac_digest() -> impl TypedValueParser<Value = HmacDigest> {
    choice(each(HmacDigest::ALL, HmacDigest::name))
}

fn limit_rule() -> impl TypedValueParser<Value = SizeLimit> {
    choice(each(SizeLimit::ALL, SizeLimit::name))
}

/// Returns the parser of serializers: it also takes `json_allow_marshal`, the name of `hybrid` from
/// Rails 7.1 on.
fn serializer() -> impl TypedValueParser<Value = Serializer> {
    let mut names = each(Serializer::ALL, Serializer::name);
    names.push("json_allow_marshal");
    choice(names)
}

fn each<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| name(*one)).collect()
}

fn choice<T>(names: Vec<&'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = Error> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}

fn jar() -> impl TypedValueParser<Value = JarKind> {
    let kinds = [JarKind::Encrypted, JarKind::Signed];
    PossibleValuesParser::new(kinds.map(JarKind::name)).map(|name| {
        if name.eq_ignore_ascii_case(JarKind::Signed.name()) {
            JarKind::Signed
        } else {
            JarKind::Encrypted
        }
    })
}

fn boolean() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["true", "false"]).map(|name| name.eq_ignore_ascii_case("true"))
}
