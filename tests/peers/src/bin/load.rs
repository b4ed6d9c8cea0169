//! Puts load on the counter of `examples/axum.rs` or `examples/actix.rs`. Its browsers check each
//! page: it must show their own name, and one visit more each time.
//!
//! ```console
//! $ load PORT PID SECONDS [hostile]
//! ```
//!
//! With `hostile` one request in four has a cookie that is mutated, too large, doubled, expired
//! (sealed under the server's own secret, `SECRET_KEY_BASE`) or sealed by another secret.
//!
//! Exits with status 1 if an answer was wrong, or if the memory of the process PID grew by more
//! than a tenth between a fifth of the time and the end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use hardtack::test_util::{Browser, cookie_header};
use hardtack::{
    CookieAttributes, CookieStore, Error, Jar, LoadDefaults, SecretKeyBase, SessionData,
};
use hardtack_peers::{Answer, Connection, Generator};

const BROWSERS: u64 = 32;

#[derive(Default)]
struct Tally {
    requests: AtomicU64,
    hostile: AtomicU64,
    server_errors: AtomicU64,
    wrong_sessions: AtomicU64,
    broken: AtomicU64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(port), Some(process), Some(seconds)) = (
        arguments.first().and_then(|port| port.parse().ok()),
        arguments.get(1).and_then(|process| process.parse().ok()),
        arguments.get(2).and_then(|seconds| seconds.parse().ok()),
    ) else {
        eprintln!("usage: load PORT PID SECONDS [hostile]");
        return ExitCode::from(2);
    };
    let is_hostile = arguments.get(3).is_some_and(|word| word == "hostile");
    run(port, process, Duration::from_secs(seconds), is_hostile).await
}

async fn run(port: u16, process: u32, time: Duration, is_hostile: bool) -> ExitCode {
    let tally = Arc::new(Tally::default());
    let start = Instant::now();
    let until = start + time;
    let browsers: Vec<_> = (0..BROWSERS)
        .map(|number| {
            let tally = tally.clone();
            tokio::spawn(async move {
                while Instant::now() < until {
                    if visit(port, number, until, is_hostile, &tally)
                        .await
                        .is_none()
                    {
                        tally.broken.fetch_add(1, Relaxed);
                    }
                }
            })
        })
        .collect();
    tokio::time::sleep(time / 5).await;
    let early = memory(process);
    for browser in browsers {
        if browser.await.is_err() {
            tally.broken.fetch_add(1, Relaxed);
        }
    }
    let late = memory(process);
    let [requests, hostile, server_errors, wrong_sessions, broken] = [
        &tally.requests,
        &tally.hostile,
        &tally.server_errors,
        &tally.wrong_sessions,
        &tally.broken,
    ]
    .map(|count| count.load(Relaxed));
    #[allow(clippy::cast_precision_loss, reason = "shown with no decimals")]
    let rate = requests as f64 / start.elapsed().as_secs_f64();
    println!("requests       {requests} ({rate:.0} a second, {hostile} of them hostile)");
    println!("5xx            {server_errors}");
    println!("wrong sessions {wrong_sessions}");
    println!("broken         {broken}");
    println!("memory         {early} KiB after a fifth of the time, {late} KiB at the end");
    let is_well = requests > 0
        && server_errors + wrong_sessions + broken == 0
        && early > 0
        && late <= early + early / 10;
    ExitCode::from(u8::from(!is_well))
}

/// Runs a browser from its first page to a full session; returns `None` if the server broke off.
async fn visit(
    port: u16,
    number: u64,
    until: Instant,
    is_hostile: bool,
    tally: &Tally,
) -> Option<()> {
    let mut server = Server::connect(port).await?;
    let mut browser = Browser::default();
    let mut random = Generator::new(number);
    let name = format!("Browser {number}");
    let page = server.get(&browser.cookie_header(), tally).await?;
    browser.receive(page.set_cookies());
    let token = between(page.body, "name=\"authenticity_token\" value=\"", "\"")?;
    let form = format!("authenticity_token={token}&name={}", name.replace(' ', "+"));
    let answer = server
        .post("/log_in", &browser.cookie_header(), &form, tally)
        .await?;
    browser.receive(answer.set_cookies());

    let mut visits = 1;
    while Instant::now() < until {
        if is_hostile && random.below(4) == 0 {
            let cookies = hostile(&browser, &mut random);
            let page = server.get(&cookies.header, tally).await?;
            tally.hostile.fetch_add(1, Relaxed);
            if page.body.contains("<strong>") != cookies.opens {
                tally.wrong_sessions.fetch_add(1, Relaxed);
            }
            continue;
        }
        let page = server.get(&browser.cookie_header(), tally).await?;
        browser.receive(page.set_cookies());
        visits += 1;
        let own = page.body.contains(&format!("<strong>{name}</strong>"))
            && page
                .body
                .contains(&format!("You have been here {visits} times."));
        if !own {
            tally.wrong_sessions.fetch_add(1, Relaxed);
        }
    }
    Some(())
}

