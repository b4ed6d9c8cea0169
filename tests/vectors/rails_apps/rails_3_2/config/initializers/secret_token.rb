# Be sure to restart your server when you modify this file.

# Your secret key for verifying the integrity of signed cookies.
OldShop::Application.config.secret_token = 'a 30+ character secret token, as Rails 3 asked for it: 0123456789abcdef'
