//! Objects of classes that hardtack knows, and of others.

use hardtack::value::{RubyObject, Value};

use crate::Table;
use crate::kinds::*;

pub(crate) fn texts() -> Table {
    vec![
        (
            Value::IpAddr(owned("10.0.0.0/8")),
            "IPAddr.new('10.0.0.0/8')",
        ),
        (
            Value::IpAddr(owned("192.168.7.9")),
            "IPAddr.new('192.168.7.9')",
        ),
        (Value::IpAddr(owned("0.0.0.0/0")), "IPAddr.new('0.0.0.0/0')"),
        (
            Value::IpAddr(owned("2001:db8::/32")),
            "IPAddr.new('2001:db8::/32')",
        ),
        (Value::IpAddr(owned("::1")), "IPAddr.new('::1')"),
        (Value::Pathname(owned("/tmp/ä")), "Pathname.new('/tmp/ä')"),
        (Value::SafeBuffer(owned("<b>é")), "'<b>é'.html_safe"),
    ]
}

pub(crate) fn objects() -> Table {
    let struct_of = |left: Value, right: Value| {
        object(RubyObject::Struct {
            class: owned("Pair"),
            members: vec![(owned("left"), left), (owned("right"), right)],
        })
    };
    let subclass = |class: &str, content: Value| {
        object(RubyObject::Subclass {
            class: owned(class),
            content,
        })
    };
    let extended = |module: &str, content: Value| {
        object(RubyObject::Extended {
            module: owned(module),
            content,
        })
    };
    let user_dump = |bytes: &[u8], ivars: Vec<(String, Value)>| {
        object(RubyObject::UserDump {
            class: owned("Packed"),
            bytes: bytes.to_vec(),
            ivars,
        })
    };
    let user_marshal = |content: Value| {
        object(RubyObject::UserMarshal {
            class: owned("Wrapped"),
            content,
        })
    };
    vec![
        (point(1, "n"), "Point.new(1, 'n')"),
        (
            point(point(Value::Nil, symbol("x")), symbol("@x")),
            "Point.new(Point.new(nil, :x), :@x)",
        ),
        (struct_of(1.into(), "two".into()), "Pair.new(1, 'two')"),
        (
            struct_of(symbol("left"), struct_of(Value::Nil, Value::Nil)),
            "Pair.new(:left, Pair.new)",
        ),
        (user_dump(b"\xff", vec![]), "Packed.new(\"\\xFF\".b)"),
        (
            user_dump(b"utf", vec![(owned("E"), true.into())]),
            "Packed.new('utf')",
        ),
        (
            user_dump(
                b"noted",
                vec![(owned("E"), true.into()), (owned("@note"), "n".into())],
            ),
            "Packed.new('noted'.dup.tap { |text| text.instance_variable_set(:@note, 'n') })",
        ),
        (
            user_marshal(Value::Array(vec![1.into(), "a".into()])),
            "Wrapped.new([1, 'a'])",
        ),
        (user_marshal("text".into()), "Wrapped.new('text')"),
        (subclass("Names", Value::from([1, 2])), "Names.new([1, 2])"),
        (subclass("Title", "t".into()), "Title.new('t')"),
        (
            subclass("Marked", Value::hash([("a", 1)])),
            "Marked.new.merge!('a' => 1)",
        ),
        (
            extended("Loud", point(1, 2)),
            "Point.new(1, 2).extend(Loud)",
        ),
        (extended("Loud", "x".into()), "'x'.dup.extend(Loud)"),
        (
            extended("Loud", subclass("Title", "t".into())),
            "Title.new('t').extend(Loud)",
        ),
        (
            extended("Loud", extended("Proud", Value::from([1]))),
            "[1].extend(Proud).extend(Loud)",
        ),
        (object(RubyObject::Class(owned("String"))), "String"),
        (
            object(RubyObject::Class(owned("ActiveSupport::Duration"))),
            "ActiveSupport::Duration",
        ),
        (
            object(RubyObject::Module(owned("Comparable"))),
            "Comparable",
        ),
    ]
}