struct Cookies {
    header: String,
    /// Is `true` if the server must accept the session in it.
    opens: bool,
}

fn hostile(browser: &Browser, random: &mut Generator) -> Cookies {
    let good = browser.cookie_header();
    let (name, value) = good.split_once('=').unwrap_or_default();
    match random.below(6) {
        0 => {
            let place = random.below(value.len());
            let mut mutated = value.as_bytes().to_vec();
            // Upper and lower case of a digit of base64 differ, and of an escape they do not.
            if let Some(byte) = mutated.get_mut(place) {
                *byte = if *byte == b'Z' { b'Y' } else { b'Z' };
            }
            Cookies {
                header: format!("{name}={}", String::from_utf8_lossy(&mutated)),
                opens: false,
            }
        }
        1 => Cookies {
            header: format!("{name}={}", "A".repeat(20_000)),
            opens: false,
        },
        2 => Cookies {
            header: format!("{name}=AAAA--AAAA--AAAA; {good}"),
            opens: false,
        },
        3 => Cookies {
            header: format!("{good}; {name}=AAAA--AAAA--AAAA"),
            opens: true,
        },
        4 => Cookies {
            header: expired(name).expect("it is sealed"),
            opens: false,
        },
        _ => {
            let secret = SecretKeyBase::new("another secret ".repeat(5));
            let store = secret.map(|secret| CookieStore::new(&secret, LoadDefaults::V7_1, name));
            let header = store.and_then(|store| {
                cookie_header(&store, |session| session.insert("name", "nobody"))
            });
            Cookies {
                header: header.unwrap_or_default(),
                opens: false,
            }
        }
    }
}

/// A cookie of the server's own, which has expired.
fn expired(name: &str) -> Result<String, Error> {
    static JAR: LazyLock<Result<Jar, Error>> = LazyLock::new(|| {
        let secret = SecretKeyBase::new(std::env::var("SECRET_KEY_BASE").unwrap_or_default())?;
        Ok(Jar::encrypted(&secret, LoadDefaults::V7_1))
    });
    let mut session = SessionData::new();
    session.insert("name", "nobody")?;
    let long_ago = CookieAttributes::new().expires(time::OffsetDateTime::UNIX_EPOCH);
    let cookie = session.write(JAR.as_ref().map_err(Clone::clone)?, name, &long_ago)?;
    Ok(format!("{name}={}", cookie.escaped_value()))
}

struct Server {
    connection: Connection,
    port: u16,
}

impl Server {
    async fn connect(port: u16) -> Option<Self> {
        let connection = Connection::open(port).await.ok()?;
        Some(Self { connection, port })
    }

    async fn get(&mut self, cookies: &str, tally: &Tally) -> Option<Answer<'_>> {
        let port = self.port;
        let request =
            format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookies}\r\n\r\n");
        self.exchange(&request, tally).await
    }

    async fn post(
        &mut self,
        path: &str,
        cookies: &str,
        form: &str,
        tally: &Tally,
    ) -> Option<Answer<'_>> {
        let (port, length) = (self.port, form.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookies}\r\n\
             Origin: http://localhost:{port}\r\nContent-Length: {length}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}"
        );
        self.exchange(&request, tally).await
    }

    async fn exchange(&mut self, request: &str, tally: &Tally) -> Option<Answer<'_>> {
        let answer = self.connection.exchange(request.as_bytes()).await.ok()?;
        tally.requests.fetch_add(1, Relaxed);
        if answer.status() >= 500 {
            tally.server_errors.fetch_add(1, Relaxed);
        }
        Some(answer)
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// The resident memory of a process, in KiB.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let resident = between(&status, "VmRSS:", "kB").unwrap_or_default();
    resident.trim().parse().unwrap_or_default()
}
