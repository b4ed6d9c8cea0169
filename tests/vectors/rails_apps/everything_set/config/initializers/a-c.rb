Rails.application.config.tap do |c|
  c.action_dispatch.cookies_serializer = :hybrid
end
