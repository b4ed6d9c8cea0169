//! Cookies of Node: the doctor names what is wrong with them, and takes nothing else for one.
//!
//! The cookies are those that the packages themselves made (`tests/vectors/express`), each damaged
//! in every way.

use std::fs::File;
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use hardtack::SecretKeyBase;
use hardtack::doctor::{Cause, CauseKind, CookieFormat, Diagnosis, Doctor};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::support::{vectors, vectors_folder};

fn lines(file: &str) -> Vec<Value> {
    let file = File::open(vectors_folder().join("express").join(file)).unwrap();
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect()
}

fn secret(text: &str) -> SecretKeyBase {
    SecretKeyBase::allow_short(text).unwrap()
}

fn knows(text: &str) -> Doctor {
    Doctor::new().node_secret("right.txt", &secret(text))
}

fn stranger() -> Doctor {
    Doctor::new().node_secret(
        "wrong.txt",
        &secret("a secret that signed nothing of all this"),
    )
}

fn kinds(diagnosis: &Diagnosis) -> Vec<CauseKind> {
    diagnosis.causes.iter().map(Cause::kind).collect()
}

/// Escapes a text in ASCII as Node's `encodeURIComponent` does.
fn escaped(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.!~*'()".contains(letter);
    let escape = |letter: char| match letter {
        letter if plain(letter) => letter.to_string(),
        letter => format!("%{:02X}", u32::from(letter)),
    };
    text.chars().map(escape).collect()
}

/// The unescaped values of the cookies that express-session set, each with its first secret.
fn express_cookies() -> Vec<(String, String)> {
    let mut cookies: Vec<(String, String)> = Vec::new();
    for record in lines("memory-1.19.0.jsonl.gz") {
        let secret = &record["options"]["secret"];
        let Some(secret) = secret.as_str().or_else(|| secret[0].as_str()) else {
            continue;
        };
        for step in record["steps"].as_array().unwrap() {
            for set in step["set_cookie"].as_array().into_iter().flatten() {
                let set = set.as_str().unwrap();
                let value = set.strip_prefix("connect.sid=s%3A");
                let value = value.and_then(|value| value.split(';').next());
                let Some(value) = value.filter(|value| value.is_ascii()) else {
                    continue;
                };
                let value = value.replace("%2B", "+").replace("%2F", "/");
                let is_own = value.len() == 32 + 1 + 43 && !value.contains('%');
                if is_own && !cookies.iter().any(|(other, _)| other[2..] == value) {
                    cookies.push((format!("s:{value}"), secret.to_owned()));
                }
            }
        }
    }
    cookies
}

/// A way to damage a cookie; `None` where it changes nothing.
type Damage = fn(&str) -> Option<String>;

/// A damage with its name, what the doctor says with the right secret and without any, and `true` if
/// the cookie still opens.
type Row = (
    &'static str,
    Damage,
    Option<CauseKind>,
    Option<CauseKind>,
    bool,
);

