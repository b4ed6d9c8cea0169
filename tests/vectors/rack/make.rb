# frozen_string_literal: true

# What Rack::Session::Cookie (Sinatra's sessions) sets: ruby make.rb > rack-2.2.jsonl

require "json"
require "rack"
require "rack/mock"
require "rack/session/cookie"

SECRET = "a secret of the rack app, longer than 30 characters"

coders = {
  "marshal" => Rack::Session::Cookie::Base64::Marshal.new,
  "json" => Rack::Session::Cookie::Base64::JSON.new,
}
coders.each do |name, coder|
  [["SHA1", OpenSSL::Digest::SHA1], ["SHA256", OpenSSL::Digest::SHA256]].each do |digest, hmac|
    app = lambda do |env|
      env["rack.session"]["user_id"] = 42
      [200, {}, []]
    end
    app = Rack::Session::Cookie.new(app, secret: SECRET, coder: coder, hmac: hmac)
    _, headers, = app.call(Rack::MockRequest.env_for("/"))
    puts JSON.generate(rack: Rack.release, secret: SECRET, serializer: name, digest: digest, set_cookie: headers["Set-Cookie"])
  end
end
