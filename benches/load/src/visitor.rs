//! [`Visitor`]: a session, and the requests with its cookie.

use hardtack::test_util::Browser;
use hardtack_peers::{Connection, Generator};
use serde_json::{Value, json};

use crate::operation::Operation;

/// The connections that the load comes over.
const CONNECTIONS: usize = 64;

/// The number of sessions.
const SESSIONS: usize = 1000;

/// The size of a session's JSON in bytes.
const SIZE: usize = 700;

/// The key of the counter.
pub(crate) const COUNTER: &str = "visits";

/// Six digits, so that a session keeps its size while it is counted.
const FIRST_COUNT: usize = 100_000;

/// A session, and what is known of it.
pub(crate) struct Visitor {
    read: Vec<u8>,
    change: Vec<u8>,
    /// The counter in the session.
    pub(crate) count: usize,
}

impl Visitor {
    pub(crate) fn request(&self, operation: Operation) -> &[u8] {
        match operation {
            Operation::Read => &self.read,
            Operation::Change => &self.change,
        }
    }
}

/// Creates the sessions by the server's own hand; returns those of each connection.
pub(crate) async fn fill(port: u16) -> Result<Vec<Vec<Visitor>>, String> {
    let mut random = Generator::new(20);
    let mut visitors: Vec<Vec<Visitor>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    let failed = |error: std::io::Error| format!("/fill: {error}");
    let mut connection = Connection::open(port).await.map_err(failed)?;
    for number in 0..SESSIONS {
        let count = FIRST_COUNT + number;
        let session = session(count, &mut random).to_string();
        let request = format!(
            "POST /fill HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {}\r\n\
             Content-Type: application/json\r\n\r\n{session}",
            session.len(),
        );
        let answer = connection
            .exchange(request.as_bytes())
            .await
            .map_err(failed)?;
        let mut browser = Browser::default();
        browser.receive(answer.set_cookies());
        let cookies = browser.cookie_header();
        if answer.status() != 200 || cookies.is_empty() {
            let status = answer.status();
            return Err(format!(
                "/fill was answered by {status}, with the cookies `{cookies}`"
            ));
        }
        let request = |operation: Operation| {
            let path = operation.path();
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookies}\r\n\r\n"
            );
            request.into_bytes()
        };
        visitors[number % CONNECTIONS].push(Visitor {
            read: request(Operation::Read),
            change: request(Operation::Change),
            count,
        });
    }
    Ok(visitors)
}

/// Makes a session of eight keys.
fn session(count: usize, random: &mut Generator) -> Value {
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = |letters: &[u8], length: usize| -> String {
        let letter = |_| char::from(letters[random.below(letters.len())]);
        (0..length).map(letter).collect()
    };
    let item = |sku: String, number: usize| json!({"sku": sku, "name": "Hardtack, 1 kg", "quantity": number, "gift": number == 2});
    let cart: Vec<Value> = (1..=3)
        .map(|number| item(text(BASE64, 8), number))
        .collect();
    let mut session = json!({
        "user_id": 7_000_000 + count,
        COUNTER: count,
        "email": format!("visitor-{count}@shop.example"),
        "locale": "en-GB",
        "_csrf_token": text(BASE64, 43),
        "signed_in_at": "2026-11-26T09:41:07.250Z",
        "cart": cart,
        "return_to": "/orders?query=",
    });
    let room = SIZE - session.to_string().len();
    let path = format!("/orders?query={}", text(b"etaoin-shrdlu/cmfwyp", room));
    session["return_to"] = path.into();
    session
}
