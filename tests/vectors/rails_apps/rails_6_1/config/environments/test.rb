Rails.application.configure do
  config.eager_load = false
end
