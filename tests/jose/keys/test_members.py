from __future__ import annotations

import pytest

from jwtool.jose.errors import KeyMalformed
from jwtool.jose.keys.members import Material, encode_number, json_type, read_fixed, read_number, read_octets


@pytest.mark.parametrize(("number", "text"), [(1, "AQ"), (65537, "AQAB"), (255, "_w"), (256, "AQA")])
def test_numbers_take_as_few_octets_as_they_need(number: int, text: str) -> None:
    assert encode_number(number) == text
    assert read_number({"e": text}, "e", max_bits=17) == number


def test_number_at_a_fixed_width() -> None:
    assert encode_number(1, 4) == "AAAAAQ"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'e' of the key is empty"),
        ("AA", "'e' of the key begins with a zero octet, which RFC 7518 §2 forbids"),
        ("AAEAAQ", "'e' of the key begins with a zero octet, which RFC 7518 §2 forbids"),
        ("AgAB", "'e' of the key is 18 bits long, wanted at most 17"),
        ("AQ==", "'e' of the key is not base64url: padding ('=') at offset 2"),
    ],
)
def test_refused_numbers(text: str, message: str) -> None:
    with pytest.raises(KeyMalformed) as caught:
        read_number({"e": text}, "e", max_bits=17)
    assert caught.value.message == message


def test_hint_of_the_encoding_is_kept() -> None:
    with pytest.raises(KeyMalformed) as caught:
        read_octets({"k": "A"}, "k")
    assert caught.value.hint == "a character is missing or too many; copy the whole value again"


@pytest.mark.parametrize("octets", [31, 33], ids=["short", "long"])
def test_fixed_width(octets: int) -> None:
    jwk = {"x": encode_number(1, octets)}
    with pytest.raises(KeyMalformed) as caught:
        read_fixed(jwk, "x", width=32, crv="P-256")
    assert caught.value.message == f"'x' of the key is {octets} octets long, P-256 wants 32"
    assert read_fixed(jwk, "x", width=octets, crv="P-256") == bytes(octets - 1) + b"\x01"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("", "text"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_what_a_value_is_in_words(value: object, kind: str) -> None:
    assert json_type(value) == kind


def test_material_does_not_show_itself() -> None:
    assert "c2VjcmV0" not in repr(Material(bits=48, members={"k": "c2VjcmV0"}, private=True))
