//! [`IdForm`]: the form of a session's id that Rack or Rails makes.

use crate::hex;

/// The longest prefix of an id, in bytes.
const LONGEST_PREFIX: usize = 32;

/// The form of an id that Rack or Rails makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdForm {
    /// 32 hexadecimal digits, also after a prefix and a dash (GitLab's
    /// `session_cookie_token_prefix`).
    Rails,
    /// 64 hexadecimal digits.
    Rack,
    /// The private id (`Rack::Session::SessionId#private_id`), alone or at the end of a key.
    Private,
}

impl IdForm {
    pub(super) fn of(text: &str) -> Option<Self> {
        let is_hex = |text: &str| text.bytes().all(|byte| hex::value(byte).is_some());
        let is_before_a_key = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if let Some((before, digest)) = text.rsplit_once("2::") {
            let is_private = digest.len() == 64 && is_hex(digest) && is_before_a_key(before);
            return is_private.then_some(Self::Private);
        }
        let of_prefix =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        let (prefix, digits) = text.rsplit_once('-').unwrap_or(("", text));
        let has_prefix = digits.len() < text.len();
        let is_prefix = prefix.len() <= LONGEST_PREFIX && prefix.bytes().all(of_prefix);
        match digits.len() {
            32 if is_hex(digits) && is_prefix => Some(Self::Rails),
            64 if is_hex(digits) && !has_prefix => Some(Self::Rack),
            _ => None,
        }
    }
}

/// Tells where to look for the session of an id, if the app's files are not known.
pub(super) fn advice(form: Option<IdForm>) -> (String, String) {
    let looks = "if it is a session's, the session itself is on the server";
    let text = match form {
        Some(IdForm::Private) => {
            "it is the private id (2:: and a digest) under which Rack and Rails keep a session in \
             their store, on the server: no browser sends it; the cookie holds the public id"
                .to_owned()
        }
        Some(IdForm::Rails) => format!(
            "{looks}: it has the form of the ids of a Rails app whose session_store is :cache_store, \
             :redis_session_store, :redis_store or :active_record_store; PHP's may look so too"
        ),
        Some(IdForm::Rack) => format!(
            "{looks}: it has the form of the ids of Rack (Sinatra, Hanami, Roda), and of a Rails app \
             whose session_store comes from Rack"
        ),
        None => format!("{looks}, and its form is not that of Rails: PHP and Django have such ids"),
    };
    let action = match form {
        Some(IdForm::Private) => {
            "in Redis it is the key, or its end: 'redis-cli --raw get KEY | hardtack stored' shows \
             the session. In the cache (:cache_store) the key is the namespace, _session_id: and \
             the private id; in a table it stands in the column session_id"
        }
        Some(_) => {
            "look up config.session_store in the app, or give the app's directory (--rails-app \
             DIRECTORY). 'hardtack key --format FORMAT ID' prints the session's key: FORMAT is \
             rails-cache for :cache_store (with the cache's --namespace), rails-marshal for \
             redis-session-store (its key_prefix by --prefix) and redis-store (--namespace), \
             rails-row for :active_record_store. 'redis-cli --raw get KEY | hardtack stored' shows \
             the session"
        }
        None => "",
    };
    (text, action.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_by_their_form() {
        let id = "c5829f921fee456fdd2b54fc408dfc2e";
        let digest = "d27462508e96d31491a3a51d0ad8e06cd5bbcd201574c0ec6a195852c8ee2745";
        let cases = [
            (id.to_owned(), Some(IdForm::Rails)),
            (format!("cell-1-{id}"), Some(IdForm::Rails)),
            (format!("{id}{id}"), Some(IdForm::Rack)),
            (format!("2::{digest}"), Some(IdForm::Private)),
            (
                format!("shop:_session_id:2::{digest}"),
                Some(IdForm::Private),
            ),
            (format!("2::{digest}0"), None),
            (format!("2::{id}"), None),
            (id.to_uppercase(), None),
            (format!("{id}0"), None),
            (format!("Cell-{id}"), None),
            (format!("{}-{id}", "a".repeat(33)), None),
            (format!("a-{digest}"), None),
            (String::new(), None),
        ];
        for (text, form) in &cases {
            assert_eq!(IdForm::of(text), *form, "{text}");
        }
        assert_eq!(cases.len(), 13);
    }
}
