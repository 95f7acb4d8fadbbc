"""An issuer's discovery document, and what it leads to."""