/// Damages of the unescaped value.
const DAMAGES: [Row; 18] = [
    (
        "none",
        |cookie| Some(escaped(cookie)),
        None,
        Some(CauseKind::NotRails),
        true,
    ),
    // Express reads a `+` that is not escaped as itself.
    (
        "bare +",
        |cookie| {
            cookie
                .contains('+')
                .then(|| escaped(cookie).replace("%2B", "+"))
        },
        None,
        Some(CauseKind::NotRails),
        true,
    ),
    (
        "unescaped",
        |cookie| Some(cookie.to_owned()),
        None,
        Some(CauseKind::NotRails),
        true,
    ),
    (
        "one character lost",
        |cookie| Some(escaped(&cookie[..cookie.len() - 1])),
        Some(CauseKind::CutOff),
        Some(CauseKind::CutOff),
        false,
    ),
    (
        "five characters lost",
        |cookie| Some(escaped(&cookie[..cookie.len() - 5])),
        Some(CauseKind::CutOff),
        Some(CauseKind::CutOff),
        false,
    ),
    (
        "most of the signature lost",
        |cookie| Some(escaped(&cookie[..cookie.len() - 35])),
        Some(CauseKind::CutOff),
        Some(CauseKind::CutOff),
        false,
    ),
    (
        "a space for +",
        |cookie| {
            cookie
                .contains('+')
                .then(|| escaped(&cookie.replace('+', " ")))
        },
        Some(CauseKind::Damaged),
        Some(CauseKind::Damaged),
        false,
    ),
    (
        "padding",
        |cookie| Some(escaped(&format!("{cookie}="))),
        Some(CauseKind::Damaged),
        Some(CauseKind::Damaged),
        false,
    ),
    (
        "the other alphabet",
        |cookie| {
            let (id, signature) = cookie.rsplit_once('.')?;
            let other = signature.replace('+', "-").replace('/', "_");
            (other != signature).then(|| escaped(&format!("{id}.{other}")))
        },
        Some(CauseKind::Damaged),
        Some(CauseKind::Damaged),
        false,
    ),
    (
        "two characters more",
        |cookie| Some(escaped(&format!("{cookie}AA"))),
        Some(CauseKind::Damaged),
        Some(CauseKind::Damaged),
        false,
    ),
    (
        "lower case",
        |cookie| {
            let (id, signature) = cookie.rsplit_once('.')?;
            Some(escaped(&format!("{id}.{}", signature.to_lowercase())))
        },
        Some(CauseKind::Damaged),
        Some(CauseKind::NotRails),
        false,
    ),
    (
        "one character changed",
        |cookie| {
            let place = cookie.len() - 20;
            let other = if &cookie[place..=place] == "A" {
                "B"
            } else {
                "A"
            };
            let mut changed = cookie.to_owned();
            changed.replace_range(place..=place, other);
            Some(escaped(&changed))
        },
        Some(CauseKind::Damaged),
        Some(CauseKind::NotRails),
        false,
    ),
    (
        "another id",
        |cookie| {
            let other = if &cookie[2..3] == "A" { "B" } else { "A" };
            let mut changed = cookie.to_owned();
            changed.replace_range(2..3, other);
            Some(escaped(&changed))
        },
        Some(CauseKind::AnotherSecret),
        Some(CauseKind::NotRails),
        false,
    ),
    (
        "no s:",
        |cookie| Some(escaped(&cookie[2..])),
        Some(CauseKind::Unsigned),
        Some(CauseKind::Unsigned),
        false,
    ),
    (
        "the bare id",
        |cookie| Some(cookie[2..34].to_owned()),
        Some(CauseKind::Unsigned),
        Some(CauseKind::Unsigned),
        false,
    ),
    (
        "no signature",
        |cookie| Some(escaped(&cookie[..34])),
        Some(CauseKind::Unsigned),
        Some(CauseKind::Unsigned),
        false,
    ),
    (
        "nothing behind the dot",
        |cookie| Some(escaped(&cookie[..35])),
        Some(CauseKind::Unsigned),
        Some(CauseKind::Unsigned),
        false,
    ),
    (
        "escaped twice",
        |cookie| Some(escaped(&escaped(cookie))),
        Some(CauseKind::Mended),
        Some(CauseKind::Mended),
        true,
    ),
];

