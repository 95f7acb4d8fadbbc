from __future__ import annotations

import base64

import pytest

from jwtool.jose import base64url
from jwtool.jose.errors import BadBase64url


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", b""),
        ("AA", b"\x00"),
        ("_w", b"\xff"),
        ("AAA", b"\x00\x00"),
        ("__8", b"\xff\xff"),
        ("AAAA", b"\x00\x00\x00"),
        ("-_-_", b"\xfb\xff\xbf"),
        ("A-z_4ATswpwVkRpxUDgU", bytes.fromhex("03ecffe004ecc29c15911a71503814")),
        ("Zm9vYmFy", b"foobar"),
    ],
)
def test_round_trip(text: str, data: bytes) -> None:
    assert base64url.decode(text) == data
    assert base64url.decode(text.encode()) == data
    assert base64url.encode(data) == text


def test_every_octet_round_trips_at_every_position() -> None:
    for prefix in (b"", b"\xa5", b"\x5a\xa5"):
        for octet in range(256):
            data = prefix + bytes([octet])
            text = base64.urlsafe_b64encode(data).decode().rstrip("=")
            assert base64url.encode(data) == text
            assert base64url.decode(text) == data


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("AA==", "padding ('=') at offset 2"),
        ("AAA=", "padding ('=') at offset 3"),
        ("=", "padding ('=') at offset 0"),
        ("A+AA", "'+' of the standard base64 alphabet at offset 1"),
        ("AA/A", "'/' of the standard base64 alphabet at offset 2"),
        ("AAAA ", "a blank at offset 4"),
        ("\tAAAA", "a tab at offset 0"),
        ("AAAA\n", "a line break at offset 4"),
        ("AA\r\nAA", "a line break at offset 2"),
        ("AA%3D", "'%', as in percent-encoding at offset 2"),
        ("AA.A", "a dot at offset 2"),
        ("AA~A", "a tilde at offset 2"),
        ('"AAA', "a quotation mark at offset 0"),
        ("'AAA", "a quotation mark at offset 0"),
        ("AA?A", "character U+003F at offset 2"),
        ("AA\x00A", "character U+0000 at offset 2"),
        ("AA\u2026", "character U+2026 at offset 2"),
        ("\uff21AAA", "character U+FF21 at offset 0"),
        ("AA\ud800A", "character U+D800 at offset 2"),
        ("AA\u00e9=", "character U+00E9 at offset 2"),
        ("AB", "stray bits in the last character, at offset 1"),
        ("AAB", "stray bits in the last character, at offset 2"),
        ("AAAAA_", "stray bits in the last character, at offset 5"),
        ("A", "no octets have a length of 1 characters"),
        ("AAAAA", "no octets have a length of 5 characters"),
    ],
)
def test_refusals(text: str, reason: str) -> None:
    with pytest.raises(BadBase64url) as caught:
        base64url.decode(text, what="the signature")
    assert caught.value.message == f"the signature is not base64url: {reason}"


def test_a_length_that_can_not_be_has_a_hint() -> None:
    with pytest.raises(BadBase64url) as caught:
        base64url.decode("A")
    assert caught.value.hint == "a character is missing or too many; copy the whole value again"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"AA=", "padding ('=') at offset 2"),
        (b"A\xffA", "a byte outside ASCII at offset 1"),
        (b"A\xc3\xa9=", "a byte outside ASCII at offset 1"),
    ],
)
def test_refusals_of_bytes(data: bytes, reason: str) -> None:
    with pytest.raises(BadBase64url) as caught:
        base64url.decode(data)
    assert caught.value.message == f"the value is not base64url: {reason}"


def test_exactly_the_clean_last_characters_are_accepted() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    def accepted(prefix: str) -> str:
        return "".join(last for last in alphabet if _decodes(prefix + last))

    assert accepted("A") == "AQgw"
    assert accepted("AA") == "AEIMQUYcgkosw048"
    assert accepted("AAA") == alphabet
    assert accepted("") == ""


def _decodes(text: str) -> bool:
    try:
        base64url.decode(text)
    except BadBase64url:
        return False
    return True
