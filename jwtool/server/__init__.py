"""The local JWKS URI."""