#[test]
fn damaged_cookies_of_express_are_told() {
    let mut ran = 0;
    let cookies = express_cookies();
    assert!(cookies.len() > 100, "{}", cookies.len());
    let step = cookies.len() / 40;
    for (cookie, secret) in cookies.iter().step_by(step) {
        let right = knows(secret);
        for (name, damage, with, without, opens) in DAMAGES {
            let Some(value) = damage(cookie) else {
                continue;
            };
            for text in [
                format!("Cookie: theme=dark; connect.sid={value}; a=b"),
                format!("Set-Cookie: connect.sid={value}; Path=/; HttpOnly"),
                format!("connect.sid={value}"),
            ] {
                let diagnosis = right.examine(&text);
                let report = format!("{name}: {text}\n{diagnosis}");
                let expected: Vec<_> = with.into_iter().collect();
                assert_eq!(kinds(&diagnosis), expected, "{report}");
                assert_eq!(diagnosis.opens, opens, "{report}");
                let format = CookieFormat::ExpressSession;
                assert_eq!(diagnosis.format, format, "{report}");
                let is_right = !matches!(name, "another id" | "the bare id" | "no signature")
                    && name != "nothing behind the dot";
                let label = diagnosis.secret.as_deref();
                assert_eq!(label, is_right.then_some("right.txt"), "{report}");

                let diagnosis = Doctor::new().examine(&text);
                let expected: Vec<_> = without.into_iter().collect();
                assert_eq!(kinds(&diagnosis), expected, "{name}: {text}\n{diagnosis}");
                assert!(!diagnosis.opens && diagnosis.secret.is_none());

                // Nobody is told that another secret fits.
                let diagnosis = stranger().examine(&text);
                assert!(
                    !diagnosis.opens && diagnosis.secret.is_none(),
                    "{diagnosis}"
                );
                let expected = match without {
                    Some(CauseKind::NotRails | CauseKind::Mended) => Some(CauseKind::AnotherSecret),
                    other => other,
                };
                let expected: Vec<_> = expected.into_iter().collect();
                assert_eq!(kinds(&diagnosis), expected, "{name}: {text}\n{diagnosis}");
                for doctor in [&right, &stranger()] {
                    let report = doctor.examine(&text).to_string();
                    assert!(!report.contains(&cookie[2..34]), "{report}");
                    assert!(!report.contains(secret.as_str()), "{report}");
                }
                ran += 1;
            }
        }
    }
    assert!(ran > 40 * 16 * 3, "only {ran} ran");
}

#[test]
fn secrets_of_express_are_told_apart() {
    let (cookie, right) = &express_cookies()[0];
    let text = format!("connect.sid={}", escaped(cookie));
    // The first secret is the app's present one.
    let rotated = stranger().node_secret("old.txt", &secret(right));
    let diagnosis = rotated.examine(&text);
    assert!(diagnosis.opens);
    assert_eq!(kinds(&diagnosis), [CauseKind::RotatedSecret]);
    assert_eq!(diagnosis.secret.as_deref(), Some("old.txt"));
    let report = diagnosis.to_string();
    assert!(report.contains("not the app's present one"), "{report}");
    // Other spellings of a secret.
    let mut ran = 0;
    for altered in [
        format!("{right}\n"),
        format!("\"{right}\""),
        format!(" {right}"),
    ] {
        let diagnosis = knows(&altered).examine(&text);
        assert!(diagnosis.opens, "{altered:?}: {diagnosis}");
        assert_eq!(kinds(&diagnosis), [CauseKind::SecretAltered], "{diagnosis}");
        ran += 1;
    }
    assert_eq!(ran, 3);
    // A bare value, and one in the midst of other text.
    for text in [cookie.clone(), escaped(cookie), format!("\"{cookie}\"")] {
        assert!(knows(right).examine(&text).opens, "{text}");
    }
    // The secrets of Rails open nothing of Express.
    let rails = Doctor::new().secret("rails.txt", &secret(right));
    assert_eq!(kinds(&rails.examine(&text)), [CauseKind::NotRails]);
}

