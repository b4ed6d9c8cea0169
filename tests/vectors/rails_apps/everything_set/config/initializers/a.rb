Rails.configuration.action_dispatch.cookies_serializer = :marshal
Rails.configuration.action_dispatch.encrypted_cookie_salt = "overridden by a/b.rb, which comes after"
