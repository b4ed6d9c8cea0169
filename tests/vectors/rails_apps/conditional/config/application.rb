require_relative "boot"

require "rails"
require "action_controller/railtie"

# Require the gems listed in Gemfile, including any gems
# you've limited to :test, :development, or :production.
Bundler.require(*Rails.groups)

module Shop
  class Application < Rails::Application
    # Initialize configuration defaults for originally generated Rails version.
    config.load_defaults 6.1
    config.action_dispatch.cookies_serializer = :json
    if ENV["HYBRID"]
      config.action_dispatch.cookies_serializer = :hybrid
    end
    config.action_dispatch.cookies_serializer = :hybrid unless ENV["HYBRID"].nil?
    config.action_dispatch.signed_cookie_digest ||= "SHA256"
    config.action_dispatch.signed_cookie_salt = ENV["SALT"] || "signed cookie"
    config.action_dispatch.encrypted_cookie_salt = "encrypted #{:cookie}"
    config.action_dispatch.public_send(:cookies_same_site_protection=, :lax)
    config.action_dispatch[:encrypted_signed_cookie_salt] = "signed encrypted cookie"
    config.session_store :cookie_store, key: "_conditional", secure: Rails.env.staging?, expire_after: 1.month
    config.secret_key_base = ["a", "b"].join if ENV["NO_SUCH"]
    begin
      config.force_ssl = true if ENV["NO_SUCH"]
    rescue NameError
    end
    def self.unused
      config.load_defaults 6.0
    end

    # Configuration for the application, engines, and railties goes here.
    #
    # config.time_zone = "Central Time (US & Canada)"
  end
end