#[test]
fn the_store_s_answer_is_told() {
    let (cookie, right) = &express_cookies()[0];
    let text = format!("connect.sid={}", escaped(cookie));
    let stale = r#"{"cookie":{"originalMaxAge":60000,"expires":"2020-01-01T00:00:00.000Z"},"n":1}"#;
    let encrypted = lines("session-file-store-1.5.jsonl.gz");
    let encrypted = encrypted.iter().flat_map(|record| {
        let steps = record["steps"].as_array().into_iter().flatten();
        let entries = steps.flat_map(|step| step["store"].as_object().into_iter().flatten());
        let texts = entries.filter_map(|(_, entry)| entry["text"].as_str());
        texts
            .filter(|text| text.contains("\"ct\":"))
            .map(str::to_owned)
    });
    let mut cases = vec![
        (None, Some(CauseKind::NotStored)),
        (Some(stale.to_owned()), None),
        (
            Some("{\"n\":1}".to_owned()),
            Some(CauseKind::UnreadableValue),
        ),
        (Some("gAAAA".to_owned()), Some(CauseKind::UnreadableValue)),
        (
            Some("{\"cookie\":1}".to_owned()),
            Some(CauseKind::UnreadableValue),
        ),
    ];
    let kruptein: Vec<_> = encrypted.take(5).collect();
    assert_eq!(kruptein.len(), 5);
    cases.extend(
        kruptein
            .iter()
            .map(|text| (Some(text.clone()), Some(CauseKind::UnreadableValue))),
    );
    let mut ran = 0;
    for (entry, kind) in cases {
        let doctor = knows(right).stored(entry.clone().map(String::into_bytes));
        let diagnosis = doctor.examine(&text);
        let expected: Vec<_> = kind.into_iter().collect();
        assert!(diagnosis.opens);
        assert_eq!(kinds(&diagnosis), expected, "{entry:?}\n{diagnosis}");
        let is_kruptein = entry.is_some_and(|entry| kruptein.contains(&entry));
        assert_eq!(diagnosis.to_string().contains("kruptein"), is_kruptein);
        // Of a cookie that is not signed so, the store says nothing.
        let diagnosis = stranger().stored(None).examine(&text);
        assert_eq!(kinds(&diagnosis), [CauseKind::AnotherSecret]);
        ran += 1;
    }
    assert_eq!(ran, 10);
}

#[test]
fn json_cookies_are_no_sessions() {
    let mut ran = 0;
    for record in lines("cookies.jsonl.gz") {
        if record["kind"] != "cookie_signature" {
            continue;
        }
        let (value, signed) = (record["value"].as_str().unwrap(), &record["signed"]);
        let key = record["secret"].as_str().unwrap();
        if !value.starts_with("j:") || key.trim().is_empty() {
            continue;
        }
        let text = format!("prefs=s:{}", signed.as_str().unwrap());
        let diagnosis = knows(key).examine(&text);
        assert!(diagnosis.opens, "{diagnosis}");
        assert_eq!(kinds(&diagnosis), [CauseKind::NotASession]);
        assert_eq!(
            kinds(&Doctor::new().examine(&text)),
            [CauseKind::NotASession]
        );
        ran += 1;
    }
    assert!(ran >= 1, "{ran}");
    let diagnosis = knows("s").examine("prefs=j%3A%7B%22a%22%3A1%7D");
    assert_eq!(diagnosis.format, CookieFormat::ExpressJson);
    assert!(
        diagnosis.to_string().contains("begins with s:"),
        "{diagnosis}"
    );
}

/// The pairs that cookie-session set, each with its keys.
fn pairs() -> Vec<([String; 2], Vec<String>)> {
    let mut pairs = Vec::new();
    for record in lines("cookies.jsonl.gz") {
        let options = &record["options"];
        let keys = match (options["keys"].as_array(), options["secret"].as_str()) {
            (Some(keys), _) => keys
                .iter()
                .map(|key| key.as_str().unwrap().to_owned())
                .collect(),
            (None, Some(key)) => vec![key.to_owned()],
            _ => continue,
        };
        for step in record["steps"].as_array().into_iter().flatten() {
            let set = step["set_cookie"].as_array().unwrap();
            let pair = |set: &Value| set.as_str().unwrap().split(';').next().unwrap().to_owned();
            if let [value, signature] = set.as_slice()
                && pair(value).contains("=ey")
            {
                pairs.push(([pair(value), pair(signature)], keys.clone()));
            }
        }
    }
    pairs
}

