Rails.application.config.session_store :redis_store, servers: [ENV["REDIS"]], key: "_redis", expire_after: 90.minutes
