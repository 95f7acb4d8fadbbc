from __future__ import annotations

import pytest

from jwtool.jose.errors import TokenMalformed
from jwtool.jose.token import parse

ONE_WORD = "a token is one word; a line break inside comes from copying a wrapped line"
WHOLE = "copy the whole token, and nothing else"
HEADER = "eyJhbGciOiJFUzI1NiJ9"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "the token is empty", "give a token, or - to read it from stdin"),
        (" \n", "the token is empty", "give a token, or - to read it from stdin"),
        ("\u2003", "the token is empty", "give a token, or - to read it from stdin"),
        (f"{HEADER}.e30.AA\n", "the token has a line break at offset 27", ONE_WORD),
        (f"{HEADER}.e3\r\n0.AA", "the token has a line break at offset 23", ONE_WORD),
        (f"{HEADER}.e30.AA {HEADER}.e30.AA", "the token has a blank at offset 27", ONE_WORD),
        (f"\t{HEADER}.e30.AA", "the token has a tab at offset 0", ONE_WORD),
        (f"{HEADER}.e30\x1f.AA", "the token has a blank at offset 24", ONE_WORD),
        (f"{HEADER}.e30\xa0.AA", "the token has a blank at offset 24", ONE_WORD),
        ("\xa0{}", "the token has a blank at offset 0", ONE_WORD),
        (f"{HEADER}.e30\u2028.AA", "the token has a blank at offset 24", ONE_WORD),
        (
            f"{HEADER}.\uff21.AA",
            "the token has something else than ASCII: character U+FF21 at offset 21",
            WHOLE,
        ),
        (
            f"{HEADER}\uff0ee30\uff0eAA",
            "the token has something else than ASCII: character U+FF0E at offset 20",
            WHOLE,
        ),
        (
            f"{HEADER}.e30.A\u0301A",
            "the token has something else than ASCII: character U+0301 at offset 26",
            WHOLE,
        ),
        (
            f"{HEADER}.e30.A\u200bA",
            "the token has something else than ASCII: character U+200B at offset 26",
            WHOLE,
        ),
        (
            f"{HEADER}.e30\u2026",
            "the token was shortened by what displayed it: character U+2026 at offset 24",
            WHOLE,
        ),
        (f"\ufeff{HEADER}.e30.AA", "the token has a byte order mark in it", "save it as UTF-8 without one"),
        (
            f"{HEADER}%2Ee30%2EAA",
            "the dots of the token are percent-encoded",
            "decode it first: %2E stands for a dot",
        ),
        (
            f"{HEADER}%252ee30%252eAA",
            "the dots of the token are percent-encoded",
            "decode it first: %2E stands for a dot",
        ),
        (
            "mF_9",
            "the token has one segment, wanted three (JWS) or five (JWE), with dots between them",
            "an opaque token can be read by its issuer alone; a JWT begins with eyJ",
        ),
        (
            HEADER,
            "the token has one segment, wanted three (JWS) or five (JWE), with dots between them",
            "its end is missing; also an unsigned token ends with a dot",
        ),
        (
            f"{HEADER}.e30",
            "the token has two segments, wanted three (JWS) or five (JWE), with dots between them",
            "its end is missing; also an unsigned token ends with a dot",
        ),
        (
            f"{HEADER}.e30.AA.",
            "the token has four segments, wanted three (JWS) or five (JWE), with dots between them",
            WHOLE,
        ),
        (
            f"{HEADER}.e30.AA.AA.AA.AA",
            "the token has 6 segments, wanted three (JWS) or five (JWE), with dots between them",
            WHOLE,
        ),
        (
            f"{HEADER}.e30~WyJhIl0~a.b.c",
            "the token has two segments before its first '~', wanted three, as an SD-JWT has",
            WHOLE,
        ),
        (
            f"{HEADER}.A.A.A.A~",
            "the token has five segments before its first '~', wanted three, as an SD-JWT has",
            WHOLE,
        ),
    ],
)
def test_each_fault_has_its_sentence_and_hint(text: str, message: str, hint: str) -> None:
    with pytest.raises(TokenMalformed) as caught:
        parse(text)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_an_sd_jwt_is_taken_apart_only_as_one_word() -> None:
    with pytest.raises(TokenMalformed) as caught:
        parse(f"{HEADER}.e30.AA~WyJ\nhIl0~", allow_sd_jwt=True)
    assert caught.value.message == "the token has a line break at offset 31"
