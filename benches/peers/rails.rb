# frozen_string_literal: true

# Rails 6.1 at what hardtack does, over the same sessions: ruby rails.rb SAMPLES REPORT
# Its own encrypted jar, from the Cookie header to the value that is read, and from a Hash to the Set-Cookie header;
# routing, middleware and the rest of a request are left out.

require "json"

ENV["SECRET_KEY_BASE"] = "b3c631c314c0bbca50c1b2843150fe33" * 4
ENV["COOKIES_SERIALIZER"] = "json"
require_relative "../../tests/peers/rails_app/application"

NAME = "_shop_session"
ROUNDS = 51
WARM_UP_TURNS = 5

# What a server hands to the application; the jar keeps what it decrypted in it, so that each is good for one turn.
def env(cookie = nil)
  Rails.application.env_config.merge("REQUEST_METHOD" => "GET", "HTTP_HOST" => "example.com", "HTTP_COOKIE" => cookie)
end

def open(env) = ActionDispatch::Request.new(env).cookie_jar.encrypted[NAME]

def seal(env, session)
  jar = ActionDispatch::Request.new(env).cookie_jar
  jar.encrypted[NAME] = { value: session, path: "/", httponly: true, same_site: :lax }
  headers = {}
  jar.write(headers)
  headers.fetch("Set-Cookie")
end

# It reads what it wrote, which is what the others write, and refuses what it did not.
def check(size, session, cookie)
  raise "another session" unless ActiveSupport::JSON.encode(session).bytesize == size
  raise "it does not read what it wrote" unless open(env(cookie)) == session
  forged = cookie.dup
  forged[size / 2] = forged[size / 2] == "A" ? "B" : "A"
  raise "it reads what it did not write" unless open(env(forged)).nil?
end

Case = Struct.new(:operation, :detail, :size, :prepare, :turn, :rounds) do
  # Nanoseconds per operation; what the inputs are made of is not measured.
  def time
    inputs = prepare.call
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
    turn.call(inputs)
    (Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - start).fdiv(inputs.size)
  end

  def row
    {
      operation: operation, detail: detail, size: size, contender: "Rails #{Rails.version[/\A\d+\.\d+/]}",
      median_ns: rounds.sort[rounds.size / 2], minimum_ns: rounds.min,
      allocations: nil, of_floor: nil, of_ours: nil,
    }
  end
end

samples, report = ARGV
cases = JSON.parse(File.read(samples)).flat_map do |size, sessions|
  cookies = sessions.map { |session| seal(env, session)[/\A[^;]*/] }
  sessions.zip(cookies) { |session, cookie| check(size, session, cookie) }
  [
    Case.new("open_one_key", "its encrypted jar, from the Cookie header to one key of the Hash", size,
      -> { cookies.map { |cookie| env(cookie) } },
      ->(envs) { envs.each { |env| open(env)["user_id"] } }, []),
    Case.new("seal_typed", "its encrypted jar, from a Hash to the Set-Cookie header", size,
      -> { sessions.map { |session| [env, session] } },
      ->(inputs) { inputs.each { |env, session| seal(env, session) } }, []),
  ]
end
cases.each { |each| WARM_UP_TURNS.times { each.time } }
ROUNDS.times { cases.each { |each| each.rounds << each.time } }

File.write(report, JSON.pretty_generate(
  versions: "Rails #{Rails.version}, Ruby #{RUBY_VERSION}",
  processor: ENV.fetch("PEERS_PROCESSOR", "unknown"), date: ENV.fetch("PEERS_DATE", "unknown"),
  rows: cases.map(&:row),
) + "\n")
