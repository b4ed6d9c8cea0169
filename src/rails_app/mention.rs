//! Finds the statements that set something for cookies, or seem to.

use super::ruby::statement::Walk;
use super::ruby::token::{Kind, Token};

/// Settings that are assigned.
const ASSIGNED: &[&str] = &[
    "cookies_serializer",
    "use_authenticated_cookie_encryption",
    "use_cookies_with_metadata",
    "authenticated_encrypted_cookie_salt",
    "encrypted_cookie_salt",
    "encrypted_signed_cookie_salt",
    "signed_cookie_salt",
    "key_generator_hash_digest_class",
    "signed_cookie_digest",
    "cookies_digest",
    "encrypted_cookie_cipher",
    "cookies_same_site_protection",
    "secret_key_base",
    "secret_token",
    "force_ssl",
    "ssl_options",
    "session_options",
    "read_encrypted_secrets",
];

/// Settings that are method calls.
const CALLED: &[&str] = &["load_defaults", "session_store", "cookies_rotations"];

/// Checks that a text has the name of any setting: another one makes none.
pub(super) fn names_any(text: &str) -> bool {
    let names = ASSIGNED
        .iter()
        .chain(CALLED)
        .chain(&["credentials", "CookieStore"]);
    names.clone().any(|name| text.contains(name))
}

/// Returns the setting that a statement sets or seems to set.
pub(super) fn mentioned(source: &str, walk: &Walk, tokens: &[Token]) -> Option<&'static str> {
    if let Some((path, rest)) = walk.path(tokens) {
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let assigns = rest.first().is_some_and(|next| next.text(source) == "=");
        match path.as_slice() {
            ["credentials", "content_path"] if assigns => return Some("credentials.content_path"),
            ["credentials", "key_path"] if assigns => return Some("credentials.key_path"),
            ["action_controller", "session" | "session_store"] if assigns => {
                return Some("session");
            }
            // Called on a local variable for `cookies_rotations`.
            ["action_dispatch", "cookies_rotations", _] => return Some("cookies_rotations"),
            ["middleware", "use"]
                if rest.iter().any(|token| token.text(source) == "CookieStore") =>
            {
                return Some("session_store");
            }
            _ => {}
        }
    }
    let has_equals = tokens.iter().any(|token| token.text(source) == "=");
    let mut before = None;
    tokens.iter().enumerate().find_map(|(index, token)| {
        let text = token.text(source);
        let next = tokens.get(index + 1);
        let assigns = |next: Option<&Token>| {
            next.is_some_and(|next| {
                let text = next.text(source);
                next.kind == Kind::Operator
                    && (["=", "||=", "&&=", "+=", "<<"].contains(&text)
                        // `a, b = 1, 2` assigns to both.
                        || text == "," && has_equals)
            })
        };
        let after_dot = before.replace(token).is_some_and(|before: &Token| {
            before.kind == Kind::Operator && [".", "&."].contains(&before.text(source))
        });
        let find = |names: &'static [&'static str], name: &str| {
            names.iter().copied().find(|known| *known == name)
        };
        match token.kind {
            Kind::Word if after_dot && assigns(next) => find(ASSIGNED, text).or(find(CALLED, text)),
            Kind::Word if after_dot => {
                let called = find(CALLED, text)?;
                // `config.session_store` without arguments only reads it.
                let asks = called == "session_store"
                    && next.is_none_or(|next| {
                        next.kind == Kind::Operator && next.text(source) != "("
                            || next.kind == Kind::Word && !is_constant(next.text(source))
                    });
                (!asks).then_some(called)
            }
            // `public_send(:name=, ..)` and `config[:name] = ..`.
            Kind::Symbol => {
                let name = text.strip_prefix(':')?;
                match name.strip_suffix('=') {
                    Some(name) => find(ASSIGNED, name),
                    None if assigns(tokens.get(index + 2)) => find(ASSIGNED, name),
                    None => None,
                }
            }
            _ => None,
        }
    })
}

/// Checks for a statement that sets the app's cache, or seems to: `config.cache_store = ..`,
/// `Rails.cache = ..`, `public_send(:cache_store=, ..)`.
///
/// It is not among [`mentioned`]: the cache matters for no cookie.
pub(super) fn sets_cache(source: &str, tokens: &[Token]) -> bool {
    let texts: Vec<_> = tokens.iter().map(|token| token.text(source)).collect();
    let assigns = |next: &str| ["=", "||=", "&&=", ","].contains(&next);
    let is_assigned = texts.windows(4).any(|texts| match texts {
        [_, ".", "cache_store", next]
        | ["Rails", ".", "cache", next]
        | ["[", ":cache_store", "]", next] => assigns(next),
        _ => false,
    });
    is_assigned || texts.contains(&":cache_store=")
}

fn is_constant(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}
