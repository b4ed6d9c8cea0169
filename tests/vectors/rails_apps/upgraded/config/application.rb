require_relative "boot"

require "rails"
require "action_controller/railtie"

# Require the gems listed in Gemfile, including any gems
# you've limited to :test, :development, or :production.
Bundler.require(*Rails.groups)

module Shop
  class Application < Rails::Application
    # Initialize configuration defaults for originally generated Rails version.
    config.load_defaults 6.0
    config.action_dispatch.signed_cookie_salt = "signed by us"
    config.action_dispatch.cookies_rotations.tap do |cookies|
      cookies.rotate :signed, digest: "SHA256"
      cookies.rotate :signed, "the signing key of another app's"
    end

    # Configuration for the application, engines, and railties goes here.
    #
    # config.time_zone = "Central Time (US & Canada)"
  end
end
