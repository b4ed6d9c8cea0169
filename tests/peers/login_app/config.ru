# frozen_string_literal: true

# A Rails application with the authentication that `bin/rails generate authentication` of Rails 8 sets up, over HTTP:
# the pages of crates/hardtack-sqlx/examples/rails_8_login.rs, on Rails' side. Written from what the generated code
# does, so that older versions run it too.
#   SECRET_KEY_BASE=... LOGINS='{"adapter": "sqlite3", "database": "logins.sqlite3"}' puma login_app/config.ru
#   LOGINS   what ActiveRecord::Base.establish_connection takes, a JSON object; the tables are made if they are missing
#   KEYS     uuid: the ids are UUIDs, as under primary_key_type: :uuid

require_relative "../rails_app/application"
gem "activerecord", "~> #{ENV.fetch("RAILS_VERSION")}.0"
require "active_record"
require "digest"
require "securerandom"

ActiveRecord::Base.establish_connection(JSON.parse(ENV.fetch("LOGINS")))
is_uuid = ENV["KEYS"] == "uuid"
# SQLite has no type for UUIDs: Rails keeps them in strings there.
id = is_uuid ? { id: :string } : {}
reference = is_uuid ? { type: :string } : {}

# The tables of the generator's two migrations.
ActiveRecord::Schema.verbose = false
connection = ActiveRecord::Base.connection
unless connection.table_exists?(:sessions)
  connection.create_table :users, **id do |t|
    t.string :email_address, null: false
    t.string :password_digest, null: false
    t.timestamps
    t.index :email_address, unique: true
  end
  connection.create_table :sessions, **id do |t|
    t.references :user, null: false, foreign_key: true, **reference
    t.string :ip_address
    t.string :user_agent
    t.timestamps
  end
end

class ApplicationRecord < ActiveRecord::Base
  self.abstract_class = true
  before_create { self.id ||= SecureRandom.uuid } if ENV["KEYS"] == "uuid"
end

class User < ApplicationRecord
  has_many :sessions, dependent: :destroy

  # In place of has_secure_password, which needs a gem of its own.
  def self.authenticate_by(email_address:, password:)
    find_by(email_address: email_address, password_digest: Digest::SHA256.hexdigest(password))
  end
end

class Session < ApplicationRecord
  belongs_to :user
end

class Current < ActiveSupport::CurrentAttributes
  attribute :session
  delegate :user, to: :session, allow_nil: true
end

if User.none?
  %w[ada grace].each do |name|
    User.create!(email_address: "#{name}@example.org", password_digest: Digest::SHA256.hexdigest("#{name}'s password"))
  end
end

class PagesController < ActionController::Base
  skip_forgery_protection # the tests send no forms of pages
  before_action :require_authentication, only: :account

  # GET /show: who is logged in, and the rows of the table.
  def show
    resume_session
    row = Current.session
    render json: {
      user: Current.user&.email_address, user_id: Current.user&.id, session: row&.id,
      ip_address: row&.ip_address, user_agent: row&.user_agent,
      created_at: row&.created_at&.iso8601(6), updated_at: row&.updated_at&.iso8601(6), rows: Session.count
    }
  end

  # GET /account: a page behind the login.
  def account = render(plain: Current.user.email_address)

  # POST /session, with email_address and password
  def create
    if (user = User.authenticate_by(email_address: params[:email_address], password: params[:password]))
      start_new_session_for user
      head :no_content
    else
      head :unprocessable_entity
    end
  end

  # POST /session/delete
  def destroy
    resume_session
    terminate_session
    head :no_content
  end

  private

  def require_authentication = resume_session || redirect_to("/session/new")

  def resume_session
    Current.session ||= cookies.signed[:session_id] && Session.find_by(id: cookies.signed[:session_id])
  end

  def start_new_session_for(user)
    Current.session = user.sessions.create!(user_agent: request.user_agent, ip_address: request.remote_ip)
    cookies.signed.permanent[:session_id] = { value: Current.session.id, httponly: true, same_site: :lax }
  end

  def terminate_session
    Current.session&.destroy
    cookies.delete(:session_id)
  end
end

Rails.application.routes.draw do
  get "show", to: "pages#show"
  get "account", to: "pages#account"
  post "session", to: "pages#create"
  post "session/delete", to: "pages#destroy"
end

# As the middleware of Active Record's railtie does: the connections go back after each request.
use(Class.new do
  def initialize(app) = @app = app
  def call(env)
    @app.call(env)
  ensure
    ActiveRecord::Base.clear_active_connections! if ActiveRecord.version < Gem::Version.new("7.1")
    ActiveRecord::Base.connection_handler.clear_active_connections! if ActiveRecord.version >= Gem::Version.new("7.1")
    Current.reset
  end
end)
run Rails.application
