//! Tells where the session is whose id a cookie holds.

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::id_form::IdForm;
use super::pasted::Pasted;
use super::the_app::TheApp;
use crate::shown::Shown;

const REDIS: &str = "Redis";
const SHOWS_REDIS: &str = "'redis-cli --raw get KEY | hardtack stored' shows the session";

/// The place of a cache's entries, and how to show one.
type Cache = (&'static str, &'static str, &'static str);

const CACHES: &[Cache] = &[
    ("redis_cache_store", REDIS, SHOWS_REDIS),
    (
        "mem_cache_store",
        "memcached",
        "'hardtack stored' shows the session from the entry's bytes",
    ),
    (
        "solid_cache_store",
        "Solid Cache, in the table solid_cache_entries",
        "'hardtack stored' shows the session from the bytes of the column value",
    ),
    (
        "file_store",
        "the cache's directory (tmp/cache, if the app names no other), where the name of a file \
         is the key, escaped",
        "'hardtack stored FILE' shows the session",
    ),
];

/// The way to a session in its store.
struct Way<'a> {
    place: &'a str,
    /// The option `--format` of `hardtack key`.
    format: &'a str,
    /// The option that takes the text before the id, and the text, if it is known.
    before: Option<(&'a str, Option<&'a str>)>,
    /// The text between that and the id.
    middle: &'a str,
    shows: &'a str,
}

impl Way<'_> {
    /// Writes what to do with a private id, or with a public one.
    fn action(&self, form: IdForm) -> String {
        let Self {
            place,
            format,
            before,
            middle,
            shows,
        } = self;
        let id = match form {
            IdForm::Private => "this private id",
            _ => "the private id (2:: and the SHA-256 of the id)",
        };
        let (key, option) = match before {
            None => (format!("is {id}"), String::new()),
            Some((_, Some(""))) => (format!("is {middle}, then {id}"), String::new()),
            Some((option, Some(text))) if let Some(word) = word(text) => {
                let text = Shown::new(text).whole();
                (
                    format!("is {text}{middle}, then {id}"),
                    format!(" --{option} {word}"),
                )
            }
            Some((option, _)) => (
                format!(
                    "ends in {middle}{}{id}, and what the app puts before it cannot be read from \
                     its files (TEXT)",
                    if middle.is_empty() { "" } else { ", then " },
                ),
                format!(" --{option} TEXT"),
            ),
        };
        let key = key.replace("is , then ", "is ");
        let prints = match form {
            IdForm::Private => String::new(),
            _ => format!(
                ", which 'hardtack key --format {format}{option} ID' prints first (what it \
                 prints second is the key before Rack 2.0.8)"
            ),
        };
        format!("look in {place}: the key {key}{prints}; {shows}")
    }
}

/// Writes a text as a word of a shell; `None` if it has characters that need care.
fn word(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/-".contains(&byte);
    let is_quotable = |byte: u8| byte == b' ' || byte.is_ascii_graphic() && byte != b'\'';
    if text.bytes().all(is_plain) {
        Some(text.to_owned())
    } else {
        text.bytes().all(is_quotable).then(|| format!("'{text}'"))
    }
}

impl Doctor {
    /// Returns the cause of a cookie with an id of this form, if the app's files say where its
    /// sessions are.
    pub(super) fn of_stored_id(&self, form: IdForm, cookie: &Pasted<'_>) -> Option<Cause> {
        let is_apps = cookie.name.is_none() || cookie.name == self.cookie_name.as_deref();
        let app = self.the_app.as_ref().filter(|_| is_apps)?;
        if app.store.as_deref() == Some("cookie_store") && form != IdForm::Private {
            let text = "the app keeps its sessions in the cookie itself (cookie_store), and this \
                        cookie has only the id of a session on a server: it is from before \
                        session_store was changed, or of another app";
            let action = "drop it: Rails takes it for no session, and begins a new one";
            return Some(Cause::new(CauseKind::OtherStore, text).with_action(action));
        }
        let store = app.server_store()?;
        let shown = Shown::new(store);
        let text = match form {
            IdForm::Private => format!(
                "it is the private id of a session, under which the app's store ({shown}) has it: \
                 no browser sends it, and the cookie has the public id"
            ),
            _ => format!(
                "the app keeps its sessions on a server ({shown}), and the cookie has only an id"
            ),
        };
        Some(Cause::new(CauseKind::NotRails, text).with_action(app.way(store, form)))
    }
}

impl TheApp {
    /// Tells how to find a session in this store.
    fn way(&self, store: &str, form: IdForm) -> String {
        let before = self.before.as_deref();
        let way = match store {
            "cache_store" | "ActionDispatch::Session::CacheStore" => {
                return self.way_in_cache(form);
            }
            "redis_session_store" | "RedisSessionStore" => Way {
                place: REDIS,
                format: "rails-marshal",
                before: Some(("prefix", before)),
                middle: "",
                shows: SHOWS_REDIS,
            },
            "redis_store" | "ActionDispatch::Session::RedisStore" => Way {
                place: REDIS,
                format: "rails-marshal",
                before: Some(("namespace", before)),
                middle: if before == Some("") { "" } else { ":" },
                shows: SHOWS_REDIS,
            },
            "mem_cache_store"
            | "dalli_store"
            | "ActionDispatch::Session::MemCacheStore"
            | "ActionDispatch::Session::DalliStore" => Way {
                place: "memcached",
                format: "rails-marshal",
                before: Some(("namespace", before)),
                middle: if before == Some("") { "" } else { ":" },
                shows: "'hardtack stored' shows the session from the entry's bytes",
            },
            "active_record_store"
            | "ActionDispatch::Session::ActiveRecordStore"
            | "ActiveRecord::SessionStore" => Way {
                place: "the table sessions, by its column session_id",
                format: "rails-row",
                before: None,
                middle: "",
                shows: "'hardtack stored' shows the session from the column data",
            },
            _ => return "look in that store, under the id or a digest of it".to_owned(),
        };
        way.action(form)
    }

    fn way_in_cache(&self, form: IdForm) -> String {
        let cache = self.cache.as_deref();
        match cache {
            Some("null_store") => {
                return "set another config.cache_store: :null_store keeps nothing, so that every \
                        request begins a new session"
                    .to_owned();
            }
            Some("memory_store") => {
                return "ask the app itself, in the process that made the session: \
                        config.cache_store is :memory_store, which no other process reads"
                    .to_owned();
            }
            _ => {}
        }
        let known = CACHES.iter().find(|(name, ..)| cache == Some(name));
        let (place, shows) = match known {
            Some((_, place, shows)) => (*place, *shows),
            None => (
                "the cache that the app names (config.cache_store)",
                "'hardtack stored' shows the session from the entry's bytes",
            ),
        };
        let before = self.before.as_deref();
        // Solid Cache takes its namespace from config/cache.yml.
        let before = before.filter(|_| known.is_some() && cache != Some("solid_cache_store"));
        let has_namespace = before.is_some_and(|before| !before.is_empty());
        let way = Way {
            place,
            format: "rails-cache",
            before: Some(("namespace", before)),
            middle: if has_namespace {
                ":_session_id:"
            } else {
                "_session_id:"
            },
            shows,
        };
        way.action(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_a_word_only_if_it_stays_itself() {
        assert_eq!(word("shop:v1").as_deref(), Some("shop:v1"));
        assert_eq!(word("my shop").as_deref(), Some("'my shop'"));
        assert_eq!(word("it's"), None);
        assert_eq!(word("a\nb"), None);
    }
}
