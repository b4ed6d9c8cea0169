# Makes messages with the code of Rails and of globalid itself: see README.md. Models are stand-ins
# without a table; they include the modules of Active Record and Active Model.
require "logger"
require "set"
require "json"
require "active_support"
require "active_support/all"
require "active_support/message_verifier"
begin
  require "active_support/message_verifiers"
rescue LoadError
  # Rails 7.0 and earlier
end
require "globalid"
require "openssl"

SECRET = "b3c631c314c0bbca50c1b2843150fe33" * 4
VERSION = ActiveSupport.version.to_s
DEFAULTS = ARGV.fetch(0)
OWN = Gem::Version.new(DEFAULTS)
EXPIRES_AT = Time.utc(2999, 12, 31, 23, 59, 59, 123_000)
has_messages = Gem::Version.new(VERSION) >= Gem::Version.new("7.1")

# load_defaults
digest = OWN >= Gem::Version.new("7.0") ? OpenSSL::Digest::SHA256 : OpenSSL::Digest::SHA1
options = VERSION >= "7" ? { hash_digest_class: digest } : {}
KEYS = ActiveSupport::KeyGenerator.new(SECRET, iterations: 1000, **options)
if has_messages
  ActiveSupport::JSON # loads the serializers
  if OWN >= Gem::Version.new("7.1")
    ActiveSupport::Messages::Codec.default_serializer = :json_allow_marshal
    ActiveSupport::Messages::Metadata.use_message_serializer_for_metadata = true
  end
end

# Rails.application.message_verifier(name)
VERIFIERS =
  if has_messages
    ActiveSupport::MessageVerifiers.new { |salt| KEYS.generate_key(salt) }.rotate_defaults
  else
    Hash.new { |_, name| ActiveSupport::MessageVerifier.new(KEYS.generate_key(name.to_s)) }
  end

def record(what, message, value, purpose, expires_at = nil, **more)
  puts JSON.generate({ rails: VERSION, defaults: DEFAULTS, what: what, message: message, value: value,
                       purpose: purpose, expires_at: expires_at&.utc&.iso8601(3), **more }.compact)
end

module ActiveRecord
  class UnknownPrimaryKey < StandardError; end
  singleton_class.attr_accessor :message_verifiers
  def self.deprecator = ActiveSupport::Deprecation.new
end
require "active_record/signed_id"
class User
  include ActiveRecord::SignedId
  def self.base_class = self
  def self.primary_key = "id"
  def id = 7
  def new_record? = false
end
if VERSION >= "8.1"
  # config.active_record.use_legacy_signed_id_verifier = :generate_and_verify
  legacy = { digest: "SHA256", serializer: JSON, url_safe: true }
  VERIFIERS.prepend { |salt| legacy if salt == "active_record/signed_id" }
  ActiveRecord.message_verifiers = VERIFIERS
else
  User.signed_id_verifier_secret = KEYS.generate_key("active_record/signed_id")
end
[nil, :password_reset].each do |purpose|
  full = ["user", purpose].compact.join("/")
  record "signed_id", User.new.signed_id(purpose: purpose), 7, full
  verifier = User.signed_id_verifier
  record "signed_id", verifier.generate(7, purpose: full, expires_at: EXPIRES_AT), 7, full, EXPIRES_AT
end

if VERSION >= "8.1"
  # ... = :verify, and = false
  plain = ActiveSupport::MessageVerifiers.new { |salt| KEYS.generate_key(salt) }.rotate_defaults
  message = plain["active_record/signed_id"].generate(7, purpose: "user/login")
  record "signed_id without legacy options", message, 7, "user/login"
end

if has_messages
  require "active_record/token_for"
  require "active_model/secure_password"
  module BCrypt; end
  $".push("bcrypt.rb")
  class User
    include ActiveRecord::TokenFor
    def password_salt = "$2a$12$cPHkqUGEwmXSHCZFUyNvZe"
    generates_token_for(:unsubscribe)
    generates_token_for(:email, expires_in: 1.day) { "a@example.org" }
  end
  User.generated_token_verifier = VERIFIERS["active_record/token_for"]
  if VERSION >= "8"
    include_password = Module.new { def validates_confirmation_of(*) = nil; def validate(*) = nil; def validates_length_of(*) = nil }
    User.extend include_password
    class User
      include ActiveModel::SecurePassword
      singleton_class.define_method(:load_bcrypt) { }
      has_secure_password validations: false
      def password_salt = "$2a$12$cPHkqUGEwmXSHCZFUyNvZe"
    end
  else
    User.generates_token_for(:password_reset, expires_in: 15.minutes) { password_salt&.last(10) }
  end
  User.token_definitions.each_value do |definition|
    # generate_token with a fixed expiry in place of expires_in
    payload = definition.payload_for(User.new)
    if definition.expires_in
      message = definition.message_verifier.generate(payload, expires_at: EXPIRES_AT, purpose: definition.full_purpose)
      record "token_for", message, payload, definition.full_purpose, EXPIRES_AT
    else
      record "token_for", definition.generate_token(User.new), payload, definition.full_purpose
    end
  end
end

storage = VERIFIERS["ActiveStorage"]
record "active_storage", storage.generate(7, purpose: :blob_id), 7, "blob_id"
key = { key: "abc", disposition: "inline; filename=\"a.png\"", content_type: "image/png", service_name: :local }
record "active_storage", storage.generate(key, expires_at: EXPIRES_AT, purpose: :blob_key), key, "blob_key", EXPIRES_AT
variation = { resize_to_limit: [100, 100] }
record "active_storage", storage.generate(variation, purpose: :variation), variation, "variation"

# GlobalID::Railtie
SignedGlobalID.verifier = GlobalID::Verifier.new(KEYS.generate_key("signed_global_ids"))
GlobalID.app = "shop"
gid = "gid://shop/User/7"
globalid = ENV.fetch("GLOBALID")
# In base64 the second one has "/" or "_".
[[gid, "attachable", nil], ["#{gid}?a=~?", "default", EXPIRES_AT], [gid, "??>", nil]].each do |uri, purpose, expires_at|
  sgid = SignedGlobalID.new(URI::GID.parse(uri), for: purpose, expires_at: expires_at).to_s
  record "signed_global_id", sgid, uri, purpose, expires_at, globalid: globalid
end

# Turbo.signed_stream_verifier
turbo = ActiveSupport::MessageVerifier.new(
  KEYS.generate_key("turbo/signed_stream_verifier_key"), digest: "SHA256", serializer: JSON)
stream = "#{[gid].pack("m0").delete("=")}:messages"
record "turbo_stream", turbo.generate(stream), stream, nil
