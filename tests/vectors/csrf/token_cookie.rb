# Records how a Rails app with `protect_from_forgery store: :cookie` answers to a browser's steps, and what its cookie
# `csrf_token` holds. Rails 7.2.2.2: ruby token_cookie.rb > token-cookie-7.2.jsonl

require "action_controller/railtie"
require "rack/mock"
require "json"

class Shop < Rails::Application
  config.load_defaults 7.2
  config.eager_load = false
  config.logger = Logger.new(nil)
  config.secret_key_base = "c" * 64
  config.hosts.clear
  config.consider_all_requests_local = false
  config.session_store :cookie_store, key: "_s"
  routes.append { match "*any", to: "pages#any", via: :all }
end

class PagesController < ActionController::Base
  protect_from_forgery with: :exception, store: :cookie

  def any
    params[:do].to_s.split(",").each do |step|
      case step
      when "insert" then session[:cart] = "tea"
      when "clear" then session.clear
      when "reset" then reset_session
      when "token" then @token = form_authenticity_token
      end
    end
    render plain: @token.to_s
  end
end
Shop.initialize!

def contents(cookie)
  request = ActionDispatch::Request.new(Shop.env_config.merge(Rack::MockRequest.env_for("/", "HTTP_COOKIE" => cookie)))
  request.cookie_jar.encrypted[cookie[/\A[^=]+/]]
end

# Each list is one browser: what a page does, or "verify" for a POST with the last token.
BROWSERS = [
  %w[token verify],
  %w[token insert verify],
  %w[insert token verify],
  %w[token,insert verify],
  %w[token verify+insert verify],
  %w[token verify+reset verify token verify],
  %w[token verify+reset,token verify],
  %w[insert token,reset token verify],
  %w[insert,token clear verify],
  %w[insert,token nothing verify],
].freeze

BROWSERS.each_with_index do |steps, browser|
  jar = {}
  token = ""
  steps.each do |step|
    verify, step = step.start_with?("verify") ? [true, step.delete_prefix("verify").delete_prefix("+")] : [false, step]
    sent = jar.map { |name, value| "#{name}=#{value}" }.join("; ")
    options = { "HTTP_COOKIE" => sent }
    options.merge!(method: "POST", "HTTP_X_CSRF_TOKEN" => token) if verify
    status, headers, body = Shop.call(Rack::MockRequest.env_for("/page?do=#{step}", options))
    text = +""
    body.each { |part| text << part }
    body.close if body.respond_to?(:close)
    set = Array(headers["set-cookie"])
    set.each do |line|
      name, value = line[/\A[^;]+/].split("=", 2)
      line.match?(/max-age=0/i) ? jar.delete(name) : jar[name] = value
    end
    used = token
    token = text if status == 200 && !text.empty?
    held = jar["csrf_token"] && contents("csrf_token=#{jar["csrf_token"]}")
    puts({
      browser: browser, do: step, sent: sent, verified_token: verify ? used : nil, status: status, token: text,
      set_cookie: set, csrf_token: held, session: jar["_s"] && contents("_s=#{jar["_s"]}"),
    }.to_json)
  end
end
