# frozen_string_literal: true

# Writes active-support-6.1.jsonl: messages as Active Support's verifier and encryptor make them,
# each with the key, the options and the value (`json`: its as_json). Signed ones are always the
# same; encrypted ones differ in every run, so the file is made once.
#
#   ruby make.rb > active-support-6.1.jsonl
ENV["TZ"] = "UTC"
require "active_support/all"

SECRET = "b3c631c314c0bbca50c1b2843150fe33"
KEYS = ActiveSupport::KeyGenerator.new(SECRET, iterations: 1000) # SHA-1 up to 6.1
FUTURE = "2999-12-31T23:59:59.123Z"
PAST = "2020-01-02T03:04:05.678Z"

# `ActiveSupport::JSON` as a message serializer (`dump` and `load`).
module Json
  def self.dump(value) = ActiveSupport::JSON.encode(value)
  def self.load(text) = ActiveSupport::JSON.decode(text)
end

SERIALIZERS = { "json" => Json, "marshal" => Marshal }.freeze

# The first for every setting, the others once for each serializer.
VALUES = [
  "a <b>&amp;</b> text, \u00fc and \u2028",
  42, -1, 1.5, true, false, nil, "", [], {},
  "????>>>>~~~~", # "/" and "+" in base64
  10**30,
  { "id" => 7, "tags" => ["a", nil, { "deep" => [1, 2.25, -3] }], "at" => "2030-01-01" },
].freeze

OPTIONS = [
  {},
  { purpose: "login" },
  { purpose: "a <b> & \"c\" \u00fc/d" },
  { expires_at: FUTURE },
  { expires_at: FUTURE, purpose: "login" },
  { expires_at: PAST },
  { expires_at: PAST, purpose: "login" },
].freeze

def options_for_rails(options)
  options.merge(options.slice(:expires_at).transform_values { |at| Time.iso8601(at) })
end

def record(kind, settings, value, options, message)
  puts JSON.generate({ rails: ActiveSupport.version.to_s, kind: kind, **settings, **options, message: message, json: value.as_json })
end

def each_case(serializers)
  serializers.each do |name|
    OPTIONS.each { |options| yield name, VALUES.first, options }
    VALUES.drop(1).each { |value| yield name, value, {} }
  end
end

%w[SHA1 SHA256 SHA512].each do |digest|
  each_case(SERIALIZERS.keys) do |serializer, value, options|
    salt = "verifier #{digest}"
    verifier = ActiveSupport::MessageVerifier.new(KEYS.generate_key(salt), digest: digest, serializer: SERIALIZERS.fetch(serializer))
    message = verifier.generate(value, **options_for_rails(options))
    record("verifier", { digest: digest, serializer: serializer, salt: salt }, value, options, message)
  end
end

[["aes-256-gcm", nil], ["aes-256-cbc", "SHA1"], ["aes-256-cbc", "SHA256"]].each do |cipher, digest|
  each_case(SERIALIZERS.keys) do |serializer, value, options|
    salt, signing_salt = "encryptor #{cipher}", "signing #{cipher}"
    crypt = ActiveSupport::MessageEncryptor.new(KEYS.generate_key(salt, 32), KEYS.generate_key(signing_salt), cipher: cipher, digest: digest, serializer: SERIALIZERS.fetch(serializer))
    message = crypt.encrypt_and_sign(value, **options_for_rails(options))
    settings = { cipher: cipher, digest: digest, serializer: serializer, salt: salt, signing_salt: signing_salt }
    record("encryptor", settings, value, options, message)
  end
end
