# frozen_string_literal: true

# The same Rails application over HTTP, for browsers and proxies:
#   SECRET_KEY_BASE=... COOKIES_SERIALIZER=json puma -b tcp://127.0.0.1:9292 puma_app/config.ru
# Nothing here evaluates what a request says; only the line server does.

require_relative "../rails_app/application"

class PagesController < ActionController::Base
  # GET /write?jar=encrypted&name=c1&value={"a":1} (a JSON text)
  def write
    jar[params.require(:name)] = { value: JSON.parse(params.require(:value)) }
    head :no_content
  end

  # GET /read?jar=encrypted&name=c1
  def read = render(json: { value: jar[params.require(:name)] })

  # GET /count
  def count
    session[:count] = session.fetch(:count, 0) + 1
    render json: { count: session[:count] }
  end

  # GET /sign_in?user_id=7: a new session, as against fixation, with the key that Devise writes.
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

  # GET /catalogue: for everybody, and never the same twice.
  def catalogue
    expires_in 10.minutes, public: true
    render plain: SecureRandom.hex
  end

  # GET /session
  def show = render(json: { session: session.to_hash.except("flash"), notice: flash[:notice] })

  private

  def jar = params[:jar] == "signed" ? cookies.signed : cookies.encrypted
end

Rails.application.routes.draw do
  %w[write read count sign_in sign_out catalogue].each { |action| get action, to: "pages##{action}" }
  get "session", to: "pages#show"
end

run Rails.application
