//! The expansion of links and names: bounded in time, in `Value`s and in JSON.

use std::time::{Duration, Instant};

use super::{Document, marshal};
use crate::serializer::marshal::writer::long;
use crate::serializer::value::Value;

/// The longest input that a jar reads.
const LONGEST: usize = 16 * 1024;
const REFUSED: &str = "links that expand to many times the input";

fn array(items: &[&[u8]], last: &[u8], times: usize) -> Vec<u8> {
    let count = i64::try_from(items.len() + times).unwrap();
    [b"[", &long(count)[..], &items.concat(), &last.repeat(times)].concat()
}

fn text(tag: &str, length: usize, byte: u8) -> Vec<u8> {
    let length_bytes = long(i64::try_from(length).unwrap());
    [tag.as_bytes(), &length_bytes, &vec![byte; length]].concat()
}

fn bignum(words: usize) -> Vec<u8> {
    let count = long(i64::try_from(words).unwrap());
    [b"l+", &count[..], &vec![0xff; 2 * words]].concat()
}

/// The most memory that `load`, `value` and `to_string` hold at once, and the value.
struct Cost {
    load: u64,
    value: u64,
    json: u64,
    accepted: bool,
}

fn cost(body: &[u8]) -> Cost {
    let bytes = marshal(body);
    let mut document = None;
    let load = allocation_counter::measure(|| document = Document::load(&bytes).ok()).bytes_max;
    let Some(document) = document else {
        return Cost {
            load,
            value: 0,
            json: 0,
            accepted: false,
        };
    };
    let mut found = Value::Nil;
    let value = allocation_counter::measure(|| found = document.value(document.root()).unwrap());
    let json = allocation_counter::measure(|| drop(found.to_string()));
    Cost {
        load,
        value: value.bytes_max,
        json: json.bytes_max,
        accepted: true,
    }
}

/// `[[element, more, more, ...], @1, @1, ...]`: few bytes, many times over.
fn table(element: &[u8], more: &[u8], count: usize, links: usize) -> Vec<u8> {
    array(&[&array(&[element], more, count)], b"@\x06", links)
}

#[test]
fn what_expands_to_many_times_the_input_is_refused() {
    let symbol = text(":", 8_000, b's');
    let class = [b"o", &symbol[..], b"\x00"].concat();
    let structure = [b"S", &symbol[..], b"\x00"].concat();
    let dump = [b"u", &symbol[..], b"\x00"].concat();
    let marshalled = [b"U", &symbol[..], b"0"].concat();
    let subclass = [b"C", &symbol[..], b"[\x00"].concat();
    let member = [b"S:\x06S\x06", &symbol[..], b"0"].concat();
    let ivar = [b"o:\x06o\x06", &symbol[..], b"0"].concat();
    let hash = [b"{\x06", &symbol[..], b"0"].concat();
    let cases = [
        (
            "a Symbol, through objects",
            table(&symbol, b";\x00", 3_999, 60),
        ),
        ("a Symbol", array(&[&symbol], b";\x00", 4_000)),
        ("a class's name", array(&[&class], b"o;\x00\x00", 2_000)),
        (
            "a Struct's name",
            array(&[&structure], b"S;\x00\x00", 2_000),
        ),
        (
            "a name before `_dump`",
            array(&[&dump], b"u;\x00\x00", 2_000),
        ),
        (
            "a name before `marshal_dump`",
            array(&[&marshalled], b"U;\x000", 2_000),
        ),
        (
            "a subclass's name",
            array(&[&subclass], b"C;\x00[\x00", 1_600),
        ),
        (
            "a member's name",
            array(&[&member], b"S;\x00\x06;\x060", 1_000),
        ),
        (
            "an ivar's name",
            array(&[&ivar], b"o;\x00\x06;\x060", 1_000),
        ),
        ("a key", array(&[&hash], b"{\x06;\x000", 1_600)),
        (
            "a BigDecimal's zeros",
            table(b"u:\x0fBigDecimal\x0d9:1e9999", b"@\x07", 1_000, 30),
        ),
        ("a Bignum's digits", array(&[&bignum(4_000)], b"@\x06", 400)),
    ];
    for (what, body) in cases {
        assert!(body.len() <= LONGEST, "{what}");
        let error = Document::load(&marshal(&body)).err();
        assert_eq!(error.map(|error| error.reason), Some(REFUSED), "{what}");
    }
}

