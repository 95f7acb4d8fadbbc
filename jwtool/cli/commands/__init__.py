"""JSON Web Tokens and key sets from a shell: make keys, serve a JWKS, sign, decode, verify, say what is wrong."""
