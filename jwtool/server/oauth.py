"""What the endpoints of the local issuer share: forms, client authentication, answers and errors as OAuth words them.

RFC 6749 §2.3, §3.2, §5; RFC 7523 §3; RFC 7662 §2.
"""

from __future__ import annotations

import base64
import hmac
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

from jwtool.jose import strict_json
from jwtool.jose.claims import check
from jwtool.jose.errors import InputError, KeyRefused
from jwtool.jose.keyset import KeySet
from jwtool.jose.policy import ClaimPolicy, Requirement
from jwtool.jose.token import parse, read_claims
from jwtool.jose.verify import OfferedSet, Policy, verify
from jwtool.server.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
UNKNOWN_CLIENT = "no such client, or another secret"
MAX_PARAMETERS = 64
_NEVER_STORED = (("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache"))
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="jwtool issuer serve", charset="UTF-8"')

Form = dict[str, list[str]]


class OAuthError(Exception):
    """A request that is refused: `code` is one of RFC 6749 §5.2, `description` is for people and never a secret."""

    def __init__(self, code: str, description: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status

    def response(self) -> Response:
        """The error as JSON; one of client authentication asks for it (RFC 9110 §11.6.1)."""
        allowed = re.sub(r'[^\x20-\x7e]|["\\]', "'", self.description)  # all that a description may hold
        answer = answer_json({"error": self.code, "error_description": allowed}, self.status)
        challenge = (_CHALLENGE,) if self.status == HTTPStatus.UNAUTHORIZED else ()
        return answer._replace(fields=(*answer.fields, *challenge))


def answer_json(document: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """An answer that no cache may keep."""
    return Response(status, _NEVER_STORED, f"{strict_json.dump(dict(document))}\n".encode())


def read_form(request: Request, *, repeatable: Sequence[str] = (), is_oauth: bool = True) -> Form:
    """The parameters of the body; those without a value count as not there (RFC 6749 §3.2).

    What is not OAuth may send a JSON object instead, or nothing. Raises OAuthError for a body that is neither, for a
    parameter given twice that is not `repeatable`, and for parameters in the URL, where they would stand in logs.
    """
    if request.has_query:
        raise OAuthError("invalid_request", "parameters go into the body, not into the URL")
    said = request.fields.get("content-type", [""])
    media_type = said[0].partition(";")[0].strip().lower()
    if len(said) == 1 and media_type == FORM:
        pairs = _form_pairs(request.body)
    elif len(said) == 1 and media_type == JSON and not is_oauth:
        pairs = _json_pairs(request.body)
    elif request.body or is_oauth:
        raise OAuthError("invalid_request", f"the body must be {FORM}{'' if is_oauth else f' or {JSON}'}")
    else:
        pairs = []
    form: Form = {}
    for name, value in pairs:
        if value:
            form.setdefault(name, []).append(value)
    for name, values in form.items():
        if len(values) > 1 and name not in repeatable:
            raise OAuthError("invalid_request", f"the parameter {name[:40]} is given more than once")
    return form


def _form_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        text = body.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise OAuthError("invalid_request", "the body is not urlencoded UTF-8, or has too many parameters") from None


def _json_pairs(body: bytes) -> list[tuple[str, str]]:
    """The members of a JSON object as parameters: true is yes, null is not there, a list stands for several."""
    words: Mapping[Any, str] = {True: "yes", False: "no", None: ""}
    pairs = []
    for name, given in strict_json.parse_object(body, what="the body").items():
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, dict | list):
                raise OAuthError("invalid_request", f"the member {name[:40]} is no single value")
            pairs.append((name, words[value] if isinstance(value, bool | None) else str(value)))
    return pairs


def one(form: Form, name: str) -> str | None:
    """The value of a parameter that is given at most once."""
    return form.get(name, [None])[0]


class Clients:
    """Who may ask: the clients of `known`, by id, each with its secret or its public keys (for private_key_jwt).

    Without any, whoever has an id and some secret, or an assertion that says the right things, whoever signed it.
    """

    def __init__(self, known: Mapping[str, bytes | KeySet]) -> None:
        self._known = known

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"<Clients {len(self._known)}>"

    def authenticate(self, request: Request, form: Form, *, audiences: tuple[str, ...], now: int) -> str:
        """The id of the client, by `client_secret_basic`, `client_secret_post` or `private_key_jwt` (RFC 7523 §3).

        An assertion must be for one of `audiences`. Raises OAuthError, with one description for an unknown client and
        a wrong secret.
        """
        in_header = request.fields.get("authorization", ())
        if len([*in_header, *form.get("client_secret", ()), *form.get("client_assertion", ())]) > 1:
            raise OAuthError("invalid_request", "the client authenticates in two ways at once")
        if "client_assertion" in form:
            return self._by_assertion(form, audiences, now)
        if in_header:
            spellings = _basic(in_header)
            if one(form, "client_id") not in {None, *(name for name, _ in spellings)}:
                raise OAuthError("invalid_request", "the client_id of the body is not that of the Authorization")
        else:
            spellings = [(one(form, "client_id") or "", one(form, "client_secret") or "")]
        for client, secret in spellings:
            if client and secret and self._is_known(client, secret):
                return client
        if not all(all(pair) for pair in spellings):
            raise _unauthorized("a client id and a client secret are needed")
        raise _unauthorized(UNKNOWN_CLIENT)

    def _is_known(self, client: str, secret: str) -> bool:
        if not self._known:
            return True
        wanted = self._known.get(client)
        has_secret = isinstance(wanted, bytes)
        is_equal = hmac.compare_digest(wanted if isinstance(wanted, bytes) else b"\0", secret.encode())
        return is_equal and has_secret

    def _by_assertion(self, form: Form, audiences: tuple[str, ...], now: int) -> str:
        if one(form, "client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
        try:
            token = parse(one(form, "client_assertion") or "")
            said, _ = read_claims(token.payload)
            client = (said or {}).get("sub")
            if not isinstance(client, str) or not client or one(form, "client_id") not in {None, client}:
                raise _unauthorized("the sub of the client assertion is not the client")
            policy = ClaimPolicy(
                issuers=(client,),
                subject=client,
                audiences=audiences,
                required=(Requirement(("exp",), "exp", "present"),),
            )
            if self._known:
                keys = self._known.get(client)
                if not isinstance(keys, KeySet):
                    raise _unauthorized(UNKNOWN_CLIENT)
                checks = verify(token, [OfferedSet(keys, client)], Policy(claims=policy), now=now).checks
            else:
                checks = check(said or {}, policy, now=now)
        except (InputError, KeyRefused) as error:
            raise _unauthorized(f"the client assertion can't be read: {error.message}") from None
        failed = dict.fromkeys(one.code or one.name for one in checks if one.verdict == "failed")
        if failed:
            raise _unauthorized(f"the client assertion is not valid: {', '.join(failed)}")
        return client


def _basic(values: Sequence[str]) -> list[tuple[str, str]]:
    """Id and secret as they stand there, and decoded: half of all clients don't encode them (RFC 6749 §2.3.1)."""
    scheme, _, encoded = values[0].partition(" ")
    if len(values) != 1 or scheme.lower() != "basic":
        raise _unauthorized("the Authorization must be Basic")
    try:
        client, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        decoded = (unquote_plus(client, errors="strict"), unquote_plus(secret, errors="strict"))
    except ValueError:
        raise _unauthorized("the Authorization is not base64 of UTF-8 text") from None
    if not colon:
        raise _unauthorized("the Authorization has no colon between client id and secret")
    return [decoded, (client, secret)]


def _unauthorized(description: str) -> OAuthError:
    return OAuthError("invalid_client", description, HTTPStatus.UNAUTHORIZED)
