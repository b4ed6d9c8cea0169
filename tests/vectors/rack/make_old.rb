# frozen_string_literal: true

# Sessions as Rack 1.0 to 2.0 set them: Rack 2.2 with their coder, whose base64 has a line feed after every 60
# characters (1.6.13 and 2.0.9 session/cookie.rb): ruby make_old.rb > rack-2.0.jsonl

require "json"
require "rack"
require "rack/mock"
require "rack/session/cookie"

SECRET = "change_me_please_this_is_long_enough"

class OldCoder
  def initialize(format) = @format = format

  def encode(session) = [@format.dump(session)].pack("m")

  def decode(text) = text && @format.load(text.unpack1("m"))
end

{ "marshal" => Marshal, "json" => JSON }.each do |name, format|
  [0, 1, 50, 500].each do |length|
    app = lambda do |env|
      env["rack.session"]["user_id"] = 42
      env["rack.session"]["text"] = "x" * length
      [200, {}, []]
    end
    app = Rack::Session::Cookie.new(app, secret: SECRET, coder: OldCoder.new(format))
    _, headers, = app.call(Rack::MockRequest.env_for("/"))
    puts JSON.generate(rack: "2.0", secret: SECRET, serializer: name, digest: "SHA1", set_cookie: headers["Set-Cookie"])
  end
end
