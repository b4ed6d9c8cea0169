//! `hardtack demo`: shows what the crate does, step by step, without a secret of the user's.

use std::fmt::{Display, Write};

use console::style;
use hardtack::{
    CookieAttributes, CookieHeader, Jar, LoadDefaults, Rotation, SecretKeyBase, Serializer,
    SessionData, SetCookie,
};

use crate::output;

const NAME: &str = "_shop_session";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

pub(crate) fn run() -> Result<u8, String> {
    let mut page = Page::default();
    let outcome = steps(&mut page);
    let status = output::print(page.0.as_bytes())?;
    outcome.map_err(|error| error.to_string())?;
    Ok(status)
}

/// The text of the demo: results in green, refusals in red, and the Rust code dimmed.
#[derive(Default)]
struct Page(String);

impl Page {
    fn step(&mut self, title: &str) {
        let _ = write!(self.0, "\n{}\n", style(title).bold());
    }

    fn rust(&mut self, code: &str) {
        self.line(style(code).dim());
    }

    fn good(&mut self, text: impl Display) {
        self.line(style(text).green());
    }

    fn bad(&mut self, text: impl Display) {
        self.line(style(text).red());
    }

    fn line(&mut self, text: impl Display) {
        let _ = writeln!(self.0, "   {text}");
    }
}

fn steps(page: &mut Page) -> Outcome<()> {
    page.step("1. A secret, and the encrypted jar of an app on Rails 6.1");
    let old_secret = SecretKeyBase::generate()?;
    let old_settings = LoadDefaults::V6_1
        .settings()
        .cookies_serializer(Serializer::Json);
    let old_jar = Jar::encrypted(&old_secret, old_settings.clone());
    page.rust("let secret = SecretKeyBase::generate()?; // in production: the app's own");
    page.rust("let jar = Jar::encrypted(&secret, settings);");

    page.step("2. Seal a session: this header goes to the browser");
    let mut session = SessionData::new();
    session.insert("user_id", 42)?;
    session.insert("return_to", "/orders/17?page=2")?;
    let cookie = session.write(&old_jar, NAME, &CookieAttributes::new().http_only(true))?;
    page.rust("session.insert(\"user_id\", &42)?;");
    page.rust("let cookie = session.write(&jar, \"_shop_session\", &attributes)?;");
    page.line(format!("Set-Cookie: {cookie}"));

    page.step("3. Open it: the browser sends it back among other cookies");
    let header = format!("theme=dark; {NAME}={}", cookie.escaped_value());
    page.rust("let session = SessionData::read(&jar, \"_shop_session\", &header)?;");
    let opened = SessionData::read(&old_jar, NAME, &CookieHeader::new(&header))?
        .ok_or("the cookie is missing")?;
    for key in opened.value().keys() {
        if let Some(value) = opened.value().get::<hardtack::value::Value>(&key)? {
            page.good(format!("{key}: {value}"));
        }
    }

    tamper(page, &old_jar, &cookie);

    page.step("5. Change the secret and upgrade to Rails 7.1: every user stays logged in");
    let jar = Jar::encrypted(&SecretKeyBase::generate()?, LoadDefaults::V7_1);
    if SessionData::read(&jar, NAME, &CookieHeader::new(&header)).is_err() {
        page.bad("without a rotation: invalid message, and every user has to log in again");
    }
    page.rust("let jar = jar.rotation(Rotation::encrypted(&old_secret, old_settings));");
    let jar = jar.rotation(Rotation::encrypted(&old_secret, old_settings));
    let opened = SessionData::read(&jar, NAME, &CookieHeader::new(&header))?
        .ok_or("the cookie is missing")?;
    if let (Some(user), true) = (
        opened.value().get::<u32>("user_id")?,
        opened.needs_rewrite(),
    ) {
        page.good(format!(
            "with a rotation: user_id {user} is still there; needs_rewrite() says to seal it again"
        ));
    }

    page.step("6. Put too much in: browsers silently drop a cookie of more than 4096 bytes");
    session.insert("cart", "x".repeat(2_500))?;
    match session.write(&jar, NAME, None) {
        Ok(cookie) => page.bad(format!("it fits: {} bytes", cookie.size())),
        Err(error) => page.bad(error),
    }

    page.step("Now a cookie of your own app:");
    page.line("SECRET_KEY_BASE=... hardtack open --name _shop_session --rails 7.1 'the value'");
    Ok(())
}

fn tamper(page: &mut Page, jar: &Jar, cookie: &SetCookie) {
    page.step("4. Tamper with it, or copy it under another name: the sender gets one answer");
    let mut tampered = cookie.value().to_vec();
    if let Some(byte) = tampered.get_mut(7) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    for (what, name, value) in [
        ("one letter changed", NAME, &tampered[..]),
        ("under the name 'admin'", "admin", &cookie.value()),
    ] {
        let answer = SessionData::read_value(jar, name, value)
            .map_or_else(|error| error.to_string(), |_| "opened".to_owned());
        let reason = jar
            .explain(name, value)
            .map_or_else(|refusal| refusal.to_string(), |_| "it opens".to_owned());
        page.bad(format!(
            "{what}: {answer} (explain() tells the operator: {reason})"
        ));
    }
}
