//! A URI's port, which Ruby leaves out if it is the scheme's default (`URI::Generic#to_s`).

use super::{Document, marshal};
use crate::serializer::value::Value;

/// The variables of a URI that are not nil. Ruby's URI has twelve, and they are read the same way.
fn uri(class: &str, scheme: &str, port: u16) -> Value {
    let length = |text: &str| u8::try_from(text.len() + 5).unwrap();
    let [low, high] = port.to_le_bytes();
    let body = [
        b"o:",
        &[length(class)][..],
        class.as_bytes(),
        b"\x09:\x0c@schemeI\"",
        &[length(scheme)],
        scheme.as_bytes(),
        b"\x06:\x06ET:\x0a@hostI\"\x06h\x06;\x07T:\x0a@porti\x02",
        &[low, high],
        b":\x0a@pathI\"\x06/\x06;\x07T",
    ];
    let document = Document::load(&marshal(&body.concat())).unwrap();
    document.value(document.root()).unwrap()
}

#[test]
fn the_port_of_a_scheme_is_left_out() {
    let cases = [
        ("URI::HTTP", "http", 80),
        ("URI::HTTPS", "https", 443),
        ("URI::WS", "ws", 80),
        ("URI::WSS", "wss", 443),
        ("URI::FTP", "ftp", 21),
        ("URI::LDAP", "ldap", 389),
        ("URI::LDAPS", "ldaps", 636),
    ];
    for (class, scheme, port) in cases {
        let without = Value::Uri(format!("{scheme}://h/"));
        assert_eq!(uri(class, scheme, port), without);
        let with = Value::Uri(format!("{scheme}://h:8080/"));
        assert_eq!(uri(class, scheme, 8080), with);
    }
    let unknown = Value::Uri("foo://h:21/".into());
    assert_eq!(uri("URI::Generic", "foo", 21), unknown);
}
