//! Express apps that keep their sessions in a table, and hardtack on the same table.

use std::sync::Arc;
use std::time::Duration;

use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::{SessionFormat, SqlDatabase, TableLayout};
use hardtack::{LazySession, RequestOrigin, ServerSessions, Session};
use hardtack_peers::{Node, get};
use hardtack_sqlx::{SqlStore, Warning};
use serde_json::{Value, json};

use crate::database::{Database, postgres_in_zone};

/// A package that keeps sessions in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Package {
    PgSimple,
    Knex,
    Sequelize,
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Self::PgSimple => "connect-pg-simple",
            Self::Knex => "connect-session-knex",
            Self::Sequelize => "connect-session-sequelize",
        }
    }

    fn format(self) -> ExpressSession {
        let signature = CookieSignature::new("a secret of the peers").unwrap();
        match self {
            Self::PgSimple => ExpressSession::connect_pg_simple(signature),
            Self::Knex => ExpressSession::connect_session_knex(signature),
            Self::Sequelize => ExpressSession::connect_session_sequelize(signature),
        }
    }

    /// Returns the packages that keep sessions in a database.
    fn of(database: &Database) -> &'static [Self] {
        match database {
            Database::Postgres(..) => &[Self::PgSimple, Self::Knex, Self::Sequelize],
            Database::MariaDb(..) | Database::Sqlite(..) => &[Self::Knex, Self::Sequelize],
        }
    }
}

/// The two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum App {
    Express,
    Rust,
}

const APPS: [App; 2] = [App::Express, App::Rust];

const DAY: f64 = 86_400.0;
/// A limit that a busy machine does not reach.
const LIMIT: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_hours(1);

/// An Express app, hardtack, their table, and a browser's cookie.
struct World<'d> {
    database: &'d Database,
    package: Package,
    max_age: Option<Duration>,
    layout: TableLayout,
    store: SqlStore,
    sessions: Arc<ServerSessions>,
    express: Node,
    /// The zone of Node's connections.
    zone: &'static str,
    cookie: Option<String>,
}

impl<'d> World<'d> {
    /// Starts Express, which makes the table.
    async fn start(
        database: &'d Database,
        package: Package,
        max_age: Option<Duration>,
        zone: &'static str,
    ) -> Self {
        drop_table(database, &package.format().table_layout()).await;
        Self::start_on(database, package, max_age, zone)
    }

    /// Starts Express, on the table that is there.
    fn start_on(
        database: &'d Database,
        package: Package,
        max_age: Option<Duration>,
        zone: &'static str,
    ) -> Self {
        let format = package.format().max_age(max_age);
        let mut layout = format.table_layout();
        if package == Package::PgSimple {
            layout = layout.time_zone(zone);
        }
        let mut settings = json!({"package": package.name()});
        match database {
            Database::Postgres(server, _) => settings["url"] = server.url().into(),
            Database::MariaDb(server, _) => settings["url"] = server.url().into(),
            Database::Sqlite(file, _) => settings["file"] = file.path().to_str().into(),
        }
        if let Some(age) = max_age {
            settings["maxAge"] = u64::try_from(age.as_millis()).unwrap().into();
        }
        let settings = settings.to_string();
        let express = Node::start("express_app/tables.mjs", &[&settings]);
        let store = database.store(layout.clone()).time_limit(LIMIT);
        let mut sessions = ServerSessions::new(format, store.clone(), "connect.sid");
        if let Some(age) = max_age {
            sessions = sessions.expire_after(age);
        }
        Self {
            database,
            package,
            max_age,
            layout,
            store,
            sessions: Arc::new(sessions),
            express,
            zone,
            cookie: None,
        }
    }

    /// Asks Express for a page.
    fn express(&mut self, page: &str) -> Value {
        let response = get(self.express.address(), page, self.cookie.as_deref());
        assert_eq!(response.status, 200, "{page}: {response:?}");
        if let Some(line) = response.set_cookies().next() {
            self.cookie = line.split(';').next().map(str::to_owned);
        }
        response.json()
    }