#[test]
fn pairs_of_cookie_session_are_told() {
    let mut ran = 0;
    for ([value, signature], keys) in pairs().iter().take(25) {
        let right = knows(&keys[0]);
        let header = |signature: &str| format!("Cookie: a=b; {value}; {signature}");
        let cut = &signature[..signature.len() - 4];
        let mut changed = signature.clone();
        let place = signature.len() - 9;
        let other = if &signature[place..=place] == "A" {
            "B"
        } else {
            "A"
        };
        changed.replace_range(place..=place, other);
        let (name, of_value) = value.split_once('=').unwrap();
        let twice = format!("Cookie: {name}={}; {signature}", escaped(of_value));
        let cases = [
            (header(signature), None, true),
            (format!("Cookie: {value}"), Some(CauseKind::Unsigned), false),
            (value.clone(), Some(CauseKind::Unsigned), false),
            (header(cut), Some(CauseKind::CutOff), false),
            (
                header(&format!("{signature}=")),
                Some(CauseKind::Damaged),
                false,
            ),
            (header(&changed), Some(CauseKind::Damaged), false),
            (
                twice,
                of_value
                    .contains(['=', '+', '/'])
                    .then_some(CauseKind::Mended),
                true,
            ),
        ];
        for (text, kind, opens) in cases {
            let diagnosis = right.examine(&text);
            let expected: Vec<_> = kind.into_iter().collect();
            assert_eq!(kinds(&diagnosis), expected, "{text}\n{diagnosis}");
            assert_eq!(diagnosis.opens, opens, "{text}\n{diagnosis}");
            assert_eq!(diagnosis.format, CookieFormat::CookieSession);
            ran += 1;
        }
        let text = header(signature);
        assert_eq!(
            kinds(&stranger().examine(&text)),
            [CauseKind::AnotherSecret]
        );
        let rotated = stranger()
            .node_secret("old.txt", &secret(&keys[0]))
            .examine(&text);
        assert_eq!(kinds(&rotated), [CauseKind::RotatedSecret]);
        assert_eq!(kinds(&Doctor::new().examine(&text)), [CauseKind::NotRails]);
    }
    assert!(ran >= 7 * 8, "only {ran} ran");
}

#[test]
fn seals_of_iron_session_are_told() {
    let mut ran = [0, 0, 0];
    let at = |record: &Value| {
        let now = record["now_ms"].as_i64().unwrap();
        OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(now)
    };
    let doctor = |record: &Value| {
        let mut doctor = Doctor::new().now(at(record));
        match &record["password"] {
            Value::String(text) => doctor = doctor.iron_password(1, "right.txt", &secret(text)),
            map => {
                for (number, text) in map.as_object().unwrap() {
                    let text = secret(text.as_str().unwrap());
                    doctor = doctor.iron_password(number.parse().unwrap(), number, &text);
                }
            }
        }
        doctor
    };
    for record in vectors::<Value>("express/iron-session-8.jsonl") {
        let Some(seal) = record["seal"].as_str() else {
            continue;
        };
        let text = format!("app-session={seal}");
        let diagnosis = doctor(&record).examine(&text);
        if record["kind"] == "iron_seal" {
            assert!(diagnosis.opens, "{diagnosis}");
            assert!(diagnosis.causes.is_empty(), "{diagnosis}");
            let strange = stranger().now(at(&record)).examine(&text);
            assert_eq!(kinds(&strange), [CauseKind::AnotherSecret], "{strange}");
            // A year later, and cut off.
            let later = doctor(&record).now(at(&record) + Duration::days(365));
            let later = later.examine(&text);
            let ends = record["ttl"] != 0;
            let expected = ends.then_some(CauseKind::Expired);
            assert_eq!(kinds(&later), expected.into_iter().collect::<Vec<_>>());
            let cut = doctor(&record).examine(&text.as_bytes()[..text.len() - 6]);
            assert_eq!(kinds(&cut), [CauseKind::CutOff], "{cut}");
            ran[0] += 1;
            continue;
        }
        // The package's answers, by the names of the cases.
        let expected: &[CauseKind] = match record["name"].as_str().unwrap() {
            "good" | "within the skew" | "no version" | "version 1" | "version text" => &[],
            "expired" => &[CauseKind::Expired],
            "bad mac" | "expiry changed" | "ciphertext changed" | "expiry text" | "iv short"
            | "other password id" => &[CauseKind::AnotherSecret],
            "prefix" => &[CauseKind::OtherVersion],
            // No seal by their form.
            "short" | "long" | "empty" => {
                assert_ne!(diagnosis.format, CookieFormat::IronSession, "{diagnosis}");
                ran[1] += 1;
                continue;
            }
            other => panic!("{other}"),
        };
        assert_eq!(
            kinds(&diagnosis),
            expected,
            "{}\n{diagnosis}",
            record["name"]
        );
        ran[2] += 1;
    }
    assert_eq!(ran, [24, 3, 13]);

    // The right password under another number, and one that the package refuses.
    let record = &vectors::<Value>("express/iron-session-8.jsonl")[0];
    let password = record["password"].as_str().unwrap();
    let seal = record["seal"].as_str().unwrap();
    let moved = Doctor::new().iron_password(2, "two.txt", &secret(password));
    let diagnosis = moved.examine(seal);
    assert!(diagnosis.opens);
    assert_eq!(kinds(&diagnosis), [CauseKind::UnknownPassword]);
    let short = Doctor::new().iron_password(1, "short.txt", &secret(&password[..31]));
    let kinds = kinds(&short.examine(seal));
    assert_eq!(kinds, [CauseKind::AnotherSecret, CauseKind::PartialSecret]);
}

