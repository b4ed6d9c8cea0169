# frozen_string_literal: true

# Rack's own sessions as a line server: one JSON request per line on stdin, one JSON answer per line on stdout.
#
#   {"op": "visit", "secret": .., "coder": "marshal", "json" or "lines", "hmac": "SHA1", "cookie": .., "set": {..}}
#     passes a request with this Cookie header through Rack::Session::Cookie, sets the keys, and answers
#     {"session": {..}, "set_cookie": ..}
#   {"op": "seal", "secret": .., "version": 1, "purpose": .., "json": true, "session": {..}}  -> {"cookie": ..}
#   {"op": "open", "secret": .., "purpose": .., "json": true, "cookie": ..}  -> {"version": 1, "session": {..}}
#     are rack-session 2's Encryptor, by its documented format (Debian 12 has no package of it)

require "json"
require "rack"
require "rack/mock"
require "rack/session/cookie"
require_relative "../../vectors/rack/encryptor"

answers = $stdout.dup
$stdout.reopen($stderr) # whatever else prints must not stand between the answers

# The coder of Rack 1.0 to 2.0, whose base64 has lines.
class Lines
  def encode(session) = [Marshal.dump(session)].pack("m")

  def decode(text) = text && Marshal.load(text.unpack1("m"))
end

CODERS = {
  "marshal" => Rack::Session::Cookie::Base64::Marshal.new,
  "json" => Rack::Session::Cookie::Base64::JSON.new,
  "lines" => Lines.new,
}.freeze

def visit(question)
  session = nil
  app = lambda do |env|
    question.fetch("set", {}).each { |key, value| env["rack.session"][key] = value }
    session = env["rack.session"].to_hash
    [200, {}, []]
  end
  app = Rack::Session::Cookie.new(app, secret: question.fetch("secret"),
                                       coder: CODERS.fetch(question.fetch("coder")),
                                       hmac: OpenSSL::Digest.const_get(question.fetch("hmac")))
  request = Rack::MockRequest.env_for("/", "HTTP_COOKIE" => question.fetch("cookie", ""))
  _, headers, = app.call(request)
  session["session_id"] = session["session_id"].to_s if session.key?("session_id")
  { session: session, set_cookie: headers["Set-Cookie"] }
end

def answer(question)
  return visit(question) if question["op"] == "visit"

  encryptor = DocumentedEncryptor.new(question.fetch("secret"), purpose: question["purpose"], json: question["json"])
  if question["op"] == "seal"
    { cookie: encryptor.encrypt(question.fetch("version"), question.fetch("session")) }
  else
    version, session = encryptor.decrypt(question.fetch("cookie"))
    { version: version, session: session }
  end
end

$stdin.each_line do |line|
  answered =
    begin
      answer(JSON.parse(line))
    rescue StandardError => e
      { error: "#{e.class}: #{e.message}" }
    end
  answers.puts JSON.generate(answered)
  answers.flush
end
