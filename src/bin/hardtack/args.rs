//! The options that say how cookies are sealed: made into a jar.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, ValueHint, value_parser};
use hardtack::{
    Attributes, Cipher, HmacDigest, Jar, KeyDigest, LimitRule, RailsVersion, Rotation,
    SecretKeyBase, Serializer, Settings,
};

use crate::secrets::{self, Short};

/// The heading of these options in the help.
const HEADING: &str = "How the app seals its cookies";

/// What the options are called: a command that reads under one set of settings and writes under
/// another has them twice, under two prefixes.
pub(crate) struct Names {
    name: &'static str,
    rails: &'static str,
    jar: &'static str,
    cipher: &'static str,
    key_digest: &'static str,
    hmac_digest: &'static str,
    serializer: &'static str,
    metadata: &'static str,
    secret_key_base_file: &'static str,
    allow_short_secret: &'static str,
}

macro_rules! names {
    ($prefix:literal) => {
        Names {
            name: concat!($prefix, "name"),
            rails: concat!($prefix, "rails"),
            jar: concat!($prefix, "jar"),
            cipher: concat!($prefix, "cipher"),
            key_digest: concat!($prefix, "key-digest"),
            hmac_digest: concat!($prefix, "hmac-digest"),
            serializer: concat!($prefix, "serializer"),
            metadata: concat!($prefix, "metadata"),
            secret_key_base_file: concat!($prefix, "secret-key-base-file"),
            allow_short_secret: concat!($prefix, "allow-short-secret"),
        }
    };
}

/// The names without a prefix.
pub(crate) const PLAIN: Names = names!("");

/// The options under these names.
pub(crate) fn args(names: &Names) -> Vec<Arg> {
    let args = vec![
        option(names.name, "NAME")
            .default_value("_session_id")
            .help("The cookie's name, which is sealed with its value"),
        option(names.rails, "VERSION").help(format!(
            "The app's load_defaults ({}); the options below override what it means [default: {}]",
            list(RailsVersion::ALL),
            RailsVersion::NEWEST
        )),
        choice(names.jar, "JAR", &["encrypted", "signed"]).help(
            "cookies.encrypted, which sessions are in as well, or cookies.signed \
             [default: encrypted]",
        ),
        choice(names.cipher, "CIPHER", &each(Cipher::ALL, Cipher::name)).help(
            "use_authenticated_cookie_encryption, as the cipher it chooses \
             [default: the version's]",
        ),
        choice(
            names.key_digest,
            "DIGEST",
            &each(KeyDigest::ALL, KeyDigest::name),
        )
        .help("key_generator_hash_digest_class: how keys are derived from the secret [default: the version's]"),
        choice(
            names.hmac_digest,
            "DIGEST",
            &each(HmacDigest::ALL, HmacDigest::name),
        )
        .help("signed_cookie_digest: how cookies.signed are signed [default: SHA1]"),
        choice(names.serializer, "FORMAT", &serializers())
            .help("cookies_serializer: how values are written and read [default: the version's]"),
        choice(names.metadata, "BOOL", &["true", "false"]).help(
            "use_cookies_with_metadata: seal the cookie's name with the value \
             [default: the version's]",
        ),
        option(names.secret_key_base_file, "FILE")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::FilePath)
            .action(ArgAction::Append)
            .help(
                "A file that holds a secret_key_base, verbatim save one final newline; of several \
                 files the first seals and all open [default: the environment variable \
                 SECRET_KEY_BASE]",
            ),
        Arg::new(names.allow_short_secret)
            .long(names.allow_short_secret)
            .action(ArgAction::SetTrue)
            .help("Take a secret of fewer than 30 characters"),
    ];
    let headed = args.into_iter().map(|arg| arg.help_heading(HEADING));
    headed.collect()
}

/// The option `--limit`, for what is written.
pub(crate) fn limit() -> Arg {
    choice("limit", "RULE", &each(LimitRule::ALL, LimitRule::name)).help(
        "What may not exceed 4096 bytes: name and value as sent, which is what browsers count \
         (strict), what the app's Rails counts (rails), or nothing (none) [default: strict]",
    )
}

fn option(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value)
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

/// What the options come to.
pub(crate) struct Cookies {
    pub(crate) jar: Jar,
    pub(crate) name: String,
}

impl Cookies {
    pub(crate) fn from(matches: &ArgMatches, names: &Names) -> Result<Self, String> {
        let name = text(matches, names.name).unwrap_or_default();
        let checked = attributes().check(name);
        checked.map_err(|error| format!("--{}: {error}", names.name))?;
        let settings = settings(matches, names)?;
        let signed = text(matches, names.jar).is_some_and(|jar| jar.eq_ignore_ascii_case("signed"));
        let (first, older) = secrets(matches, names)?;
        let jar = if signed {
            Jar::signed(&first, settings.clone())
        } else {
            Jar::encrypted(&first, settings.clone())
        };
        let older = older.iter().map(|secret| {
            if signed {
                Rotation::signed(secret, settings.clone())
            } else {
                Rotation::encrypted(secret, settings.clone())
            }
        });
        let jar = older.fold(jar, Jar::rotation);
        Ok(Self {
            jar,
            name: name.to_owned(),
        })
    }
}

/// The attributes of every cookie, of which only the value is printed. Secure, so that the names
/// `__Host-` and `__Secure-` may be sealed.
pub(crate) fn attributes() -> Attributes {
    Attributes::new().secure(true)
}

fn settings(matches: &ArgMatches, names: &Names) -> Result<Settings, String> {
    let version = parsed(matches, names.rails)?.unwrap_or(RailsVersion::NEWEST);
    let defaults = version.settings();
    Ok(Settings {
        cipher: parsed(matches, names.cipher)?.unwrap_or(defaults.cipher),
        key_digest: parsed(matches, names.key_digest)?.unwrap_or(defaults.key_digest),
        hmac_digest: parsed(matches, names.hmac_digest)?.unwrap_or(defaults.hmac_digest),
        serializer: parsed(matches, names.serializer)?.unwrap_or(defaults.serializer),
        metadata: text(matches, names.metadata).map_or(defaults.metadata, |value| {
            value.eq_ignore_ascii_case("true")
        }),
        limit: parsed(matches, "limit")?.unwrap_or(defaults.limit),
        ..defaults
    })
}

/// The first secret, which seals, and the others.
fn secrets(
    matches: &ArgMatches,
    names: &Names,
) -> Result<(SecretKeyBase, Vec<SecretKeyBase>), String> {
    let short = Short {
        allowed: matches.get_flag(names.allow_short_secret),
        option: names.allow_short_secret,
    };
    let file = |file: &PathBuf| secrets::from_file(file, short);
    let mut files = matches
        .get_many::<PathBuf>(names.secret_key_base_file)
        .unwrap_or_default();
    let first = match files.next() {
        Some(first) => file(first)?,
        None => secrets::from_environment(short).ok_or_else(|| {
            format!(
                "no secret: set the environment variable {}, or name a file with --{}",
                secrets::VARIABLE,
                names.secret_key_base_file
            )
        })??,
    };
    Ok((first, files.map(file).collect::<Result<_, _>>()?))
}

/// The value of an option; none where this command has no such option, too.
fn text<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    let value = matches.try_get_one::<String>(name).ok().flatten();
    value.map(String::as_str)
}

fn parsed<T: std::str::FromStr<Err = hardtack::Error>>(
    matches: &ArgMatches,
    name: &str,
) -> Result<Option<T>, String> {
    text(matches, name)
        .map(|value| value.parse().map_err(|error| format!("--{name}: {error}")))
        .transpose()
}
