//! Requests over HTTP: only the parts that the tests need.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A server's response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Sends `GET path` to a server, with this `Cookie` header.
///
/// # Panics
///
/// Panics if the server does not answer in HTTP within 10 seconds.
#[must_use]
pub fn get(server: SocketAddr, path: &str, cookies: Option<&str>) -> Response {
    send(server, "GET", path, cookies, "")
}

/// Sends `POST path` to a server, with this `Cookie` header and form (`a=1&b=2`).
///
/// # Panics
///
/// Panics if the server does not answer in HTTP within 10 seconds.
#[must_use]
pub fn post(server: SocketAddr, path: &str, cookies: Option<&str>, form: &str) -> Response {
    let form = format!(
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    send(server, "POST", path, cookies, &form)
}

/// Sends `POST path` as [`post`] does, with one more header (`Name: value`).
///
/// # Panics
///
/// Panics if the server does not answer in HTTP within 10 seconds.
#[must_use]
pub fn post_with_header(
    server: SocketAddr,
    path: &str,
    cookies: Option<&str>,
    header: &str,
    form: &str,
) -> Response {
    let form = format!(
        "{header}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    send(server, "POST", path, cookies, &form)
}

/// Sends a request whose last headers and body are `rest`.
fn send(
    server: SocketAddr,
    method: &str,
    path: &str,
    cookies: Option<&str>,
    rest: &str,
) -> Response {
    let answer = exchange(server, method, path, cookies, rest);
    let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    Response::parse(&answer).unwrap_or_else(|| panic!("{method} {path}: no HTTP: {answer}"))
}

fn exchange(
    server: SocketAddr,
    method: &str,
    path: &str,
    cookies: Option<&str>,
    rest: &str,
) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    // HTTP/1.0: no chunks, and the connection's end is the answer's.
    let cookies = cookies.map_or_else(String::new, |pairs| format!("Cookie: {pairs}\r\n"));
    let rest = if rest.is_empty() { "\r\n" } else { rest };
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {server}\r\nUser-Agent: hardtack-peers\r\n{cookies}{rest}"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

impl Response {
    fn parse(answer: &str) -> Option<Self> {
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        Some(Self {
            status,
            headers: lines.map(header).collect::<Option<_>>()?,
            body: body.to_owned(),
        })
    }

    /// Returns the values of the `Set-Cookie` headers.
    pub fn set_cookies(&self) -> impl Iterator<Item = &str> {
        let cookies = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        cookies.map(|(_, value)| value.as_str())
    }

    /// Returns the values of the headers named `name`, which is in lower case.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let headers = self.headers.iter().filter(|(known, _)| known == name);
        headers.map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Returns the body, as JSON.
    ///
    /// # Panics
    ///
    /// Panics if the body is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {}", self.status, self.body))
    }
}

pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free loopback port")
}
