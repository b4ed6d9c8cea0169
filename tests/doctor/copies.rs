//! Cookies as people copy them: the repairs, and the report about them.

use std::sync::LazyLock;

use hardtack::doctor::{CauseKind, Doctor, Repair};
use hardtack::headers::escape;

use crate::recorded_cookies::{self, Record};

impl Record {
    /// Returns the unescaped value.
    pub(crate) fn bare(&self) -> String {
        String::from_utf8(self.unescaped().into_owned()).unwrap()
    }
}

/// Returns the recorded cookies of Rails 8.1 with all its defaults, in this jar.
pub(crate) fn records(jar: &str) -> Vec<Record> {
    let mut records = recorded_cookies::records("8.1.3.1");
    records.retain(|record| {
        record.jar.as_deref() == Some(jar)
            && record.metadata
            && record.serializer == "json"
            && record.key_digest.as_deref() == Some("SHA256")
            && record.kind == "jar"
    });
    records
}

/// Returns a recorded cookie; an encrypted one has `+` in it.
pub(crate) fn record(jar: &str) -> Record {
    let mut found = records(jar).into_iter();
    let found = found.find(|record| jar == "signed" || record.bare().contains('+'));
    found.unwrap()
}

pub(crate) static DOCTOR: LazyLock<Doctor> =
    LazyLock::new(|| Doctor::new().secret("SECRET_KEY_BASE", &record("encrypted_gcm").secret()));

