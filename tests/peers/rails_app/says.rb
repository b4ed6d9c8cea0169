# What a running Rails says of an app in a directory: ruby says.rb DIR
# The app is copied, without what Bundler would do for it, and boots in RAILS_ENV.

require "fileutils"
require "json"
require "logger"
require "tmpdir"
require "active_support"
require "active_support/core_ext/integer/time"

module Bundler
  def self.require(*) = nil
end

Dir.mktmpdir do |dir|
  FileUtils.cp_r("#{ARGV.fetch(0)}/.", dir)
  File.write("#{dir}/config/boot.rb", "")
  File.write("#{dir}/config.ru", "") # by which Rails knows the root
  load "#{dir}/config/application.rb"

  app = Rails.application
  app.config.eager_load = false
  Rails.logger = Logger.new(IO::NULL)
  # What makes the stack asks for the secret; what is wrong with it is told below.
  begin
    app.initialize!
  rescue ArgumentError, ActiveSupport::MessageEncryptor::InvalidMessage
    nil
  end
  secret = begin
    app.secret_key_base
  rescue ArgumentError, ActiveSupport::MessageEncryptor::InvalidMessage
    nil
  end
  store = app.middleware.middlewares.find { |middleware| middleware.name.end_with?("CookieStore") }
  settings = app.config.action_dispatch
  puts JSON.generate(
    secret_key_base: secret,
    session: store&.args&.first,
    settings: {
      load_defaults: app.config.loaded_config_version&.to_s,
      cipher: settings.use_authenticated_cookie_encryption ? "aes-256-gcm" : "aes-256-cbc",
      hmac_digest: settings.signed_cookie_digest || "SHA1",
      serializer: settings.cookies_serializer || "marshal",
      metadata: settings.use_cookies_with_metadata,
      same_site: settings.cookies_same_site_protection,
      authenticated_encrypted_cookie_salt: settings.authenticated_encrypted_cookie_salt,
      encrypted_cookie_salt: settings.encrypted_cookie_salt,
      encrypted_signed_cookie_salt: settings.encrypted_signed_cookie_salt,
      signed_cookie_salt: settings.signed_cookie_salt,
    },
  )
end
