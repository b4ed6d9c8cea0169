//! What the doctor says of cookies whose truth is known by construction: a whole cookie, put through
//! any two of the ways of copying and of the damages.

use hardtack::doctor::{CauseKind, Diagnosis, Doctor};
use hardtack::headers::escape;
use hardtack::{
    CookieAttributes, CookieHeader, Jar, LoadDefaults, SecretKeyBase, Serializer, Settings,
};
use time::{Duration, OffsetDateTime};

const NAME: &str = "_x_session";
const FORMER: &str = "_former_session";

/// `SplitMix64`: the runs are the same every time.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below as u64).unwrap()
    }
}

/// What happens to a cookie, or what is said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    // Ways of copying, which change nothing.
    Nothing,
    Header,
    SetCookie,
    Bare,
    Quoted,
    Row,
    Json,
    LineEnd,
    AmidOthers,
    // What an app reads otherwise.
    EscapedTwice,
    LineBreaks,
    Unescaped,
    // Damages.
    Flip,
    Cut,
    Drop,
    // What the app or the doctor is given.
    WrongSecret,
    SecondSecret,
    QuotedSecret,
    OtherDefaults,
    Expired,
    Renamed,
}

const STEPS: [Step; 21] = [
    Step::Nothing,
    Step::Header,
    Step::SetCookie,
    Step::Bare,
    Step::Quoted,
    Step::Row,
    Step::Json,
    Step::LineEnd,
    Step::AmidOthers,
    Step::EscapedTwice,
    Step::LineBreaks,
    Step::Unescaped,
    Step::Flip,
    Step::Cut,
    Step::Drop,
    Step::WrongSecret,
    Step::SecondSecret,
    Step::QuotedSecret,
    Step::OtherDefaults,
    Step::Expired,
    Step::Renamed,
];

/// The secrets that a doctor is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Right,
    Wrong,
    Second,
    Quoted,
}

/// The doctors: their keys are derived once.
struct Doctors(Vec<(Given, LoadDefaults, Doctor)>);

const VERSIONS: [LoadDefaults; 3] = [LoadDefaults::V5_1, LoadDefaults::V6_1, LoadDefaults::V7_1];

fn right() -> SecretKeyBase {
    SecretKeyBase::new("5d8c2a0b7e6f49318f0a4d6b2c9e7f1056a3b8d4c7e2f19a".repeat(2)).unwrap()
}

impl Doctors {
    fn new() -> Self {
        let wrong = SecretKeyBase::new("a1".repeat(63) + "b2").unwrap();
        let text = String::from_utf8(right().expose().to_vec()).unwrap();
        let quoted = SecretKeyBase::new(format!("\"{text}\"")).unwrap();
        let given = [Given::Right, Given::Wrong, Given::Second, Given::Quoted];
        let doctors = given.into_iter().flat_map(|given| {
            let doctor = match given {
                Given::Right => Doctor::new().secret("right", &right()),
                Given::Wrong => Doctor::new().secret("wrong", &wrong),
                Given::Second => Doctor::new()
                    .secret("wrong", &wrong)
                    .secret("right", &right()),
                Given::Quoted => Doctor::new().secret("right", &quoted),
            };
            let doctor = doctor.cookie_name(NAME).now(now());
            VERSIONS.map(|version| (given, version, doctor.clone().settings(json(version))))
        });
        Self(doctors.collect())
    }

    fn of(&self, given: Given, version: LoadDefaults) -> &Doctor {
        let mut doctors = self.0.iter();
        &doctors
            .find(|one| (one.0, one.1) == (given, version))
            .unwrap()
            .2
    }
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap()
}

fn json(version: LoadDefaults) -> Settings {
    version.settings().cookies_serializer(Serializer::Json)
}

fn kinds(diagnosis: &Diagnosis) -> Vec<CauseKind> {
    diagnosis
        .causes
        .iter()
        .map(hardtack::doctor::Cause::kind)
        .collect()
}

/// Puts a value through a step; `text` is the whole copied text, `value` the cookie in it.
fn copied(steps: [Step; 2], name: &str, value: &[u8]) -> String {
    let has = |step: Step| steps.contains(&step);
    let mut value = escape(value);
    if has(Step::Unescaped) {
        value = value
            .replace("%2B", "+")
            .replace("%2F", "/")
            .replace("%3D", "=");
    }
    if has(Step::EscapedTwice) {
        value = escape(value.as_bytes());
    }
    // Neither a row nor JSON can hold a line break.
    if has(Step::LineBreaks) && !has(Step::Row) && !has(Step::Json) {
        let mut lines = String::new();
        for (place, letter) in value.char_indices() {
            // Editors break a line before `%`, but not inside of what follows it. A break before the
            // whole value is white space around it, as one at its end.
            if letter == '%' && place > 0 && place % 7 == 0 {
                lines.push('\n');
            }
            lines.push(letter);
        }
        value = lines;
    }
    if has(Step::Quoted) {
        value = format!("\"{value}\"");
    }
    let mut text = if has(Step::SetCookie) {
        format!("Set-Cookie: {name}={value}; path=/; HttpOnly; SameSite=Lax")
    } else if has(Step::Row) {
        format!("{name}\t{value}\tshop.example\t/\tSession\t{}", value.len())
    } else if has(Step::Json) {
        format!("{{\"name\": \"{name}\", \"value\": \"{value}\"}}")
    } else if has(Step::Header) {
        format!("Cookie: {name}={value}")
    } else if has(Step::AmidOthers) {
        format!("Cookie: theme=dark; {name}={value}; locale=en")
    } else if has(Step::Bare) {
        value
    } else {
        format!("{name}={value}")
    };
    if has(Step::LineEnd) {
        text.push_str("\r\n");
    }
    text
}

