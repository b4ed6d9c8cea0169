Rails.application.config.session_store :cookie_store,
  key: "_shop",
  expire_after: 14.days, # two weeks
  domain: :all,
  tld_length: 2,
  same_site: :strict,
  secure: false
