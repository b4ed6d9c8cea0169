//! `ActiveSupport::TimeWithZone` as JSON: the payload has the zone's name, and no offset.

use crate::serializer::value::{RubyTime, Value};
use crate::serializer::{DumpStyle, Format, Serialized};

/// The time of `Time.at(1_700_000_000, 123456, :usec)` in zones whose offset never changes, as live
/// Rails 7.2.2.2 writes it to JSON; and in one whose rules are not known here, in UTC.
const ZONES: [(&str, &str); 11] = [
    ("UTC", "2023-11-14T22:13:20.123Z"),
    ("Etc/UTC", "2023-11-14T22:13:20.123Z"),
    ("Etc/UCT", "2023-11-14T22:13:20.123Z"),
    ("Etc/Zulu", "2023-11-14T22:13:20.123Z"),
    ("GMT", "2023-11-14T22:13:20.123+00:00"),
    ("Etc/GMT", "2023-11-14T22:13:20.123+00:00"),
    ("Etc/GMT0", "2023-11-14T22:13:20.123+00:00"),
    ("Etc/Greenwich", "2023-11-14T22:13:20.123+00:00"),
    ("Etc/GMT+5", "2023-11-14T17:13:20.123-05:00"),
    ("Etc/GMT-14", "2023-11-15T12:13:20.123+14:00"),
    ("Tokyo", "2023-11-14T22:13:20.123Z"),
];

#[test]
fn a_zone_whose_offset_never_changes_has_it() {
    for (zone, json) in ZONES {
        let time = Value::Time(RubyTime {
            zone: Some(zone.to_owned()),
            with_zone: true,
            ..RubyTime::at(1_700_000_000, 123_456_000, 0, true)
        });
        let style = DumpStyle::json();
        let packed = Serialized::dump(&time, style.in_format(Format::MessagePack)).unwrap();
        let read: Value = packed.load().unwrap();
        assert_eq!(read.to_string(), format!("\"{json}\""), "{zone}");
        // Written again, it is the same.
        let again = Serialized::dump(&read, style.in_format(Format::MessagePack)).unwrap();
        assert_eq!(again.bytes, packed.bytes, "{zone}");
    }
}
