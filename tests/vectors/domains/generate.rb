# Writes rails-6.1.jsonl: what Rails itself makes of host and domain options. Run: ruby generate.rb > rails-6.1.jsonl
require "logger"
require "json"
require "active_support"
require "active_support/core_ext"
require "action_dispatch"
require "action_dispatch/middleware/cookies"
HOSTS = %w[
  example.org www.example.org a.b.c.example.com example.co.uk app.example.co.uk co.uk a.co.uk x.y.co example.com.au
  www.example.com.au shop.example.de example.info.de foo.abc.de www.foo.abc.de abcd.de a.b a.b.c localhost a
  127.0.0.1 10.1 1.2.3.4.5 999.1.1.1 [::1] example.org. .example.org a..b WWW.Example.ORG my_app.test.local
  xn--bcher-kva.example.org a.b.c.d.e.f.g 1.example.org foo.12.34 foo.123.45 www.example.ab.cd
  notexample.org sub.notexample.org
]
OPTIONS = [{domain: :all}] + [0,1,2,3,4,7].map { |n| {domain: :all, tld_length: n} } + [
  {domain: "example.org"}, {domain: ".example.org"}, {domain: %w[.example.com .example.org]}, {domain: %w[example.com example.org]},
  {domain: %w[org example.org]}, {domain: %w[localhost 127.0.0.1]}, {domain: []}, {},
]
def request(env) = ActionDispatch::Request.new({"action_dispatch.cookies_same_site_protection" => proc {}}.merge(env))
def domain(req, options)
  jar = ActionDispatch::Cookies::CookieJar.new(req)
  o = {value: "v"}.merge(options)
  jar.send(:handle_options, o)
  o[:domain]
end
version = ActionPack.version.to_s
HOSTS.each { |h| OPTIONS.each { |o|
  puts JSON.generate({rails: version, kind: "domain", host: h, options: o, domain: domain(request("HTTP_HOST" => h), o)})
} }
[nil, "", " ", "a.org", "a.org, b.org", "a.org,b.org:80", "a.org,\tb.org", "a.org,", "a.org, b.org,,", "a.org:8080", "[::1]:80, [::2]:443", " a.org", "a.org:x", "a:1:2", "a.org,,b.org"].each { |f|
  ["example.org:3000", "example.org", "[::1]:3000", "[::1]", "a:", "localhost:80"].each { |h|
    env = {"HTTP_HOST" => h}
    env["HTTP_X_FORWARDED_HOST"] = f if f
    puts JSON.generate({rails: version, kind: "host", x_forwarded_host: f, host_header: h, host: request(env).host})
  }
}