#[test]
fn copies_open_and_say_what_was_mended() {
    use Repair::{EscapedAsText, EscapedTwice, LineBreaks, PaddingLost, Quoted, SpacesForPlus};

    let cases: [(&str, &[Repair]); 52] = [
        // As it was sent, in every form.
        ("{escaped}", &[]),
        ("{bare}", &[]),
        ("  {escaped}\r\n", &[]),
        ("{name}={escaped}", &[]),
        ("{name}={bare}", &[]),
        ("{name}={escaped}; path=/; HttpOnly; SameSite=Lax", &[]),
        ("Cookie: {name}={escaped}", &[]),
        ("cookie: theme=dark; {name}={escaped}; locale=fr", &[]),
        ("theme=dark; {name}={escaped}", &[]),
        ("a; {name}={bare}; b", &[]),
        (
            "Set-Cookie: {name}={escaped}; path=/; httponly; samesite=lax",
            &[],
        ),
        (
            "set-cookie:{name}={escaped}; Expires=Sat, 21 Nov 2026 20:31:23 GMT",
            &[],
        ),
        (
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; path=/\r\nSet-Cookie: {name}={escaped}; path=/\r\nServer: x\r\n\r\n",
            &[],
        ),
        (
            "Host: example.org\nCookie: {name}={escaped}\nAccept: */*",
            &[],
        ),
        (
            "{name}\t{escaped}\tshop.example.com\t/\tSession\t538\t\u{2713}",
            &[],
        ),
        ("{name}:\"{escaped}\"", &[]),
        ("{\"{name}\": \"{escaped}\"}", &[]),
        // The quotes are around the copy, and not around the value.
        ("'Cookie: {name}={escaped}'", &[]),
        // Values that copying changed.
        ("{twice}", &[EscapedTwice]),
        ("{name}={twice}", &[EscapedTwice]),
        ("Cookie: {name}={thrice}", &[EscapedTwice]),
        ("\"{escaped}\"", &[Quoted]),
        ("\"{bare}\"", &[Quoted]),
        ("{name}='{escaped}',", &[Quoted]),
        ("{name}=\"{twice}\"", &[EscapedTwice, Quoted]),
        ("{spaced}", &[SpacesForPlus]),
        ("{name}={spaced}", &[SpacesForPlus]),
        ("{half}", &[SpacesForPlus]),
        ("{broken}", &[LineBreaks]),
        // In a header, + is a space to Rack.
        (
            "Cookie: theme=dark;\n {name}={broken}",
            &[LineBreaks, SpacesForPlus],
        ),
        ("{unpadded}", &[PaddingLost]),
        ("{name}={cut}", &[PaddingLost]),
        ("{name}={cut1}", &[PaddingLost]),
        (
            "\"{broken and spaced}\"",
            &[Quoted, LineBreaks, SpacesForPlus],
        ),
        // Amid other text.
        ("{\"value\": \"{escaped}\"}", &[]),
        (
            "theme\tdark\tshop.example\t/\n{name}\t{escaped}\tshop.example\t/\tSession\t277",
            &[],
        ),
        (
            "# Netscape HTTP Cookie File\n\n#HttpOnly_shop.example\tFALSE\t/\tTRUE\t0\t{name}\t{escaped}\n",
            &[],
        ),
        (
            "#HttpOnly_shop.example\tFALSE\t/\tTRUE\t0\t{name}\t{escaped}",
            &[],
        ),
        (
            "> GET / HTTP/1.1\r\n> Host: a\r\n> Cookie: {name}={escaped}\r\n>\r\n< HTTP/1.1 200 OK\r\n",
            &[],
        ),
        (
            "< HTTP/2 200\r\n< set-cookie: {name}={escaped}; path=/\r\n< x-runtime: 0.1\r\n",
            &[],
        ),
        (
            "curl 'https://a/' -H 'Accept: b' -H 'Cookie: c=d; {name}={escaped}' --compressed",
            &[],
        ),
        ("curl 'https://a/' -b '{name}={escaped}' --compressed", &[]),
        (
            "{\n  \"name\": \"{name}\",\n  \"value\": \"{escaped}\",\n  \"path\": \"/\"\n}",
            &[],
        ),
        (
            "{name}:\"{escaped}\"\nCreated:\"Fri, 01 Mar 2024 10:00:00 GMT\"\nPath:\"/\"",
            &[],
        ),
        ("cookie\n{name}={escaped}\nuser-agent\nMozilla/5.0", &[]),
        ("{\"{name}\"=>\"{bare}\"}", &[]),
        ("cookies[:{name}] = '{bare}'", &[]),
        ("\"{json}\"", &[EscapedAsText, Quoted]),
        // The escapes are those of the form of the copy.
        ("{\"value\": \"{json}\"}", &[]),
        ("{html}", &[EscapedAsText]),
        ("<dd>{html}</dd>", &[]),
        ("Cookie: a=b; {name}={logged}", &[EscapedAsText]),
    ];
    let record = record("encrypted_gcm");
    let (bare, escaped) = (record.bare(), record.cookie.clone());
    assert!(escaped.ends_with("%3D%3D") && bare.contains('+'));
    let twice = escape(escaped.as_bytes());
    let broken = |text: &str| {
        let lines: Vec<_> = text.as_bytes().chunks(76).collect();
        String::from_utf8(lines.join(&b"\r\n  "[..])).unwrap()
    };
    let spaced = bare.replace('+', " ");
    let fills = [
        ("{name}", record.name.clone()),
        ("{escaped}", escaped.clone()),
        ("{bare}", bare.clone()),
        ("{twice}", twice.clone()),
        ("{thrice}", escape(twice.as_bytes())),
        ("{spaced}", spaced.clone()),
        (
            "{json}",
            bare.replace('+', "\\u002B")
                .replace('=', "\\u003d")
                .replace('/', "\\/"),
        ),
        (
            "{html}",
            bare.replace('+', "&#43;")
                .replace('=', "&#x3D;")
                .replace('/', "&sol;"),
        ),
        ("{logged}", escaped.replace('%', "\\x25")),
        // `/` and `=` escaped, `+` not.
        ("{half}", escaped.replace("%2B", "+")),
        ("{broken}", broken(&bare)),
        ("{broken and spaced}", broken(&bare).replace('+', " ")),
        ("{unpadded}", bare.trim_end_matches('=').to_owned()),
        ("{cut}", escaped.strip_suffix("3D").unwrap().to_owned()),
        ("{cut1}", escaped.strip_suffix("D").unwrap().to_owned()),
    ];
    let mut ran = 0;
    for (case, repairs) in cases {
        let text = fills.iter().fold(case.to_owned(), |text, (mark, fill)| {
            text.replace(mark, fill)
        });
        let diagnosis = DOCTOR.examine(&text);
        assert!(diagnosis.opens, "{case}\n{diagnosis}");
        assert_eq!(diagnosis.repairs, repairs, "{case}");
        // A repair is a cause: the app reads nil from the unrepaired value.
        let mended = diagnosis
            .causes
            .iter()
            .filter(|cause| cause.kind() == CauseKind::Mended);
        assert_eq!(mended.count(), repairs.len(), "{case}");
        assert!(diagnosis.causes.len() == repairs.len(), "{diagnosis}");
        let report = diagnosis.to_string();
        let answer = if repairs.is_empty() {
            "It opens, with the secret SECRET_KEY_BASE.\n"
        } else {
            "It opens, with the secret SECRET_KEY_BASE, once it is mended.\n"
        };
        assert!(report.starts_with(answer), "{case}: {report}");
        ran += 1;
    }
    assert_eq!(ran, 52);
}

