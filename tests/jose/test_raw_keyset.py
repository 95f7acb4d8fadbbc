"""A key set as it stands in a file: every entry as it was written."""

from __future__ import annotations

from typing import Any

import pytest

from jwtool.jose.errors import JwksMalformed, KeyAmbiguous
from jwtool.jose.keys.generate import generate
from jwtool.jose.keyset import thumbprint
from jwtool.jose.raw_keyset import find, read_entries

PRIVATE = generate("ES256", kid="p")
PUBLIC = {name: value for name, value in PRIVATE.members.items() if name != "d"}


@pytest.mark.parametrize(
    ("entry", "kid", "private", "code"),
    [
        (dict(PRIVATE.members), "p", True, None),
        (PUBLIC, "p", False, None),
        ({"kty": "oct", "k": "A" * 43}, None, True, None),
        ({"kty": "strange", "kid": "s"}, "s", False, "key_unsupported"),
        ({"kty": "strange", "kid": "s", "priv": ""}, "s", True, "key_unsupported"),
        ({"kty": "EC", "kid": 5, "d": "x"}, None, True, "key_malformed"),
        (PUBLIC | {"x": "AA", "d": "AA"}, "p", True, "key_malformed"),
        ({}, None, False, "key_malformed"),
        (None, None, False, "key_malformed"),
        ([1], None, False, "key_malformed"),
    ],
)
def test_an_entry(entry: Any, kid: str | None, *, private: bool, code: str | None) -> None:
    (read,) = read_entries({"keys": [entry], "x": 1})
    assert (read.jwk, read.kid, read.private) == (entry, kid, private)
    assert (read.key is None, read.refusal and read.refusal.code) == (code is not None, code)


def test_its_repr_tells_nothing() -> None:
    (read,) = read_entries({"keys": [{"kty": "strange", "d": "s3cret"}]})
    assert repr(read) == "<RawKey None>"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "'keys' of the key set must be an array, found nothing"),
        ({"keys": None}, "'keys' of the key set must be an array, found null"),
        ({"keys": {}}, "'keys' of the key set must be an array, found an object"),
        ({"keys": [{}] * 1001}, "the key set has 1001 keys, wanted at most 1000"),
    ],
)
def test_what_is_no_set(document: dict[str, Any], message: str) -> None:
    with pytest.raises(JwksMalformed) as caught:
        read_entries(document)
    assert caught.value.message == message


def test_found_by_kid_before_thumbprint() -> None:
    name = thumbprint(PRIVATE)
    entries = read_entries({"keys": [PUBLIC, {"kid": name}, {"kid": "odd"}]})
    assert [find(entries, one) for one in ("p", name, "odd", "", "P")] == [0, 1, 2, None, None]
    assert find(entries[:1], name) == 0


def test_a_name_that_several_have() -> None:
    entries = read_entries({"keys": [PUBLIC, PUBLIC]})
    for name in ("p", thumbprint(PRIVATE)):
        with pytest.raises(KeyAmbiguous):
            find(entries, name)
