puts_nothing = [1, 2]
  .map { |n| n if n > 1 }
__END__
Rails.application.config.action_dispatch.cookies_serializer = :hybrid
