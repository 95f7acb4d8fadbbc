"""Why a text is no token, in words for the person who pasted it.

Looks only at the outer form, and never repeats the text.
"""

from __future__ import annotations

import re

from jwtool.jose.errors import TokenIsSdJwt, TokenMalformed

_ONE_WORD = "a token is one word; a line break inside comes from copying a wrapped line"
_WHOLE = "copy the whole token, and nothing else"
_ENCODED_DOT = r"(?i)%(?:25)?2e"
_BYTE_ORDER_MARK = "\ufeff"
_ELLIPSIS = "\u2026"
_NUMBER_WORDS = {1: "one segment", 2: "two segments", 4: "four segments", 5: "five segments"}


def explain(text: str) -> TokenMalformed:
    """The error for `text`, which is neither JSON nor one ASCII word of three or five segments."""
    if not text.strip():
        return TokenMalformed("the token is empty", hint="give a token, or - to read it from stdin")
    return _foreign_character(text) or _wrong_segments(text)


def sd_jwt() -> TokenIsSdJwt:
    """The error for an SD-JWT, in whichever serialization: verifying its first part alone would mislead."""
    return TokenIsSdJwt(
        "the token is an SD-JWT, which hides some of its claims; jwtool doesn't verify these",
        hint="jwtool decode shows what its issuer wrote",
    )


def _foreign_character(text: str) -> TokenMalformed | None:
    blank = re.search(r"\s", text)
    if blank is not None:
        name = {"\n": "a line break", "\r": "a line break", "\t": "a tab"}.get(blank[0], "a blank")
        return TokenMalformed(f"the token has {name} at offset {blank.start()}", hint=_ONE_WORD)
    foreign = re.search(r"[^\x00-\x7f]", text)
    if foreign is None:
        return None
    found = f"character U+{ord(foreign[0]):04X} at offset {foreign.start()}"
    if foreign[0] == _BYTE_ORDER_MARK:
        return TokenMalformed("the token has a byte order mark in it", hint="save it as UTF-8 without one")
    if foreign[0] == _ELLIPSIS:
        return TokenMalformed(f"the token was shortened by what displayed it: {found}", hint=_WHOLE)
    return TokenMalformed(f"the token has something else than ASCII: {found}", hint=_WHOLE)


def _wrong_segments(text: str) -> TokenMalformed:
    issued, tilde, _rest = text.partition("~")
    count = issued.count(".") + 1
    if re.search(_ENCODED_DOT, issued):
        return TokenMalformed("the dots of the token are percent-encoded", hint="decode it first: %2E stands for a dot")
    number = _NUMBER_WORDS.get(count, f"{count} segments")
    if tilde:
        return TokenMalformed(
            f"the token has {number} before its first '~', wanted three, as an SD-JWT has",
            hint=_WHOLE,
        )
    return TokenMalformed(
        f"the token has {number}, wanted three (JWS) or five (JWE), with dots between them",
        hint=_hint_for(text, count),
    )


def _hint_for(text: str, count: int) -> str:
    begins_like_a_token = text.startswith("ey")
    if count == 1 and not begins_like_a_token:
        return "an opaque token can be read by its issuer alone; a JWT begins with eyJ"
    if count <= 2:  # noqa: PLR2004  one segment short of three
        return "its end is missing; also an unsigned token ends with a dot"
    return _WHOLE
