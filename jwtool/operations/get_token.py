"""An access token for a client: who it is, what it asks for, and where the token endpoint is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose.errors import UsageError
from jwtool.operations.trusted import from_environment
from jwtool.output.report import Line

if TYPE_CHECKING:
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime
    from jwtool.sources.token_endpoint import Granted, Proof

EXAMPLE = "jwtool token get -i https://auth.example --client-id ci --client-secret env:CLIENT_SECRET"


class Client(NamedTuple):
    """The options that say who asks: a secret or a private key, each as its source."""

    client_id: str | None
    secret: str | None
    key: str | None
    passphrase: str | None

    def __repr__(self) -> str:
        """Without the sources: they may have been secrets by mistake."""
        return f"<Client {self.client_id!r}>"


class Grant(NamedTuple):
    """What is asked for: scopes, an audience, resources (RFC 8707)."""

    scopes: tuple[str, ...]
    audience: str | None
    resources: tuple[str, ...]


def get_token(issuer: str | None, client: Client, grant: Grant, network: Network, runtime: Runtime) -> Granted:
    """The access token that the token endpoint of `issuer` grants by client credentials (RFC 6749 §4.4).

    Without `issuer` JWTOOL_ISSUER, without an audience JWTOOL_AUDIENCE. Raises UsageError leaves for options that
    don't make a request, the errors of the secret's or key's source, of discovery, and of `ask_token_endpoint`.
    """
    issuer = issuer or next(iter(from_environment("JWTOOL_ISSUER", runtime)), None)
    audience = grant.audience or next(iter(from_environment("JWTOOL_AUDIENCE", runtime)), None)
    if issuer is None:
        raise UsageError("no issuer was given, and its document names the token endpoint", hint=EXAMPLE)
    if not client.client_id:
        raise UsageError("no --client-id was given, and the server must know who asks", hint=EXAMPLE)
    proof = _proof(client, network, runtime)

    from jwtool.sources.discovery import discover, endpoint
    from jwtool.sources.token_endpoint import ask_token_endpoint

    metadata = discover(issuer.removeprefix("issuer:"), network, runtime)
    url = endpoint(metadata, "token_endpoint")
    form = {"scope": " ".join(grant.scopes), "audience": audience or ""}
    given = [(name, value) for name, value in form.items() if value]
    given += [("resource", resource) for resource in grant.resources]
    methods = metadata.members.get("token_endpoint_auth_methods_supported")
    network = network.towards(url, asked=metadata.url)
    headers = tuple((name, value) for name, value in network.headers if name.lower() != "authorization")
    network = network._replace(headers=headers)  # it is the client's to say who it is
    return ask_token_endpoint(url, client.client_id, proof, tuple(given), methods, network=network, runtime=runtime)


def granted_document(granted: Granted) -> dict[str, Any]:
    """The token and what the server said of it, for scripts."""
    return {
        "token": granted.access_token,
        "token_type": granted.token_type,
        "expires_in": granted.expires_in,
        "scope": granted.scope,
    }


def describe_grant(granted: Granted) -> Line:
    """What the server said of the token, for people."""
    from jwtool.jose.numeric_date import format_duration

    life = "" if granted.expires_in is None else f", for {format_duration(granted.expires_in)}"
    scope = "" if granted.scope is None else f", scope {granted.scope}"
    return Line(f"a {granted.token_type} token{life}{scope}", "dim")


def _proof(client: Client, network: Network, runtime: Runtime) -> Proof:
    """What shows that it is this client. Raises UsageError for none or two."""
    from jwtool.sources.token_endpoint import Proof

    if client.secret is not None and client.key is not None:
        raise UsageError("--client-secret and --key are two ways to be believed, and one is wanted", hint=EXAMPLE)
    if client.secret is not None:
        from jwtool.sources.source import read_private_text

        secret = read_private_text(client.secret, runtime, option="--client-secret")
        if not secret:
            raise UsageError("the client secret is empty", hint="is the variable or file the right one?")
        return Proof(secret=secret)
    if client.key is None:
        raise UsageError("a client needs a secret or a private key", hint=EXAMPLE)

    from jwtool.jose.keys.public import to_jwk
    from jwtool.jose.keyset import thumbprint
    from jwtool.jose.sign import choose_alg
    from jwtool.operations.resolve_keys import signing_key

    key = signing_key(client.key, runtime, network=network, passphrase=client.passphrase)
    if key.kty == "oct":
        raise UsageError("--key is for a private key, and this is a secret", hint="--client-secret @FILE")
    alg = choose_alg(key, None)
    return Proof(key=to_jwk(key, private=True), alg=alg, kid=key.kid or thumbprint(key))
