//! A live Rails that keeps its sessions in a table, beside an axum app on the same table: one
//! session, both ways.
//!
//! Rails' store is `rails_app/table_store.rb`, which has the shape and the rules of the gem
//! activerecord-session_store. Active Record makes the table. After each step the table has what it
//! should: the row of the browser's cookie and no other.

use hardtack_peers::RailsVersion;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::browser::{Addresses, App, Browser};
use crate::database::Database;
use crate::table::{Shape, Table};
use crate::world::{Kind, World, private, serve};

fn in_cart(items: &[&str], user: Option<u32>, notice: Option<&str>) -> Value {
    json!({"user": user, "cart": items, "notice": notice})
}

/// Logs in at one app; the other knows the user, changes the session, and shows the message.
fn a_login_counts_on_the_other_side(world: &World<'_>) {
    for app in App::BOTH {
        let other = app.other();
        let mut browser = world.browser();
        browser.send(app, "form", None);
        world.has_only(&browser);
        let before = browser.id().to_owned();
        // The form is the other app's.
        browser.post(other, app, "log_in", "user_id=7");
        assert_ne!(browser.id(), before, "{app:?} did not change the id");
        world.has_only(&browser);

        let signed_in = in_cart(&[], Some(7), Some("Signed in"));
        assert_eq!(browser.show(other), signed_in);
        assert_eq!(browser.show(other), in_cart(&[], Some(7), None));
        browser.post(app, other, "cart", "item=tea");
        world.has_only(&browser);
        let added = in_cart(&["tea"], Some(7), Some("Added tea"));
        assert_eq!(browser.show(app), added);
        assert_eq!(browser.show(other), in_cart(&["tea"], Some(7), None));
        world.has_only(&browser);
        world.run("DELETE FROM sessions");
    }
}

/// A second login changes the id again; the first id opens nothing anywhere.
fn a_new_login_ends_the_old_id(world: &World<'_>) {
    for app in App::BOTH {
        let mut browser = world.browser();
        browser.post(app, app, "log_in", "user_id=7");
        let mut thief = browser.tab();
        let old = thief.id().to_owned();
        browser.post(app, app.other(), "log_in", "user_id=8");
        assert_ne!(browser.id(), old);
        world.has_only(&browser);
        for asked in App::BOTH {
            assert_eq!(browser.show(asked)["user"], 8);
        }
        // Rust stores nothing for an id that is gone; Rails stores an empty session.
        assert_eq!(thief.show(App::Rust), in_cart(&[], None, None));
        world.has_only(&browser);
        assert_eq!(thief.show(App::Rails), in_cart(&[], None, None));
        assert_ne!(thief.id(), old);
        assert!(!world.keys().contains(&private(&old)));
        assert!(world.keys().contains(&private(browser.id())));
        world.run("DELETE FROM sessions");
    }
}

fn a_logout_counts_on_the_other_side(world: &World<'_>) {
    for app in App::BOTH {
        let mut browser = world.browser();
        browser.post(app.other(), app.other(), "log_in", "user_id=7");
        let mut tab = browser.tab();
        let old = private(browser.id());
        browser.post(app.other(), app, "log_out", "");
        let left = world.keys();
        assert!(!left.contains(&old), "{app:?}: {left:?}");
        // Rails begins an empty session at once.
        assert_eq!(left.len(), usize::from(app == App::Rails), "{app:?}");
        for asked in App::BOTH {
            assert_eq!(browser.show(asked)["user"], Value::Null);
        }
        // A tab that was open before is logged out too.
        for asked in [App::Rust, App::Rails] {
            assert_eq!(tab.show(asked)["user"], Value::Null);
        }
        assert!(!world.keys().contains(&old));
        world.run("DELETE FROM sessions");
    }
}

/// Two tabs send the same cookie, each to its app, in turns.
fn two_tabs_change_one_session(world: &World<'_>) {
    let mut rails = world.browser();
    rails.send(App::Rails, "form", None);
    let mut rust = rails.tab();
    let mut items = Vec::new();
    for turn in 0..6 {
        let item = format!("item{turn}");
        if turn % 2 == 0 {
            rails.post(App::Rails, App::Rails, "cart", &format!("item={item}"));
        } else {
            rust.post(App::Rust, App::Rust, "cart", &format!("item={item}"));
        }
        items.push(item);
        world.has_only(&rails);
    }
    assert_eq!(rails.id, rust.id);
    assert_eq!(rails.show(App::Rails)["cart"], json!(items));
    assert_eq!(rust.show(App::Rust)["cart"], json!(items));
}

