Shop::Application.config.secret_key_base = 'b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33'
Shop::Application.config.secret_token = 'a 30+ character secret token, as Rails 3 asked for it: 0123456789abcdef'
