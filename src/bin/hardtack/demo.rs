//! `hardtack demo`: what the crate does, step by step, without a secret of one's own.

use std::io::IsTerminal;

use clap::Command;
use hardtack::{Attributes, CookieHeader, Jar, RailsVersion, Rotation, SecretKeyBase, SessionData};

const NAME: &str = "_shop_session";

pub(crate) fn command() -> Command {
    Command::new("demo").about("Show what hardtack does, step by step; needs no secret")
}

pub(crate) fn run() -> Result<u8, String> {
    steps(Paint {
        on: std::io::stdout().is_terminal(),
    })
    .map_err(|error| error.to_string())?;
    Ok(crate::OK)
}

/// Colour, on a terminal only.
#[derive(Clone, Copy)]
struct Paint {
    on: bool,
}

impl Paint {
    fn step(self, number: u8, title: &str) {
        println!("\n{}", self.paint("1", &format!("{number}. {title}")));
    }

    fn good(self, text: &str) {
        println!("   {}", self.paint("32", text));
    }

    fn bad(self, text: &str) {
        println!("   {}", self.paint("31", text));
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

fn steps(paint: Paint) -> Result<(), Box<dyn std::error::Error>> {
    paint.step(1, "A secret, and the encrypted jar of Rails 6.1");
    let old_secret = SecretKeyBase::generate()?;
    let settings = hardtack::Settings {
        serializer: hardtack::Serializer::Json,
        ..RailsVersion::V6_1.settings()
    };
    let old_jar = Jar::encrypted(&old_secret, settings.clone());
    println!("   secret_key_base: 128 hexadecimal digits, as `rails secret` makes them");

    paint.step(2, "Seal a session: this header goes to the browser");
    let mut session = SessionData::new();
    session.insert("user_id", &42)?;
    session.insert("return_to", "/orders/17?page=2")?;
    let attributes = Attributes::new().http_only(true);
    let cookie = session.write(&old_jar, NAME, &attributes)?;
    println!("   Set-Cookie: {cookie}");

    paint.step(3, "Open it: the browser sends it back, among others");
    let header = format!("theme=dark; {NAME}={}", cookie.escaped_value());
    let opened = SessionData::read(&old_jar, NAME, &CookieHeader::new(&header))?
        .ok_or("the cookie is missing")?;
    for key in opened.value().keys() {
        let value: Option<hardtack::Value> = opened.value().get(&key)?;
        paint.good(&format!("{key}: {}", value.unwrap_or(hardtack::Value::Nil)));
    }

    paint.step(
        4,
        "Tamper with it, or copy it under another name: one answer for the sender",
    );
    let mut tampered = cookie.value().to_vec();
    if let Some(byte) = tampered.get_mut(7) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    for (what, name, value) in [
        ("one letter changed", NAME, &tampered[..]),
        ("under the name `admin`", "admin", cookie.value()),
    ] {
        let answer = match SessionData::read_value(&old_jar, name, value) {
            Ok(_) => "opened".to_owned(),
            Err(error) => error.to_string(),
        };
        let reason = match old_jar.explain(name, value) {
            Ok(_) => "it opens".to_owned(),
            Err(refusal) => refusal.to_string(),
        };
        paint.bad(&format!("{what}: {answer} (for the operator: {reason})"));
    }

    paint.step(
        5,
        "Change the secret and upgrade to Rails 7.1: nobody is logged out",
    );
    let secret = SecretKeyBase::generate()?;
    let bare = Jar::encrypted(&secret, RailsVersion::V7_1);
    if SessionData::read(&bare, NAME, &CookieHeader::new(&header)).is_err() {
        paint.bad("without a rotation: invalid message, and everybody has to log in again");
    }
    let jar = bare.rotation(Rotation::encrypted(&old_secret, settings));
    let opened = SessionData::read(&jar, NAME, &CookieHeader::new(&header))?
        .ok_or("the cookie is missing")?;
    let user: Option<u32> = opened.value().get("user_id")?;
    paint.good(&format!(
        "with one: user_id {} still there, opened by {}; {}",
        user.unwrap_or_default(),
        opened
            .rotation()
            .map_or("the current settings".to_owned(), |index| format!(
                "rotation {index}"
            )),
        if opened.needs_rewrite() {
            "it is written anew"
        } else {
            "it stays as it is"
        },
    ));

    paint.step(
        6,
        "Put too much in: browsers drop more than 4096 bytes without a word, hardtack does not",
    );
    session.insert("cart", &"x".repeat(2_500))?;
    match session.write(&jar, NAME, &attributes) {
        Ok(cookie) => paint.bad(&format!("it fits: {} bytes", cookie.size())),
        Err(error) => paint.bad(&error.to_string()),
    }

    println!("\nOpen a cookie of your own app:");
    println!("   SECRET_KEY_BASE=... hardtack open --name {NAME} --rails 7.1 'the cookie'");
    Ok(())
}