/// Rust leaves values that it does not know as they are.
fn values_of_ruby_survive(world: &World<'_>) {
    if world.kind != Kind::Marshal {
        return; // JSON has none of them
    }
    // Many lines of base64.
    for length in [10, 3000] {
        let mut browser = world.browser();
        let response = browser.send(App::Rails, &format!("rich?length={length}"), None);
        assert_eq!(response.status, 204, "{response:?}");
        let values = browser.send(App::Rails, "inspect", None).body().to_owned();
        for part in [":fresh", "1180591620717411303424", "Set: {1, :two}", "1..3"] {
            assert!(values.contains(part), "{part}: {values}");
        }
        browser.post(App::Rust, App::Rust, "cart", "item=tea");
        browser.post(App::Rails, App::Rust, "log_in", "user_id=7");
        assert_eq!(browser.send(App::Rails, "inspect", None).body(), values);
        assert_eq!(browser.show(App::Rails)["cart"], json!(["tea"]));
        world.has_only(&browser);
        world.run("DELETE FROM sessions");
    }
}

/// Neither side takes an id that it did not make, and no private id, which is no secret.
fn an_unknown_id_is_not_adopted(world: &World<'_>) {
    let made_up = "0123456789abcdef0123456789abcdef";
    for app in App::BOTH {
        let mut browser = world.browser();
        browser.id = Some(made_up.to_owned());
        assert_eq!(browser.show(app), in_cart(&[], None, None));
        browser.post(app, app.other(), "cart", "item=tea");
        assert_ne!(browser.id(), made_up);
        world.has_only(&browser);
        world.run("DELETE FROM sessions");
    }
    let mut browser = world.browser();
    browser.post(App::Rails, App::Rails, "log_in", "user_id=7");
    for app in App::BOTH {
        let mut thief = world.browser();
        thief.id = Some(private(browser.id()).replace(':', "%3A"));
        assert_eq!(thief.show(app)["user"], Value::Null, "{app:?}");
    }
    world.run("DELETE FROM sessions");
    assert_eq!(world.keys(), [""; 0]);
}

/// A row from before the private ids is found by both, and renamed by the first that writes it.
fn a_row_under_the_public_id_is_renamed(world: &World<'_>) {
    for app in App::BOTH {
        let mut browser = world.browser();
        browser.post(app, app.other(), "log_in", "user_id=7");
        browser.show(app); // its message is read
        let id = browser.id().to_owned();
        let moved = world.run(&format!("UPDATE sessions SET session_id = '{id}'"));
        assert_eq!(moved, 1);
        let number = || world.texts("SELECT CAST(id AS CHAR(20)) FROM sessions");
        let before = number();
        // Rails renames a row that it only reads, too.
        assert_eq!(browser.show(app)["user"], 7);
        browser.post(app, app, "cart", "item=tea");
        assert_eq!(browser.id(), id);
        world.has_only(&browser);
        assert_eq!(number(), before, "it is the same row");
        for asked in App::BOTH {
            assert_eq!(browser.show(asked)["user"], 7, "{asked:?}");
            assert_eq!(browser.show(asked)["cart"], json!(["tea"]), "{asked:?}");
        }
        // An old tab logs the session out, under whichever id it was found.
        world.run(&format!("UPDATE sessions SET session_id = '{id}'"));
        browser.post(app.other(), app, "log_out", "");
        for asked in [App::Rust, App::Rails] {
            let mut tab = world.browser();
            tab.id = Some(id.clone());
            assert_eq!(tab.show(asked)["user"], Value::Null, "{asked:?}");
        }
        world.run("DELETE FROM sessions");
    }
}

