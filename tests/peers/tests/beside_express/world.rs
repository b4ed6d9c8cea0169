//! [`Server`]: keeps the sessions; [`Apps`]: both apps behind one origin.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use hardtack::ServerSessions;
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::{SessionFormat, SqlDatabase, StoredJson, TableLayout};
use hardtack::tower::SessionLayer;
use hardtack_peers::{Nginx, Node, PostgresServer, RedisServer, Response, get, post};
use hardtack_redis::RedisStore;
use hardtack_sqlx::SqlStore;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::rust_app;

/// The name of the session's cookie.
pub(crate) const NAME: &str = "connect.sid";

/// A limit that a busy machine does not reach.
const LIMIT: Duration = Duration::from_secs(20);

/// An app that a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum App {
    Express,
    Rust,
}

impl App {
    pub(crate) const BOTH: [Self; 2] = [Self::Express, Self::Rust];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Express => Self::Rust,
            Self::Rust => Self::Express,
        }
    }

    /// Returns the path of one of its pages.
    pub(crate) fn path(self, page: &str) -> String {
        match self {
            Self::Express => format!("/{page}"),
            Self::Rust => format!("/rust/{page}"),
        }
    }
}

/// The life of a session: express-session's `rolling` and `cookie.maxAge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// The cookie ends with the browser, and the entry a day after the last request.
    OfTheBrowser,
    /// The entry ends an hour after the last request, and the cookie an hour after the last change.
    Hour,
    /// Both end an hour after the last request.
    RollingHour,
}

impl Life {
    pub(crate) const ALL: [Self; 3] = [Self::OfTheBrowser, Self::Hour, Self::RollingHour];

    /// Returns the seconds for which the store keeps a session.
    pub(crate) fn seconds(self) -> i64 {
        match self {
            Self::OfTheBrowser => 86_400,
            Self::Hour | Self::RollingHour => 3_600,
        }
    }

    /// Sets the options in the format of the Rust app.
    fn set(self, format: ExpressSession) -> ExpressSession {
        match self {
            Self::OfTheBrowser | Self::Hour => format.max_age(self.max_age()),
            Self::RollingHour => format.rolling().max_age(self.max_age()),
        }
    }

    /// Returns the time after which the browser drops the cookie.
    fn max_age(self) -> Option<Duration> {
        (self != Self::OfTheBrowser).then(|| Duration::from_hours(1))
    }
}

/// A server that keeps the sessions of both apps.
pub(crate) enum Server {
    /// With connect-redis.
    Redis(RedisServer),
    /// With connect-pg-simple.
    Postgres(PostgresServer),
}

/// The time zone of the Postgres server, and so of Node's connections.
const ZONE: &str = "Europe/Berlin";

impl Server {
    pub(crate) fn all() -> Vec<Self> {
        let postgres = PostgresServer::start(&["-c", &format!("timezone={ZONE}")]);
        let table = Node::packages().join("node_modules/connect-pg-simple/table.sql");
        let table = fs::read_to_string(table).expect("the package's table");
        postgres.query(&table);
        vec![
            Self::Redis(RedisServer::start(&[])),
            Self::Postgres(postgres),
        ]
    }

    fn url(&self) -> String {
        match self {
            Self::Redis(redis) => redis.url(),
            Self::Postgres(postgres) => postgres.url(),
        }
    }

    /// Returns the sessions of the Rust app.
    fn sessions(&self, signature: CookieSignature, life: Life) -> ServerSessions {
        let sessions = match self {
            Self::Redis(redis) => {
                let format = life.set(ExpressSession::connect_redis(signature));
                let store = RedisStore::new(redis.url()).expect("an address");
                ServerSessions::new(format, store.time_limit(LIMIT), NAME)
            }
            Self::Postgres(postgres) => {
                let format = life.set(ExpressSession::connect_pg_simple(signature));
                let layout = format.table_layout().time_zone(ZONE);
                ServerSessions::new(format, sql_store(postgres, layout), NAME)
            }
        };
        // Express sets none by default.
        let sessions = sessions.same_site(None);
        sessions.remember_logouts(Duration::from_mins(1))
    }

    /// Serves the Rust app with its sessions in a format of its own, to which those of Express move.
    pub(crate) fn moved(&self, secrets: &[&str]) -> SocketAddr {
        let express = self.sessions(signature(secrets), Life::RollingHour);
        let sessions = match self {
            Self::Redis(redis) => {
                let store = RedisStore::new(redis.url()).expect("an address");
                ServerSessions::new(StoredJson, store.time_limit(LIMIT), "_session_id")
            }
            Self::Postgres(postgres) => {
                let layout = TableLayout::new().table("sessions");
                postgres.query(&layout.schema(SqlDatabase::Postgres));
                ServerSessions::new(StoredJson, sql_store(postgres, layout), "_session_id")
            }
        };
        rust_app::serve(SessionLayer::new(sessions.migrating_from(express)))
    }

