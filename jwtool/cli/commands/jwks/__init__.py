"""Key sets, as files and as a JWKS URI."""
