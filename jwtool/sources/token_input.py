"""TOKEN: what people and programs hand over as a token. This file is what fetches it and strips the wrapping."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import strict_json
from jwtool.jose.errors import InputError, InputTooLarge, SourceMalformed, TokenMalformed, UsageError
from jwtool.jose.quoting import quote
from jwtool.jose.token import MAX_TOKEN, parse
from jwtool.sources.files import describe_size, read_stdin
from jwtool.sources.source import parse_source, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.sources.runtime import Runtime

MAX_INPUT = 1024 * 1024
MEMBERS = ("access_token", "id_token", "token", "value")

MISSING = object()
_MAX_ROUNDS = 8
_MAX_NAMED = 5
_SCHEME = re.compile(r"(?:authorization\s*:\s*)?bearer\s+", re.IGNORECASE)
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’"}
_URL = re.compile(r"https?://", re.IGNORECASE)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Tidied(NamedTuple):
    """The bare token, and for --verbose a sentence that says out of what it was taken. Nothing is verified."""

    text: str
    note: str | None = None
    record: Mapping[str, Any] | None = None  # the JSON object that it was taken from

    def __repr__(self) -> str:
        """Without the token."""
        return f"Tidied(note={self.note!r})"


def read_token(argument: str | None, runtime: Runtime, *, member: str | None = None) -> Tidied:
    """The token that a TOKEN argument names or is: `-`, `@PATH`, `env:NAME`, the token itself, or None for stdin.

    Raises UsageError where it is missing and stdin is a terminal, or is a URL; InputError leaves for what can't
    be read, is no UTF-8, is over 1 MiB, or is over 256 KiB once it is tidied.
    """
    if argument is None:
        if runtime.stdin_is_terminal:
            raise UsageError("no token was given", hint="give it as @FILE, env:NAME, or by a pipe")
        return tidy(decode_text(read_stdin(runtime, cap=MAX_INPUT, for_what="token"), "stdin"), member=member)
    if not argument:
        raise TokenMalformed("the token is empty", hint="is the variable set that it comes from?")
    if _URL.match(argument):
        raise SourceMalformed("a token is never fetched from a URL", hint="fetch it yourself, and pipe it in")
    source = parse_source(argument, bare="text", what="TOKEN")
    data = read_bytes(source, runtime, cap=MAX_INPUT, what="token")
    tidied = tidy(decode_text(data, source.label), member=member)
    if source.kind == "text" and os.path.isfile(argument) and not _is_token(tidied.text):
        raise TokenMalformed(f"{quote(argument)} is the name of a file, not a token", hint=f"@{argument}")
    return tidied


def tidy(text: str, *, member: str | None = None) -> Tidied:
    """`text` without surrounding blanks, quotes and `Authorization: Bearer`; out of a JSON object, the token in it.

    A JSON object is left alone if it is a JWS or JWE in JSON serialization, else `member` of it (a name, or a dotted
    path) is taken, or the first of MEMBERS that is there. Raises TokenMalformed, InputTooLarge, and the errors of
    strict JSON.
    """
    bare = _unwrap(text)
    if bare.startswith("{"):
        tidied = _out_of_object(bare, member)
    elif member is not None:
        raise TokenMalformed(f"the input is no JSON object, so it has no member {quote(member)}")
    else:
        tidied = Tidied(bare)
    if len(tidied.text) > MAX_TOKEN:
        raise InputTooLarge(f"the token holds more than {describe_size(MAX_TOKEN)}")
    return tidied


def decode_text(data: bytes, label: str) -> str:
    """The text of what `label` ("stdin") held. Raises TokenMalformed for nothing, UTF-16 and all that is no UTF-8."""
    if not data.strip():
        raise TokenMalformed(f"{label} is empty, wanted a token")
    if data.startswith(_UTF16_MARKS):
        raise TokenMalformed("the token is not UTF-8: it is UTF-16", hint="PowerShell: … | Out-File -Encoding ascii")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise TokenMalformed(f"the token is not UTF-8: an invalid byte at offset {error.start}") from None


def _unwrap(text: str) -> str:
    for _ in range(_MAX_ROUNDS):
        before = text
        text = text.strip()
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
            text = text[1:-1]
        if scheme := _SCHEME.match(text):
            text = text[scheme.end() :]
        if text == before:
            break
    return text


def _out_of_object(text: str, member: str | None) -> Tidied:
    document = strict_json.parse_object(text, what="the token")
    if member is None:
        if "ciphertext" in document or ("payload" in document and document.keys() & {"signature", "signatures"}):
            return Tidied(text)
        member = _usual_member(document)
        if member is None:
            if document.keys() & {"payload", "signature", "signatures"}:
                return Tidied(text)  # a broken JWS: its parser says what is missing
            raise _no_member(document)
    value = look_up(member, document)
    if value is MISSING:
        raise TokenMalformed(f"the JSON object has no member {quote(member)}", hint=_members_hint(document))
    if not isinstance(value, str):
        raise TokenMalformed(f"the member {quote(member)} is {strict_json.kind_of(value)}, wanted a string")
    return Tidied(_unwrap(value), f"token: taken from the member {quote(member)} of a JSON object", document)


def look_up(name: str, document: Mapping[str, Any]) -> Any:
    """The member of that name, else the one at that dotted path; a value that is no JSON where neither is there."""
    if name in document:
        return document[name]
    found: Any = document
    for part in name.split("."):
        if not isinstance(found, dict) or part not in found:
            return MISSING
        found = found[part]
    return found


def _usual_member(document: dict[str, Any]) -> str | None:
    """The first of MEMBERS that holds a string, else the first that is there at all."""
    there = [name for name in MEMBERS if name in document]
    return next((name for name in there if isinstance(document[name], str)), next(iter(there), None))


def _no_member(document: dict[str, Any]) -> TokenMalformed:
    wanted = ", ".join(f"'{name}'" for name in MEMBERS)
    return TokenMalformed(
        f"the JSON object is no token, and has none of the members {wanted}", hint=_members_hint(document)
    )


def _members_hint(document: dict[str, Any]) -> str | None:
    """The names that --member could be given: those of strings."""
    names = [name for name, value in document.items() if isinstance(value, str)][:_MAX_NAMED]
    return f"--member picks one of {', '.join(map(quote, names))}" if names else None


def _is_token(text: str) -> bool:
    try:
        parse(text, allow_sd_jwt=True)
    except InputError:
        return False
    return True
