# frozen_string_literal: true

# Random values, the same for the same seed, with objects that stand in several places. They come in three kinds:
#   :any    whatever Marshal holds
#   :plain  what hardtack's `Value` carries through Marshal but for sharing
#   :json   what hardtack and `as_json` write alike
class RandomValues
  PIECES = ["a", "Z", "0", " ", "/", "\\", "\"", "'", "<", ">", "&", "%", "+", "=", "--", "\0", "\x01", "\t", "\n", "\x7f",
            "é", "e\u0301", "\u2028", "\u2029", "\ufeff", "\uffff", "日本", "🍪", "\u{10ffff}"].freeze
  ZONES = ["Tokyo", "America/New_York", "UTC", "Asia/Kathmandu"].freeze
  PLAIN = %i[nothing boolean fixnum bignum float string symbol array hash].freeze
  JSON = (PLAIN + %i[indifferent time zoned date date_time decimal rational range set regexp safe pair]).freeze
  KINDS = {
    any: JSON + %i[bytes ascii shift_jis noted default point packed wrapped subclass extended complex duration path
                   odd_symbol class_itself],
    plain: JSON + %i[no_text point packed wrapped subclass extended complex duration path class_itself] - %i[safe],
    json: JSON,
  }.freeze
  CONTAINERS = %i[array hash indifferent pair default point wrapped subclass extended noted].freeze

  def initialize(seed, kind)
    @random = Random.new(seed)
    @names = KINDS.fetch(kind)
    @leaves = @names - CONTAINERS
    @shares = kind != :json
    @made = []
  end

  # The data of a session, with its id first.
  def session
    content = { "session_id" => "0f" * 16 }
    below(6).times { content[text(3)] = value(4) }
    content.compact
  end

  # One to three values.
  def several = Array.new(1 + below(3)) { value(3) }

  private

  def value(depth)
    return @made[below(@made.size)] if @shares && @made.any? && below(5).zero?
    names = depth.zero? ? @leaves : @names
    made = send(names[below(names.size)], depth - 1)
    @made << made
    made
  end

  def below(limit) = @random.rand(limit)
  def values(most, depth) = Array.new(below(most)) { value(depth) }

  def text(most) = Array.new(below(most + 1)) { PIECES[below(PIECES.size)] }.join.encode("UTF-8")

  def nothing(_) = nil
  def boolean(_) = below(2).zero?
  def fixnum(_) = [below(300) - 150, below(1 << 20) - (1 << 19), (1 << [7, 8, 15, 16, 29, 30, 31, 32, 53, 61].sample(random: @random)) - below(3)].sample(random: @random) * [1, -1].sample(random: @random)
  def bignum(_) = ((1 << [62, 63, 64, 65, 126, 200].sample(random: @random)) + below(5) - 2) * [1, -1].sample(random: @random)

  def float(_)
    case below(5)
    when 0 then below(100_000) / 100.0
    when 1 then 10.0**(below(40) - 20)
    when 2 then [0.0, -0.0, Float::INFINITY, -Float::INFINITY, 5e-324, Float::MAX, 1e16, 1e15, 1e-4, 1e-5].sample(random: @random)
    when 3 then below(1 << 53).to_f
    else [@random.bytes(8)].first.unpack1("G").then { |float| float.nan? ? 1.5 : float }
    end
  end

  def string(_) = text(4)
  def symbol(_) = text(4).to_sym
  def array(depth) = values(5, depth)
  def hash(depth) = Array.new(below(5)) { [key(depth), value(depth)] }.to_h
  def indifferent(depth) = Array.new(below(4)) { [text(3), value(depth)] }.to_h.with_indifferent_access

  # JSON has only text keys, and of two that are one text it keeps both.
  def key(depth)
    return text(3) if !@shares || below(3).positive?
    # An indifferent Hash makes a String of a Symbol, which is US-ASCII where it can be; a `Value` has UTF-8.
    ["#{text(2)}é".to_sym, below(100), nil, true, below(100) / 4.0, [text(1)], 1 << 70].sample(random: @random)
  end

  def seconds = [0, -1, 1_700_000_000, below(1 << 32), -below(1 << 31), 253_402_300_799].sample(random: @random)
  def nanoseconds = [0, 5, 500_000_000, 123_456_789, 999_999_999, below(1_000) * 1_000_000].sample(random: @random)
  def offset = ["UTC", "+02:00", "-09:30", "+05:45", "-00:30"].sample(random: @random)

  def time(_) = Time.at(seconds, nanoseconds, :nsec, in: offset)
  def zoned(_) = Time.at(seconds, nanoseconds, :nsec).in_time_zone(ZONES.sample(random: @random))
  def date(_) = Date.jd(2_299_161 + below(800_000))
  def date_time(_) = DateTime.new(1600 + below(900), 1 + below(12), 1 + below(28), below(24), below(60), below(60) + Rational(below(1000), 1000), ["+00:00", "+02:00", "-09:30"].sample(random: @random))

  def decimal(_) = BigDecimal([below(10**9).to_s, "-0", "0", "1e400", "-1e-400", "#{below(1000)}.#{below(1000)}", "Infinity", "-Infinity", "1" * 40 + ".5"].sample(random: @random))
  def rational(_) = Rational(below(2000) - 1000, 1 + below(1000)) * [1, 1 << 70].sample(random: @random)
  def complex(_) = Complex([below(9), -2.5, 1/3r].sample(random: @random), [below(9), 0.5, 1 << 65].sample(random: @random))
  def duration(_) = [below(100).days, below(50).months + below(90).minutes, 1.5.hours, 0.seconds].sample(random: @random)
  def range(_) = [Range.new(below(9), below(99), below(2).zero?), Range.new(text(2), "z"), (below(5)..), (..2.5), Date.jd(2_460_000)..Date.jd(2_460_010)].sample(random: @random)
  def set(_) = Set.new([below(9), text(2), text(1).to_sym, nil, 2.5, 1 << 70, [text(1)]].sample(below(6), random: @random))
  # A `Value` holds what `to_s` gives, in which a control character is written as an escape.
  def regexp(_) = Regexp.new(Regexp.escape(@shares ? text(3).gsub(/[[:cntrl:]]/, "") : text(3)), below(8))
  def safe(_) = text(4).html_safe
  def pair(depth) = Pair.new(value(depth), value(depth))

  def bytes(_) = @random.bytes(below(20)).b
  def no_text(_) = bytes(nil) << 0xff
  def ascii(_) = ["", "abc", "a\0b"].sample(random: @random).encode("US-ASCII")
  def shift_jis(_) = ["日本", "x"].sample(random: @random).encode("Shift_JIS")
  def odd_symbol(_) = "日".encode(%w[Shift_JIS EUC-JP].sample(random: @random)).to_sym
  def noted(depth) = [text(3), [value(depth)], { "k" => 1 }, @random.bytes(3).b].sample(random: @random).dup.tap { |made| made.instance_variable_set(:@note, value(depth)) }
  def default(depth) = Hash.new(value(depth)).merge!("k" => value(depth))
  def point(depth) = Point.new(value(depth), value(depth))
  def packed(_) = Packed.new([text(4), @random.bytes(4).b].sample(random: @random))
  def wrapped(depth) = Wrapped.new([value(depth)]) # what `marshal_dump` returns must be of another class
  def subclass(depth) = [Names.new(values(3, depth)), Title.new(text(3)), Marked.new.merge!(text(2) => value(depth))].sample(random: @random)
  def extended(depth) = [text(3), values(3, depth), Point.new(1, value(depth))].sample(random: @random).extend([Loud, Proud].sample(random: @random))
  def path(_) = Pathname.new("/tmp/#{below(100)}")
  def class_itself(_) = [String, Comparable, ActiveSupport::Duration, Kernel].sample(random: @random)
end
