"""What the endpoints of the local issuer share: forms, client authentication, answers and errors as OAuth words them.

RFC 6749 §2.3, §3.2, §5; RFC 7662 §2.
"""

from __future__ import annotations

import base64
import hmac
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

from jwtool.jose import strict_json
from jwtool.server.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
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
    """Who may ask: the clients of `known`, by id and secret; without any, whoever has an id and a secret."""

    def __init__(self, known: Mapping[str, bytes]) -> None:
        self._known = known

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"<Clients {len(self._known)}>"

    def authenticate(self, request: Request, form: Form) -> str:
        """The id of the client, by `client_secret_basic` or `client_secret_post`.

        Raises OAuthError, with one description for an unknown client and a wrong secret.
        """
        in_header = request.fields.get("authorization", ())
        if "client_assertion" in form:
            raise _unauthorized("client assertions are not supported here, only client_secret_basic and _post")
        if in_header and "client_secret" in form:
            raise OAuthError("invalid_request", "the client authenticates in two ways at once")
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
        raise _unauthorized("no such client, or another secret")

    def _is_known(self, client: str, secret: str) -> bool:
        if not self._known:
            return True
        wanted = self._known.get(client)
        is_equal = hmac.compare_digest(wanted or b"\0", secret.encode())
        return is_equal and wanted is not None


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
