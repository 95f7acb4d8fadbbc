"""Access tokens, from an authorization server."""