/// Numbers that look random (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }
}

#[test]
fn what_is_not_of_node_is_not_taken_for_it() {
    let alphabets = [
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "ABCabc019-_.+/=:% s~*",
        "s:j.AZaz09",
    ];
    let lengths = [8, 26, 27, 31, 32, 33, 40, 43, 64, 76, 78, 128, 300];
    let names = ["sid", "session", "_shop_session", "token", "theme", "id"];
    let doctor = knows("keyboard cat 779c6e755323").stored(None);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut ran = 0;
    for _ in 0..4000 {
        let alphabet = alphabets[dice.roll(alphabets.len())].as_bytes();
        let length = lengths[dice.roll(lengths.len())];
        let value: String = (0..length)
            .map(|_| char::from(alphabet[dice.roll(alphabet.len())]))
            .collect();
        let name = names[dice.roll(names.len())];
        for doctor in [&Doctor::new(), &doctor] {
            let diagnosis = doctor.examine(format!("Cookie: {name}={value}"));
            let is_node = matches!(
                diagnosis.format,
                CookieFormat::ExpressSession
                    | CookieFormat::ExpressJson
                    | CookieFormat::CookieSession
                    | CookieFormat::IronSession
            );
            assert!(!is_node && !diagnosis.opens, "{name}={value}\n{diagnosis}");
            for kind in kinds(&diagnosis) {
                let is_nodes = matches!(
                    kind,
                    CauseKind::Unsigned
                        | CauseKind::NotStored
                        | CauseKind::OtherVersion
                        | CauseKind::UnknownPassword
                );
                assert!(!is_nodes, "{name}={value}\n{diagnosis}");
            }
        }
        ran += 1;
    }
    assert_eq!(ran, 4000);
    // Two parts, as other programs make them: only the right secret, or the name, tells.
    let (cookie, _) = &express_cookies()[0];
    for name in ["sid", "token", "better-auth.session_token"] {
        let diagnosis = stranger().examine(format!("{name}={}", &cookie[2..]));
        assert_ne!(
            diagnosis.format,
            CookieFormat::ExpressSession,
            "{diagnosis}"
        );
        let diagnosis = Doctor::new().examine(format!("{name}={}", &cookie[2..34]));
        assert_ne!(
            diagnosis.format,
            CookieFormat::ExpressSession,
            "{diagnosis}"
        );
    }
}
