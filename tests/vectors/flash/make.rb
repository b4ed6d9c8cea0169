# frozen_string_literal: true

# Writes action-dispatch-6.1.jsonl by running ActionDispatch::Flash itself, and old-sessions.jsonl
# with sessions as Rails 2.3 to 4.2 kept their flash.
#
#   ruby make.rb
#
# Needs actionpack 6.1. The output is the same in every run.
require "action_dispatch"
require "action_dispatch/middleware/flash"
require "active_support/core_ext/hash/indifferent_access"
require "json"

SEED = 20_260_101

# One request: the operations on `request.flash` (none at all where it is not accessed), then what
# ActionController does at its end. The session is a plain Hash, as it comes out of a JSON cookie.
def run(session, operations)
  before = JSON.generate(session)
  request = ActionDispatch::Request.new("rack.session" => session, "rack.input" => StringIO.new)
  answers = operations&.map { |operation| apply(request.flash, *operation) }
  seen = request.flash.to_hash if operations
  request.commit_flash
  {
    operations: operations, answers: answers, seen: seen&.to_a,
    changed: JSON.generate(session) != before, flash: session["flash"]
  }
end

# What an operation answers is recorded for those that ask something.
def apply(flash, name, key = nil, value = nil)
  case name
  when "get" then return flash[key]
  when "has" then return flash.key?(key)
  when "empty" then return flash.empty?
  when "set" then flash[key] = value
  when "now" then flash.now[key] = value
  when "keep" then flash.keep(key)
  when "keep_all" then flash.keep
  when "discard" then flash.discard(key)
  when "discard_all" then flash.discard
  when "remove" then flash.delete(key)
  when "clear" then flash.clear
  else raise name
  end
  nil
end

def sequence(what, flash, *requests)
  session = { "user_id" => 7 }
  session["flash"] = flash unless flash == :none
  start = JSON.parse(JSON.generate(session))
  outcomes = requests.map do |operations|
    outcome = JSON.parse(JSON.generate(run(session, operations)))
    session = JSON.parse(JSON.generate(session))
    outcome
  end
  JSON.generate(what: what, session: start, requests: outcomes)
end

SAVED = { "discard" => [], "flashes" => { "notice" => "Saved" } }.freeze
TWO = { "discard" => [], "flashes" => { "notice" => "Saved", "alert" => "Full" } }.freeze
READ = [%w[get notice]].freeze

def named
  [
    ["set, shown, gone", :none, [%w[set notice Saved]], READ, READ],
    ["not accessed, it waits", SAVED, nil, nil, READ, nil],
    ["accessed, it goes", SAVED, [["empty"]], READ],
    ["accessed and empty", :none, [["empty"]]],
    ["now is for this request", :none, [%w[now alert Full], %w[get alert]], [%w[get alert]]],
    ["now beside what waits", SAVED, [%w[now alert Full], %w[keep notice]], READ],
    ["now over what waits", SAVED, [%w[now notice Full], %w[get notice]], READ],
    ["now, then set", :none, [%w[now notice Full], %w[set notice Saved]], READ],
    ["set, then now", :none, [%w[set notice Saved], %w[now notice Full]], READ],
    ["now, then kept", :none, [%w[now notice Full], ["keep_all"]], READ],
    ["keep one", TWO, [%w[keep alert]], [%w[get alert], %w[get notice]]],
    ["keep all", TWO, [["keep_all"]], [["keep_all"]], READ],
    ["keep what is not there", SAVED, [%w[keep alert]], READ],
    ["keep, then discard", SAVED, [%w[keep notice], %w[discard notice]], READ],
    ["discard one", :none, [%w[set notice Saved], %w[set alert Full], %w[discard alert]], READ],
    ["discard all", :none, [%w[set notice Saved], %w[set alert Full], ["discard_all"]], READ],
    ["discard what is not there, then set it", :none, [%w[discard notice], %w[set notice Saved]], READ],
    ["set anew over what waits", SAVED, [%w[set notice Again]], READ, READ],
    ["one kept, one new: their order", TWO, [%w[set info New], %w[keep notice]], READ],
    ["set at its old place", TWO, [%w[keep_all], %w[set notice Again]], READ],
    ["remove", TWO, [%w[keep_all], %w[remove notice]], READ],
    ["remove and set anew: at the end", TWO, [%w[keep_all], %w[remove notice], %w[set notice Again]], READ],
    ["clear", TWO, [%w[keep_all], %w[clear]], READ],
    ["clear, then set", TWO, [%w[clear], %w[set info New]], READ],
    ["nil is a value", :none, [["set", "notice", nil], %w[has notice], ["empty"]], [%w[has notice], %w[get notice]]],
    ["lists and hashes", :none, [["set", "errors", ["a", { "b" => [1.5, nil, true] }]]], [%w[get errors]]],
    ["empty text", :none, [["set", "notice", ""]], READ],
    ["listed in discard: dropped on access", { "discard" => ["notice"], "flashes" => TWO["flashes"] }, [["keep_all"]], READ],
    ["listed in discard: untouched otherwise", { "discard" => ["notice"], "flashes" => TWO["flashes"] }, nil],
    ["discard lists all", { "discard" => %w[notice alert], "flashes" => TWO["flashes"] }, [["empty"]]],
    ["discard lists another", { "discard" => ["info"], "flashes" => SAVED["flashes"] }, [["keep_all"]]],
    ["no discard", { "flashes" => SAVED["flashes"] }, [["keep_all"], %w[get notice]]],
    ["discard is nil", { "discard" => nil, "flashes" => SAVED["flashes"] }, [["keep_all"]]],
    ["no flashes in it", { "discard" => [], "flashes" => {} }, [["empty"]]],
    ["flash is nil", nil, [["empty"]]],
    ["flash is nil, then set", nil, [%w[set notice Saved]]],
    ["flash is text", "Saved", [["empty"], %w[get notice]]],
    ["flash is a list", %w[notice Saved], [["empty"], %w[set notice Saved]]],
    ["flash is a number, not accessed", 7, nil],
  ]