/// Damages a value; returns `None` if nothing was damaged.
fn damaged(steps: [Step; 2], value: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut damaged = value.to_vec();
    for step in steps {
        let place = random.next(damaged.len().saturating_sub(60).max(1)) + 1;
        match step {
            Step::Flip => {
                // Within the data, so that the form stays whole.
                damaged[place] = if damaged[place] == b'A' { b'B' } else { b'A' };
            }
            // More than the padding, without which the content is whole.
            Step::Cut => damaged.truncate(damaged.len() - 3 - random.next(damaged.len() / 2)),
            Step::Drop => {
                damaged.remove(place);
            }
            _ => {}
        }
    }
    (damaged != value).then_some(damaged)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one loop over one case")]
fn nothing_false_is_said_of_any_two_steps() {
    let doctors = Doctors::new();
    let mut random = Random(19);
    let (mut ran, mut opened, mut as_it_is, mut refused) = (0, 0, 0, 0);
    let mut jars: Vec<(LoadDefaults, bool, Jar)> = Vec::new();
    for version in VERSIONS {
        jars.push((version, true, Jar::encrypted(&right(), json(version))));
        jars.push((version, false, Jar::signed(&right(), json(version))));
    }
    for round in 0..2000 {
        let steps = [
            STEPS[random.next(STEPS.len())],
            STEPS[random.next(STEPS.len())],
        ];
        let has = |step: Step| steps.contains(&step);
        let (version, is_encrypted, jar) = &jars[random.next(jars.len())];
        let told = if has(Step::OtherDefaults) {
            VERSIONS[random.next(VERSIONS.len())]
        } else {
            *version
        };
        let given = if has(Step::WrongSecret) {
            Given::Wrong
        } else if has(Step::SecondSecret) {
            Given::Second
        } else if has(Step::QuotedSecret) {
            Given::Quoted
        } else {
            Given::Right
        };
        let name = if has(Step::Renamed) { FORMER } else { NAME };
        let session = serde_json::json!({
            "session_id": "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6", "user": round,
        });
        let age = if has(Step::Expired) { -1 } else { 1 };
        let attributes = CookieAttributes::new().expires(now() + Duration::days(age));
        let whole = jar.write(name, &session, &attributes).unwrap();
        let damage = damaged(steps, &whole.value(), &mut random);
        let whole = whole.value().into_owned();
        let value = damage.as_deref().unwrap_or(&whole);
        let text = copied(steps, name, value);
        let diagnosis = doctors.of(given, told).examine(&text);
        let place = format!("{round} {steps:?} {version} told {told} {text}\n{diagnosis}");
        let causes = kinds(&diagnosis);
        let report = diagnosis.to_string();
        ran += 1;

        // A damaged cookie opens nowhere, and neither does one under another secret.
        if damage.is_some() || given == Given::Wrong {
            assert!(!diagnosis.opens, "{place}");
            assert!(diagnosis.remedy().is_none(), "{place}");
            refused += 1;
            if damage.is_none() {
                assert!(!causes.contains(&CauseKind::CutOff), "{place}");
                assert!(!causes.contains(&CauseKind::NotRails), "{place}");
                assert!(causes.contains(&CauseKind::AnotherSecret), "{place}");
            }
            continue;
        }

        // A whole one under a given secret opens, however it was copied.
        assert!(diagnosis.opens, "{place}");
        opened += 1;
        assert_eq!(diagnosis.secret.as_deref(), Some("right"), "{place}");
        // An expiry is sealed from 5.2 on.
        let is_expired = has(Step::Expired) && *version > LoadDefaults::V5_1;
        assert_eq!(causes.contains(&CauseKind::Expired), is_expired, "{place}");
        assert_eq!(
            causes.contains(&CauseKind::SecretAltered),
            given == Given::Quoted,
            "{place}"
        );
        assert_eq!(
            causes.contains(&CauseKind::RotatedSecret),
            given == Given::Second,
            "{place}"
        );
        let is_renamed = has(Step::Renamed);
        let is_sealed_for = *version > LoadDefaults::V5_1;
        let (named, purpose) = (
            causes.contains(&CauseKind::OtherName),
            causes.contains(&CauseKind::WrongPurpose),
        );
        // How a bare value is sent, nobody knows; the name in JSON may be found or not.
        let is_bare = text
            .starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '"')
            && !text.contains("_session");
        let is_json = text.starts_with('{');
        if is_json && is_renamed {
            assert!(named || purpose || !is_sealed_for, "{place}");
            continue;
        }
        assert_eq!(named, is_renamed && !is_bare, "{place}");
        assert_eq!(purpose, is_renamed && is_bare && is_sealed_for, "{place}");
        if *is_encrypted {
            assert!(!causes.contains(&CauseKind::OtherJar), "{place}");
        }

        // "As it is" is said only where the app's own jar opens what is sent.
        if causes.is_empty() {
            as_it_is += 1;
            assert!(report.contains("opens it as it is"), "{place}");
            let app = if *is_encrypted {
                Jar::encrypted(&right(), json(told))
            } else {
                Jar::signed(&right(), json(told))
            };
            let app = app.clock(now);
            assert!(app.explain(NAME, &whole).is_ok(), "{place}");
            if let Some(header) = text.trim_end().strip_prefix("Cookie: ") {
                let header = CookieHeader::new(header);
                let read = app.explain_header(NAME, &header);
                assert!(matches!(read, Ok(Some(_))), "{place}");
            }
        } else {
            assert!(!report.contains("opens it as it is"), "{place}");
        }
    }
    assert_eq!(ran, 2000);
    // Each of the outcomes was met often.
    assert!(
        opened > 800 && as_it_is > 200 && refused > 500,
        "{opened} {as_it_is} {refused}"
    );
}
