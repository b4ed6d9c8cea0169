use std::sync::Arc;

use hardtack::stores::TableLayout;

use super::*;
use crate::driver::{Changed, Row, Running};

/// A connection to a MySQL whose mode during a write is this one.
struct Fake {
    mode: &'static str,
    sent: Vec<String>,
}

impl AnyConnection for Fake {
    fn execute(&mut self, sql: Arc<str>, _: Vec<Value>) -> Running<'_, Changed> {
        self.sent.push(sql.to_string());
        Box::pin(async { Ok(Changed { rows: 1, id: 0 }) })
    }

    fn fetch(&mut self, sql: Arc<str>, _: Vec<Value>) -> Running<'_, Vec<Row>> {
        self.sent.push(sql.to_string());
        let mode = self.mode.as_bytes().to_vec();
        Box::pin(async { Ok(vec![vec![Some(mode)]]) })
    }

    fn give_back(self: Box<Self>, _: Duration) {}

    fn abandon(self: Box<Self>) {}
}

/// MySQL 5.7 reads no `SET_VAR`, and a proxy may take comments away.
#[tokio::test]
async fn a_server_that_stays_lax_gets_no_write() {
    let mut ran = 0;
    for (mode, is_strict) in [
        ("", false),
        ("ANSI_QUOTES,NO_ZERO_DATE", false),
        ("STRICT_ALL_TABLES", true),
        ("ANSI_QUOTES,STRICT_TRANS_TABLES", true),
    ] {
        let layout = TableLayout::new();
        let site = Site::new(SqlDatabase::MySql, "10.0.0.5:3306".to_owned(), &layout);
        let statements = Statements::new(SqlDatabase::MySql, layout);
        for when in [
            When::Absent,
            When::Present,
            When::Always,
            When::Unchanged(Version::new("old")),
        ] {
            let operation = Operation {
                key: "k".to_owned(),
                what: What::Save {
                    bytes: "new".into(),
                    ttl: None,
                    when,
                },
            };
            let mut connection = Fake {
                mode,
                sent: Vec::new(),
            };
            let mut on = Session {
                statements: &statements,
                site: &site,
                connection: &mut connection,
            };
            let saved = operation.run(&mut on).await;
            let writes = connection.sent.iter().filter(|sql| !sql.contains("SELECT"));
            if is_strict {
                assert!(matches!(saved, Ok(Answer::Saved(Saved::Done(_)))), "{mode}");
                // It is asked once.
                let asked = usize::from(ran % 4 == 0);
                assert_eq!(connection.sent.len(), 1 + asked, "{mode}");
                assert_eq!(writes.count(), 1);
            } else {
                let error = saved.map(|_| ()).unwrap_err().to_string();
                assert!(error.contains("add STRICT_TRANS_TABLES"), "{error}");
                assert_eq!(writes.count(), 0, "{mode}");
            }
            ran += 1;
        }
    }
    assert_eq!(ran, 16);
}
