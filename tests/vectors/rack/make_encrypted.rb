# frozen_string_literal: true

# Sessions of rack-session 2: ruby make_encrypted.rb > encrypted.jsonl

require_relative "encryptor"

SECRET = "a secret of the rack app, and of sixty-four bytes or more: 0123456789abcdef"

{ "rack.session" => [nil, "rack.session"], "shop.session" => ["shop.session"] }.each do |name, purposes|
  purposes.product([1, 2], [true, false], ["", "long " * 200]) do |purpose, version, json, text|
    session = { "session_id" => "0f" * 32, "user_id" => 42, "text" => text, "csrf" => "t" }
    cookie = DocumentedEncryptor.new(SECRET, purpose: purpose, json: json).encrypt(version, session)
    puts JSON.generate(version: version, name: name, purpose: purpose, secret: SECRET,
                       serializer: json ? "json" : "marshal", session: session, cookie: cookie)
  end
end