end

# Anything may follow anything.
def random(generator)
  keys = %w[notice alert info]
  operation = lambda do
    name = %w[get has empty set set now keep keep_all discard discard_all remove clear].sample(random: generator)
    case name
    when "get", "has", "keep", "discard", "remove" then [name, keys.sample(random: generator)]
    when "set", "now" then [name, keys.sample(random: generator), generator.rand(100)]
    else [name]
    end
  end
  requests = Array.new(4) do
    generator.rand(5).zero? ? nil : Array.new(generator.rand(6)) { operation.call }
  end
  # A request that accesses the flash without doing anything else.
  requests.map { |operations| operations&.empty? ? [["empty"]] : operations }
end

# Rails 2.3 and 3.0: `FlashHash < Hash` with `@used`, a Hash in 2.3 and a Set in 3.0; 3.1 and 3.2:
# an object with `@used`, a Set, and `@flashes`.
module ActionController
  module Flash
    class FlashHash < Hash; end
  end
end

def rails2(flashes, used)
  flash = ActionController::Flash::FlashHash.new.merge!(flashes)
  flash.instance_variable_set(:@used, used)
  flash
end

def rails3(flashes, used, now: false)
  flash = ActionDispatch::Flash::FlashHash.allocate
  flash.instance_variable_set(:@used, Set.new(used))
  flash.instance_variable_set(:@closed, false)
  flash.instance_variable_set(:@flashes, flashes.dup)
  flash.instance_variable_set(:@now, now ? ActionDispatch::Flash::FlashNow.new(flash) : nil)
  flash
end

def old_flashes
  both = { notice: "Saved", "alert" => "Full" }
  [
    ["2.3", "nothing used", rails2(both, {})],
    ["2.3", "one used", rails2(both, { notice: true })],
    ["2.3", "one kept", rails2(both, { notice: false })],
    ["3.0", "nothing used", rails2(both, Set.new)],
    ["3.0", "one used", rails2(both, Set.new(["alert"]))],
    ["3.2", "nothing used", rails3(both, [])],
    ["3.2", "one used", rails3(both, [:notice])],
    ["3.2", "all used", rails3(both, [:notice, "alert"])],
    ["3.2", "a key in both forms", rails3({ a: 1, "b" => 2, "a" => 3 }, [])],
    ["3.2", "now was used: it holds the flash itself", rails3(both, [:notice], now: true)],
    ["4.0", "Symbols", { "discard" => [:notice], "flashes" => both.dup }],
    ["4.2", "a current one, listed", { "discard" => ["alert"], "flashes" => both.stringify_keys }],
    ["4.2", "indifferent", { "discard" => [], "flashes" => both }.with_indifferent_access],
  ]
end

# What is left of it: as 6.1 reads it, and for a class that 6.1 no longer has as that class swept.
def left_of(flash)
  unless flash.is_a?(ActionController::Flash::FlashHash)
    return ActionDispatch::Flash::FlashHash.from_session_value(flash).to_hash
  end

  used = flash.instance_variable_get(:@used)
  flash.reject { |key, _| used.is_a?(Set) ? used.include?(key) : used[key] }.to_h.stringify_keys
end

SECRET = "b3c631c314c0bbca50c1b2843150fe33"

def old_session(rails, what, flash)
  key = ActiveSupport::KeyGenerator.new(SECRET, iterations: 1000).generate_key("signed cookie")
  verifier = ActiveSupport::MessageVerifier.new(key, digest: "SHA1", serializer: Marshal)
  cookie = verifier.generate({ "session_id" => "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6", "flash" => flash })
  JSON.generate(rails: rails, what: what, secret_key_base: SECRET, cookie: cookie, left: left_of(flash).to_a)
end

Dir.chdir(__dir__) do
  generator = Random.new(SEED)
  lines = named.map { |what, flash, *requests| sequence(what, flash, *requests) }
  lines += Array.new(120) { |index| sequence("random #{index}", :none, *random(generator)) }
  File.write("action-dispatch-6.1.jsonl", lines.join("\n") << "\n")
  File.write("old-sessions.jsonl", old_flashes.map { |old| old_session(*old) }.join("\n") << "\n")
end
