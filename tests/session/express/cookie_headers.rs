//! The `Cookie` header, as Express reads it (package cookie 0.7).

use std::collections::BTreeMap;

use hardtack::CookieHeader;
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::SessionFormat;
use serde::Deserialize;

use super::lines;

#[derive(Deserialize)]
struct Line {
    kind: String,
    header: Option<String>,
    express_session: Option<BTreeMap<String, String>>,
}

#[test]
fn headers_are_read_as_node_does() {
    let signature = CookieSignature::new("keyboard cat 779c6e755323").unwrap();
    let format = ExpressSession::connect_redis(signature);
    let (mut headers, mut values) = (0, 0);
    for line in lines::<Line>("cookies.jsonl.gz") {
        if line.kind != "cookie_header" {
            continue;
        }
        headers += 1;
        let (header, expected) = (line.header.unwrap(), line.express_session.unwrap());
        let read = CookieHeader::new(&header);
        for name in ["a", "b", "A", "c"] {
            let value = format.cookie_value(&read, name);
            let value = value.map(|value| String::from_utf8(value.into_owned()).unwrap());
            assert_eq!(value.as_ref(), expected.get(name), "{name} of {header}");
            values += usize::from(value.is_some());
        }
    }
    assert_eq!(headers, 26);
    assert!(values > 20, "{values}");
}
