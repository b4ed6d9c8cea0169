//! The tokens of csrf-csrf, against what the package itself accepts.

use hardtack::Error;
use hardtack::express::DoubleCsrf;
use serde::Deserialize;
use serde_json::Value;

use super::lines;

#[derive(Deserialize)]
struct Line {
    secret: Value,
    session_id: String,
    token: String,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    name: String,
    cookie: String,
    sent: String,
    valid: bool,
}

fn tokens(secret: &Value) -> DoubleCsrf {
    match secret {
        Value::String(secret) => DoubleCsrf::new(secret).unwrap(),
        list => {
            let tokens = DoubleCsrf::new(list[0].as_str().unwrap()).unwrap();
            tokens.older_secret(list[1].as_str().unwrap()).unwrap()
        }
    }
}

#[test]
fn tokens_are_those_of_the_package() {
    let (mut accepted, mut refused) = (0, 0);
    for line in lines::<Line>("csrf-csrf.jsonl.gz") {
        let tokens = tokens(&line.secret);
        for check in &line.checks {
            let is_authentic = tokens.is_authentic(&check.cookie, &check.sent, &line.session_id);
            assert_eq!(
                is_authentic, check.valid,
                "{}: {}",
                check.name, check.cookie
            );
            if check.valid {
                assert!(!tokens.is_authentic(&check.cookie, &check.sent, "another"));
                accepted += 1;
            } else {
                refused += 1;
            }
        }
        let own = tokens.token(&line.session_id).unwrap();
        assert!(tokens.is_authentic(&own, &own, &line.session_id));
        assert_eq!(own.len(), 64 + 1 + 64);
        assert_ne!(own, line.token);
    }
    assert_eq!((accepted, refused), (48 * 2 + 12, 48 * 9));
    assert_eq!(DoubleCsrf::new(" ").err(), Some(Error::BlankSecret));
}
