"""Keys: JWK, PEM, DER and secrets become a `Key`; made, judged by one policy, published, written."""
