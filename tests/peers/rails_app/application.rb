# frozen_string_literal: true

# The Rails 6.1 application behind both peers: the line server (rails.rb) and puma (puma_app/config.ru).
# It only configures; whoever requires it adds a controller and routes.
#
# Settings, all from the environment:
#   SECRET_KEY_BASE     the secret, as in any Rails app
#   COOKIES_SERIALIZER  json, hybrid or marshal (what Rails 6.1 uses when nothing is configured)
#   COOKIES_METADATA    false: no envelope with purpose and expiry (load_defaults 5.2)
#   COOKIES_GCM         false: AES-256-CBC + HMAC (load_defaults 5.1)
#   OLD_SECRETS         a JSON array of former secrets, each accepted by rotation

ENV["RAILS_ENV"] = "production" # only there is the secret read from SECRET_KEY_BASE

# Newer Rails read and write other cookies even under load_defaults 6.1.
gem "railties", "~> 6.1.0"
gem "actionpack", "~> 6.1.0"
require "action_controller/railtie"

class PeerApplication < Rails::Application
  config.load_defaults 6.1
  config.root = __dir__
  config.eager_load = false
  config.hosts.clear
  config.logger = ActiveSupport::Logger.new(nil)
  config.log_level = :fatal
  config.active_support.deprecation = :silence
  config.session_store :cookie_store, key: "_app_session"

  cookies = config.action_dispatch
  cookies.cookies_serializer = ENV.fetch("COOKIES_SERIALIZER", "marshal").to_sym
  cookies.use_cookies_with_metadata = ENV["COOKIES_METADATA"] != "false"
  cookies.use_authenticated_cookie_encryption = ENV["COOKIES_GCM"] != "false"

  # Rails upgrades CBC to GCM by itself, but only under the current secret: an old one needs a rotation per cipher.
  # Cipher and digest are named because a rotation otherwise takes those of the current encryptor.
  JSON.parse(ENV.fetch("OLD_SECRETS", "[]")).each do |secret|
    keys = ActiveSupport::KeyGenerator.new(secret, iterations: 1000)
    rotations = cookies.cookies_rotations
    rotations.rotate :encrypted, keys.generate_key("authenticated encrypted cookie", 32), cipher: "aes-256-gcm"
    rotations.rotate :encrypted, keys.generate_key("encrypted cookie", 32),
      keys.generate_key("signed encrypted cookie", 64), cipher: "aes-256-cbc", digest: "SHA1"
    rotations.rotate :signed, keys.generate_key("signed cookie", 64), digest: "SHA1"
  end
end

PeerApplication.initialize!
