config = Rails.application.config
config.eager_load = false
config
  .session_store :cookie_store,
                 key: "_everything", path: "/shop", httponly: false, domain: ["example.com", "example.org"], max_age: 3_600
