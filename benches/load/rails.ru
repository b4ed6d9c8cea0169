# frozen_string_literal: true

# Rails 6.1 with its sessions in a cache on Redis, for scripts/load-redis:
#   REDIS_URL=... puma -b tcp://127.0.0.1:PORT rails.ru

ENV["RAILS_ENV"] = "production"

gem "railties", "~> 6.1.0"
gem "actionpack", "~> 6.1.0"
require "logger" # which Active Support 6.1 uses and does not require
require "action_controller/railtie"

class LoadedApplication < Rails::Application
  config.load_defaults 6.1
  config.root = __dir__
  config.eager_load = true
  config.hosts.clear
  config.secret_key_base = "a secret of the load test" * 4
  config.logger = ActiveSupport::Logger.new(nil)
  config.log_level = :fatal
  config.cache_store = :redis_cache_store, { url: ENV.fetch("REDIS_URL"), expires_in: 24 * 60 * 60 }
  config.session_store :cache_store, key: "_session_id"
end

LoadedApplication.initialize!

class SessionsController < ActionController::Base
  skip_forgery_protection

  def fill
    JSON.parse(request.raw_post).each { |key, value| session[key] = value }
    render plain: "filled"
  end

  def read = render(plain: session["visits"].to_s)

  def change = render(plain: (session["visits"] += 1).to_s)
end

LoadedApplication.routes.draw do
  post "fill", to: "sessions#fill"
  get "read", to: "sessions#read"
  get "change", to: "sessions#change"
end

use Rack::ContentLength
run LoadedApplication
