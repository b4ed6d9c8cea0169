# frozen_string_literal: true

# Keeps entries by Dalli's own client: the ring and the keys are Dalli's.
#   ruby dalli_app/spread.rb set '["127.0.0.1:11211:2"]' '{"namespace": "shop"}' < KEYS
# For each line of KEYS it prints `set` and stores the key's own text, or prints what `get` finds, or the
# class of the error.

require "dalli"
require "json"
require "logger"

command, servers, options = ARGV
Dalli.logger = Logger.new(nil)
client = Dalli::Client.new(JSON.parse(servers), JSON.parse(options, symbolize_names: true))
$stdin.each_line(chomp: true) do |key|
  puts(command == "set" ? (client.set(key, key, 0, raw: true) && "set") : client.get(key)&.force_encoding("UTF-8").inspect)
rescue Dalli::DalliError => e
  puts e.class
end
