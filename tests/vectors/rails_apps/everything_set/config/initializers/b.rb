Shop::Application.config.action_dispatch.cookies_serializer = :json
