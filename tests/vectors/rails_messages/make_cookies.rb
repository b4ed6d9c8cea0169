# Sets the cookies of Action Cable's guide and of Rails 8's own authentication: see README.md.
require "logger"
require "set"
require "json"
require "openssl"
require "cgi"
require "active_support"
require "active_support/all"
require "active_support/key_generator"
require "active_support/message_encryptor"
require "active_support/message_verifier"
require "active_support/messages/rotation_configuration"
require "action_dispatch"

SECRET = "b3c631c314c0bbca50c1b2843150fe33" * 4
VERSION = ActiveSupport.version.to_s
DEFAULTS = ARGV.fetch(0)
NEW = DEFAULTS >= "7.0"
options = NEW ? { hash_digest_class: OpenSSL::Digest::SHA256 } : {}
env = {
  "key_generator" => ActiveSupport::KeyGenerator.new(SECRET, iterations: 1000, **options),
  "signed_cookie_salt" => "signed cookie",
  "authenticated_encrypted_cookie_salt" => "authenticated encrypted cookie",
  "encrypted_cookie_salt" => "encrypted cookie",
  "encrypted_signed_cookie_salt" => "signed encrypted cookie",
  "use_authenticated_cookie_encryption" => true,
  "cookies_serializer" => NEW ? :json : :marshal,
  "use_cookies_with_metadata" => true,
  "cookies_rotations" => ActiveSupport::Messages::RotationConfiguration.new,
  "cookies_same_site_protection" => ->(_) { :lax },
}.transform_keys { |key| "action_dispatch.#{key}" }
request = ActionDispatch::Request.new(env.merge("rack.url_scheme" => "https", "HTTP_HOST" => "example.org"))
jar = ActionDispatch::Cookies::CookieJar.build(request, {})
# start_new_session_for, in app/controllers/concerns/authentication.rb
jar.signed.permanent[:session_id] = { value: 980190962, httponly: true, same_site: :lax }
# find_verified_user, in app/channels/application_cable/connection.rb
jar.encrypted[:user_id] = 7
response = Rack::Response.new
jar.write(response)
response.get_header("Set-Cookie").lines.each do |line|
  puts JSON.generate(rails: VERSION, defaults: DEFAULTS, set_cookie: line.chomp)
end
