# Asks a Rails app which tokens count for a POST that stands for another method, and prints the tags
# of a page. Rails 6.1.7.10: ruby method_override.rb [NAME OF THE FIELD]

require "action_controller/railtie"
require "action_view/railtie"
require "rack/mock"
NAME = (ARGV[0] || "authenticity_token").to_sym
class Shop < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.logger = Logger.new(nil)
  config.secret_key_base = "a"*64
  config.hosts.clear
  config.consider_all_requests_local = false
  config.action_dispatch.show_exceptions = true
  config.action_controller.request_forgery_protection_token = NAME
  config.session_store :cookie_store, key: "_s"
  routes.append { match "*any", to: "pages#any", via: :all }
end
class PagesController < ActionController::Base
  protect_from_forgery with: :exception
  def any
    if request.get?
      case params[:want]
      when "meta" then render inline: "<%= csrf_meta_tags %>"
      when "field" then render inline: "<%= token_tag(nil) %>"
      when "form" then render inline: "<%= form_with(url: params[:action_url], method: params[:m].to_sym) {} %>"
      else render plain: form_authenticity_token(form_options: {action: params[:act], method: params[:m]}) end
    else render plain: request.request_method end
  end
end
Shop.initialize!
def call(env) = Shop.call(env)
def get(path, cookie=nil)
  s,h,b = call(Rack::MockRequest.env_for(path, "HTTP_COOKIE"=>cookie.to_s)); t=+""; b.each{|x|t<<x}; b.close if b.respond_to?(:close); [s,h,t]
end
_,h,_ = get("/x?want=global")
COOKIE = h["Set-Cookie"][/\A[^;]+/]
TOK = ->(m){ get("/x?act=%2Forders%2F17&m=#{m}", COOKIE)[2] }
GLOBAL = get("/x", COOKIE)[2]
puts get("/x?want=meta",COOKIE)[2].gsub(/content="[\w-]{80,}"/,'content="TOKEN"').inspect
puts get("/x?want=field",COOKIE)[2].gsub(/value="[\w-]{80,}"/,'value="TOKEN"').inspect
toks={"global"=>GLOBAL,"post"=>TOK["post"],"delete"=>TOK["delete"],"patch"=>TOK["patch"]}
toks.each do |name,tok|
  ["","_method=","_method=delete","_method=patch","_method=get","_method=junk","_method=query"].each do |ov|
    [nil,"DELETE"].each do |hd|
      ["form","header"].each do |place|
        body=[ov, place=="form" ? "#{Rack::Utils.escape(NAME.to_s)}=#{tok}" : nil].compact.reject(&:empty?).join("&")
        env=Rack::MockRequest.env_for("/orders/17",method:"POST",input:body,"CONTENT_TYPE"=>"application/x-www-form-urlencoded","HTTP_COOKIE"=>COOKIE)
        env["HTTP_X_HTTP_METHOD_OVERRIDE"]=hd if hd
        env["HTTP_X_CSRF_TOKEN"]=tok if place=="header"
        s,_,b=call(env); t=+"";b.each{|x|t<<x}
        puts [name,ov,hd,place,s].to_json
      end
    end
  end
end
