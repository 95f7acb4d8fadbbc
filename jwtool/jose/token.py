"""Take a token apart, trusting nothing (RFC 7515 §7, RFC 7516 §7).

What comes out is an `UnverifiedToken`: well-formed, and believed by nobody yet. Every part has exactly one
spelling, so an accepted token can be written back byte for byte. Tidying what people paste belongs to
`sources/token_input.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jwtool.jose import base64url, strict_json
from jwtool.jose.errors import (
    BadJson,
    HeaderBadType,
    HeaderNotObject,
    HeaderTooLarge,
    InputError,
    InputTooLarge,
    TokenMalformed,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TOKEN = 256 * 1024
BAD_MARK = "jwtool-bad"  # in the header of a token that is bad on purpose, see bad.py
MAX_HEADER = 16 * 1024
MAX_SIGNATURES = 16

_JSON_BLANKS = " \t\r\n"
_JWS_SEGMENTS = 3
_JWE_SEGMENTS = 5
_STRING_PARAMETERS = ("kid", "typ", "cty", "jku", "x5u", "x5t", "x5t#S256")
_ENCODING_MARKS = b"\xef\xbb\xbf\xff\xfe\x00" + _JSON_BLANKS.encode()


class Signature(NamedTuple):
    """One signature of a JWS: its headers as the token says them, and its octets.

    `header` is `protected` and `unprotected` together; no name stands in both. `protected_b64` is the text
    that is signed, empty if there is no protected header.
    """

    protected: Mapping[str, Any]
    unprotected: Mapping[str, Any]
    header: Mapping[str, Any]
    protected_b64: str
    value: bytes

    def __repr__(self) -> str:
        """Only what it is: a token is a secret of its bearer."""
        return "<Signature>"


class Recipient(NamedTuple):
    """One recipient of a JWE: all header members that concern it together, and its encrypted key."""

    header: Mapping[str, Any]
    encrypted_key: bytes

    def __repr__(self) -> str:
        """Only what it is."""
        return "<Recipient>"


class Encrypted(NamedTuple):
    """What a JWE holds; `authenticated` is the text that the tag covers too (RFC 7516 §5.1 step 14)."""

    protected: Mapping[str, Any]
    authenticated: str
    recipients: tuple[Recipient, ...]
    iv: bytes
    ciphertext: bytes
    tag: bytes

    def __repr__(self) -> str:
        """Only what it is."""
        return "<Encrypted>"


class UnverifiedToken(NamedTuple):
    """A token in its parts, of which nothing has been checked but the form.

    `header` is the merged header of the first signature or recipient. `payload_b64` is the text that is signed:
    base64url, or the payload itself if the protected header says `b64: false` (RFC 7797 §3). `detached` says that
    the token holds no payload: it is elsewhere, and empty here until `attach` has put it in (`attached`). A token
    whose payload is empty may be one or the other: some write "" where others leave it out. A JWE has no signatures
    and no payload, but `encrypted`. `sd_jwt_parts` is the number of disclosures beside the token.
    """

    kind: Literal["JWS", "JWE"]
    serialization: Literal["compact", "flattened", "general"]
    header: Mapping[str, Any]
    signatures: tuple[Signature, ...] = ()
    payload: bytes = b""
    payload_b64: str = ""
    encrypted: Encrypted | None = None
    sd_jwt_parts: int = 0
    detached: bool = False
    attached: bool = False

    def __repr__(self) -> str:
        """Only what it is: a token is a secret of its bearer."""
        return f"<UnverifiedToken, {self.serialization} {self.kind}>"

    @property
    def jwe_parts(self) -> tuple[int, ...]:
        """The octets of encrypted key (the first), IV, ciphertext and tag of a JWE; empty for a JWS."""
        if self.encrypted is None:
            return ()
        parts = self.encrypted
        return tuple(map(len, (parts.recipients[0].encrypted_key, parts.iv, parts.ciphertext, parts.tag)))

    def signing_input(self, signature: Signature) -> bytes:
        """The octets that `signature` is over (RFC 7515 §5.1 step 8, RFC 7797 §3)."""
        first = f"{signature.protected_b64}.".encode()
        if not self.attached:
            return first + self.payload_b64.encode()
        return first + (self.payload if is_unencoded(signature) else base64url.encode(self.payload).encode())


def is_unencoded(signature: Signature) -> bool:
    """Whether the signature is over the payload itself: `b64` false in the protected header, and nowhere else."""
    return signature.protected.get("b64") is False


def attach(token: UnverifiedToken, payload: bytes) -> UnverifiedToken:
    """The detached token with its payload, octet for octet what was signed (RFC 7515 §F). Nothing is checked yet.

    Raises UsageError for a token that holds its own: which of the two would be believed?
    """
    if not token.detached:
        raise UsageError("the token holds its payload, and was given another", hint="leave --payload out")
    return token._replace(payload=payload, attached=True)


class PayloadFault(NamedTuple):
    """Why a payload holds no claims: a stable code, and a sentence that repeats none of the payload."""

    code: str
    message: str


def parse(text: str | bytes, *, allow_sd_jwt: bool = False, padded: bool = False) -> UnverifiedToken:
    """The parts of a JWS or JWE in compact or JSON serialization.

    Raises an InputError: TokenMalformed when it is no token, InputTooLarge over 256 KiB, HeaderTooLarge
    over 16 KiB, HeaderNotObject, BadBase64url and the errors of strict JSON for the part that they name.
    An SD-JWT (RFC 9901) is TokenIsSdJwt, or with `allow_sd_jwt` the issuer's token without its disclosures.
    With `padded` the parts of a compact JWS may have the padding of base64 (AWS writes them so), and all of it.
    Needs no key, and knows no algorithm.
    """
    token = _text_of(text)
    if token.lstrip(_JSON_BLANKS).startswith("{"):
        from jwtool.jose import json_serialization

        return json_serialization.parse(token, allow_sd_jwt=allow_sd_jwt)
    issued, tilde, _rest = token.partition("~")
    segments = issued.split(".", _JWE_SEGMENTS)
    one_word = token.split(None, 1) == [token]
    if one_word and token.isascii():
        if len(segments) == _JWS_SEGMENTS:
            if tilde and not allow_sd_jwt:
                from jwtool.jose import token_faults

                raise token_faults.sd_jwt()
            return _compact_jws(*segments, sd_jwt_parts=max(token.count("~") - 1, 0), padded=padded)
        if len(segments) == _JWE_SEGMENTS and not tilde:
            return _compact_jwe(*segments)
    from jwtool.jose import token_faults

    raise token_faults.explain(token)


def decode_header(segment: str, *, what: str = "the header") -> dict[str, Any]:
    """The JSON object that a header segment holds.

    Raises HeaderTooLarge, HeaderNotObject (also when it is empty), BadBase64url, and as strict JSON does.
    """
    if len(segment) * 3 // 4 > MAX_HEADER:
        raise HeaderTooLarge(f"{what} has {len(segment) * 3 // 4} bytes, at most {MAX_HEADER} are read")
    data = base64url.decode(segment, what=what)
    if not data:
        raise HeaderNotObject(f"{what} is empty, wanted a JSON object")
    header = strict_json.parse(data, what=what)
    if not isinstance(header, dict):
        raise HeaderNotObject(f"{what} is {strict_json.kind_of(header)}, wanted a JSON object")
    return header


def check_header_types(header: Mapping[str, Any]) -> None:
    """Raise HeaderBadType if a registered parameter has a type it can't have, or `alg` is missing (RFC 7515 §4.1)."""
    if "alg" not in header:
        raise HeaderBadType("the header has no 'alg'")
    if header["alg"] == "":
        raise HeaderBadType("'alg' of the header is empty")
    for name in ("alg", *_STRING_PARAMETERS):
        _check_type(header, name, "a string")
    _check_type(header, "jwk", "an object")
    _check_type(header, "x5c", "a list")


