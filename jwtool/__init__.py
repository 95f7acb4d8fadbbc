"""jwtool: JSON Web Tokens and key sets from a shell."""

__version__ = "0.1.0"
