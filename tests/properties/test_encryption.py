"""Encryption for any payload, key and algorithm: what goes in comes out, and nothing else raises or opens."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from jwtool.jose import encrypt
from jwtool.jose.decrypt import FAILED, Decryption, decrypt
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT
from jwtool.jose.errors import JwtoolError
from jwtool.jose.keys.generate import generate
from jwtool.jose.keyset import KeySet
from jwtool.jose.selection import OfferedSet
from jwtool.jose.token import parse

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

ALGS = [alg for alg, row in KEY_MANAGEMENT.items() if row.family != "dir"]
encs = st.sampled_from(list(CONTENT_ENCRYPTION))
payloads = st.binary(max_size=400)
curves = st.sampled_from(KEY_MANAGEMENT["ECDH-ES"].curves)


@cache
def made(alg: str, crv: str | None, number: int) -> Key:
    return generate(alg, crv=crv, kid=f"{alg} {crv} {number}")


@st.composite
def keys(draw: st.DrawFn, *, direct: bool = True) -> Key:
    algs = [alg for alg in (*ALGS, *CONTENT_ENCRYPTION) if direct or (alg in ALGS and alg != "ECDH-ES")]
    alg = draw(st.sampled_from(algs))
    crv = draw(curves) if alg in KEY_MANAGEMENT and KEY_MANAGEMENT[alg].curves else None
    return made(alg, crv, draw(st.integers(0, 1)))


def seal(payload: bytes, plan: encrypt.Plan, *, json_form: bool) -> str:
    passwords = any(KEY_MANAGEMENT[target.alg].family == "pbes2" for target in plan.targets)
    header = encrypt.build_header(payload, plan, {"p2c": 1_000} if passwords else None)
    return (encrypt.json_serialization if json_form else encrypt.compact)(payload, header, plan)


def opened(token: str | bytes, *offered: Key) -> Decryption:
    return decrypt(parse(token), [OfferedSet(KeySet(offered), "test")])


@given(payload=payloads, key=keys(), enc=encs, json_form=st.booleans())
def test_what_goes_in_comes_out(payload: bytes, key: Key, enc: str, json_form: bool) -> None:
    restriction = () if key.alg in CONTENT_ENCRYPTION else (enc,)
    token = seal(payload, encrypt.choose([key], encs=restriction), json_form=json_form)
    assert opened(token, key).plaintext == payload


@given(payload=payloads, readers=st.lists(keys(direct=False), min_size=2, max_size=4, unique_by=id), enc=encs)
def test_every_reader_reads(payload: bytes, readers: list[Key], enc: str) -> None:
    token = seal(payload, encrypt.choose(readers, encs=[enc]), json_form=True)
    for reader in readers:
        assert opened(token, reader).plaintext == payload
    assert opened(token, *readers).plaintext == payload


@given(key=keys(), place=st.floats(0, 1, exclude_max=True), other=st.sampled_from("Aa0_"))
def test_one_character_changed(key: Key, place: float, other: str) -> None:
    """A change is found by the reader of the form, by the policy, or by the tag; the answer is never another text."""
    token = seal(b"payload", encrypt.choose([key]), json_form=False)
    at = int(place * len(token))
    forged = token[:at] + other + token[at + 1 :]
    try:
        done = opened(forged, key)
    except JwtoolError:
        assert forged != token
    else:
        assert (done.plaintext, done.code) == ((b"payload", None) if forged == token else (None, FAILED))
