"""The token endpoint of an authorization server: this file is what asks it, with Authlib's OAuth 2.0 client.

Authlib puts the request together, authenticates the client and reads the answer; the exchange itself is `http.fetch`.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote_plus, urlencode

from jwtool.jose import strict_json
from jwtool.jose.errors import InputError, KeyUnsupported
from jwtool.jose.network_errors import JwksRedirectRefused, ResponseMalformed, TokenRefused
from jwtool.jose.quoting import printable, quote
from jwtool.jose.strict_json import kind_of
from jwtool.sources.http import Response, fetch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime
    from jwtool.sources.urls import Url

ASSERTION_LIFE = 300  # seconds
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BASIC, POST, BY_KEY = "client_secret_basic", "client_secret_post", "private_key_jwt"
_LONGEST_SAID = 200
_HINTS = {
    "invalid_client": "are the client id and its secret or key those that are registered there?",
    "unauthorized_client": "this client may not use client credentials; its registration says what it may",
    "unsupported_grant_type": "the server has no client credentials",
    "invalid_scope": "ask for the scopes that this client may have: --scope NAME",
    "invalid_target": "is --resource or --audience one that the server knows?",
}


class Proof(NamedTuple):
    """What shows who the client is: its secret, or its private key as a JWK with the `alg` and `kid` to sign with."""

    secret: str | None = None
    key: Mapping[str, Any] | None = None
    alg: str = ""
    kid: str = ""

    def __repr__(self) -> str:
        """Without what is secret, which is all of it."""
        return "<Proof>"


class Granted(NamedTuple):
    """An access token, its type, its life in seconds and its scope as the server said them (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int | None
    scope: str | None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without the token."""
        return f"<Granted {self.token_type}>"


def ask_token_endpoint(
    url: Url,
    client_id: str,
    proof: Proof,
    parameters: tuple[tuple[str, str], ...],
    methods: object,
    *,
    network: Network,
    runtime: Runtime,
) -> Granted:
    """The token that the endpoint at `url` grants by client credentials (RFC 6749 §4.4).

    `methods` is token_endpoint_auth_methods_supported of its metadata: a secret goes by client_secret_basic, unless
    that says only client_secret_post. Raises TokenRefused for an error of RFC 6749 §5.2, ResponseMalformed for an
    answer that is neither that nor a token, KeyUnsupported for a key that Authlib can't sign with, and as `fetch`.
    """
    import authlib.deprecate  # noqa: F401  sets its warning filter, which must not come after ours
    from authlib.oauth2.client import OAuth2Client

    method = _method(proof, methods)
    runtime.trace(f"token: client_credentials at {url.label}, by {method}")
    session = _Session(url, parameters, network, runtime)
    client = OAuth2Client(
        session, client_id=client_id, client_secret=proof.secret, token_endpoint_auth_method=method, leeway=0
    )
    client.register_client_auth_method((BASIC, _basic))
    more = _assertion(url, client_id, proof, now=runtime.now()) if method == BY_KEY else {}
    auth = _nothing if method == BY_KEY else None
    return _judge(url, client.fetch_token(url.text, grant_type="client_credentials", auth=auth, **more))


def _method(proof: Proof, methods: object) -> str:
    if proof.key is not None:
        return BY_KEY
    supported = methods if isinstance(methods, list) else [BASIC]
    return POST if POST in supported and BASIC not in supported else BASIC


def _basic(client: Any, _method: str, uri: str, headers: Any, body: str) -> tuple[str, Any, str]:
    """HTTP Basic with both parts form-encoded first, as RFC 6749 §2.3.1 wants: Authlib leaves that out."""
    from authlib.oauth2.auth import ClientAuth

    encoded = ClientAuth(quote_plus(client.client_id), quote_plus(client.client_secret), BASIC)
    prepared: tuple[str, Any, str] = encoded.prepare("POST", uri, headers, body)
    return prepared


def _nothing(_method: str, uri: str, headers: Any, body: str) -> tuple[str, Any, str]:
    return uri, headers, body


def _assertion(url: Url, client_id: str, proof: Proof, *, now: int) -> dict[str, str]:
    """The form members of private_key_jwt (RFC 7523 §2.2): a JWT of five minutes, by the client's key."""
    from authlib.oauth2.rfc7523 import private_key_jwt_sign
    from joserfc.errors import JoseError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joserfc's about EdDSA: servers still want that name for Ed25519
            assertion = private_key_jwt_sign(
                dict(proof.key or {}),
                client_id,
                url.text,
                alg=proof.alg,
                header={"kid": proof.kid},
                issued_at=now,
                expires_in=ASSERTION_LIFE,
            )
    except (JoseError, ValueError, TypeError, KeyError):
        raise KeyUnsupported(
            f"a client assertion can't be signed with {proof.alg} here", hint="ES256 or RS256 are what servers take"
        ) from None
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}


