Rails.application.configure do
  config.eager_load = false
  config.force_ssl = true
end
