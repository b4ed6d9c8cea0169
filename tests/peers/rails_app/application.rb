# frozen_string_literal: true

# The Rails application behind both peers: the line server (rails.rb) and puma (puma_app/config.ru).
# It only configures; whoever requires it adds a controller and routes.
#
# Settings, all from the environment:
#   RAILS_VERSION       the version of Rails, and of its defaults: 6.1, or as 7.2
#   SECRET_KEY_BASE     the secret, as in any Rails app
#   COOKIES_SERIALIZER  json, hybrid, marshal or, from 7.1 on, message_pack or message_pack_allow_marshal
#   COOKIES_METADATA    false: no envelope with purpose and expiry (load_defaults 5.2)
#   COOKIES_GCM         false: AES-256-CBC + HMAC (load_defaults 5.1)
#   OLD_SECRETS         a JSON array of former secrets, each accepted by rotation
#   SESSION_STORE       the arguments of session_store, a JSON array with a Hash at its end; the cookie without it
#   DATABASE            the table of the session store "table_store" (table_store.rb)
#   CACHE_STORE         those of cache_store, with servers before the Hash (a text that begins with a colon is a Symbol)
#   CACHE_FORMAT        cache_format_version, of Rails 7.0 and later

ENV["RAILS_ENV"] = "production" # only there is the secret read from SECRET_KEY_BASE

# Newer Rails read and write other cookies even under older defaults.
version = ENV.fetch("RAILS_VERSION")
gem "railties", "~> #{version}.0"
gem "actionpack", "~> #{version}.0"
require "logger" # which Active Support 6.1 uses and does not require
require "action_controller/railtie"

# Reads the arguments of a store: ["cache_store", {"expire_after": 5400}].
STORE_OF = lambda do |json|
  name, *servers, options = JSON.parse(json, symbolize_names: true)
  require "redis-actionpack" if name == "redis_store"
  require_relative "table_store" if name == "table_store"
  [name.to_sym, *servers, options.transform_values { |value| value.to_s.start_with?(":") ? value[1..].to_sym : value }]
end

class PeerApplication < Rails::Application
  config.load_defaults ENV.fetch("RAILS_VERSION")
  config.root = __dir__
  config.eager_load = false
  config.hosts.clear
  config.logger = ActiveSupport::Logger.new(nil)
  config.log_level = :fatal
  config.active_support.deprecation = :silence
  store, options = STORE_OF.call(ENV.fetch("SESSION_STORE", '["cookie_store", {}]'))
  config.session_store store, key: "_app_session", **options
  config.cache_store = STORE_OF.call(ENV["CACHE_STORE"]) if ENV["CACHE_STORE"]
  config.active_support.cache_format_version = ENV["CACHE_FORMAT"].to_f if ENV["CACHE_FORMAT"]

  cookies = config.action_dispatch
  cookies.cookies_serializer = ENV.fetch("COOKIES_SERIALIZER", "marshal").to_sym
  cookies.use_cookies_with_metadata = ENV["COOKIES_METADATA"] != "false"
  cookies.use_authenticated_cookie_encryption = ENV["COOKIES_GCM"] != "false"

  # Rails upgrades CBC to GCM by itself, but only under the current secret: an old one needs a rotation per cipher.
  # Cipher and digest are named because a rotation otherwise takes those of the current encryptor.
  # The digest of the keys too: 7.0 and later set it only after this.
  digest = { hash_digest_class: config.active_support.key_generator_hash_digest_class }.compact
  JSON.parse(ENV.fetch("OLD_SECRETS", "[]")).each do |secret|
    keys = ActiveSupport::KeyGenerator.new(secret, iterations: 1000, **digest)
    rotations = cookies.cookies_rotations
    rotations.rotate :encrypted, keys.generate_key("authenticated encrypted cookie", 32), cipher: "aes-256-gcm"
    rotations.rotate :encrypted, keys.generate_key("encrypted cookie", 32),
      keys.generate_key("signed encrypted cookie", 64), cipher: "aes-256-cbc", digest: "SHA1"
    rotations.rotate :signed, keys.generate_key("signed cookie", 64), digest: "SHA1"
  end
end

PeerApplication.initialize!