    /// Runs a request at hardtack, and returns the session.
    async fn rust(&mut self, handler: impl FnOnce(&Session)) -> Value {
        let cookie = self.cookie.clone().unwrap_or_default();
        let request = LazySession::open(&self.sessions, cookie, RequestOrigin::default());
        let session = request.load().await.unwrap();
        handler(&session);
        let mut found = json!({});
        for key in session.keys() {
            found[&*key] = session.get(&key).unwrap().unwrap_or(Value::Null);
        }
        drop(session);
        let commit = request.commit(200).await.unwrap();
        if let Some(cookie) = commit.cookies().first() {
            let line = cookie.header();
            self.cookie = line.split(';').next().map(str::to_owned);
        }
        found
    }

    async fn set(&mut self, app: App, key: &str, value: &str) -> Value {
        match app {
            App::Express => self.express(&format!("/set/{key}/{value}")),
            App::Rust => {
                self.rust(|session| session.insert(key, value).unwrap())
                    .await
            }
        }
    }

    /// Returns what an app finds, in a request that only reads.
    async fn show(&mut self, app: App) -> Value {
        match app {
            App::Express => self.express("/show"),
            App::Rust => self.rust(|_| ()).await,
        }
    }

    async fn destroy(&mut self, app: App) {
        match app {
            App::Express => drop(self.express("/destroy")),
            App::Rust => drop(self.rust(|session| session.reset().unwrap()).await),
        }
    }

    /// Deletes the rows that have ended.
    async fn prune(&mut self, app: App) {
        match app {
            App::Express => drop(self.express("/prune")),
            App::Rust => drop(self.store.sweep_once().await.unwrap()),
        }
    }

    fn table(&self) -> String {
        self.database.quoted_name(&self.layout.table)
    }

    fn end(&self) -> String {
        let end = self.layout.expires_at.as_deref().unwrap();
        self.database.quoted_name(end)
    }

    async fn rows(&self) -> i64 {
        let sql = format!("SELECT count(*) FROM {}", self.table());
        self.database.number(&sql).await
    }

    /// Returns the seconds until the only row ends.
    async fn left(&self) -> f64 {
        let end = self.end();
        let left = match (self.database, self.package) {
            (Database::Postgres(..), Package::PgSimple) => {
                format!(
                    "extract(epoch FROM ({end} AT TIME ZONE '{}') - now())::text",
                    self.zone
                )
            }
            (Database::Postgres(..), _) => format!("extract(epoch FROM {end} - now())::text"),
            (Database::MariaDb(..), _) => format!(
                "CAST(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), {end}) / 1000000 AS CHAR)"
            ),
            (Database::Sqlite(..), _) => {
                format!("CAST((julianday({end}) - julianday('now')) * 86400.0 AS TEXT)")
            }
        };
        let sql = format!("SELECT {left} FROM {}", self.table());
        let found = self.database.texts(&sql).await;
        assert_eq!(found.len(), 1, "{sql}: {found:?}");
        found[0].parse().unwrap()
    }

    /// Checks that the only row ends so many seconds from now.
    async fn ends_in(&self, seconds: f64, at: &str) {
        let left = self.left().await;
        // A second for what is rounded up, and the rest for a busy machine.
        assert!(
            left <= seconds + 1.1 && left > seconds - 30.0,
            "{at}: ends in {left}, and not in {seconds} seconds"
        );
    }

