# frozen_string_literal: true

# Rails as a line server: one JSON request per line on stdin, one JSON answer per line on stdout.
# Each request passes through the application's whole middleware stack, so that Rails' own jars and
# session store read and write the cookies. ../PROTOCOL.md lists the requests.

answers = $stdout.dup
$stdout.reopen($stderr) # whatever else prints must not stand between the answers

require_relative "application"
require_relative "comparison"
require_relative "differential"
require_relative "values"

# A CookieOverflow must become an answer, not an error page: `:none` from 7.1 on.
Rails.application.config.action_dispatch.show_exceptions = Rails.gem_version < "7.1" ? false : :none

class PeerController < ActionController::Base
  def version = answer(rails: Rails.version, rack: Rack.release, ruby: RUBY_VERSION)

  def write = put(question["value"])

  def eval_write = put(evaluate(question.fetch("ruby")))

  def read = answer(described(jar[question.fetch("name")]))

  def eval_equal
    expected = evaluate(question.fetch("ruby"))
    actual = question["jar"] == "session" ? session_part(expected) : jar[question.fetch("name")]
    answer(compared(actual, expected))
  end

  def session_read = answer_session

  def session_write
    question.fetch("set", {}).each { |key, value| session[key] = value }
    question.fetch("delete", []).each { |key| session.delete(key) }
    answer_session
  end

  def eval_session
    question.fetch("ruby").each { |key, expression| session[key] = evaluate(expression) }
    answer_session
  end

  def marshal_load
    actual = Marshal.load([question.fetch("hex")].pack("H*"))
    answer(described(actual).merge(question["ruby"] ? compared(actual, evaluate(question["ruby"])) : {}))
  end

  def marshal_dump = answer(hex: Marshal.dump(evaluate(question.fetch("ruby"))).unpack1("H*"))

  # As the session store of Rails 3 signed a session; its MessageVerifier is the one of 6.1 without metadata.
  def verifier_write = answer(message: verifier.generate(evaluate(question.fetch("ruby"))))

  def verifier_read
    actual = verifier.verify(question.fetch("message"))
    answer(described(actual).merge(question["ruby"] ? compared(actual, evaluate(question["ruby"])) : {}))
  end

  # `protect_from_forgery store: :cookie` of Rails 7.1 and later.
  def token_cookie
    strategy = ActionController::RequestForgeryProtection::CookieStore.new(:csrf_token)
    fetched = strategy.fetch(request)
    strategy.store(request, question["store"]) if question["store"]
    answer(fetched: fetched)
  end

  def differential = answer(Differential.answer(question))

  private

  def verifier
    ActiveSupport::MessageVerifier.new(question.fetch("secret"), digest: "SHA1", serializer: Marshal)
  end

  def question = request.env.fetch("peer.question")

  def answer(fields = {})
    request.env["peer.answer"] = fields
    head :no_content
  end

  def answer_session
    content = session.to_hash
    answer(encodable(:session, content).merge(inspect: printable(content)))
  end

  def put(value)
    options = { value: value }
    options[:expires] = Time.iso8601(question["expires"]) if question["expires"]
    jar[question.fetch("name")] = options
    answer
  end

  def jar
    case question.fetch("jar")
    when "encrypted" then cookies.encrypted
    when "signed" then cookies.signed
    else raise ArgumentError, "no jar #{question["jar"].inspect}"
    end
  end

  # One key where the request names it; else the whole session, with its id only where the expression has one.
  def session_part(expected)
    return session[question["name"]] if question["name"]
    expected.key?("session_id") ? session.to_hash : session.to_hash.except("session_id")
  end

  def evaluate(expression) = eval(expression, TOPLEVEL_BINDING.dup)

  def described(value)
    encodable(:value, value).merge({ inspect: printable(value), nil: value.nil? || nil }.compact)
  end

  def compared(actual, expected)
    comparison = Comparison.new
    difference = comparison.difference("value", actual, expected)
    {
      equal: actual == expected,
      classes_equal: difference.nil?, difference: difference,
      sharing_equal: difference.nil? && comparison.sharing.nil?, sharing: comparison.sharing,
      inspect: printable(actual),
    }
  end

  # JSON has no place for invalid UTF-8 or for cycles; `inspect` still tells what the value was.
  def encodable(name, value)
    ActiveSupport::JSON.encode(value)
    { name => value }
  rescue StandardError, SystemStackError => error
    { name => nil, unencodable: "#{error.class}: #{error.message}".scrub }
  end

  # `inspect` of a binary String's neighbour may carry any bytes.
  def printable(value) = value.inspect.encode("UTF-8", invalid: :replace, undef: :replace).scrub
end

OPERATIONS = PeerController.action_methods.to_a
Rails.application.routes.draw { OPERATIONS.each { |operation| get operation, to: "peer##{operation}" } }

# Rack 2 has one text of lines; Rack 3 has lower-case names, and an Array where there are several.
def set_cookies(headers)
  lines = headers["Set-Cookie"] || headers["set-cookie"]
  lines.is_a?(Array) ? lines : lines.to_s.split("\n")
end

def handle(line)
  question = JSON.parse(line, max_nesting: false)
  operation = question.fetch("op")
  raise ArgumentError, "no operation #{operation.inspect}" unless OPERATIONS.include?(operation)

  env = Rack::MockRequest.env_for("/#{operation}", "peer.question" => question)
  of_session = operation.include?("session") || question["jar"] == "session"
  name = of_session ? "_app_session" : question["name"]
  env["HTTP_COOKIE"] = question["cookies"] || "#{name}=#{question["cookie"]}" if question["cookies"] || question["cookie"]

  _status, headers, body = Rails.application.call(env)
  body.close if body.respond_to?(:close)
  ActiveSupport::JSON.encode(env.fetch("peer.answer").merge(set_cookie: set_cookies(headers)))
rescue StandardError, ScriptError, SystemStackError, NoMemoryError => error
  # The first line: newer Rubies append the source and suggestions.
  ActiveSupport::JSON.encode(error: "#{error.class}: #{error.message}".scrub[/.*/])
end

$stdin.each_line do |line|
  answers.puts(handle(line))
  answers.flush
end
