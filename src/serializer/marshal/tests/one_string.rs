//! Streams of one String, each by Ruby 3.1.

use super::super::one_string;

#[test]
fn one_string_and_nothing_else() {
    let cases = [
        // "secret: é\n", "a".b, ""
        (
            "04084922107365637265743a20c3a90a063a064554",
            Some("secret: é\n"),
        ),
        ("0408220661", Some("a")),
        ("04084922 00 063a064554", Some("")),
        // "\xff".b, :a, ["a"], nil
        ("04082206ff", None),
        ("04083a0661", None),
        ("04085b0649220661063a064554", None),
        ("040830", None),
        // Not Marshal, and half of a stream.
        ("", None),
        ("736563726574", None),
        ("04082207", None),
    ];
    for (hex, expected) in cases {
        let bytes = hex::decode(hex.replace(' ', "")).unwrap();
        let text = one_string(&bytes);
        assert_eq!(text.as_ref().map(|text| text.as_str()), expected, "{hex}");
    }
    assert_eq!(cases.len(), 10);
}