/// Lost padding is harder to see in signed cookies, since Rails decodes them without it.
#[test]
fn signed_cookies_are_mended_too() {
    let cookies = records("signed");
    let padded = |record: &&Record| record.bare().contains("=--");
    let record = cookies.iter().find(padded).unwrap();
    let doctor = Doctor::new().secret("s", &record.secret());
    let bare = record.bare();
    let (data, digest) = bare.rsplit_once("--").unwrap();
    let unpadded = format!("{}--{digest}", data.trim_end_matches('='));
    for (text, repairs) in [
        (record.cookie.clone(), &[][..]),
        (unpadded, &[Repair::PaddingLost]),
        (format!("<{bare}>"), &[Repair::Quoted]),
        (escape(record.cookie.as_bytes()), &[Repair::EscapedTwice]),
    ] {
        let diagnosis = doctor.examine(&text);
        assert!(diagnosis.opens, "{text}");
        assert_eq!(diagnosis.repairs, repairs, "{text}");
    }
}

/// Of two cookies with one name Rails reads the first.
#[test]
fn the_second_of_a_name_is_told() {
    let record = record("encrypted_gcm");
    let Record { name, cookie, .. } = &record;
    let stale = format!("AAAA{cookie}");
    let diagnosis = DOCTOR.examine(format!("Cookie: {name}={stale}; {name}={cookie}"));
    assert!(diagnosis.opens);
    assert_eq!(diagnosis.repairs, [Repair::SecondOfName]);
    let report = diagnosis.to_string();
    assert!(
        report.contains("two cookies of this name were sent"),
        "{report}"
    );

    let diagnosis = DOCTOR.examine(format!("Cookie: {name}={cookie}; {name}={stale}"));
    assert_eq!((diagnosis.opens, diagnosis.repairs.len()), (true, 0));

    // A sent cookie and a cookie set by the answer are not two sent cookies; nor are two rows.
    for text in [
        format!("Cookie: {name}={stale}\r\nSet-Cookie: {name}={cookie}; path=/"),
        format!("{name}\t{stale}\ta.example\t/\n{name}\t{cookie}\ta.example\t/shop"),
    ] {
        let diagnosis = DOCTOR.examine(&text);
        assert_eq!(
            (diagnosis.opens, &diagnosis.repairs[..]),
            (true, &[][..]),
            "{text}"
        );
    }
}

/// The report is about the cookie that the app reads, if the text has it.
#[test]
fn the_named_cookie_comes_first() {
    let all = records("encrypted_gcm");
    let [one, other] = [&all[0], &all[1]];
    let header = format!(
        "Cookie: {}={}; {}={}",
        one.name, one.cookie, other.name, other.cookie
    );
    for record in [one, other] {
        let doctor = DOCTOR.clone().cookie_name(record.name.as_str());
        let diagnosis = doctor.examine(&header);
        assert_eq!(diagnosis.purpose, Some(format!("cookie.{}", record.name)));
        assert_eq!(diagnosis.causes, []);
    }
}
