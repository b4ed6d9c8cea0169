//! One session in Redis, of a live Laravel 8.83 and of hardtack.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use hardtack::headers::{escape, unescape};
use hardtack::laravel::{
    AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion, SessionGuard,
};
use hardtack::{LazySession, RequestOrigin, ServerSessions, Session};
use hardtack_peers::{LaravelApp, RedisServer, Response, get, post, post_with_header};
use hardtack_redis::RedisStore;
use serde_json::{Value, json};

/// A browser that goes to both apps with its cookies.
struct Browser {
    laravel: LaravelApp,
    sessions: Arc<ServerSessions>,
    encrypter: Encrypter,
    cookies: BTreeMap<String, String>,
    _redis: RedisServer,
}

impl Browser {
    fn new(cipher: LaravelCipher, is_encrypted: bool) -> Self {
        let redis = RedisServer::start(&[]);
        let key = AppKey::generate(cipher).unwrap();
        let laravel =
            LaravelApp::start(redis.address(), &key.expose(), cipher.name(), is_encrypted);
        let encrypter = Encrypter::new(&key, cipher).unwrap();
        let mut format = LaravelSession::redis(encrypter.clone(), LaravelVersion::V8);
        if is_encrypted {
            format = format.encrypt();
        }
        let sessions = format.sessions(RedisStore::new(redis.url()).unwrap());
        Self {
            laravel,
            sessions: Arc::new(sessions),
            encrypter,
            cookies: BTreeMap::new(),
            _redis: redis,
        }
    }

    fn header(&self) -> String {
        let pairs = self.cookies.iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep<'a>(&mut self, set_cookies: impl Iterator<Item = &'a str>) {
        for cookie in set_cookies {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Runs calls of the session at Laravel, and returns its id and its attributes.
    fn laravel(&mut self, ops: &Value) -> (String, Value) {
        let path = format!("/?ops={}", escape(ops.to_string().as_bytes()));
        let response = get(self.laravel.address(), &path, Some(&self.header()));
        self.answer(&response)
    }

    fn answer(&mut self, response: &Response) -> (String, Value) {
        assert_eq!(response.status, 200, "{}", response.body());
        self.keep(response.set_cookies());
        let json = response.json();
        (
            json["id"].as_str().unwrap().to_owned(),
            json["attributes"].clone(),
        )
    }

    /// Runs a request to hardtack.
    async fn hardtack<R>(&mut self, handler: impl FnOnce(&Session) -> R) -> R {
        let request = LazySession::open(&self.sessions, self.header(), RequestOrigin::default());
        let answer = handler(&request.load().await.unwrap());
        let commit = request.commit(200).await.unwrap();
        let cookies: Vec<_> = commit.cookies().iter().map(ToString::to_string).collect();
        self.keep(cookies.iter().map(String::as_str));
        answer
    }
}

#[tokio::test]
async fn one_session_at_both() {
    let mut count = 0;
    for cipher in LaravelCipher::ALL {
        for is_encrypted in [false, true] {
            let mut browser = Browser::new(*cipher, is_encrypted);
            in_turns(&mut browser).await;
            tokens(&mut browser).await;
            from_hardtack_on(&mut browser).await;
            count += 1;
        }
    }
    assert_eq!(count, 8);
}

/// What one sets the other sees, and a flash is shown once.
async fn in_turns(browser: &mut Browser) {
    let web = SessionGuard::new("web");
    let ops = json!([
        ["put", "cart.items", { "tea": 2, "7": [1.5, null] }],
        ["put", web.key(), 7],
        ["flash", "status", "Of Laravel"],
    ]);
    let (id, _) = browser.laravel(&ops);
    browser
        .hardtack(|session| {
            assert_eq!(session.session_id().as_deref(), Some(&*id));
            assert_eq!(session.read(|data| web.user_id(data)), Ok(Some(7)));
            let status = session.laravel().take_flash::<String>("status");
            assert_eq!(status.unwrap().as_deref(), Some("Of Laravel"));
            session.insert("rust", json!({ "Zoë": [1, 2] })).unwrap();
            session.laravel().flash("notice", "Of Rust").unwrap();
        })
        .await;
    let (same, seen) = browser.laravel(&json!([]));
    assert_eq!(same, id);
    let items = json!({ "tea": 2, "7": [1.5, null] });
    assert_eq!(seen["cart"], json!({ "items": items }));
    assert_eq!(seen["rust"], json!({ "Zoë": [1, 2] }));
    assert_eq!(
        (&seen["notice"], &seen["status"]),
        (&json!("Of Rust"), &Value::Null)
    );
    let (_, seen) = browser.laravel(&json!([["forget", "rust"]]));
    assert_eq!(
        (&seen["notice"], &seen["rust"]),
        (&Value::Null, &Value::Null)
    );
}

/// A token of either is accepted by the other, in a form and from JavaScript.
async fn tokens(browser: &mut Browser) {
    let laravel = browser.laravel.address();
    let forged = post(laravel, "/", Some(&browser.header()), "_token=forged");
    assert_eq!(forged.status, 419);

    let encrypter = browser.encrypter.clone();
    let sent = unescape(browser.cookies["XSRF-TOKEN"].as_bytes()).into_owned();
    let (token, cookie) = browser
        .hardtack(|session| {
            let keys = session.laravel();
            assert!(keys.is_xsrf_token(&encrypter, &sent));
            assert!(!keys.is_xsrf_token(&encrypter, &sent[1..]));
            let cookie = keys.xsrf_cookie(&encrypter, None).unwrap();
            (keys.token().unwrap(), cookie)
        })
        .await;
    let form = format!("_token={token}");
    let accepted = post(laravel, "/", Some(&browser.header()), &form);
    assert_eq!(accepted.status, 200);
    let value = String::from_utf8(cookie.value().into_owned()).unwrap();
    let header = format!("X-XSRF-TOKEN: {value}");
    let accepted = post_with_header(laravel, "/", Some(&browser.header()), &header, "");
    assert_eq!(accepted.status, 200);
}

/// A session that hardtack begins, with a login and a logout; Laravel's id is never taken over.
async fn from_hardtack_on(browser: &mut Browser) {
    let web = SessionGuard::new("web");
    browser.cookies.clear();
    browser
        .hardtack(|session| session.insert("guest", true).unwrap())
        .await;
    let (as_guest, seen) = browser.laravel(&json!([["put", "php", 1]]));
    assert_eq!(seen["guest"], true);
    let before = browser.cookies.clone();
    browser
        .hardtack(|session| {
            session.renew().unwrap();
            session.update(|data| web.log_in(data, &42)).unwrap();
        })
        .await;
    let (id, seen) = browser.laravel(&json!([]));
    assert_ne!(id, as_guest);
    assert_eq!((&seen[web.key()], &seen["php"]), (&json!(42), &json!(1)));

    // The cookie from before the login leads to nothing that hardtack or Laravel knows.
    let after = std::mem::replace(&mut browser.cookies, before);
    browser
        .hardtack(|session| assert!(session.is_empty()))
        .await;
    browser.cookies = after;

    browser.hardtack(|session| session.reset().unwrap()).await;
    let (after_logout, seen) = browser.laravel(&json!([]));
    assert_ne!(after_logout, id);
    assert_eq!(
        (&seen[web.key()], &seen["php"]),
        (&Value::Null, &Value::Null)
    );
}
