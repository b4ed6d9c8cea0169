//! The options that say how cookies are sealed.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, ValueHint, value_parser};
use hardtack::{Cipher, HmacDigest, KeyDigest, LimitRule, RailsVersion, Serializer};

/// Which secrets count, told in the help of every command that takes them.
pub(crate) const SECRETS: &str = "\
Secrets come from files or from the environment, never from an argument:
  Rails 2.3 to 3.2  the secret_token, which signs: --secret-token-file or else
                    SECRET_TOKEN. A secret_key_base does not count.
  Rails 4.0 to 5.2  the secret_key_base: --secret-key-base-file or SECRET_KEY_BASE.
                    A secret_token (--secret-token-file or SECRET_TOKEN) opens
                    what Rails 3 signed; without a secret_key_base it signs.
                    Files of either kind stand in for both variables.
  Rails 6.0 on      the secret_key_base: --secret-key-base-file or else
                    SECRET_KEY_BASE. The tokens of --secret-token-file open what
                    Rails 3 signed; SECRET_TOKEN does not count.
With --rails-app they are looked for where that app's Rails does (SECRET_KEY_BASE,
credentials with RAILS_MASTER_KEY or a key file, secrets.yml), unless a file is
named.

";

/// What the options are called: a command that reads under one set of settings and writes under
/// another has them twice, under two prefixes.
pub(crate) struct Names {
    /// Of these options in the help.
    heading: &'static str,
    /// Whether they say how cookies were sealed before, and default to what the others say.
    before: bool,
    pub(crate) name: &'static str,
    pub(crate) rails_app: &'static str,
    pub(crate) rails_env: &'static str,
    pub(crate) rails: &'static str,
    pub(crate) jar: &'static str,
    pub(crate) cipher: &'static str,
    pub(crate) key_digest: &'static str,
    pub(crate) hmac_digest: &'static str,
    pub(crate) serializer: &'static str,
    pub(crate) metadata: &'static str,
    pub(crate) secret_key_base_file: &'static str,
    pub(crate) secret_token_file: &'static str,
    pub(crate) allow_short_secret: &'static str,
}

macro_rules! names {
    ($heading:literal, before: $before:literal, $prefix:literal) => {
        Names {
            heading: $heading,
            before: $before,
            name: concat!($prefix, "name"),
            rails_app: concat!($prefix, "rails-app"),
            rails_env: concat!($prefix, "rails-env"),
            rails: concat!($prefix, "rails"),
            jar: concat!($prefix, "jar"),
            cipher: concat!($prefix, "cipher"),
            key_digest: concat!($prefix, "key-digest"),
            hmac_digest: concat!($prefix, "hmac-digest"),
            serializer: concat!($prefix, "serializer"),
            metadata: concat!($prefix, "metadata"),
            secret_key_base_file: concat!($prefix, "secret-key-base-file"),
            secret_token_file: concat!($prefix, "secret-token-file"),
            allow_short_secret: concat!($prefix, "allow-short-secret"),
        }
    };
}

/// The names without a prefix.
pub(crate) const PLAIN: &Names = &names!("How the app seals its cookies", before: false, "");

/// The names of what held before.
pub(crate) const FROM: &Names = &names!("How the cookies were sealed", before: true, "from-");

/// A Rails app's directory.
pub(crate) fn rails_app(names: &Names) -> Arg {
    option(names.rails_app, "DIR")
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::DirPath)
        .help(if names.before {
            "The Rails app that sealed them: as --rails-app, for what held before"
        } else {
            "A Rails app's directory, which tells the secret, the settings and the session's name; \
             the options here override what it says, and --rails all of its settings. No Ruby is \
             run: what is not plain in its files is told"
        })
}

/// The environment of that app.
pub(crate) fn rails_env(names: &Names) -> Arg {
    option(names.rails_env, "ENV")
        .requires(names.rails_app)
        .help("The app's environment [default: RAILS_ENV, else RACK_ENV, else production]")
}

