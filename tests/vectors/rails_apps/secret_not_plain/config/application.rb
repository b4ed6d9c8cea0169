require_relative "boot"

require "rails"
require "action_controller/railtie"

# Require the gems listed in Gemfile, including any gems
# you've limited to :test, :development, or :production.
Bundler.require(*Rails.groups)

module Shop
  class Application < Rails::Application
    # Initialize configuration defaults for originally generated Rails version.
    config.load_defaults 7.1
    config.secret_key_base = ["b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33", "b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33"].join

    # Configuration for the application, engines, and railties goes here.
    #
    # config.time_zone = "Central Time (US & Canada)"
  end
end
