//! Values that encoders and parsers have got wrong.

use crate::Data;

/// Returns a table of hard values, each of which fits a cookie.
#[must_use]
pub fn hard_cases() -> Vec<Data> {
    let mut cases = vec![Data::Bool(true), Data::Bool(false)];
    cases.extend(integers().into_iter().map(Data::Integer));
    cases.extend(floats().into_iter().map(Data::Float));
    cases.extend(texts().into_iter().map(Data::Text));
    cases.extend(collections());
    // A refused cookie reads as nil too: a nil proves itself only inside of something.
    cases.push(Data::List(vec![Data::Nil]));
    cases
}

/// Returns arrays and maps in turn, nested this many levels deep.
///
/// ```
/// use hardtack_peers::nested;
///
/// assert_eq!(nested(3).json(), r#"[{"k":[]}]"#);
/// ```
#[must_use]
pub fn nested(levels: usize) -> Data {
    let mut data = Data::List(Vec::new());
    for level in 1..levels {
        data = if level % 2 == 1 {
            Data::Map(vec![("k".to_owned(), data)])
        } else {
            Data::List(vec![data])
        };
    }
    data
}

fn integers() -> Vec<String> {
    let mut integers: Vec<String> = ["0", "1", "-1", "10", "1000000"].map(str::to_owned).into();
    for bits in [8, 16, 30, 31, 32, 53, 61, 62, 63, 64, 65, 126] {
        let power = 1_u128 << bits;
        for near in [power - 1, power, power + 1] {
            integers.extend([near.to_string(), format!("-{near}")]);
        }
    }
    integers.push(u128::MAX.to_string());
    integers.push("340282366920938463463374607431768211456".to_owned()); // 2**128
    integers.push(format!("-1{}", "0".repeat(300)));
    integers.push("9".repeat(1500));
    integers
}

fn floats() -> Vec<f64> {
    let positive = [
        0.0,
        1.0,
        1.5,
        0.1,
        0.1 + 0.2,
        1.0 / 3.0,
        100.0,
        1e-3,
        1e-4, // Ruby's last without an exponent
        9.999e-5,
        1e15,
        9_007_199_254_740_993.0,
        1e16, // Ruby's first with one
        123_456_789_012_345_680.0,
        1e20,
        1e21,
        1e22,
        1e23,
        f64::MAX,
        f64::MIN_POSITIVE,
        2.225_073_858_507_201e-308, // hung parsers once
        5e-324,
        f64::EPSILON,
        4.35,
        0.3,
        2.675,
        1e-23, // these two are off by a bit where a parser is careless
        1e-30,
        1e100,
        1e-100,
        18_446_744_073_709_551_616.0,
    ];
    positive
        .iter()
        .flat_map(|float| [*float, -*float])
        .collect()
}

fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "null",
        "1",
        "1.0",
        "true",
        "--",
        "a--b--c",
        "a b+c%20d%2Be",
        "\"quoted\" and \\back\\ and /slash/",
        "<script>alert('&')</script>",
        "</script><!--",
        "\u{2028}\u{2029}",
        "a\u{2028}b\u{2029}c",
        "é e\u{301} ß ǆ İ",
        "€ → ★ ‧", // these begin as U+2028 does
        "日本語 العربية हिन्दी",
        "🍪👩‍👩‍👧🏳️‍🌈",
        "\u{ffff}\u{fffd}\u{feff}\u{10000}\u{10ffff}",
        "\u{d7ff}\u{e000}",
        "\u{7f}\u{80}\u{9f}\u{a0}\u{ad}\u{200b}\u{202e}",
        "\\u003c \\n \\",
        "{\"_rails\":{\"message\":\"MQ==\",\"exp\":null,\"pur\":null}}",
        "\u{4}\u{8}i\u{6}", // as Marshal begins
        "2024-02-03T04:05:06Z",
        "#{1 + 1} #$0",
        "line\r\nline\rline\n",
    ]
    .map(str::to_owned)
    .into();
    texts.extend((0..=0x20).map(|code| char::from(code).to_string()));
    texts.push((0..=0x7f).map(char::from).collect());
    texts.push((0x80..=0xff).map(char::from).collect());
    texts.extend([100, 254, 255, 256, 257, 1000, 1500].map(|length| "x".repeat(length)));
    texts.push("\u{1f36a}".repeat(120));
    texts
}

fn collections() -> Vec<Data> {
    let text = |text: &str| Data::Text(text.to_owned());
    let integer = |integer: u32| Data::Integer(integer.to_string());
    let map = |pairs: Vec<(&str, Data)>| {
        let own = |(key, value): (&str, Data)| (key.to_owned(), value);
        Data::Map(pairs.into_iter().map(own).collect())
    };
    let mut cases = vec![
        Data::List(vec![]),
        map(vec![]),
        Data::List(vec![Data::List(vec![]), map(vec![]), text("")]),
        map(vec![("", Data::Nil)]),
        map(vec![("", map(vec![("", map(vec![("", integer(0))]))]))]),
        map(vec![
            ("b", integer(1)),
            ("a", integer(2)),
            ("B", integer(3)),
            ("é", integer(4)),
        ]),
        map(vec![("é", integer(1)), ("e\u{301}", integer(2))]), // equal only when normalized
        map(vec![
            ("1", integer(1)),
            ("01", integer(2)),
            ("1.0", integer(3)),
            ("nil", Data::Nil),
        ]),
        map(vec![
            ("<&>\u{2028}\"\\\n\0", text("<&>")),
            ("🍪 🍪", text("🍪")),
        ]),
        map(vec![
            ("json_class", text("String")),
            ("_aj_symbol_keys", Data::List(vec![])),
        ]),
        map(vec![
            ("message", text("MQ==")),
            ("exp", Data::Nil),
            ("pur", Data::Nil),
        ]),
        map(vec![
            ("value", integer(1)),
            ("path", text("/")),
            ("expires", Data::Nil),
        ]),
        Data::List(vec![
            integer(1),
            Data::Float(1.0),
            text("1"),
            Data::Bool(true),
            Data::Nil,
        ]),
        Data::List(vec![Data::Nil; 100]),
        Data::List((0..300).map(integer).collect()),
        Data::Map(
            (0..100)
                .map(|key| (format!("key{key}"), integer(key)))
                .collect(),
        ),
        map(vec![(
            "warden.user.user.key",
            Data::List(vec![
                Data::List(vec![integer(7)]),
                text("$2a$12$abcdefghijklmnopqrstuv"),
            ]),
        )]),
        map(vec![(
            "flash",
            map(vec![
                ("discard", Data::List(vec![])),
                ("flashes", map(vec![("notice", text("Signed in"))])),
            ]),
        )]),
    ];
    cases.extend([2, 3, 16, 50, 99, 100].map(nested));
    cases
}