/// The options under these names.
pub(crate) fn args(names: &Names) -> Vec<Arg> {
    let name = option(names.name, "NAME");
    let args = vec![
        if names.before {
            name.help("The name that the cookies had [default: --name's]")
        } else {
            name.help(
                "The cookie's name, which is sealed with its value [default: _session_id; with \
                 --rails-app, the session's]",
            )
        },
        rails_app(names),
        rails_env(names),
        option(names.rails, "VERSION").help(rails(names)),
        choice(names.jar, "JAR", &["encrypted", "signed"]).help(format!(
            "cookies.encrypted, which sessions are in as well, or cookies.signed [default: {}; \
             signed where a secret_token is all there is]",
            if names.before { "--jar's" } else { "encrypted" }
        )),
        choice(names.cipher, "CIPHER", &each(Cipher::ALL, Cipher::name)).help(format!(
            "use_authenticated_cookie_encryption, as the cipher it chooses {}",
            default(names, "--cipher's")
        )),
        choice(
            names.key_digest,
            "DIGEST",
            &each(KeyDigest::ALL, KeyDigest::name),
        )
        .help(format!(
            "key_generator_hash_digest_class: how keys are derived from the secret {}",
            default(names, "--key-digest's")
        )),
        choice(
            names.hmac_digest,
            "DIGEST",
            &each(HmacDigest::ALL, HmacDigest::name),
        )
        .help(format!(
            "signed_cookie_digest (up to Rails 5.1 cookies_digest, in 2.3 the session's :digest): \
             how cookies.signed, and CBC cookies up to Rails 5.1, are signed {}",
            if names.before {
                "[default: --hmac-digest's; with --from-rails, SHA1]"
            } else {
                "[default: SHA1]"
            }
        )),
        choice(names.serializer, "FORMAT", &serializers()).help(format!(
            "cookies_serializer: how values are written, and whether Marshal may be read {}",
            default(names, "--serializer's")
        )),
        choice(names.metadata, "BOOL", &["true", "false"]).help(format!(
            "use_cookies_with_metadata: seal the cookie's name with the value {}",
            default(names, "--metadata's")
        )),
        file(names.secret_key_base_file).help(if names.before {
            "A file that holds a secret_key_base of before; any number of them [default: without \
             --from-secret-token-file either, the secrets that seal]"
        } else {
            "A file that holds a secret_key_base, verbatim save one final newline; of several \
             files the first seals and all open [default: the environment variable \
             SECRET_KEY_BASE]"
        }),
        file(names.secret_token_file).help(if names.before {
            "The same for a secret_token; with Rails 4.0 and later it opens what Rails 3 signed"
        } else {
            "The same for a secret_token (in Rails 2.3 the session's :secret); with Rails 4.0 and \
             later it opens what Rails 3 signed, in Marshal unless --serializer is given \
             [default: up to Rails 5.2, the environment variable SECRET_TOKEN]"
        }),
        Arg::new(names.allow_short_secret)
            .long(names.allow_short_secret)
            .action(ArgAction::SetTrue)
            .help("Take a secret of fewer than 30 characters"),
    ];
    let headed = args.into_iter().map(|arg| arg.help_heading(names.heading));
    headed.collect()
}

fn rails(names: &Names) -> String {
    if names.before {
        return "The app's load_defaults then; what no other --from- option says is this version's \
                [default: --rails', and all else as in the settings that seal]"
            .to_owned();
    }
    format!(
        "The app's load_defaults ({}; before 5.1 its version); the options below override what it \
         means [default: {}]",
        list(RailsVersion::ALL),
        RailsVersion::NEWEST
    )
}

/// The default of an option that a version decides.
fn default(names: &Names, plain: &str) -> String {
    if names.before {
        format!("[default: {plain}; with --from-rails, that version's]")
    } else {
        "[default: the version's]".to_owned()
    }
}

/// The option `--limit`, for what is written.
pub(crate) fn limit() -> Arg {
    choice("limit", "RULE", &each(LimitRule::ALL, LimitRule::name)).help(
        "What may not exceed 4096 bytes: name and value as sent, which is what browsers count \
         (strict), what the app's Rails counts (rails), or nothing (none) [default: strict]",
    )
}

pub(crate) fn option(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value)
}

pub(crate) fn file(name: &'static str) -> Arg {
    option(name, "FILE")
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::FilePath)
        .action(ArgAction::Append)
}

fn choice(name: &'static str, value: &'static str, values: &[&'static str]) -> Arg {
    option(name, value)
        .value_parser(PossibleValuesParser::new(values.to_vec()))
        .ignore_case(true)
}

fn each<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| name(*one)).collect()
}

fn list<T: ToString>(all: &[T]) -> String {
    let all: Vec<_> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}

/// The serializers by their names, and Rails 7.1's newer name of `hybrid`.
fn serializers() -> Vec<&'static str> {
    let mut names = each(Serializer::ALL, Serializer::name);
    names.push("json_allow_marshal");
    names
}

/// The value of an option; none where this command has no such option, too.
pub(crate) fn text<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    let value = matches.try_get_one::<String>(name).ok().flatten();
    value.map(String::as_str)
}

/// The value of an option, read.
pub(crate) fn parsed<T: std::str::FromStr<Err = hardtack::Error>>(
    matches: &ArgMatches,
    name: &str,
) -> Result<Option<T>, String> {
    text(matches, name)
        .map(|value| value.parse().map_err(|error| format!("--{name}: {error}")))
        .transpose()
}
