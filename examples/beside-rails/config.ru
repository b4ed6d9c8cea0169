# frozen_string_literal: true

# The Rails half: it signs people in and shows the log book. Rust serves /rust.

ENV["RAILS_ENV"] = "production" # only this environment reads SECRET_KEY_BASE

gem "railties", ">= 6.1"
require "logger" # Rails before 7.1 uses it and does not load it
require "action_controller/railtie"

class LogBook < Rails::Application
  config.load_defaults 6.1 # later versions of Rails take it too; log_book.rs names the same
  config.root = __dir__
  config.eager_load = false
  config.hosts.clear
  config.logger = ActiveSupport::Logger.new($stderr)
  config.log_level = :warn
  config.active_support.deprecation = :silence
  config.session_store :cookie_store, key: "_log_book_session"
  config.action_dispatch.cookies_serializer = :json
end

# The columns of a Devise table: the id and the hash of the password. This example asks for no password.
USERS = {
  "Ada" => [7, "$2a$12$Nf7mM4l0zq3oT7f0nVnq0.9kq1y8Hq8mVb8Ww0kq4m1m0m1m0m1m0"],
  "Grace" => [8, "$2a$12$Tz0oX9v1kq2oT7f0nVnq0.7hq1y8Hq8mVb8Ww0kq4m1m0m1m0m1m0"],
}.freeze

class PagesController < ActionController::Base
  protect_from_forgery with: :exception
  before_action :require_login, except: %i[new create]

  def show = render(inline: SHOW, layout: false)
  def new = render(inline: NEW, layout: false)

  # As Devise does: a new session with the user's id and the salt of the password's hash.
  def create
    id, password = USERS.fetch(params[:name]) { return redirect_to("/sign_in", alert: "Nobody of that name.") }
    reset_session
    session["warden.user.user.key"] = [[id], password[0, 29]]
    session[:name] = params[:name]
    redirect_to "/", notice: "Signed in at Rails."
  end

  def destroy
    reset_session
    redirect_to "/sign_in", notice: "Signed out at Rails."
  end

  # The form for this is on Rust's page.
  def note
    session[:note] = params.require(:note)
    redirect_to "/rust", notice: "Rails kept the note."
  end

  private

  def require_login
    redirect_to "/sign_in", alert: "Please sign in." unless session["warden.user.user.key"]
  end

  STYLE = Rails.root.join("../pages/style.css").read
  HEAD = <<~ERB
    <!doctype html><html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>The log book</title><style>#{STYLE}</style></head><body><main class="rails">
    <p class="aside">This page is by Rails.</p><h1>The log book</h1>
    <% flash.each do |kind, text| %><p class="<%= kind %>" role="status"><%= text %></p><% end %>
  ERB

  NEW = HEAD + <<~ERB
    <%= form_with url: "/sign_in", local: true do |form| %>
      <label>Name <%= form.text_field :name, required: true %></label>
      <%= form.button "Sign in" %>
    <% end %>
    <p class="aside">Ada or Grace.</p></main></body></html>
  ERB

  SHOW = HEAD + <<~ERB
    <p>Signed in as <strong id="name"><%= session[:name] %></strong>.</p>
    <p>Rust counted <strong id="visits"><%= session.fetch(:visits, 0) %></strong> visits, and keeps the
       remark “<span id="remark"><%= session[:remark] %></span>”.</p>
    <h2>A form of Rails that posts to Rust</h2>
    <%= form_with url: "/rust/remark", local: true do |form| %>
      <label>Remark <%= form.text_field :remark, required: true %></label>
      <%= form.button "Keep it at Rust" %>
    <% end %>
    <p><a href="/rust">To the page by Rust</a></p>
    <%= button_to "Sign out at Rails", "/sign_out", method: :delete %>
    </main></body></html>
  ERB
end

Rails.application.initialize!
Rails.application.routes.draw do
  root to: "pages#show"
  get "sign_in", to: "pages#new"
  post "sign_in", to: "pages#create"
  delete "sign_out", to: "pages#destroy"
  post "note", to: "pages#note"
end

run Rails.application