    /// Returns the seconds that are left to a session; `None` if the server has none.
    pub(crate) fn life(&self, id: &str) -> Option<i64> {
        match self {
            Self::Redis(redis) => {
                let left = redis.command(&["TTL", &format!("sess:{id}")]);
                let left = left.parse().expect("a number");
                assert_ne!(left, -1, "a session without end");
                (left >= 0).then_some(left)
            }
            Self::Postgres(postgres) => {
                let left = postgres.query(&format!(
                    "SELECT extract(epoch FROM expire - localtimestamp)::int FROM session
                     WHERE sid = '{id}'"
                ));
                left.parse().ok()
            }
        }
    }

    /// Leaves some seconds to a session.
    pub(crate) fn set_life(&self, id: &str, seconds: i64) {
        match self {
            Self::Redis(redis) => {
                let key = format!("sess:{id}");
                let done = redis.command(&["EXPIRE", &key, &seconds.to_string()]);
                assert_eq!(done, "1");
            }
            Self::Postgres(postgres) => {
                let done = postgres.query(&format!(
                    "UPDATE session SET expire = localtimestamp + interval '{seconds} s'
                     WHERE sid = '{id}' RETURNING 1"
                ));
                assert_eq!(done, "1");
            }
        }
    }
}

/// An Express app and a Rust app behind one origin.
pub(crate) struct Apps {
    _express: Node,
    origin: Nginx,
}

impl Apps {
    /// Starts both on the sessions of a server, each with its secrets: the first signs.
    pub(crate) fn start(server: &Server, life: Life, express: &[&str], rust: &[&str]) -> Self {
        let sessions = server.sessions(signature(rust), life);
        let options = json!({"secret": express});
        Self::run(server, life, options, sessions, "$scheme")
    }

    /// Starts both with a `Secure` cookie, behind a proxy that tells them this scheme.
    pub(crate) fn secure(server: &Server, secret: &str, scheme: &str) -> Self {
        let life = Life::OfTheBrowser;
        let sessions = server.sessions(signature(&[secret]), life);
        let sessions = sessions.secure(true).trusted_hops(1);
        let options = json!({"secret": secret, "cookie": {"secure": true}});
        Self::run(server, life, options, sessions, scheme)
    }

    fn run(
        server: &Server,
        life: Life,
        mut options: Value,
        sessions: ServerSessions,
        scheme: &str,
    ) -> Self {
        if let Some(max_age) = life.max_age() {
            options["rolling"] = (life == Life::RollingHour).into();
            options["cookie"] = json!({"maxAge": max_age.as_secs() * 1000});
        }
        let arguments = [&*server.url(), &options.to_string()];
        let express = Node::start("express_app/beside.mjs", &arguments);

        Self::behind_one_origin(
            express,
            rust_app::serve(SessionLayer::new(sessions)),
            scheme,
        )
    }

    /// Puts two apps that run behind a proxy that tells them this scheme.
    pub(crate) fn behind_one_origin(express: Node, rust: SocketAddr, scheme: &str) -> Self {
        let apps = [("/rust/", rust), ("/", express.address())];
        let origin = Nginx::one_origin(&apps, scheme);
        Self {
            _express: express,
            origin,
        }
    }

    pub(crate) fn url(&self, app: App, page: &str) -> String {
        format!("http://{}{}", self.origin.address(), app.path(page))
    }

    /// Sends a request beside the browser, with a value of the session's cookie.
    pub(crate) fn get(&self, app: App, page: &str, cookie: &str) -> Response {
        let cookie = format!("{NAME}={cookie}");
        get(self.origin.address(), &app.path(page), Some(&cookie))
    }

    /// Posts a form beside the browser, with a value of the session's cookie.
    pub(crate) fn post(&self, app: App, page: &str, cookie: &str, form: &str) -> Response {
        let cookie = format!("{NAME}={cookie}");
        post(self.origin.address(), &app.path(page), Some(&cookie), form)
    }

    /// Returns who is logged in with a value of the session's cookie.
    pub(crate) fn name(&self, app: App, cookie: &str) -> String {
        let response = self.get(app, "page", cookie);
        assert_eq!(response.status, 200, "{app:?}: {response:?}");
        let (_, name) = response.body().split_once("<p id=\"name\">").expect("it");
        name.split('<').next().expect("its end").to_owned()
    }
}

fn sql_store(postgres: &PostgresServer, layout: TableLayout) -> SqlStore {
    let pool = PgPool::connect_lazy(&postgres.url()).expect("an address");
    SqlStore::postgres(pool, layout).time_limit(LIMIT)
}

/// Signs with the first secret, and verifies with all of them.
fn signature(secrets: &[&str]) -> CookieSignature {
    let (first, older) = secrets.split_first().expect("a secret");
    let first = CookieSignature::new(first);
    let all = older.iter().fold(first, |all, secret| {
        all.and_then(|all| all.older_secret(secret))
    });
    all.expect("secrets that are not blank")
}