/// A request that changes nothing leaves the row as it is, its times too. One that changes the
/// session keeps its number and the time at which it began.
fn only_a_change_is_written(world: &World<'_>) {
    for app in App::BOTH {
        let mut browser = world.browser();
        browser.post(app, app, "log_in", "user_id=7");
        // The message is read, and forgotten by the next request of the same app.
        for _ in 0..2 {
            browser.show(app);
        }
        let before = world.row(&browser);
        for asked in App::BOTH {
            for _ in 0..2 {
                assert_eq!(browser.show(asked), in_cart(&[], Some(7), None));
            }
            assert_eq!(world.row(&browser), before, "{asked:?} after {app:?}");
        }
        for asked in App::BOTH {
            // An hour ago, for both, in the zone in which Rails writes.
            let hour_ago = match world.database {
                Database::Postgres(..) => "now() AT TIME ZONE 'UTC' - interval '1 hour'",
                Database::MariaDb(..) => "UTC_TIMESTAMP(6) - INTERVAL 1 HOUR",
                Database::Sqlite(..) => "strftime('%Y-%m-%d %H:%M:%f000', 'now', '-1 hour')",
            };
            world.run(&format!(
                "UPDATE sessions SET created_at = {hour_ago}, updated_at = {hour_ago}"
            ));
            let before = world.row(&browser);
            browser.post(asked, asked, "cart", "item=tea");
            let after = world.row(&browser);
            assert_eq!(
                (&after[0], &after[1], &after[3]),
                (&before[0], &before[1], &before[3]),
                "{asked:?}"
            );
            assert_ne!(after[2], before[2]);
            let start = match world.kind {
                Kind::Marshal => "BAh",
                Kind::Json | Kind::Hybrid => "{\"value\":{",
                Kind::Null(_) => "{\"",
            };
            let is_wrapped = after[2].contains("\"value\"");
            assert!(after[2].starts_with(start), "{asked:?}: {}", after[2]);
            assert_eq!(is_wrapped, start.contains("value"), "{}", after[2]);
            // Now; and where times are text, in the form in which Rails writes them.
            if matches!(world.database, Database::Sqlite(..)) {
                assert_eq!(
                    shape(&after[4]),
                    shape(&before[4]),
                    "{asked:?}: {}",
                    after[4]
                );
            }
            let table = Table::new(world.database, Shape::ActiveRecord);
            let age = world.runtime.block_on(table.seconds(&after[1]));
            assert!(
                (-1..=20).contains(&age),
                "{asked:?}: {age} s old: {}",
                after[4]
            );
        }
        world.run("DELETE FROM sessions");
    }
}

/// Rows of Marshal from before the change to `:hybrid`: both read them, and write JSON.
fn rows_of_marshal_become_json(world: &World<'_>) {
    if world.kind != Kind::Hybrid {
        return;
    }
    let marshal = serve(world.database, Kind::Marshal);
    for app in App::BOTH {
        let mut former = Browser::new(Addresses {
            rust: marshal,
            ..world.addresses
        });
        former.post(App::Rust, App::Rust, "log_in", "user_id=7");
        assert!(world.row(&former)[2].starts_with("BAh"));
        let mut browser = world.browser();
        browser.id = Some(former.id().to_owned());
        for asked in [app, app.other()] {
            assert_eq!(browser.show(asked)["user"], 7, "{asked:?}");
        }
        browser.post(app, app, "cart", "item=tea");
        let data = world.row(&browser)[2].clone();
        assert!(data.starts_with("{\"value\":{"), "{app:?}: {data}");
        for asked in App::BOTH {
            assert_eq!(browser.show(asked)["cart"], json!(["tea"]), "{asked:?}");
        }
        world.run("DELETE FROM sessions");
    }
}

/// Returns a time with zeros for its digits.
fn shape(time: &str) -> String {
    time.replace(|character: char| character.is_ascii_digit(), "0")
}

type Step = (&'static str, fn(&World<'_>));

const STEPS: &[Step] = &[
    ("login", a_login_counts_on_the_other_side),
    ("new login", a_new_login_ends_the_old_id),
    ("logout", a_logout_counts_on_the_other_side),
    ("two tabs", two_tabs_change_one_session),
    ("values of Ruby", values_of_ruby_survive),
    ("unknown id", an_unknown_id_is_not_adopted),
    ("public id", a_row_under_the_public_id_is_renamed),
    ("only changes", only_a_change_is_written),
    ("hybrid", rows_of_marshal_become_json),
];

#[test]
fn rails_and_rust_share_a_session_in_a_table() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    // The pools of the databases belong to the runtime.
    let inside = runtime.enter();
    let sqlite = || Database::sqlite("beside-rails");
    let databases = if RailsVersion::current().has_database_drivers {
        Vec::from(Database::all("beside-rails"))
    } else {
        vec![sqlite()]
    };
    let (mut ran, mut worlds) = (0, 0);
    for database in &databases {
        for &kind in Kind::of(database) {
            let world = World::start(database, &runtime, kind);
            for (name, step) in STEPS {
                // A failure below stands under the name of its step.
                println!("{}, {kind:?}: {name}", database.name());
                world.run("DELETE FROM sessions");
                step(&world);
                ran += 1;
            }
            worlds += 1;
        }
    }
    let all = if databases.len() == 3 { 5 + 3 + 4 } else { 4 };
    assert_eq!((worlds, ran), (all, all * 9));
    drop(inside);
}
