require_relative "boot"

require "rails"
require "action_controller/railtie"

# Require the gems listed in Gemfile, including any gems
# you've limited to :test, :development, or :production.
Bundler.require(*Rails.groups)

module Shop
  class Application < Rails::Application
    # Initialize configuration defaults for originally generated Rails version.
    config.load_defaults "6.1"
    # config.action_dispatch.cookies_serializer = :hybrid
    config.action_mailer_help = <<~HELP if config.respond_to?(:action_mailer)
      config.action_dispatch.cookies_serializer = :hybrid
      #{"nested #{1 + 1} \"quote"}
    HELP
    QUOTED = %q(config.action_dispatch.cookies_serializer = :hybrid)
    REGEXP = /config.action_dispatch.cookies_serializer = :hybrid "/
    TEXT = "
      config.action_dispatch.cookies_serializer = :hybrid
    "
    HALF = 10 / 2 # / config.action_dispatch.cookies_serializer = :hybrid
    def self.help(a = "end") = a
    def self.end_of; "end" if true; end
    while false do end
    SIZE = if QUOTED.empty? then 1 else 2 end
    config.x.shown = { if: 1, end: 2, class: self.class }
    config.action_dispatch.cookies_serializer = \
      :json
=begin
    config.action_dispatch.cookies_serializer = :hybrid
=end

    # Configuration for the application, engines, and railties goes here.
    #
    # config.time_zone = "Central Time (US & Canada)"
  end
end
