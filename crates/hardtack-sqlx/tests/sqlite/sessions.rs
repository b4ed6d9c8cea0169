//! Sessions of requests, through the library: what each leaves in the table.

use std::sync::Arc;
use std::time::Duration;

use hardtack::stores::{ConflictPolicy, SessionFormat, StoredHash, StoredJson, TableLayout};
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions, Session};

use crate::database::{Database, rails};

const NAME: &str = "_session_id";

/// A browser, and the app that it talks to.
struct Client {
    database: Database,
    sessions: Arc<ServerSessions>,
    id: Option<String>,
}

impl Client {
    async fn new(format: impl SessionFormat) -> Self {
        Self::with(format, |sessions| sessions).await
    }

    async fn with(
        format: impl SessionFormat,
        set: impl FnOnce(ServerSessions) -> ServerSessions,
    ) -> Self {
        let layout = format.table_layout();
        let database = Database::new(&layout).await;
        let sessions = ServerSessions::new(format, database.store(layout), NAME);
        Self {
            database,
            sessions: Arc::new(set(sessions)),
            id: None,
        }
    }

    fn open(&self) -> LazySession {
        let cookie = self.id.as_ref().map(|id| format!("{NAME}={id}"));
        let header = cookie.unwrap_or_default();
        LazySession::open(&self.sessions, header, RequestOrigin::default())
    }

    /// Serves a request, and keeps the cookie; returns the number of cookies that were set.
    async fn call(&mut self, handler: impl FnOnce(&Session)) -> usize {
        let lazy = self.open();
        handler(&lazy.load().await.unwrap());
        let commit = lazy.commit(200).await.unwrap();
        for cookie in commit.cookies() {
            let id = String::from_utf8(cookie.value().to_vec()).unwrap();
            self.id = (!id.is_empty()).then_some(id);
        }
        commit.cookies().len()
    }

    async fn rows(&self) -> i64 {
        let sql = "SELECT (SELECT count(*) FROM sqlite_master WHERE name = 'sessions')";
        if self.database.value::<i64>(sql).await == 1 {
            return self.database.value("SELECT count(*) FROM sessions").await;
        }
        self.database
            .value("SELECT count(*) FROM hardtack_sessions")
            .await
    }
}

fn visit(session: &Session) {
    let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
}

fn visits(session: &Session) -> Option<u32> {
    session.get("visits").unwrap()
}

#[tokio::test]
async fn requests_leave_in_a_table_what_they_leave_elsewhere() {
    let rails = StoredHash::active_record_store();
    let mut clients = vec![
        Client::new(StoredJson).await,
        Client::new(rails.clone()).await,
        Client::new(rails.clone().serializer(hardtack::Serializer::Json)).await,
        Client::new(rails.json_column()).await,
        Client::with(StoredJson, |sessions| {
            sessions.conflicts(ConflictPolicy::Overwrite)
        })
        .await,
        Client::with(StoredJson, |sessions| {
            sessions.expire_after(Duration::from_hours(1))
        })
        .await,
    ];
    for client in &mut clients {
        // A request that reads writes nothing.
        assert_eq!(
            client
                .call(|session| assert_eq!(visits(session), None))
                .await,
            0
        );
        assert_eq!(client.rows().await, 0);
        client.call(visit).await;
        let first = client.id.clone().unwrap();
        client.call(visit).await;
        assert_eq!(client.id.as_ref(), Some(&first));
        client
            .call(|session| assert_eq!(visits(session), Some(2)))
            .await;
        assert_eq!(client.rows().await, 1);

        // A renewal keeps the session under another id, and the old one opens nothing.
        client.call(|session| session.renew().unwrap()).await;
        let second = client.id.replace(first.clone()).unwrap();
        assert_ne!(second, first);
        client
            .call(|session| assert_eq!(visits(session), None))
            .await;
        client.id = Some(second.clone());
        client
            .call(|session| assert_eq!(visits(session), Some(2)))
            .await;
        assert_eq!(client.rows().await, 1);

        // A logout, while another request runs: it writes nothing and sets no cookie.
        let slow = client.open();
        visit(&slow.load().await.unwrap());
        client.call(|session| session.reset().unwrap()).await;
        assert_eq!(client.rows().await, 0);
        assert!(slow.commit(200).await.unwrap().cookies().is_empty());
        assert_eq!(client.rows().await, 0);

        // An id that is unknown is not adopted, and one that looks private opens nothing.
        client.id = Some(second.clone());
        client.call(visit).await;
        assert_ne!(client.id.as_ref(), Some(&second));
        assert_eq!(client.rows().await, 1);
    }
    assert_eq!(clients.len(), 6);
}

