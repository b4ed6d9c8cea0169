require_relative "boot"

require "rails"
require "action_controller/railtie"

# Require the gems listed in Gemfile, including any gems
# you've limited to :test, :development, or :production.
Bundler.require(*Rails.groups)

module Shop
  class Application < Rails::Application
    # Initialize configuration defaults for originally generated Rails version.
    config.load_defaults 5.2
    config.action_dispatch.use_authenticated_cookie_encryption = false
    config.action_dispatch.use_cookies_with_metadata = true
    config.action_dispatch.cookies_same_site_protection = :strict
    config.action_dispatch.encrypted_cookie_cipher = "aes-256-gcm"
    config.action_dispatch.signed_cookie_digest = "SHA256"
    config.action_dispatch.authenticated_encrypted_cookie_salt = "one"
    config.action_dispatch.encrypted_cookie_salt = 'two'
    config.action_dispatch.encrypted_signed_cookie_salt = "th\"r\tee"
    config.action_dispatch.signed_cookie_salt = "four".freeze
    config.action_dispatch.cookies_serializer = :hybrid; config.force_ssl = true
    config.ssl_options = { redirect: { exclude: ->(request) { request.path =~ /up/ } }, secure_cookies: false }

    # Configuration for the application, engines, and railties goes here.
    #
    # config.time_zone = "Central Time (US & Canada)"
  end
end
