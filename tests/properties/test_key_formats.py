"""A key that goes from format to format, with passphrases or without, stays the same key, private as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwtool.jose.errors import KeyUnsupported, PassphraseMissing, PassphraseWrong
from jwtool.jose.keys import encrypted_jwk, public
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import SSH_CURVES, public_half
from jwtool.jose.keyset import thumbprint
from jwtool.operations.make_keys import ALL_FORMATS, Format, encode_key
from tests.properties.test_round_trips import any_keys, material

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jwtool.jose.keys.key import Key

PASSPHRASES = st.none() | st.binary(min_size=1, max_size=40) | st.text(min_size=1, max_size=10).map(str.encode)


@pytest.fixture(scope="module", autouse=True)
def cheap() -> Iterator[None]:
    """As few rounds of key derivation as are read: what a passphrase costs is tested elsewhere."""
    with mock.patch.object(public, "SSH_ROUNDS", 1), mock.patch.object(encrypted_jwk, "ROUNDS", 1000):
        yield


def has_form(key: Key, form: Format) -> bool:
    if form == "ssh":
        return key.kty == "RSA" or key.crv in SSH_CURVES
    return form == "jwk" or key.kty != "oct"


def read(data: bytes, passphrase: bytes | None) -> Key:
    (key,) = load_keys(data, passphrase=lambda: passphrase).keys
    return key


@given(st.data())
def test_it_comes_through_a_chain_of_formats(keys: Mapping[str, Key], data: st.DataObject) -> None:
    original = data.draw(any_keys(keys))
    key = original
    for form in data.draw(st.lists(st.sampled_from(ALL_FORMATS), min_size=1, max_size=4)):
        if not has_form(key, form):
            with pytest.raises(KeyUnsupported):
                encode_key(key, form, private=True)
            continue
        passphrase = data.draw(PASSPHRASES)
        key = read(encode_key(key, form, private=True, passphrase=passphrase), passphrase)
        assert (key.private, key.weakness) == (True, original.weakness)
        assert (key.protection is None) == (passphrase is None)
    assert material(key) == material(original)
    assert thumbprint(key) == thumbprint(original)


@given(st.data())
def test_a_jwk_keeps_all_that_it_says_in_its_envelope(keys: Mapping[str, Key], data: st.DataObject) -> None:
    key = data.draw(any_keys(keys))
    passphrase = data.draw(PASSPHRASES)
    again = read(encode_key(key, "jwk", private=True, passphrase=passphrase), passphrase)
    assert json.dumps(dict(again.members), sort_keys=True) == json.dumps(dict(key.members), sort_keys=True)


@given(st.data())
def test_the_public_half_is_the_same_in_every_format(keys: Mapping[str, Key], data: st.DataObject) -> None:
    key = data.draw(any_keys(keys).filter(lambda one: one.kty != "oct"))
    for form in ALL_FORMATS:
        if has_form(key, form):
            half = read(encode_key(key, form, private=False), None)
            assert not half.private
            assert material(half) == material(public_half(key))


@given(st.data())
def test_no_other_passphrase_opens_it(keys: Mapping[str, Key], data: st.DataObject) -> None:
    key = data.draw(any_keys(keys))
    form = data.draw(st.sampled_from([form for form in ALL_FORMATS if has_form(key, form)]))
    right = data.draw(st.binary(min_size=1, max_size=20))
    written = encode_key(key, form, private=True, passphrase=right)
    assert not any(word in written for word in _private_texts(key))
    # PBKDF2 fills a short passphrase up with zeros: to it these are the same.
    wrong = data.draw(st.binary(max_size=20).filter(lambda other: other.rstrip(b"\0") != right.rstrip(b"\0")))
    with pytest.raises(PassphraseWrong):
        read(written, wrong)
    with pytest.raises(PassphraseMissing):
        read(written, None)


def _private_texts(key: Key) -> list[bytes]:
    names: tuple[Any, ...] = public.PRIVATE_MATERIAL[key.kty]
    return [key.members[name].encode() for name in names if len(key.members.get(name, "")) > 16]