#[tokio::test]
async fn a_private_id_opens_nothing() {
    let mut client = Client::new(StoredHash::active_record_store()).await;
    client.call(visit).await;
    let private: String = client
        .database
        .value("SELECT session_id FROM sessions")
        .await;
    assert!(private.starts_with("2::"), "{private}");
    client.id = Some(private);
    client
        .call(|session| assert_eq!(visits(session), None))
        .await;
}

#[tokio::test]
async fn two_requests_that_change_two_keys_are_merged() {
    let mut client = Client::new(StoredHash::active_record_store()).await;
    client.call(visit).await;
    let (one, other) = (client.open(), client.open());
    one.load().await.unwrap().insert("one", 1).unwrap();
    other.load().await.unwrap().insert("other", 2).unwrap();
    let _ = one.commit(200).await.unwrap();
    let _ = other.commit(200).await.unwrap();
    client
        .call(|session| assert_eq!(session.keys(), ["visits", "one", "other"]))
        .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_neither_overwritten_nor_deleted() {
    let mut client = Client::new(StoredHash::active_record_store()).await;
    client.call(visit).await;
    client
        .database
        .execute("UPDATE sessions SET data = 'nobody''s'")
        .await;
    let error = client.open().load().await.unwrap_err();
    assert!(matches!(error, Error::UnreadableSession { .. }), "{error}");
    let data: String = client.database.value("SELECT data FROM sessions").await;
    assert_eq!(data, "nobody's");
    // A row without data is an empty session of Rails.
    client
        .database
        .execute("UPDATE sessions SET data = NULL")
        .await;
    client.call(|session| assert!(session.is_empty())).await;
    client.call(visit).await;
    client
        .call(|session| assert_eq!(visits(session), Some(1)))
        .await;
}

#[tokio::test]
async fn a_store_out_of_reach_is_an_error_and_no_empty_session() {
    let mut client = Client::new(StoredJson).await;
    client.call(visit).await;
    let running = client.open();
    visit(&running.load().await.unwrap());
    client
        .database
        .execute("ALTER TABLE hardtack_sessions RENAME TO away")
        .await;
    assert!(matches!(
        client.open().load().await,
        Err(Error::Store { .. })
    ));
    assert!(matches!(
        running.commit(200).await,
        Err(Error::Store { .. })
    ));
    client
        .database
        .execute("ALTER TABLE away RENAME TO hardtack_sessions")
        .await;
    client
        .call(|session| assert_eq!(visits(session), Some(1)))
        .await;
}

#[tokio::test]
async fn an_expiry_is_extended_by_reading() {
    let set = |sessions: ServerSessions| sessions.expire_after(Duration::from_hours(1));
    let mut client = Client::with(StoredJson, set).await;
    client.call(visit).await;
    let soon = "UPDATE hardtack_sessions SET expires_at = strftime('%Y-%m-%d %H:%M:%f000', 'now', '+60 seconds')";
    client.database.execute(soon).await;
    client
        .call(|session| assert_eq!(visits(session), Some(1)))
        .await;
    let is_later = "SELECT expires_at > datetime('now', '+50 minutes') FROM hardtack_sessions";
    assert_eq!(client.database.value::<i64>(is_later).await, 1);
    client
        .database
        .execute("UPDATE hardtack_sessions SET expires_at = '2020-01-01'")
        .await;
    client
        .call(|session| assert_eq!(visits(session), None))
        .await;

    // The table of Rails has no expiry: reading keeps a row from being trimmed.
    let set = |sessions: ServerSessions| sessions.expire_after(Duration::from_hours(1));
    let mut client = Client::with(StoredHash::active_record_store(), set).await;
    client.call(visit).await;
    client
        .database
        .execute("UPDATE sessions SET updated_at = '2020-01-01'")
        .await;
    client
        .call(|session| assert_eq!(visits(session), Some(1)))
        .await;
    let store = client.database.store(rails());
    assert_eq!(store.sweep_once().await.unwrap(), 0);
    client
        .database
        .execute("UPDATE sessions SET updated_at = '2020-01-01'")
        .await;
    assert_eq!(store.sweep_once().await.unwrap(), 1);
    client
        .call(|session| assert_eq!(visits(session), None))
        .await;
}

#[test]
fn the_layouts_are_those_of_the_formats() {
    assert_eq!(StoredJson.table_layout(), TableLayout::new());
    assert_eq!(rails().table, "sessions");
}