    /// Moves the row's end by so many seconds, in the form that it has.
    async fn shift(&self, seconds: i64) {
        let (table, end) = (self.table(), self.end());
        let moved = match (self.database, self.package) {
            (Database::Postgres(..), _) => format!("{end} + interval '{seconds} seconds'"),
            (Database::MariaDb(..), _) => format!("{end} + INTERVAL {seconds} SECOND"),
            (Database::Sqlite(..), Package::Sequelize) => {
                format!("strftime('%Y-%m-%d %H:%M:%f +00:00', {end}, '{seconds} seconds')")
            }
            (Database::Sqlite(..), _) => {
                format!("strftime('%Y-%m-%dT%H:%M:%fZ', {end}, '{seconds} seconds')")
            }
        };
        let moved = format!("UPDATE {table} SET {end} = {moved}");
        assert_eq!(self.database.run(&moved).await, 1, "{moved}");
    }

    /// Lets the row end so many seconds from now; a negative number lets it have ended.
    async fn let_it_end_in(&self, seconds: i64) {
        #[expect(clippy::cast_possible_truncation, reason = "a life is short")]
        let left = self.left().await as i64;
        self.shift(seconds - left).await;
    }

    /// Returns the end as the column has it, with zeros for its digits.
    async fn form_of_end(&self) -> String {
        let text = match self.database {
            Database::MariaDb(..) => "CHAR",
            Database::Postgres(..) | Database::Sqlite(..) => "TEXT",
        };
        let sql = format!(
            "SELECT CAST({} AS {text}) FROM {}",
            self.end(),
            self.table()
        );
        let end = self.database.texts(&sql).await.remove(0);
        let zeros = end.replace(|character: char| character.is_ascii_digit(), "0");
        match self.database {
            // It leaves out zeros at the end.
            Database::Postgres(..) => zeros
                .replace(".000", "")
                .replace(".00", "")
                .replace(".0", ""),
            Database::MariaDb(..) | Database::Sqlite(..) => zeros,
        }
    }

    fn life(&self) -> f64 {
        self.max_age.map_or(DAY, |age| age.as_secs_f64())
    }
}

async fn drop_table(database: &Database, layout: &TableLayout) {
    let table = database.quoted_name(&layout.table);
    database.run(&format!("DROP TABLE IF EXISTS {table}")).await;
}

/// A session that one began and both change, and what each reads.
async fn both_change_one_session(world: &mut World<'_>, first: App, second: App, at: &str) {
    let life = world.life();
    assert_eq!(world.set(first, "a", "1").await, json!({"a": "1"}), "{at}");
    world.ends_in(life, at).await;
    let form = world.form_of_end().await;
    assert_eq!(world.show(second).await, json!({"a": "1"}), "{at}");
    world.shift(-100).await;
    let changed = json!({"a": "1", "b": "2"});
    assert_eq!(world.set(second, "b", "2").await, changed, "{at}");
    world.ends_in(life, at).await;
    assert_eq!(world.form_of_end().await, form, "{at}");
    assert_eq!(world.show(first).await, changed, "{at}");
    assert_eq!(world.rows().await, 1, "{at}");
}

/// A request that only reads, at either.
async fn both_extend_the_same_sessions(world: &mut World<'_>, first: App, second: App, at: &str) {
    let _ = world.set(first, "a", "1").await;
    let form = world.form_of_end().await;
    let is_extended = world.package != Package::Knex || world.max_age.is_some();
    for app in [second, first] {
        world.let_it_end_in(1000).await;
        assert_eq!(world.show(app).await, json!({"a": "1"}), "{at}, {app:?}");
        let left = if is_extended { world.life() } else { 1000.0 };
        world.ends_in(left, at).await;
        assert_eq!(world.form_of_end().await, form, "{at}, {app:?}");
    }
}

