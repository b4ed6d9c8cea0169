Shop::Application.config.action_dispatch.cookies_serializer = :hybrid
Shop::Application.config.action_dispatch.encrypted_cookie_salt = 'two'
