Rails.configuration.action_dispatch.cookies_serializer = :marshal
