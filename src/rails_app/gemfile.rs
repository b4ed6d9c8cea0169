//! Finds the Rails version that an app asks for, where Bundler has not locked one.

use std::path::Path;

use zeroize::Zeroizing;

use super::ruby::Source;
use super::ruby::literal::{Argument, Literal};
use super::ruby::statement::Reach;
use super::ruby::token::Kind;
use super::runtime::Runtime;

/// Returns the version in a `Gemfile`: `7.1.5` of `gem "rails", "7.1.5"`, and `7.1` of
/// `"~> 7.1.3"`, which allows any release of 7.1 from then on. `None` for a requirement that allows
/// several such versions.
pub(super) fn rails_version(gemfile: Zeroizing<String>) -> Option<String> {
    let mut versions = Vec::new();
    let source = Source::parse(gemfile).ok()?;
    let runtime = Runtime {
        root: Path::new("/").to_owned(),
        environment: String::new(),
        rails: None,
    };
    let mut walk = source.walk(Path::new("/Gemfile"), &runtime);
    while let Some(statement) = walk.next() {
        let [gem, arguments @ ..] = statement.tokens.as_slice() else {
            continue;
        };
        if !gem.is(source.text(), Kind::Word, "gem") {
            continue;
        }
        let mut arguments = walk.scope().arguments(arguments).into_iter();
        let is_rails = matches!(
            arguments.next(),
            Some(Argument::Positional(Some(Literal::Text(name)))) if *name == "rails"
        );
        if !is_rails {
            continue;
        }
        // The app may run on another one.
        if statement.reach != Reach::Runs {
            return None;
        }
        versions.extend(arguments.filter_map(|argument| match argument {
            Argument::Positional(Some(Literal::Text(requirement))) => version(&requirement),
            _ => None,
        }));
    }
    let first = versions.first()?;
    let same = versions.iter().all(|version| version == first);
    same.then(|| first.clone())
}

/// Returns the only version that a requirement allows, as far as cookies depend on it.
fn version(requirement: &str) -> Option<String> {
    let requirement = requirement.trim();
    let exact = requirement.strip_prefix('=').unwrap_or(requirement).trim();
    let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    if is_number(exact) {
        return Some(exact.to_owned());
    }
    let version = requirement.strip_prefix("~>")?.trim();
    let mut parts = version.split('.');
    let (major, minor, _patch) = (parts.next()?, parts.next()?, parts.next()?);
    is_number(major).then(|| format!("{major}.{minor}"))
}

/// Returns the version in Rails 2.3's `config/environment.rb`: `RAILS_GEM_VERSION = "2.3.18"`.
pub(super) fn rails_gem_version(environment: Zeroizing<String>) -> Option<String> {
    let source = Source::parse(environment).ok()?;
    let runtime = Runtime {
        root: Path::new("/").to_owned(),
        environment: String::new(),
        rails: None,
    };
    let mut walk = source.walk(Path::new("/config/environment.rb"), &runtime);
    while let Some(statement) = walk.next() {
        // `unless defined? RAILS_GEM_VERSION` follows.
        let [name, equals, version, ..] = statement.tokens.as_slice() else {
            continue;
        };
        if name.text(source.text()) == "RAILS_GEM_VERSION"
            && equals.is(source.text(), Kind::Operator, "=")
            && let Some(Literal::Text(version)) = walk.scope().literal(&[*version])
        {
            return Some(version.to_string());
        }
    }
    None
}
