# Writes rack-2.2.jsonl: how Rack itself parses 400 random headers and escapes every byte, all in hex. Run: ruby -rrack generate.rb > rack-2.2.jsonl
require "rack/utils"; require "json"
srand 7
AL = ["a","b","=",";"," ","%","+","2","B","f","\xC3".b,",","\"","\t","%41","%2b",";;","; ","a="]
hs = (0...400).map { (0...rand(1..14)).map { AL.sample.b }.join }
hs.uniq.each { |h| puts JSON.generate({rack: Rack.release, header: h.unpack1("H*"), cookies: Rack::Utils.parse_cookies_header(h).to_a.map { |k,v| [k.unpack1("H*"), v&.unpack1("H*")] }}) }
(0..255).each { |b| puts JSON.generate({rack: Rack.release, byte: b, escaped: Rack::Utils.escape(b.chr.b)}) }