/// The weight of one object, measured by the number of times that it is accepted. An object weighs
/// 1, and its text 1 for each 16 bytes begun.
#[test]
fn the_weight_of_an_object() {
    /// The weight that an input of up to 4 KiB may have.
    const LIMIT: usize = 3 * 4096;

    let accepted = |body: &[u8]| {
        assert!(body.len() < 4096);
        Document::load(&marshal(body)).is_ok()
    };
    // An Array of an Array of nil, eleven times 1117, and of one twelve times 1024.
    assert_eq!((1 + 11 * 1117, 1 + 12 * 1024), (LIMIT, LIMIT + 1));
    assert!(accepted(&table(b"0", b"0", 1115, 10)));
    assert!(!accepted(&table(b"0", b"0", 1022, 11)));

    let user_dump = |class: &str, dumped: &str| {
        let sized = |text: &str| {
            let length = long(i64::try_from(text.len()).unwrap());
            [&length[..], text.as_bytes()].concat()
        };
        [b"u:", &sized(class)[..], &sized(dumped)].concat()
    };
    let links = b"@\x07".as_slice();
    #[rustfmt::skip]
    let elements = [
        ("nil", b"0".to_vec(), b"0".as_slice(), 1),
        ("an empty Array", b"[\x00".to_vec(), links, 1),
        ("a String of 16 bytes", text("\"", 16, b's'), links, 1 + 1),
        ("a String of 17 bytes", text("\"", 17, b's'), links, 1 + 2),
        ("a Symbol of 16 bytes", text(":", 16, b's'), b";\x00", 1 + 1),
        ("a Symbol of 17 bytes", text(":", 17, b's'), b";\x00", 1 + 2),
        // Each byte of it may be shown as four.
        ("a Regexp of 16 bytes", [text("/", 16, 1), vec![0]].concat(), links, 1 + 4),
        ("a Regexp of 33 bytes", [text("/", 33, 1), vec![0]].concat(), links, 1 + 4 * 3),
        // An object of its own.
        ("a Class", text("c", 16, b'C'), links, 1 + 1 + 2),
        ("a Module", text("m", 33, b'M'), links, 1 + 3 + 2),
        // The class's name is a Symbol; zeros are written out.
        ("a dump of another class", user_dump("Money", "18:0.1e300"), links, 1 + 1 + 2),
        ("a BigDecimal without an exponent", user_dump("BigDecimal", "18:0.1"), links, 1 + 1 + 2),
        ("a BigDecimal of few zeros", user_dump("BigDecimal", "9:1e16"), links, 1 + 1 + 2 + 1),
        ("a BigDecimal of 300 zeros", user_dump("BigDecimal", "18:0.1e300"), links, 1 + 1 + 2 + 19),
        ("a BigDecimal of -300", user_dump("BigDecimal", "18:0.1e-300"), links, 1 + 1 + 2 + 19),
    ];
    for (what, element, more, weight) in &elements {
        // The number of times that the Array of ten of it is accepted.
        let most = (LIMIT - 1) / (10 * weight + 1);
        assert!(accepted(&table(element, more, 9, most - 1)), "{what}");
        assert!(!accepted(&table(element, more, 9, most)), "{what}");
    }
    assert_eq!(elements.len(), 15);
}

