# frozen_string_literal: false

# Writes ruby-3.1.jsonl: what Ruby 3.1 with Active Support 6.1 dumps, for the numbering of links
# (`document`) and for the bytes that a value must become (`value`).
#
#   ruby make.rb > ruby-3.1.jsonl
ENV["TZ"] = "UTC"
require "active_support/all"
require "bigdecimal"
require "date"
require "ipaddr"
require "json"
require "pathname"
require "set"
require "uri"

module Loud; end
module Proud; end
Pair = Struct.new(:left, :right)
class Point
  def initialize(*parts) = (@x, @y = parts)
end
class Packed
  def initialize(text) = @text = text
  def _dump(_level) = @text
  def self._load(text) = new(text)
end
class Wrapped
  def initialize(content) = @content = content
  def marshal_dump = @content
  def marshal_load(content) = @content = content
end
class Names < Array; end
class Title < String; end
class Marked < Hash; end

def emit(kind, name, object, **extra)
  bytes = Marshal.dump(object)
  back = Marshal.load(bytes)
  inspected = back.inspect.gsub(/0x\h{16}/, "0x")
  puts JSON.generate({ ruby: RUBY_VERSION, active_support: ActiveSupport.version.to_s, kind: kind, name: name,
                       inspect: inspected, hex: bytes.unpack1("H*") }.merge(extra))
end

def document(name, object) = emit("document", name, object)
def value(name, object) = emit("value", name, object)

# What one key's removal must leave: the session, and the same without its first key.
def removal(name, object)
  rest = object.reject { |key, _| key == object.keys.first }
  emit("removal", name, object, rest: Marshal.dump(rest).unpack1("H*"))
end

text = "shared"
big = 2**80
wide = 2**40
float = 1.1
heap_float = 1.0e-320 + 1e300
sjis = "\x93\xFA".dup.force_encoding("Shift_JIS")
sjis_other = "\x96\x7B".dup.force_encoding("Shift_JIS")
array = [1]

