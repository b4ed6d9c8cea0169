# Be sure to restart your server when you modify this file.

OldShop::Application.config.session_store :cookie_store, :key => '_old_shop_session'

# OldShop::Application.config.session_store :active_record_store
