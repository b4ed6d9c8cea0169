# Be sure to restart your server when you modify this file.

# Your secret key for verifying the integrity of signed cookies.
OldShop::Application.config.secret_token = '11111111111111111111111111111111b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33'
