//! `hardtack key`: tells under which keys a store has the session of a cookie.

#![expect(
    clippy::doc_markdown,
    reason = "the doc comments of options are their help"
)]

use std::ffi::OsString;

use clap::Args;
use hardtack::Refusal;
use hardtack::headers::unescape;
use hardtack::php::PhpSessions;
use hardtack::stores::{
    CacheFormatVersion, RailsCache, SessionFormat, StoredHash, StoredSessionFormat,
};

use crate::args::help;
use crate::input;
use crate::lines::{self, Answer, Failure};
use crate::node;
use crate::stored::formats;

#[derive(Args)]
#[command(
    after_help = help(include_str!("help/key-short.txt")),
    after_long_help = help(include_str!("help/key.txt"))
)]
pub(crate) struct Key {
    /// The cookies; without any, one a line from standard input
    ///
    /// A line has at most 1 MiB.
    #[arg(value_name = "COOKIE")]
    values: Vec<OsString>,

    /// The format in which the sessions are stored
    #[arg(long, ignore_case = true, value_parser = formats())]
    format: StoredSessionFormat,

    /// The cookie's name [default: _session_id; of express connect.sid]
    #[arg(long)]
    name: Option<String>,

    /// The cache's namespace, or redis-store's: it stands first, with a colon
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    namespace: String,

    /// The text before the id [default: _session_id: for rails-cache, sess: for express, else none]
    ///
    /// The key_prefix of redis-session-store; session:gitlab: for GitLab; rack:session: for Dalli;
    /// PHPREDIS_SESSION: for phpredis; memc.sess.key. for PHP's memcached; the prefix of
    /// connect-redis. Of Express' other stores it is empty.
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,

    /// The text before the digits of the app's ids
    ///
    /// GitLab's session_cookie_token_prefix and a dash.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    id_prefix: String,

    /// Print one JSON object a line for each cookie, in order, errors included
    #[arg(long)]
    jsonl: bool,
}

pub(crate) fn run(options: &Key) -> Result<u8, String> {
    if options.format == StoredSessionFormat::Express {
        return lines::each(&options.values, options.jsonl, |line| {
            options.of_express(line)
        });
    }
    let format = options.format();
    let name = options.name.as_deref().unwrap_or("_session_id");
    lines::each(&options.values, options.jsonl, |line| {
        let value = input::value(line, name, "")?;
        let id = format.id_of_cookie(&unescape(value));
        let keys = format.keys(&id.ok_or_else(|| options.no_id())?);
        Ok(answer(&keys))
    })
}

fn answer(keys: &[String]) -> Answer {
    let json = serde_json::json!({ "keys": keys });
    Answer {
        text: keys.join("\n"),
        json: json.to_string(),
    }
}

impl Key {
    fn format(&self) -> Box<dyn SessionFormat> {
        let namespace = &*self.namespace;
        if self.format == StoredSessionFormat::RailsCache {
            let mut cache = RailsCache::new(CacheFormatVersion::V7_1)
                .namespace(namespace)
                .id_prefix(&*self.id_prefix);
            if let Some(prefix) = &self.prefix {
                cache = cache.key_prefix(prefix);
            }
            return Box::new(cache);
        }
        if self.is_php() {
            let prefix = self.prefix.clone().unwrap_or_default();
            return Box::new(PhpSessions::new().key_prefix(prefix));
        }
        let colon = if namespace.is_empty() { "" } else { ":" };
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let hash = StoredHash::redis_session_store().id_prefix(&*self.id_prefix);
        Box::new(hash.key_prefix(format!("{namespace}{colon}{prefix}")))
    }
}

impl Key {
    /// Answers with the key of Express. The signature needs a secret, and is not verified.
    fn of_express(&self, line: &[u8]) -> Result<Answer, Failure> {
        let name = self.name.as_deref().unwrap_or("connect.sid");
        let value = input::value(line, name, "")?;
        let id = node::decoded(value).and_then(|text| node::id_of(&text).map(str::to_owned));
        let id = id.ok_or_else(|| Failure {
            reason: Refusal::Malformed,
            detail:
                "not a cookie of express-session, which is s:, an id, a dot and a signature, nor \
                     an id of 32 characters"
                    .to_owned(),
        })?;
        let prefix = self.prefix.as_deref().unwrap_or("sess:");
        Ok(answer(&[format!("{}{prefix}{id}", self.namespace)]))
    }

    fn is_php(&self) -> bool {
        matches!(
            self.format,
            StoredSessionFormat::Php
                | StoredSessionFormat::PhpBinary
                | StoredSessionFormat::PhpSerialize
        )
    }

    fn no_id(&self) -> Failure {
        let detail = if self.is_php() {
            "not a session's id of PHP, which has 1 to 256 of the characters A-Z, a-z, 0-9, '-' and ','"
        } else {
            "not a session's id, which has 32 to 64 hexadecimal digits in lower case; a cookie \
             that holds the session itself is for 'hardtack open'"
        };
        Failure {
            reason: Refusal::Malformed,
            detail: detail.to_owned(),
        }
    }
}
