"""What jwtool does, without a command line."""
