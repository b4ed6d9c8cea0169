# frozen_string_literal: true

# The Rails application with its sessions in a store, over HTTP: the pages of
# crates/hardtack-redis/examples/beside_rails.rs, on Rails' side.
#   SECRET_KEY_BASE=... SESSION_STORE='["cache_store", {}]' puma -b tcp://127.0.0.1:9292 stored_app/config.ru

require_relative "../rails_app/application"
require "bigdecimal"
require "set"

class PagesController < ActionController::Base
  protect_from_forgery with: :exception
  rescue_from(ActionController::InvalidAuthenticityToken) { head 422 }

  USER = "warden.user.user.key"

  # GET /session
  def show = render(json: { user: session[USER]&.dig(0, 0), cart: session[:cart] || [], notice: flash[:notice] })

  # GET /form
  def form = render(plain: form_authenticity_token)

  # POST /cart, with item
  def cart
    session[:cart] = [*session[:cart], params.require(:item)]
    flash[:notice] = "Added #{params[:item]}"
    head :no_content
  end

  # POST /log_in, with user_id: a new id and a new token, and the key that Devise writes.
  def log_in
    request.session_options[:renew] = true
    if request.respond_to?(:reset_csrf_token)
      request.reset_csrf_token
    else
      session.delete(:_csrf_token)
    end
    session[USER] = [[params.require(:user_id).to_i], "$2a$12$abcdefghijklmnopqrstuv"]
    flash[:notice] = "Signed in"
    head :no_content
  end

  # POST /log_out
  def log_out
    reset_session
    head :no_content
  end

  # GET /set/:key/:number: sets a key to a number, and returns the number that it had.
  def set
    before = session[params[:key]].to_i
    session[params[:key]] = params[:number].to_i
    render(plain: before.to_s)
  end

  # GET /slow/:key, with file: reads the session, makes FILE.begun, waits for FILE, and changes the session.
  def slow
    session[params[:key]].to_i
    file = params.require(:file)
    File.write("#{file}.begun", "")
    sleep 0.005 until File.exist?(file)
    session[params[:key]] = 1
    head :no_content
  end

  # GET /rich: values that JSON has not, and enough text that the cache compresses the entry.
  def rich
    session[:rich] = {
      "symbol" => :fresh, :key => [:a, nil], "time" => Time.utc(2026, 1, 2, 3, 4, 5.678r),
      "date" => Date.new(2026, 1, 2), "decimal" => BigDecimal("1.50"), "integer" => 2**70,
      "set" => Set[1, :two], "range" => 1..3, "float" => 0.1, "duration" => 90.minutes,
      "indifferent" => { a: 1 }.with_indifferent_access
    }
    session[:text] = "é" * params[:length].to_i
    head :no_content
  end

  # GET /inspect
  def inspected = render(plain: "#{session[:rich].inspect} #{session[:text].inspect}")
end

Rails.application.routes.draw do
  get "session", to: "pages#show"
  get "set/:key/:number", to: "pages#set"
  get "slow/:key", to: "pages#slow"
  get "inspect", to: "pages#inspected"
  %w[form rich].each { |action| get action, to: "pages##{action}" }
  %w[cart log_in log_out].each { |action| post action, to: "pages##{action}" }
end

run Rails.application