def read_claims(payload: bytes) -> tuple[dict[str, Any] | None, PayloadFault | None]:
    """The claims of a payload, or why it holds none; never raises.

    What is no JSON object is `payload_not_claims`. What would be one to a laxer reader has the code of the
    fault: bad_utf8, duplicate_member, json_too_deep, json_bad_number.
    """
    try:
        return strict_json.parse_object(payload, what="the payload"), None
    except BadJson as error:
        return None, PayloadFault("payload_not_claims", error.message)
    except InputError as error:
        if payload.lstrip(_ENCODING_MARKS).startswith(b"{"):
            return None, PayloadFault(error.code, error.message)
        return None, PayloadFault("payload_not_claims", "the payload is not a JSON object")


def payload_of(text: str, protected: Mapping[str, Any]) -> bytes:
    """The payload that `text` stands for under that protected header (RFC 7797 §3)."""
    if protected.get("b64") is False:
        return text.encode()
    return base64url.decode(text, what="the payload")


def _text_of(text: str | bytes) -> str:
    size = len(text) if isinstance(text, bytes) or text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_TOKEN:
        raise InputTooLarge(f"the token has {size} bytes, at most {MAX_TOKEN} are read")
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise TokenMalformed(
            f"the token is not text: an invalid UTF-8 byte at offset {fault.start}",
            hint="a token is ASCII text, as in eyJ…",
        ) from None


def _compact_jws(
    header: str, payload: str, signature: str, *, sd_jwt_parts: int, padded: bool = False
) -> UnverifiedToken:
    parts = [without_padding(part) for part in (header, payload, signature)] if padded else [header, payload, signature]
    protected = decode_header(parts[0])
    one = Signature(
        protected=protected,
        unprotected={},
        header=protected,
        protected_b64=header,
        value=base64url.decode(parts[2], what="the signature"),
    )
    return UnverifiedToken(
        kind="JWS",
        serialization="compact",
        header=protected,
        signatures=(one,),
        payload=payload_of(parts[1], protected),
        payload_b64=payload,
        sd_jwt_parts=sd_jwt_parts,
        detached=not payload,
    )


def without_padding(part: str) -> str:
    """The part without the padding that makes its length a multiple of four; any other stays, and is refused later."""
    bare = part.rstrip("=")
    return bare if len(part) % 4 == 0 and len(part) - len(bare) == -len(bare) % 4 else part


def _compact_jwe(header: str, encrypted_key: str, iv: str, ciphertext: str, tag: str) -> UnverifiedToken:
    protected = decode_header(header)
    recipient = Recipient(protected, base64url.decode(encrypted_key, what="the encrypted key"))
    encrypted = Encrypted(
        protected=protected,
        authenticated=header,
        recipients=(recipient,),
        iv=base64url.decode(iv, what="the initialization vector"),
        ciphertext=base64url.decode(ciphertext, what="the ciphertext"),
        tag=base64url.decode(tag, what="the authentication tag"),
    )
    return UnverifiedToken(kind="JWE", serialization="compact", header=protected, encrypted=encrypted)


def _check_type(header: Mapping[str, Any], name: str, wanted: str) -> None:
    if name in header and strict_json.kind_of(header[name]) != wanted:
        raise HeaderBadType(f"'{name}' of the header is {strict_json.kind_of(header[name])}, wanted {wanted}")