document "float shared", [float, float, text, text]
document "float equal", [1.5, 3.0 / 2, "a".itself, text, text]
document "float on the heap", [heap_float, heap_float, text, text]
document "bignum shared", [big, big, text, text]
document "wide fixnum shared", [wide, wide, text, text]
document "immediates do not count", [nil, true, false, 7, :sym, text, text]
document "symbol repeated", [:a, :b, { a: :b }, text, text]
document "symbol not ascii", [:"é", :"é", { "é": 1 }, text, text]
document "symbol in another encoding", ["\x93\xFA".dup.force_encoding("Shift_JIS").to_sym, sjis, text, text]
document "encoding shared", [sjis, sjis_other, text, text]
document "encoding is counted", [sjis, text, text]
string = "with ivars"
string.instance_variable_set(:@note, text)
string.instance_variable_set(:@list, array)
document "string with ivars", [string, text, array, string]
binary = "\xFF".b
binary.instance_variable_set(:@note, text)
document "binary string with ivars", [binary, text, binary]
list = [1, 2]
list.instance_variable_set(:@note, text)
document "array with ivars", [list, text, list]
extended = "extended".dup.extend(Loud)
document "string extended", [extended, text, extended, text]
both = Object.new.extend(Loud).extend(Proud)
both.instance_variable_set(:@a, text)
document "object extended twice", [both, text, both]
document "array extended", [[1].extend(Loud), text, text]
document "struct sharing a member", [Pair.new(text, text), text, Pair.new(array, array)]
pair = Pair.new(1, text)
pair.instance_variable_set(:@note, text)
document "struct with ivars", [pair, text, pair]
document "object sharing ivars", [Point.new(text, text), text, Point.new(array, text), array]
packed = Packed.new("plain".b)
document "user dump without ivars", [packed, packed, text, text]
packed = Packed.new("utf")
document "user dump with encoding", [packed, packed, text, text]
noted = "noted"
noted.instance_variable_set(:@note, text)
packed = Packed.new(noted)
document "user dump with ivars", [packed, text, packed, text]
packed = Packed.new(sjis)
document "user dump in shift_jis", [packed, sjis, packed, text, text]
wrapped = Wrapped.new([text, text])
document "marshal_dump", [wrapped, text, wrapped]
document "marshal_dump of a string", [Wrapped.new(text), text]
document "class and module", [String, String, Comparable, Comparable, text, text]
regexp = /a.b/i
document "regexp shared", [regexp, regexp, text, text]
document "regexp not ascii", [/é/x, text, text]
document "regexp in another encoding", [Regexp.new(sjis), sjis, text, text]
document "array subclass", [Names.new([text]), text, Names.new]
title = Title.new("title")
document "string subclass", [title, text, title]
marked = Marked.new(text)
marked["a"] = text
marked.instance_variable_set(:@used, { text => true })
document "hash subclass with default and ivars", [marked, text, marked]
document "hash by identity", { "a" => 1 }.compare_by_identity
document "hash default shared", [Hash.new(text).merge!("a" => text), text]
document "range of strings", [(text..text), text]
document "set of strings", [Set.new([text, "b"]), text]
at = Time.at(1_700_000_000, 123_456_789, :nsec, in: "+02:00")
document "time shared", [at, at, text, text]
document "time zones shared", [Time.at(0).utc, Time.at(1).utc, text, text]
zoned = Time.at(1_700_000_000).in_time_zone("Tokyo")
document "time with zone shared", [zoned, zoned, text, text]
document "hash keys shared", [{ text => 1 }, { text => 2 }, text]
document "nested", (1..90).inject([text]) { |inner, _| [inner] }
document "long counts", [(0...300).to_a, "x" * 300, :"#{'y' * 130}", (0...130).map { |n| n.to_s.to_sym }]
document "many objects", [Array.new(300) { +"" }, text, text]
document "uri", URI("https://user:pw@example.com:8443/a/b?q=1#frag")
document "uri opaque", URI("mailto:a@example.com")
document "uri plain", URI("http://example.com/")
document "uri relative", URI("/a/b?c#d")
document "ip", IPAddr.new("10.0.0.0/8")
document "ip v6", IPAddr.new("2001:db8::/32")
document "ip single", IPAddr.new("192.168.7.9")
document "time zone", ActiveSupport::TimeZone["Tokyo"]
document "indifferent", { "a" => { "b" => [{ "c" => text }] }, "d" => text }.with_indifferent_access
document "session", { "session_id" => "00" * 16, "a" => text, :b => [text, sjis], "c" => :b, "d" => [sjis_other, :b, 2.5] }
document "session with indifferent hash", { "session_id" => "00" * 16, "b" => text, "a" => text }.with_indifferent_access
document "session with default", Hash.new(0).merge!("session_id" => "x", "n" => 1)
document "odd keys", { nil => 1, 2 => 2, 2.5 => 3, true => 4, :s => 5, 2**70 => 6, "s" => 7, :"é" => 8 }

removal "first occurrence", { "a" => text, "b" => text, "c" => [text] }
removal "container", { "a" => array, "b" => [array, text], "c" => { text => array } }
removal "symbols", { "a" => %i[x y], "b" => %i[y x], :y => :x }
removal "encoding", { "a" => sjis, "b" => sjis_other, "c" => sjis }
removal "floats", { "a" => float, "b" => [float, text], "c" => text }
removal "user dump", { "a" => packed, "b" => [packed, text], "c" => text }
removal "struct", { "a" => Pair.new(text, array), "b" => Pair.new(array, text), "c" => array }
removal "symbol encoding", { "a" => "\x93\xFA".dup.force_encoding("Shift_JIS").to_sym, "b" => sjis, "c" => text, "d" => text }
removal "not there twice", { "a" => 1, "b" => text, "c" => text }

value "nil", nil
value "true", true
value "false", false
[0, 1, -1, 122, 123, -123, -124, 255, 256, -255, -256, -257, 65_535, 65_536, -65_536, -65_537, 2**24, -2**24 - 1, 2**30 - 1, 2**30, -2**30,
 -2**30 - 1, 2**31, -2**31, 2**32, 2**62, 2**63 - 1, -2**63].each { |n| value "integer #{n}", n }
