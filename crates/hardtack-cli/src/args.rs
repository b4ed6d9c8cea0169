//! The options that say how cookies are sealed.
//!
//! Options that several commands share have no doc comment on their struct: clap would take it for
//! the help of the command.

#![expect(
    clippy::doc_markdown,
    reason = "the doc comments of options are their help"
)]

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use hardtack::message::JarKind;
use hardtack::settings::{Cipher, HmacDigest, KeyDigest, SizeLimit};
use hardtack::{Error, LoadDefaults, Serializer, Settings};

/// Over the options of [`Sealing`] in the help.
pub(crate) const SEALING: &str = "How the app seals its cookies";

/// Over the options of [`SealedBefore`] in the help.
pub(crate) const SEALED_BEFORE: &str = "How the cookies were sealed";

#[derive(Args)]
pub(crate) struct AppOptions {
    /// A Rails app's directory, which tells the secret, the settings and the session's name; the
    /// options here override what it says, and --rails all of its settings. No Ruby is run: what is
    /// not plain in its files is told
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) rails_app: Option<PathBuf>,

    /// The app's environment [default: RAILS_ENV, else RACK_ENV, else production]
    #[arg(long, value_name = "ENV", requires = "rails_app")]
    pub(crate) rails_env: Option<String>,
}

#[derive(Args)]
pub(crate) struct Sealing {
    /// The start of these options' names.
    #[arg(skip)]
    pub(crate) prefix: &'static str,

    /// The cookie's name, which is sealed with its value [default: _session_id; with --rails-app,
    /// the session's]
    #[arg(long)]
    pub(crate) name: Option<String>,

    #[command(flatten)]
    pub(crate) app: AppOptions,

    #[arg(
        long,
        value_name = "VERSION",
        help = format!(
            "The app's load_defaults ({}; before 5.1 its version); the options below override what \
             it means [default: {}]",
            LoadDefaults::ALL.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            LoadDefaults::NEWEST
        )
    )]
    pub(crate) rails: Option<String>,

    /// cookies.encrypted, which sessions are in as well, or cookies.signed [default: encrypted;
    /// signed where a secret_token is all there is]
    #[arg(long, ignore_case = true, value_parser = jar())]
    pub(crate) jar: Option<JarKind>,

    /// use_authenticated_cookie_encryption, as the cipher it chooses [default: the version's]
    #[arg(long, ignore_case = true, value_parser = cipher())]
    pub(crate) cipher: Option<Cipher>,

    /// key_generator_hash_digest_class: how keys are derived from the secret [default: the
    /// version's]
    #[arg(long, value_name = "DIGEST", ignore_case = true, value_parser = key_digest())]
    pub(crate) key_digest: Option<KeyDigest>,

    /// signed_cookie_digest (up to Rails 5.1 cookies_digest, in 2.3 the session's :digest): how
    /// cookies.signed, and CBC cookies up to Rails 5.1, are signed [default: SHA1]
    #[arg(long, value_name = "DIGEST", ignore_case = true, value_parser = hmac_digest())]
    pub(crate) hmac_digest: Option<HmacDigest>,

    /// cookies_serializer: how values are written, and whether Marshal may be read [default: the
    /// version's]
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = serializer())]
    pub(crate) serializer: Option<Serializer>,

    /// use_cookies_with_metadata: seal the cookie's name with the value [default: the version's]
    #[arg(long, value_name = "BOOL", ignore_case = true, value_parser = boolean())]
    pub(crate) metadata: Option<bool>,

    /// A file that holds a secret_key_base, verbatim save one final newline; of several files the
    /// first seals and all open [default: the environment variable SECRET_KEY_BASE]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secret_key_base_file: Vec<PathBuf>,

    /// The same for a secret_token (in Rails 2.3 the session's :secret); with Rails 4.0 and later
    /// it opens what Rails 3 signed, in Marshal unless --serializer is given [default: up to Rails
    /// 5.2, the environment variable SECRET_TOKEN]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secret_token_file: Vec<PathBuf>,

    /// Take a secret of fewer than 30 characters
    #[arg(long)]
    pub(crate) allow_short_secret: bool,
}