class _Session:
    """What Authlib's client takes for a session of requests: one POST by `http.fetch`."""

    def __init__(self, url: Url, parameters: tuple[tuple[str, str], ...], network: Network, runtime: Runtime) -> None:
        self.url, self.parameters, self.network, self.runtime = url, parameters, network, runtime

    def post(self, uri: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> _Answer:
        """The answer to a form of `data`, with `parameters`, which may repeat a name."""
        body = urlencode([*data.items(), *self.parameters])
        prepare = getattr(auth, "prepare", auth)
        _, asking, body = prepare("POST", uri, dict(headers), body)
        try:
            response = fetch(
                self.url.text,
                network=self.network,
                environ=self.runtime.environ,
                trace=self.runtime.trace,
                accept="application/json",
                asking={name: value for name, value in asking.items() if name != "Accept"},
                form=body.encode(),
            )
        except JwksRedirectRefused as error:
            error.hint = "its operator must name the right token_endpoint in the discovery document"
            raise
        return _Answer(response, self.url)


class _Answer:
    """What Authlib's client takes for an answer of requests."""

    def __init__(self, response: Response, url: Url) -> None:
        self.status_code = response.status
        self.response, self.url = response, url

    def json(self) -> dict[str, Any]:
        """The body, strictly read. Raises for an error here: Authlib trusts its description to be presentable."""
        who = self.url.host_label
        if self.response.body.lstrip()[:1] == b"<":
            raise ResponseMalformed(
                f"{who} answered {self.status_code} with a web page, wanted a token",
                hint="is it the right issuer? a login page or a proxy may stand before it",
            )
        try:
            answer = strict_json.parse_object(self.response.body, what=f"the answer of {who}")
        except InputError as error:
            raise ResponseMalformed(f"{error.message}; its status was {self.status_code}") from None
        if "error" in answer:
            raise _refused(self.url, answer)
        return answer

    def raise_for_status(self) -> None:
        """Nothing: `fetch` has refused what is no answer, and `json` what is no object."""


def _refused(url: Url, answer: Mapping[str, Any]) -> TokenRefused:
    code, said = answer["error"], answer.get("error_description")
    if not isinstance(code, str):
        return TokenRefused(f"{url.host_label} refuses a token, and its error is {kind_of(code)}")
    reason = f": {printable(said[:_LONGEST_SAID])}" if isinstance(said, str) and said else ""
    return TokenRefused(f"{url.host_label} refuses a token, {quote(code)}{reason}", hint=_HINTS.get(code))


def _judge(url: Url, answer: Mapping[str, Any]) -> Granted:
    """The answer as RFC 6749 §5.1 has it, an `expires_in` in digits included."""
    who = f"the answer of {url.host_label}"
    token, kind = answer.get("access_token"), answer.get("token_type")
    if not isinstance(token, str) or re.fullmatch(r"[!-~]+", token) is None:
        found = (
            "none" if token is None else "text with blanks or line breaks" if isinstance(token, str) else kind_of(token)
        )
        raise ResponseMalformed(f"{who} should hold the token in access_token, found {found}")
    notes = []
    if not isinstance(kind, str):
        kind = "Bearer"
        notes.append(f"{who} names no token_type, which RFC 6749 §5.1 wants")
    life = answer.get("expires_in")
    if isinstance(life, str) and re.fullmatch(r"[0-9]{1,10}", life):
        life = int(life)
    if isinstance(life, bool) or not isinstance(life, int | float) or life < 0:
        life = None
    scope = answer.get("scope")
    return Granted(
        token,
        printable(kind),
        None if life is None else int(life),
        scope if isinstance(scope, str) else None,
        tuple(notes),
    )