[2**63, -2**63 - 1, 2**64, 2**80 + 1, -2**200].each { |n| value "big #{n}", n }
[0.0, -0.0, 1.0, 1.5, -1.5, 100.0, 123456.789, 1e15, 1e16, 1e17, 123456789012345680.0, 0.1, 0.001, 0.0001, 0.00012, 0.00001, 1e-300, 5e-324,
 1.7976931348623157e308, 1.0 / 3, 12e20, 1e2, 10.5, 2.0**70].each { |n| value "float #{n}", n }
value "float inf", Float::INFINITY
value "float -inf", -Float::INFINITY
value "float nan", Float::NAN
value "string", "Zoë"
value "string empty", ""
value "bytes", "\xFF\x00".b
value "bytes utf-8", "\xFF"
value "bytes ascii", "\xFF".dup.force_encoding("US-ASCII")
value "bytes shift_jis twice", [sjis, sjis_other]
value "symbol", :sym
value "symbol not ascii", :"é"
value "symbols", [:a, :b, :a, :E, "x", :E]
value "array", [1, [2, [3]], []]
value "hash", { "a" => 1, :b => 2, 3 => nil }
value "indifferent", { "a" => { "b" => 1 } }.with_indifferent_access
%w[0 -0 1.25 0.1 -0.5 123456.789 100000000000000000000 0.00000000000000000001 123456789 1234567890 0.000000001 0.0000000001 12345678901234567890.123456789 NaN Infinity -Infinity]
  .each { |n| value "decimal #{n}", BigDecimal(n) }
value "rational", Rational(1, 3)
value "complex", Complex(1, -2.5)
value "time utc", Time.at(1_700_000_000).utc
value "time utc nanoseconds", Time.at(1_700_000_000, 123_456_789, :nsec).utc
value "time micro", Time.at(1_700_000_000, 123_456_000, :nsec, in: "+02:00")
value "time offset", Time.at(1_700_000_000, 5, :nsec, in: "+02:00")
value "time offset west", Time.at(1_700_000_000, 120, :nsec, in: "-09:30")
value "time 1901", Time.utc(1901, 2, 28, 23, 59, 59)
value "time 1960", Time.at(-300_000_000, 999_999_999, :nsec).utc
value "time 2400", Time.utc(2400, 2, 29, 1, 2, 3)
value "time 1899", Time.utc(1899, 12, 31, 1, 2, 3)
ENV["TZ"] = "Europe/Berlin"
value "time local", Time.at(1_700_000_000)
ENV["TZ"] = "UTC"
value "time with zone", Time.at(1_700_000_000, 5_000, :nsec).in_time_zone("Tokyo")
value "time with zone utc", Time.at(1_700_000_000).in_time_zone("UTC")
value "datetime", DateTime.new(2024, 2, 3, 4, 5, 6.5r, "+02:00")
value "datetime utc", DateTime.new(2024, 2, 3, 4, 5, 6)
value "datetime day before", DateTime.new(2024, 2, 3, 0, 30, 0, "+09:00")
value "date", Date.new(2024, 2, 3)
value "duration", 1.month + 3.days
value "duration one part", 90.seconds
value "duration half", 1.5.hours
value "range", 1..5
value "range exclusive", "a"..."c"
value "range endless", (1..)
value "set", Set.new([1, "a", :b])
value "set empty", Set.new
value "safe buffer", ActiveSupport::SafeBuffer.new("<b>")
value "regexp", /a.b/i
value "regexp not ascii", /é/mx
value "regexp plain", /a/
value "ip", IPAddr.new("10.0.0.0/8")
value "ip single", IPAddr.new("192.168.7.9")
value "ip v6", IPAddr.new("2001:db8::/32")
value "pathname", Pathname.new("/tmp/ä")
value "struct", Pair.new(1, "two")
value "object", Point.new(1, "n")
value "user dump", Packed.new("utf")
value "user dump plain", Packed.new("\xFF".b)
value "user marshal", Wrapped.new([1, "a"])
value "array subclass", Names.new([1, 2])
value "string subclass", Title.new("t")
value "object extended", Point.new(1, 2).extend(Loud)
value "string subclass extended", Title.new("t").extend(Loud)
value "class", String
value "module", Comparable
value "uri", URI("https://user:pw@example.com:8443/a/b?q=1#frag")