#[derive(Args)]
#[expect(clippy::struct_field_names, reason = "so the options are called")]
pub(crate) struct SealedBefore {
    /// The name that the cookies had [default: --name's]
    #[arg(long, value_name = "NAME")]
    from_name: Option<String>,

    /// The Rails app that sealed them: as --rails-app, for what held before
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    from_rails_app: Option<PathBuf>,

    /// The app's environment [default: RAILS_ENV, else RACK_ENV, else production]
    #[arg(long, value_name = "ENV", requires = "from_rails_app")]
    from_rails_env: Option<String>,

    /// The app's load_defaults then; what no other --from- option says is this version's [default:
    /// --rails', and all else as in the settings that seal]
    #[arg(long, value_name = "VERSION")]
    from_rails: Option<String>,

    /// cookies.encrypted, which sessions are in as well, or cookies.signed [default: --jar's;
    /// signed where a secret_token is all there is]
    #[arg(long, value_name = "JAR", ignore_case = true, value_parser = jar())]
    from_jar: Option<JarKind>,

    /// use_authenticated_cookie_encryption, as the cipher it chooses [default: --cipher's; with
    /// --from-rails, that version's]
    #[arg(long, value_name = "CIPHER", ignore_case = true, value_parser = cipher())]
    from_cipher: Option<Cipher>,

    /// key_generator_hash_digest_class: how keys are derived from the secret [default:
    /// --key-digest's; with --from-rails, that version's]
    #[arg(long, value_name = "DIGEST", ignore_case = true, value_parser = key_digest())]
    from_key_digest: Option<KeyDigest>,

    /// signed_cookie_digest (up to Rails 5.1 cookies_digest, in 2.3 the session's :digest): how
    /// cookies.signed, and CBC cookies up to Rails 5.1, are signed [default: --hmac-digest's; with
    /// --from-rails, SHA1]
    #[arg(long, value_name = "DIGEST", ignore_case = true, value_parser = hmac_digest())]
    from_hmac_digest: Option<HmacDigest>,

    /// cookies_serializer: how values are written, and whether Marshal may be read [default:
    /// --serializer's; with --from-rails, that version's]
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = serializer())]
    from_serializer: Option<Serializer>,

    /// use_cookies_with_metadata: seal the cookie's name with the value [default: --metadata's;
    /// with --from-rails, that version's]
    #[arg(long, value_name = "BOOL", ignore_case = true, value_parser = boolean())]
    from_metadata: Option<bool>,

    /// A file that holds a secret_key_base of before; any number of them [default: without
    /// --from-secret-token-file either, the secrets that seal]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from_secret_key_base_file: Vec<PathBuf>,

    /// The same for a secret_token; with Rails 4.0 and later it opens what Rails 3 signed
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from_secret_token_file: Vec<PathBuf>,

    /// Take a secret of fewer than 30 characters
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
    /// These settings, save what the options say.
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
    /// What may not exceed 4096 bytes: name and value as sent, which is what browsers count
    /// (strict), what the app's Rails counts (rails), or nothing (none) [default: strict]
    #[arg(long, value_name = "RULE", ignore_case = true, value_parser = limit_rule())]
    pub(crate) limit: Option<SizeLimit>,
}

/// The help of a command, with what several commands have in common.
pub(crate) fn help(text: &str) -> String {
    let text = text.replace("{SECRETS}", include_str!("help/secrets.txt").trim_end());
    let text = text.replace("{SOURCES}", include_str!("help/sources.txt").trim_end());
    text.trim_end().to_owned()
}

/// The version that the option `--{prefix}rails` names.
pub(crate) fn version(prefix: &str, rails: Option<&str>) -> Result<Option<LoadDefaults>, String> {
    let version = rails.map(str::parse).transpose();
    version.map_err(|error: Error| format!("--{prefix}rails: {error}"))
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

/// The serializers by their names, and Rails 7.1's newer name of `hybrid`.
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
