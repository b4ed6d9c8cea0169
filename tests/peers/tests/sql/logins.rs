//! `SqlLogins` over ids of the other kind than it was told: an error, and nobody's login.

use hardtack::authentication::{LoginStore, RecordId};
use hardtack_peers::{MariaDbServer, PostgresServer};
use hardtack_sqlx::SqlLogins;
use sqlx::{MySqlPool, PgPool};

use crate::database::Database;

const COLUMNS: &str = "user_id bigint NOT NULL, ip_address varchar(255), user_agent varchar(255), \
    created_at timestamp(6) NULL, updated_at timestamp(6) NULL)";

/// A UUID that begins with a letter, and one that begins with the number 8.
const LETTER: &str = "b1937c2a-7d4e-4a51-9a0b-5a1d2f6f3c11";
const EIGHT: &str = "8d1f6f3c-0193-4a51-9a0b-5a1d2f6f3c11";

fn postgres(server: &PostgresServer) -> SqlLogins {
    SqlLogins::postgres(PgPool::connect_lazy(&server.url()).unwrap())
}

fn mariadb(server: &MariaDbServer) -> SqlLogins {
    SqlLogins::mysql(MySqlPool::connect_lazy(&server.url()).unwrap())
}

async fn is_nobodys(logins: &SqlLogins, id: RecordId, database: &Database) {
    let rows = database.number("SELECT count(*) FROM sessions").await;
    assert_eq!(logins.user_of(&id).await.unwrap(), None, "{id}");
    assert!(!logins.delete(&id).await.unwrap(), "{id}");
    let left = database.number("SELECT count(*) FROM sessions").await;
    assert_eq!(left, rows, "{id}");
}

async fn create_fails(logins: &SqlLogins, name: &str) {
    let id = logins.create(&42.into(), None, None).await;
    let error = id.map(|id| format!("{name}: {id}")).unwrap_err();
    assert!(error.to_string().contains("uuid_keys()"), "{name}: {error}");
}

#[tokio::test]
async fn mariadb_takes_no_text_for_a_number() {
    // It cuts a UUID to a number where it is not strict.
    for options in [&[][..], &["--sql-mode="]] {
        let database = Database::mariadb(options);
        let Database::MariaDb(server, _) = &database else {
            panic!("it is MariaDB");
        };
        let of_texts = format!(
            "CREATE TABLE sessions (id varchar(36) PRIMARY KEY DEFAULT (uuid()), {COLUMNS}"
        );
        database.run(&of_texts).await;
        database
            .run(&format!(
                "INSERT INTO sessions (id, user_id) VALUES ('{LETTER}', 7), ('{EIGHT}', 7)"
            ))
            .await;
        let logins = mariadb(server);
        is_nobodys(&logins, 0.into(), &database).await;
        is_nobodys(&logins, 8.into(), &database).await;
        create_fails(&logins, "texts").await;
        let logins = logins.uuid_keys();
        assert_eq!(
            logins.user_of(&LETTER.into()).await.unwrap(),
            Some(7.into())
        );
        let id = logins.create(&42.into(), None, None).await.unwrap();
        assert_eq!(logins.user_of(&id).await.unwrap(), Some(42.into()));
        assert!(logins.delete(&id).await.unwrap());

        let of_numbers =
            format!("CREATE TABLE sessions (id bigint AUTO_INCREMENT PRIMARY KEY, {COLUMNS}");
        database.run("DROP TABLE sessions").await;
        database.run(&of_numbers).await;
        database
            .run("INSERT INTO sessions (id, user_id) VALUES (8, 7)")
            .await;
        let logins = mariadb(server);
        let id = logins.create(&42.into(), None, None).await.unwrap();
        assert_eq!(id, RecordId::Integer(9));
        assert_eq!(logins.user_of(&id).await.unwrap(), Some(42.into()));
        assert!(logins.delete(&id).await.unwrap());
        let logins = logins.uuid_keys();
        is_nobodys(&logins, EIGHT.into(), &database).await;
        // Strict, it refuses the UUID itself.
        if options.is_empty() {
            assert!(logins.create(&42.into(), None, None).await.is_err());
        } else {
            create_fails(&logins, "numbers").await;
        }
    }
}

#[tokio::test]
async fn postgres_tells_that_an_id_is_a_uuid() {
    let database = Database::postgres(&[]);
    let Database::Postgres(server, _) = &database else {
        panic!("it is Postgres");
    };
    let of_uuids = "CREATE TABLE sessions (id uuid PRIMARY KEY DEFAULT gen_random_uuid()";
    database.run(&format!("{of_uuids}, {COLUMNS}")).await;
    create_fails(&postgres(server), "uuids").await;
    let logins = postgres(server).uuid_keys();
    let id = logins.create(&42.into(), None, None).await.unwrap();
    assert_eq!(logins.user_of(&id).await.unwrap(), Some(42.into()));
}