/// The end that one wrote counts for the other: a minute before and a minute after.
async fn both_honour_an_end(world: &mut World<'_>, first: App, second: App, at: &str) {
    let _ = world.set(first, "a", "1").await;
    for app in APPS {
        world.let_it_end_in(60).await;
        world.prune(app).await;
        assert_eq!(world.show(second).await, json!({"a": "1"}), "{at}, {app:?}");
    }
    // Sequelize reads what has ended, until it is deleted.
    let is_read = world.package == Package::Sequelize;
    let expected = if is_read {
        json!({"a": "1"})
    } else {
        json!({})
    };
    for app in [second, first] {
        world.let_it_end_in(-60).await;
        let cookie = world.cookie.clone();
        assert_eq!(world.show(app).await, expected, "{at}, {app:?}");
        world.cookie = cookie;
        assert_eq!(world.rows().await, 1, "{at}, {app:?}");
    }
    world.let_it_end_in(-60).await;
    world.prune(second).await;
    assert_eq!(world.rows().await, 0, "{at}");
}

async fn both_destroy(world: &mut World<'_>, first: App, second: App, at: &str) {
    let _ = world.set(first, "a", "1").await;
    let cookie = world.cookie.clone();
    world.destroy(second).await;
    assert_eq!(world.rows().await, 0, "{at}");
    world.cookie = cookie;
    for app in APPS {
        assert_eq!(world.show(app).await, json!({}), "{at}, {app:?}");
    }
}

/// Walks through a world, with each app as the first; returns the number of walks.
async fn walk(world: &mut World<'_>) -> usize {
    let mut walks = 0;
    for (first, second) in [(App::Express, App::Rust), (App::Rust, App::Express)] {
        let at = format!(
            "{:?} in {}, maxAge {:?}, {first:?} first",
            world.package,
            world.database.name(),
            world.max_age
        );
        println!("{at}");
        for story in 0..4 {
            world.cookie = None;
            world
                .database
                .run(&format!("DELETE FROM {}", world.table()))
                .await;
            match story {
                0 => both_change_one_session(world, first, second, &at).await,
                1 => both_extend_the_same_sessions(world, first, second, &at).await,
                2 => both_honour_an_end(world, first, second, &at).await,
                _ => both_destroy(world, first, second, &at).await,
            }
            walks += 1;
        }
    }
    walks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn express_and_rust_share_a_table() {
    let (mut worlds, mut walks) = (0, 0);
    for database in Database::all("beside-express") {
        for &package in Package::of(&database) {
            for max_age in [None, Some(HOUR)] {
                let mut world = World::start(&database, package, max_age, "UTC").await;
                walks += walk(&mut world).await;
                worlds += 1;
            }
        }
    }
    assert_eq!((worlds, walks), (14, 14 * 8));
}

/// Node's connections have the server's time zone, and sqlx's have UTC.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_of_pg_simple_is_in_the_time_zone_of_node() {
    let zone = "Asia/Kathmandu";
    let options = ["timezone", "log_timezone"].map(|name| format!("{name}={zone}"));
    let options = ["-c", &options[0], "-c", &options[1]];
    let database = Database::postgres(&options);
    let mut world = World::start(&database, Package::PgSimple, Some(HOUR), zone).await;
    assert_eq!(walk(&mut world).await, 8);
    let about_zones = |warnings: Vec<Warning>| {
        let is_one = |warning: &Warning| matches!(warning, Warning::ZoneOfConnection { .. });
        warnings.into_iter().filter(is_one).collect::<Vec<_>>()
    };
    let warnings = world.store.check().await.unwrap().warnings;
    assert_eq!(about_zones(warnings), []);

    // Without the zone, sessions end 5:45 hours too early for Express, and the check tells.
    world.layout.time_zone = None;
    world.store = database.store(world.layout.clone()).time_limit(LIMIT);
    let warnings = about_zones(world.store.check().await.unwrap().warnings);
    let expected = Warning::ZoneOfConnection {
        column: "expire".to_owned(),
        zone: "UTC".to_owned(),
        zone_of_server: zone.to_owned(),
    };
    assert_eq!(warnings, [expected]);
    println!("{}", warnings[0]);
    let format = Package::PgSimple.format();
    let sessions = ServerSessions::new(format, world.store.clone(), "connect.sid");
    world.sessions = Arc::new(sessions);
    world.cookie = None;
    let _ = world.set(App::Rust, "a", "1").await;
    world.ends_in(DAY - 5.75 * 3600.0, "without the zone").await;
}

