//! PHP's values as Rust types.

use std::collections::{BTreeMap, HashMap};

use hardtack::Error;
use hardtack::php::{serialize, unserialize};
use hardtack::value::Value;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::shown;

fn of<T: DeserializeOwned>(text: &str) -> T {
    unserialize(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Suit {
    Hearts,
    Joker(u8),
    Card { rank: u8 },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Author {
    name: String,
    #[serde(default)]
    posts: Vec<Title>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Title {
    title: String,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Post {
    title: String,
    author: Option<Author>,
}

/// An empty array is both a list and a map, and `unset` leaves gaps in a list.
#[test]
fn arrays_are_lists_and_maps() {
    assert_eq!(of::<Vec<u8>>("a:0:{}"), [0_u8; 0]);
    assert_eq!(of::<HashMap<String, u8>>("a:0:{}"), HashMap::new());
    assert_eq!(of::<Vec<u8>>("a:2:{i:0;i:5;i:2;i:6;}"), [5, 6]);
    assert_eq!(
        of::<(u8, String)>(r#"a:2:{i:0;i:5;i:1;s:1:"x";}"#),
        (5, "x".to_owned())
    );
    let by_number: BTreeMap<i64, u8> = of(r#"a:2:{i:-7;i:1;s:2:"10";i:2;}"#);
    assert_eq!(by_number, [(-7, 1), (10, 2)].into());
    let by_text: BTreeMap<String, u8> = of(r#"a:2:{i:-7;i:1;s:2:"x!";i:2;}"#);
    assert_eq!(by_text, [("-7".to_owned(), 1), ("x!".to_owned(), 2)].into());
    assert_eq!(of::<Vec<u8>>("a:3:{i:0;i:5;i:1;i:6;i:0;i:7;}"), [7, 6]);
    let refused = unserialize::<Vec<u8>>(br#"a:1:{s:1:"x";i:1;}"#).unwrap_err();
    assert!(matches!(&refused, Error::UnexpectedValue { .. }));
    assert_eq!(
        refused.to_string(),
        "the value is of another type: it is an array, not alloc::vec::Vec<u8>"
    );
    assert!(unserialize::<(u8, u8)>(b"a:3:{i:0;i:1;i:1;i:2;i:2;i:3;}").is_err());
}

#[test]
fn objects_are_structs_by_the_plain_names_of_their_properties() {
    let post = "O:4:\"Post\":2:{s:8:\"\0*\0title\";s:1:\"T\";s:12:\"\0Post\0author\";N;}";
    let expected = Post {
        title: "T".to_owned(),
        author: None,
    };
    assert_eq!(of::<Post>(post), expected);
    // The author has the post again, of which the type asks for the title alone.
    let circle = "O:4:\"Post\":2:{s:5:\"title\";s:1:\"T\";s:6:\"author\";\
                  O:6:\"Author\":2:{s:4:\"name\";s:1:\"A\";s:5:\"posts\";a:1:{i:0;r:1;}}}";
    let author = of::<Post>(circle).author.unwrap();
    assert_eq!(author.posts[0].title, "T");
    let error = unserialize::<Value>(circle.as_bytes()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("references that go round in a circle"),
        "{error}"
    );
    let error = unserialize::<serde_json::Value>(circle.as_bytes()).unwrap_err();
    assert!(matches!(error, Error::UnreadableValue { .. }), "{error}");
    // A private property of the parent's class and one of the same name.
    let both = "O:1:\"C\":2:{s:4:\"\0P\0q\";i:1;s:4:\"\0C\0q\";i:2;}";
    let names: Vec<(String, u8)> = of::<BTreeMap<String, u8>>(both).into_iter().collect();
    assert_eq!(names, [("\0C\0q".to_owned(), 2), ("q".to_owned(), 1)]);
    let value: Value = of(both);
    assert_eq!(value.to_string(), r#"{"q":1,"\u0000C\u0000q":2}"#);
    assert_eq!(shown(&serialize(&value).unwrap()), shown(both.as_bytes()));
}

#[test]
fn enums_are_variants() {
    assert_eq!(of::<Suit>(r#"E:11:"Suit:Hearts";"#), Suit::Hearts);
    assert_eq!(of::<Suit>(r#"s:6:"Hearts";"#), Suit::Hearts);
    assert_eq!(of::<Suit>(r#"a:1:{s:5:"Joker";i:3;}"#), Suit::Joker(3));
    assert_eq!(of::<String>(r#"E:11:"Suit:Hearts";"#), "Hearts");
    for suit in [Suit::Hearts, Suit::Joker(3), Suit::Card { rank: 9 }] {
        let bytes = serialize(&suit).unwrap();
        assert_eq!(unserialize::<Suit>(&bytes).unwrap(), suit);
    }
    assert!(unserialize::<Suit>(br#"E:11:"Suit:Spades";"#).is_err());
}

#[test]
fn texts_bytes_and_numbers() {
    assert_eq!(of::<char>(r#"s:2:"é";"#), 'é');
    assert_eq!(of::<String>(r#"S:2:"a\6b";"#), "ak");
    let binary = b"s:2:\"\xff\0\";";
    assert!(unserialize::<String>(binary).is_err());
    let value: Value = unserialize(binary).unwrap();
    assert_eq!(value.kind(), "a String that is not UTF-8");
    assert_eq!(serialize(&value).unwrap(), binary);
    assert_eq!(of::<f64>("i:5;").to_bits(), 5.0_f64.to_bits());
    assert_eq!(of::<u64>("i:9223372036854775807;"), u64::MAX / 2);
    assert!(unserialize::<u8>(b"i:256;").is_err());
    assert!(unserialize::<u8>(b"d:1;").is_err());
    assert_eq!(of::<Option<u8>>("N;"), None);
    assert_eq!(of::<Option<u8>>("i:0;"), Some(0));
    let raw: Box<RawValue> = of(r#"a:1:{s:1:"x";a:1:{i:0;d:0.5;}}"#);
    assert_eq!(raw.get(), r#"{"x":[0.5]}"#);
    let (value, rest): (Value, bool) = of("a:2:{i:0;a:1:{i:5;N;}i:1;b:1;}");
    assert_eq!((value.to_string().as_str(), rest), (r#"{"5":null}"#, true));
}

/// Values of Rust are written as PHP's own `serialize` writes them.
#[test]
fn types_of_rust_are_arrays_and_scalars() {
    #[derive(Serialize)]
    struct Line {
        id: u32,
        tags: Vec<&'static str>,
        note: Option<String>,
    }
    let line = Line {
        id: 7,
        tags: vec!["a"],
        note: None,
    };
    let cases: [(Vec<u8>, &str); 6] = [
        (
            serialize(&line).unwrap(),
            r#"a:3:{s:2:"id";i:7;s:4:"tags";a:1:{i:0;s:1:"a";}s:4:"note";N;}"#,
        ),
        (
            serialize(&BTreeMap::from([("07", 1), ("7", 2)])).unwrap(),
            r#"a:2:{s:2:"07";i:1;i:7;i:2;}"#,
        ),
        (
            serialize(&BTreeMap::from([(-1, true)])).unwrap(),
            "a:1:{i:-1;b:1;}",
        ),
        (
            serialize(&[1.0e25, 0.1, -0.0]).unwrap(),
            "a:3:{i:0;d:1.0E+25;i:1;d:0.1;i:2;d:-0;}",
        ),
        (
            serialize(&Value::hash([(Value::from(7), 1), (Value::from("7"), 2)])).unwrap(),
            "a:1:{i:7;i:2;}",
        ),
        (
            serialize(&Value::Symbol("s".to_owned())).unwrap(),
            r#"s:1:"s";"#,
        ),
    ];
    for (written, expected) in &cases {
        assert_eq!(shown(written), shown(expected.as_bytes()));
    }
    let refused = serialize(&(1_u128 << 64)).unwrap_err().to_string();
    assert!(refused.contains("more than 64 bits"), "{refused}");
    for class in ["", "a\"b", "a b", "\\A", "\u{fffd}"] {
        let case = hardtack::value::PhpObject::Case {
            class: class.to_owned(),
            case: "A".to_owned(),
        };
        assert!(serialize(&Value::Php(Box::new(case))).is_err(), "{class}");
    }
}