/// The largest accepted number of links, in an input of the longest length.
#[test]
fn what_is_accepted_stays_small() {
    let symbol = |length| (text(":", length, b's'), b";\x00".to_vec());
    let class = |length| {
        let class = text(":", length, b's');
        ([b"o", &class[..], b"\x00"].concat(), b"o;\x00\x00".to_vec())
    };
    let linked = |bytes: &[u8]| (bytes.to_vec(), b"@\x07".to_vec());
    let elements = [
        ("nil", (b"0".to_vec(), b"0".to_vec())),
        ("empty Arrays", linked(b"[\x00")),
        ("Hashes", linked(b"{\x060i\x06")),
        ("Strings of 1", linked(&text("\"", 1, b's'))),
        ("Strings of 15", linked(&text("\"", 15, b's'))),
        ("Strings of 17", linked(&text("\"", 17, 1))),
        ("Strings of 1000", linked(&text("\"", 1_000, 1))),
        ("Symbols of 1", symbol(1)),
        ("Symbols of 16", symbol(16)),
        ("Symbols of 1000", symbol(1_000)),
        (
            "Symbols of no UTF-8",
            (text(":", 1_000, 0xff), b";\x00".to_vec()),
        ),
        ("objects", class(1)),
        ("objects of a long name", class(1_000)),
        ("Classes", linked(&text("c", 16, b'C'))),
        ("Floats", linked(b"f\x0b1e-300")),
        (
            "Ranges",
            linked(b"o:\x0aRange\x08:\x09exclT:\x0abegini\x06:\x08end0"),
        ),
        (
            "Regexps",
            linked(b"/\x15\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x00"),
        ),
        ("Times", linked(b"u:\x09Time\x0d\x20\x80\x1e\xc0\0\0\0\0")),
        ("BigDecimals", linked(b"u:\x0fBigDecimal\x0d9:1e399\0")),
        ("huge BigDecimals", linked(b"u:\x0fBigDecimal\x0d9:1e9999")),
        ("tiny BigDecimals", linked(b"u:\x0fBigDecimal\x0d9:1e-399")),
        ("short Bignums", linked(&bignum(5))),
        ("Bignums", linked(&bignum(200))),
    ];
    for (what, (first, more)) in elements {
        for mut count in [3, 1_000] {
            // The padding gives the input its longest length, so that the limit is highest.
            let body = |count: usize, links: usize| {
                let inner = array(&[&first], &more, count);
                let used = inner.len() + 2 * links + 16;
                let padding = text("f", LONGEST.saturating_sub(used), b'0');
                array(&[&inner, &padding], b"@\x06", links)
            };
            let accepted = |count, links| Document::load(&marshal(&body(count, links))).is_ok();
            while !accepted(count, 0) {
                count /= 2;
                assert!(count > 0, "{what}");
            }
            let (mut some, mut many) = (0, 7_000);
            while many - some > 1 {
                let middle = usize::midpoint(some, many);
                if accepted(count, middle) {
                    some = middle;
                } else {
                    many = middle;
                }
            }
            let cost = cost(&body(count, some));
            let times = |bytes: u64| bytes / LONGEST as u64;
            let place = format!(
                "{count} {what} x {some}: load {}, value {}, JSON {} times",
                times(cost.load),
                times(cost.value),
                times(cost.json)
            );
            assert!(cost.accepted, "{place}");
            assert!(times(cost.load) <= 48, "{place}");
            assert!(times(cost.value) <= 200, "{place}");
            // A control character has six bytes in JSON, and a Vec doubles as it grows.
            assert!(times(cost.json) <= 900, "{place}");
        }
    }
}

#[test]
fn a_number_of_many_digits_is_cheap() {
    // 10**1000 has 416 bytes, ten of them in a row are no attack.
    assert!(cost(&array(&[], &bignum(208), 10)).accepted);
    assert!(cost(&table(&bignum(13), b"@\x07", 100, 0)).accepted);
    let start = Instant::now();
    let longest = cost(&bignum(LONGEST / 2 - 8));
    assert!(longest.accepted);
    assert!(start.elapsed() < Duration::from_secs(2));
}

/// An invalid Rational inside another invalid one is still read once.
#[test]
fn malformed_objects_in_each_other_are_read_once() {
    let nests: [(&str, &[u8], &[u8]); 5] = [
        ("Rational", b"U:\x0dRational[\x07", b"i\x06"),
        ("Complex", b"U:\x0cComplex[\x07", b"i\x06"),
        (
            "Range",
            b"o:\x0aRange\x08:\x0abegin",
            b":\x09exclT:\x06ei\x06",
        ),
        (
            "Duration",
            b"o:\x1cActiveSupport::Duration\x07:\x0b@value",
            b":\x0b@parts{\x0600",
        ),
        (
            "IPAddr",
            b"o:\x0bIPAddr\x07:\x0a@addr",
            b":\x0f@mask_addri\x06",
        ),
    ];
    for (what, open, close) in nests {
        let levels = 16;
        let body = [&open.repeat(levels), &b"0"[..], &close.repeat(levels)].concat();
        let document = Document::load(&marshal(&body)).unwrap();
        let info = allocation_counter::measure(|| drop(document.value(document.root())));
        assert!(
            info.bytes_total <= 200 * body.len() as u64,
            "{what}: {}",
            info.bytes_total
        );
    }
}