/// A connection in Node's zone needs no zone in the layout.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_may_be_in_the_time_zone_of_node() {
    let zone = "America/St_Johns";
    let database = Database::postgres(&["-c", &format!("timezone={zone}")]);
    let mut world = World::start(&database, Package::PgSimple, Some(HOUR), zone).await;
    let Database::Postgres(server, _) = &database else {
        panic!("it is one");
    };
    let pool = postgres_in_zone(server, zone.to_owned());
    let zone_of_pool: String = sqlx::query_scalar("SHOW timezone")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(zone_of_pool, zone);
    world.layout.time_zone = None;
    world.store = SqlStore::postgres(pool, world.layout.clone()).time_limit(LIMIT);
    let format = Package::PgSimple.format().max_age(HOUR);
    let sessions = ServerSessions::new(format, world.store.clone(), "connect.sid");
    world.sessions = Arc::new(sessions.expire_after(HOUR));
    assert_eq!(walk(&mut world).await, 8);
}

/// Returns the columns of a table: name, type, length, and whether it takes NULL.
async fn columns(database: &Database, table: &str) -> Vec<String> {
    let sql = match database {
        Database::Postgres(..) => format!(
            "SELECT concat_ws(' ', column_name, data_type, character_maximum_length, \
             datetime_precision, is_nullable) FROM information_schema.columns \
             WHERE table_name = '{table}' ORDER BY 1"
        ),
        Database::MariaDb(..) => format!(
            "SELECT concat_ws(' ', column_name, column_type, is_nullable) \
             FROM information_schema.columns \
             WHERE table_name = '{table}' AND table_schema = 'app' ORDER BY 1"
        ),
        Database::Sqlite(..) => format!(
            "SELECT name || ' ' || lower(type) FROM pragma_table_info('{table}') ORDER BY 1"
        ),
    };
    database.texts(&sql).await
}

/// The tables that the packages make, and those of the schema: the differences are listed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_is_that_of_the_packages() {
    let mut compared = 0;
    for database in Database::all("schema-of-express") {
        let kind = match database {
            Database::Postgres(..) => SqlDatabase::Postgres,
            Database::MariaDb(..) => SqlDatabase::MySql,
            Database::Sqlite(..) => SqlDatabase::Sqlite,
        };
        for &package in Package::of(&database) {
            let layout = package.format().table_layout();
            drop(World::start(&database, package, None, "UTC").await);
            let theirs = columns(&database, &layout.table).await;
            drop_table(&database, &layout).await;
            database.run(&layout.schema(kind)).await;
            let ours = columns(&database, &layout.table).await;
            let mut expected = theirs.clone();
            for (their, our) in differences(&database, package) {
                let found = expected.iter_mut().find(|column| *column == their);
                *found.unwrap_or_else(|| panic!("{package:?}: no {their} in {theirs:?}")) =
                    (*our).to_owned();
            }
            assert_eq!(ours, expected, "{package:?} in {}", database.name());
            // Express takes the table as it is.
            let mut world = World::start_on(&database, package, None, "UTC");
            assert_eq!(world.set(App::Express, "a", "1").await, json!({"a": "1"}));
            assert_eq!(world.show(App::Rust).await, json!({"a": "1"}));
            compared += 1;
        }
    }
    assert_eq!(compared, 7);
}

fn differences(database: &Database, package: Package) -> &'static [(&'static str, &'static str)] {
    match (database, package) {
        (Database::Postgres(..), Package::PgSimple) => {
            &[("sid character varying NO", "sid text NO")]
        }
        (Database::Postgres(..), Package::Sequelize) => &[("data text YES", "data text NO")],
        (Database::MariaDb(..), Package::Sequelize) => &[("data text YES", "data longtext NO")],
        _ => &[],
    }
}
