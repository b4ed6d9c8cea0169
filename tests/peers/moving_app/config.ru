# frozen_string_literal: true

# An app whose sessions move between their cookie and its cache, by the classes of docs/migrating.md.
#   SESSION_CLASS  the class of its sessions
#   CACHE          a folder that all its servers share

%w[railties actionpack].each { |name| gem name, "~> #{ENV.fetch("RAILS_VERSION")}.0" }
require "logger" # which Active Support 6.1 uses and does not require
require "action_controller/railtie"
require "action_dispatch/middleware/session/cache_store"
require "action_dispatch/middleware/session/cookie_store"

# docs/migrating.md: begin
class CacheStoreAfterCookies < ActionDispatch::Session::CacheStore
  def find_session(request, sid)
    id, session = super
    # After reset_session the id is another one, and the cookie counts no more.
    if session.empty? && sid&.public_id == request.cookies[@key]
      sealed = request.cookie_jar.signed_or_encrypted[@key]
      session = sealed.stringify_keys.except("session_id") if sealed
    end
    [id, session]
  end
end

class CookieStoreAfterCache < ActionDispatch::Session::CookieStore
  def delete_session(request, *)
    cache_keys(request).each { |key| Rails.cache.delete(key) }
    super
  end

  private

  def get_cookie(request)
    super || cache_keys(request).filter_map { |key| Rails.cache.read(key) }.first
      &.merge("session_id" => generate_sid.public_id)
  end

  def cache_keys(request)
    id = request.cookies[@key]
    return [] unless id&.match?(/\A\h{32}\z/)
    sid = Rack::Session::SessionId.new(id)
    [sid.private_id, sid.public_id].map { |id| "_session_id:#{id}" }
  end
end
# docs/migrating.md: end

ActiveSupport.on_load(:before_initialize, yield: true) do |app|
  Rails.cache = ActiveSupport::Cache::FileStore.new(ENV.fetch("CACHE"))
  app.config.session_store Object.const_get(ENV.fetch("SESSION_CLASS")), key: "_app_session"
end

require_relative "../rails_app/application"

class SessionsController < ActionController::Base
  # GET /sign_in?user_id=7
  def sign_in
    reset_session
    session["warden.user.user.key"] = [[params.require(:user_id).to_i], "$2a$12$abcdefghijklmnopqrstuv"]
    flash[:notice] = "Signed in"
    show
  end

  # GET /sign_out
  def sign_out
    reset_session
    head :no_content
  end

  # GET /session
  def show = render(json: { session: session.to_hash.except("flash"), notice: flash[:notice] })
end

Rails.application.routes.draw do
  get "sign_in", to: "sessions#sign_in"
  get "sign_out", to: "sessions#sign_out"
  get "session", to: "sessions#show"
end

run Rails.application
