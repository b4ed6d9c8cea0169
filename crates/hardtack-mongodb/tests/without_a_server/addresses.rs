//! Addresses: what is understood, and what is shown of them.

use hardtack_mongodb::MongoStore;

use crate::chain;

#[test]
fn addresses_are_shown_without_user_and_password() {
    let addresses = [
        "mongodb://anna:wordpass@10.0.0.5:27018/shop",
        "mongodb://anna:word%70ass@10.0.0.5:27018,10.0.0.6/?replicaSet=rs0",
        "mongodb://anna:wordpass@10.0.0.5:27018/shop?authSource=admin&w=majority&tls=true",
    ];
    for address in addresses {
        let shown = format!("{:?}", MongoStore::new(address).unwrap());
        assert!(shown.contains("10.0.0.5:27018"), "{shown}");
        assert!(!shown.contains("anna"), "{shown}");
        assert!(!shown.contains("pass"), "{shown}");
    }
}

#[test]
fn a_wrong_address_is_an_error_that_does_not_show_it() {
    let wrong = [
        ("", "mongodb://user:password@host"),
        ("10.0.0.5:27017", "mongodb://user:password@host"),
        ("anna:wordpass@10.0.0.5", "mongodb://user:password@host"),
        (
            "http://anna:wordpass@10.0.0.5",
            "mongodb://user:password@host",
        ),
        ("mongodb://anna:wordpass", "mongodb://user:password@host"),
        (
            "mongodb://anna:word@pass@10.0.0.5",
            "mongodb://user:password@host",
        ),
        ("mongodb://anna:wordpass@", "mongodb://user:password@host"),
        (
            "mongodb://anna:wordpass@10.0.0.5/?wordpass",
            "mongodb://user:password@host",
        ),
        (
            "mongodb://anna:wordpass@10.0.0.5/?w=wordpass&w=1",
            "mongodb://user:password@host",
        ),
        (
            "mongodb+srv://anna:wordpass@shop.example.com",
            "mongodb+srv://",
        ),
        ("mongodb://anna:wordpass@10.0.0.5/?w=0", "`w=0`"),
    ];
    for (address, expected) in wrong {
        let error = chain(&MongoStore::new(address).expect_err(address));
        assert!(error.contains(expected), "{address}: {error}");
        assert!(!error.contains("wordpass"), "{address}: {error}");
        assert!(!error.contains("anna"), "{address}: {error}");
    }
}

#[test]
fn the_database_is_that_of_the_address_or_test() {
    let cases = [
        ("mongodb://localhost", "test"),
        ("mongodb://localhost/", "test"),
        ("mongodb://localhost/shop", "shop"),
        ("mongodb://localhost/shop?w=1", "shop"),
    ];
    for (address, database) in cases {
        let shown = format!("{:?}", MongoStore::new(address).unwrap());
        assert!(
            shown.contains(&format!("database: {database:?}")),
            "{shown}"
        );
    }
    let store = MongoStore::new("mongodb://localhost/shop").unwrap();
    let shown = format!("{:?}", store.database("other").collection("logins"));
    assert!(
        shown.contains("\"other\"") && shown.contains("\"logins\""),
        "{shown}"
    );
}
