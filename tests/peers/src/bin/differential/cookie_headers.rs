//! Random `Cookie` headers, beside Rack's parser.

use hardtack::CookieHeader;
use hardtack::headers::unescape;
use hardtack_peers::{Generator, Rails};
use serde_json::{Value, json};

use crate::tally::Tally;
use crate::values::hex;

const PIECES: [&[u8]; 40] = [
    b"a",
    b"b",
    b"c1",
    b"_app_session",
    b"=",
    b"=",
    b"=",
    b"=1",
    b"==",
    b";",
    b";",
    b"; ",
    b"; ",
    b";  ",
    b";;",
    b" ",
    b"  ",
    b"\t",
    b"\r",
    b"\x0b",
    b",",
    b"\"",
    b"\"a b\"",
    b"%",
    b"%2",
    b"%41",
    b"%2b",
    b"%2B",
    b"%3B",
    b"%C3%A9",
    b"%c3",
    b"%zz",
    b"%%",
    b"+",
    b"\xc3\xa9",
    b"\xff",
    b"\0",
    b"--",
    b"a=1; b=2",
    b"$Path=/",
];

type Pair = (String, Option<String>);

pub(crate) fn compare(rails: &mut Rails, seeds: &[u64], tally: &mut Tally) {
    let headers: Vec<Vec<u8>> = seeds.iter().map(|seed| header(*seed)).collect();
    let hexes: Vec<String> = headers.iter().map(|header| hex(header)).collect();
    let answer = rails.ask(json!({
        "op": "differential", "of": "cookie_headers", "headers": hexes,
    }));
    let pairs: Vec<Vec<Pair>> = serde_json::from_value(answer["pairs"].clone()).expect("pairs");
    assert_eq!(pairs.len(), seeds.len());
    for ((seed, header), rails) in seeds.iter().zip(&headers).zip(pairs) {
        let ours = read(header);
        let shown = || {
            let header = Value::from(String::from_utf8_lossy(header));
            format!("{header} has {ours:?}, and in Rack {rails:?}")
        };
        tally.check(*seed, (ours != rails).then(shown));
    }
}

fn header(seed: u64) -> Vec<u8> {
    let mut random = Generator::new(seed);
    let length = random.below(24);
    let pieces = (0..length).map(|_| PIECES[random.below(PIECES.len())]);
    pieces.collect::<Vec<_>>().concat()
}

/// Of each name the first.
fn read(header: &[u8]) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for (name, value) in CookieHeader::new(header) {
        let name = hex(name);
        if pairs.iter().all(|(known, _)| *known != name) {
            pairs.push((name, value.map(|value| hex(&unescape(value)))));
        }
    }
    pairs
}
