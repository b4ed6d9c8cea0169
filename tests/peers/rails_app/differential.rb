# frozen_string_literal: true

# Rails' half of `scripts/differential`: many cases in one question. Bytes are in hex on both ways; a difference is null
# where there is none. A case that comes from here has a seed of its own, by which it is made again for the check.

require_relative "comparison"
require_relative "random_values"

module Differential
  module_function

  def answer(question) = send(question.fetch("of"), question)

  # [[name, value or null], ..] of each header, in order.
  def cookie_headers(question)
    pairs = question.fetch("headers").map do |header|
      Rack::Request.new("HTTP_COOKIE" => bytes(header)).cookies.map { |name, value| [hex(name), value && hex(value)] }
    end
    { pairs: pairs }
  end

  # Sessions of any objects, and plain values.
  def marshal_write(question)
    {
      sessions: seeds(question).map { |seed| hex(Marshal.dump(session(seed))) },
      values: seeds(question).map { |seed| hex(Marshal.dump(plain(seed))) },
    }
  end

  # What hardtack made of them: the sessions with a change, which depends on the seed, and the values as they were.
  def marshal_read(question)
    sessions = seeds(question).zip(question.fetch("sessions")).map do |seed, again|
      difference(Marshal.load(bytes(again)), changed(session(seed), seed), sharing: true)
    end
    values = seeds(question).zip(question.fetch("values")).map do |seed, again|
      difference(Marshal.load(bytes(again)), plain(seed))
    end
    { sessions: sessions, values: values }
  end

  # Values of hardtack's, with their expressions.
  def marshal_equal(question)
    { values: question.fetch("cases").map { |again, ruby| difference(Marshal.load(bytes(again)), evaluate(ruby)) } }
  end

  # Values as Marshal, and the JSON that Rails writes for them.
  def json_write(question)
    values = seeds(question).map { |seed| RandomValues.new(seed, :json).several }
    { values: values.map { |value| [hex(Marshal.dump(value)), hex(ActiveSupport::JSON.encode(value))] } }
  end

  # hardtack's JSON, with the expressions of the values: Rails writes the same bytes, and reads the same value.
  def json_equal(question)
    differences = question.fetch("cases").map do |text, ruby|
      text = bytes(text).force_encoding("UTF-8")
      value = evaluate(ruby)
      rails = ActiveSupport::JSON.encode(value)
      rails == text ? difference(ActiveSupport::JSON.decode(text), value) : "Rails writes #{rails}"
    end
    { values: differences }
  end

  def seeds(question) = question.fetch("seeds")
  def hex(text) = text.unpack1("H*")
  def bytes(hex) = [hex].pack("H*")
  def evaluate(expression) = eval(expression, TOPLEVEL_BINDING.dup)
  def session(seed) = RandomValues.new(seed, :any).session
  def plain(seed) = RandomValues.new(seed, :plain).several

  def changed(session, seed)
    first = session.keys[1]
    case seed % 3
    when 0 then session["new"] = ["new", { "n" => 1.5 }]
    when 1 then session.delete(first) if first
    else session[first || "new"] = "changed"
    end
    session
  end

  def difference(actual, expected, sharing: false)
    comparison = Comparison.new
    comparison.difference("value", actual, expected) || (comparison.sharing if sharing)
  end
end
