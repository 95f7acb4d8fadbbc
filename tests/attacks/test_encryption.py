"""What is done to encrypted tokens: every attack fails, in the same words, at little cost."""

from __future__ import annotations

import json
import time
import tracemalloc
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jwtool.jose import base64url, encrypt
from jwtool.jose.algorithms import CURVES
from jwtool.jose.decrypt import FAILED, Decryption, decrypt
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION
from jwtool.jose.encryption_fit import PASSWORD
from jwtool.jose.errors import AlgorithmKeyMismatch, AlgorithmUnsupported, InputTooLarge
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.selection import OfferedSet
from jwtool.jose.token import UnverifiedToken, parse

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

MAX_SECONDS = 1
MAX_OCTETS = 100 * 1024 * 1024
CAP = 250 * 1024
DIRECT = parse_jwk({"kty": "oct", "k": base64url.encode(bytes(range(32)))})
FAMILIES = ("RSA-OAEP", "RSA-OAEP-256", "A128KW", "A256GCMKW", "dir", "ECDH-ES", "ECDH-ES+A256KW")


def opened(token: UnverifiedToken | str, key: Key) -> Decryption:
    parsed = parse(token) if isinstance(token, str) else token
    return decrypt(parsed, [OfferedSet(KeySet((key,), is_set=False), "test")])


def nameless(key: Key) -> Key:
    named = {"kid"} if key.kty == "AKP" else {"kid", "alg"}
    return parse_jwk({name: value for name, value in key.members.items() if name not in named})


def seal(key: Key, *, alg: str, enc: str = "A256GCM", payload: bytes = b"payload", **extra: Any) -> UnverifiedToken:
    plan = encrypt.choose([key], algs=[alg], encs=[enc])
    return parse(encrypt.compact(payload, encrypt.build_header(payload, plan, extra), plan))


def changed(token: UnverifiedToken, **members: Any) -> UnverifiedToken:
    """The token with other header members for its recipient; the protected header that the tag covers stays."""
    assert token.encrypted is not None
    (recipient,) = token.encrypted.recipients
    header = {name: value for name, value in {**recipient.header, **members}.items() if value is not None}
    return token._replace(encrypted=token.encrypted._replace(recipients=(recipient._replace(header=header),)))


def direct_token(plaintext: bytes, **header: Any) -> str:
    """A `dir` token with A256GCM, whatever its header says."""
    protected = base64url.encode(json.dumps({"alg": "dir", "enc": "A256GCM", **header}).encode())
    sealed = AESGCM(bytes(range(32))).encrypt(bytes(12), plaintext, protected.encode())
    return ".".join([protected, "", *map(base64url.encode, (bytes(12), sealed[:-16], sealed[-16:]))])


def deflated(data: bytes, *, wbits: int = -zlib.MAX_WBITS) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return stream.compress(data) + stream.flush()


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[Key, UnverifiedToken]]:
    """A key for each algorithm, and a token for it."""
    keys = {alg: DIRECT if alg == "dir" else generate(alg) for alg in FAMILIES}
    return {alg: (key, seal(key, alg=alg)) for alg, key in keys.items()}


class TestPasswords:
    """PBES2: rounds are counted before they are run."""

    KEY = replace(parse_jwk({"kty": "oct", "k": base64url.encode(b"hunter2")}), form=PASSWORD)

    def test_as_it_was_made(self) -> None:
        assert opened(seal(self.KEY, alg="PBES2-HS256+A128KW", p2c=1_000), self.KEY).plaintext == b"payload"

    @pytest.mark.parametrize("count", [10**9, 2**63, 10**30, 1_200_001, 999, 1, 0, -1, 1000.0, None])
    def test_p2c_bomb(self, count: object) -> None:
        token = seal(self.KEY, alg="PBES2-HS256+A128KW", p2c=1_000)
        start = time.process_time()
        assert opened(changed(token, p2c=count), self.KEY).code == FAILED
        assert time.process_time() - start < MAX_SECONDS

    @pytest.mark.parametrize("salt", ["", "AAAA", "AAAAAAAAAA", "!", None])
    def test_short_salt(self, salt: object) -> None:
        token = seal(self.KEY, alg="PBES2-HS256+A128KW", p2c=1_000)
        assert opened(changed(token, p2s=salt), self.KEY).code == FAILED


class TestCompression:
    """`zip`: what comes out is capped, whatever goes in."""

    def test_up_to_the_cap(self) -> None:
        assert opened(direct_token(deflated(bytes(CAP)), zip="DEF"), DIRECT).plaintext == bytes(CAP)

    def test_one_octet_more(self) -> None:
        assert opened(direct_token(deflated(bytes(CAP + 1)), zip="DEF"), DIRECT).code == FAILED

    def test_zip_bomb(self) -> None:
        bomb = direct_token(deflated(bytes(150_000_000)), zip="DEF")
        opened(direct_token(b"", zip="DEF"), DIRECT)
        tracemalloc.start()
        start = time.process_time()
        assert opened(bomb, DIRECT).code == FAILED
        assert time.process_time() - start < MAX_SECONDS
        assert tracemalloc.get_traced_memory()[1] < MAX_OCTETS
        tracemalloc.stop()

    @pytest.mark.parametrize(
        "data",
        [b"", b"text", deflated(b"text")[:-1], deflated(b"text") + b"\0", deflated(b"text", wbits=zlib.MAX_WBITS)],
        ids=["nothing", "plain", "cut", "more", "zlib"],
    )
    def test_what_is_no_deflate(self, data: bytes) -> None:
        assert opened(direct_token(data, zip="DEF"), DIRECT).code == FAILED


class TestCurves:
    """`epk`: a sound public key, on the curve of the recipient."""

    @pytest.mark.parametrize("crv", ["P-256", "P-384", "P-521"])
    def test_invalid_curve(self, crv: str) -> None:
        key = generate("ECDH-ES+A128KW", crv=crv)
        token = seal(key, alg="ECDH-ES+A128KW")
        epk, octets = dict(token.header["epk"]), CURVES[crv].octets
        y = int.from_bytes(base64url.decode(epk["y"]))
        assert opened(token, key).plaintext == b"payload"
        for wrong in (y ^ 1, CURVES[crv].p - 1, 0):
            off = epk | {"y": base64url.encode(wrong.to_bytes(octets))}
            assert opened(changed(token, epk=off), key).code == FAILED
        zero = base64url.encode(bytes(octets))
        assert opened(changed(token, epk=epk | {"x": zero, "y": zero}), key).code == FAILED

    @pytest.mark.parametrize("crv", ["X25519", "X448"])
    def test_small_order(self, crv: str) -> None:
        key = generate("ECDH-ES", crv=crv)
        token, octets = seal(key, alg="ECDH-ES"), CURVES[crv].octets
        assert opened(token, key).plaintext == b"payload"
        for point in (bytes(octets), b"\1" + bytes(octets - 1)):
            epk = {"kty": "OKP", "crv": crv, "x": base64url.encode(point)}
            assert opened(changed(token, epk=epk), key).code == FAILED

    @pytest.mark.parametrize(
        "epk",
        [
            {},
            {"kty": "oct", "k": "AAAA"},
            {"kty": "EC", "crv": "P-256"},
            {"kty": "EC", "crv": "P-256", "x": 1, "y": []},
            dict(generate("ECDH-ES", crv="P-384").members),
            dict(generate("ECDH-ES", crv="X25519").members),
            dict(generate("ECDH-ES").members),
            dict(generate("RSA-OAEP").members),
            None,
        ],
        ids=["empty", "oct", "no point", "no text", "P-384", "X25519", "private", "RSA", "missing"],
    )
    def test_epk_of_another_kind(self, made: Any, epk: Any) -> None:
        key, token = made["ECDH-ES"]
        assert opened(changed(token, epk=epk), key).code == FAILED

    @pytest.mark.parametrize("info", ["!", "QQ==", "QWxpY2V", "QWxpY2U\n"])
    def test_party_info_that_is_no_base64url(self, made: Any, info: str) -> None:
        key, token = made["ECDH-ES"]
        assert opened(changed(token, apu=info), key).code == FAILED


@pytest.mark.parametrize("enc", CONTENT_ENCRYPTION)
def test_truncated_tag_and_swapped_iv(enc: str) -> None:
    key = generate(enc)
    token, other = seal(key, alg="dir", enc=enc), seal(key, alg="dir", enc=enc)
    message = token.encrypted
    assert message is not None
    assert other.encrypted is not None
    assert opened(token, key).plaintext == b"payload"
    wrong: list[dict[str, Any]] = [{"tag": message.tag[:length]} for length in range(len(message.tag))]
    wrong += [{"tag": message.tag + b"\0"}, {"tag": other.encrypted.tag}, {"tag": bytes(len(message.tag))}]
    wrong += [{"iv": message.iv[:-1]}, {"iv": message.iv + b"\0"}, {"iv": b""}, {"iv": other.encrypted.iv}]
    wrong += [{"ciphertext": b""}, {"ciphertext": message.ciphertext[:-1]}, {"ciphertext": other.encrypted.ciphertext}]
    wrong += [{"ciphertext": message.iv + message.ciphertext}]
    for parts in wrong:
        assert opened(token._replace(encrypted=message._replace(**parts)), key).code == FAILED, parts


@pytest.mark.parametrize("enc", CONTENT_ENCRYPTION)
def test_every_bit_counts(enc: str) -> None:
    key = generate(enc)
    token = seal(key, alg="dir", enc=enc)
    message = token.encrypted
    assert message is not None
    for part in ("iv", "ciphertext", "tag"):
        octets = getattr(message, part)
        for place in range(len(octets)):
            flipped = octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :]
            assert opened(token._replace(encrypted=message._replace(**{part: flipped})), key).code == FAILED


@pytest.mark.parametrize("alg", FAMILIES)
def test_encrypted_key(made: dict[str, tuple[Key, UnverifiedToken]], alg: str) -> None:
    key, token = made[alg]
    message = token.encrypted
    assert message is not None
    (recipient,) = message.recipients
    assert opened(token, key).plaintext == b"payload"
    own = recipient.encrypted_key
    for wrong in {b"", b"\0", own[:-1], own + b"\0", bytes(len(own)), own[::-1], bytes(40), bytes(256)} - {own}:
        forged = message._replace(recipients=(recipient._replace(encrypted_key=wrong),))
        assert opened(token._replace(encrypted=forged), key).code == FAILED


@pytest.mark.parametrize(
    "members", [{"iv": ""}, {"iv": "AAAA"}, {"tag": "AAAA"}, {"tag": ""}, {"iv": None}, {"tag": None}]
)
def test_iv_and_tag_of_a_wrapped_key(made: dict[str, tuple[Key, UnverifiedToken]], members: dict[str, Any]) -> None:
    key, token = made["A256GCMKW"]
    assert opened(changed(token, **members), key).code == FAILED


@pytest.mark.parametrize(
    ("made_for", "claimed"),
    [
        ("RSA-OAEP", "RSA-OAEP-256"),
        ("RSA-OAEP-256", "RSA-OAEP"),
        ("ECDH-ES", "ECDH-ES+A256KW"),
        ("ECDH-ES+A256KW", "ECDH-ES"),
        ("ECDH-ES+A256KW", "ECDH-ES+A128KW"),
        ("A256GCMKW", "A256KW"),
        ("A256GCMKW", "dir"),
        ("dir", "A256KW"),
    ],
)
def test_alg_confusion(made: dict[str, tuple[Key, UnverifiedToken]], made_for: str, claimed: str) -> None:
    """A key without `alg` can be led to try another algorithm, but not to succeed; one with it isn't even led."""
    key, token = made[made_for]
    assert opened(changed(token, alg=claimed), nameless(key)).code == FAILED
    if key.alg is not None:
        with pytest.raises(AlgorithmKeyMismatch):
            opened(changed(token, alg=claimed), key)


@pytest.mark.parametrize("alg", FAMILIES)
def test_enc_confusion(made: dict[str, tuple[Key, UnverifiedToken]], alg: str) -> None:
    key, token = made[alg]
    for enc in set(CONTENT_ENCRYPTION) - {"A256GCM"}:
        if alg == "dir" and CONTENT_ENCRYPTION[enc].key_octets != 32:
            with pytest.raises(AlgorithmKeyMismatch):
                opened(changed(token, enc=enc), key)
        else:
            assert opened(changed(token, enc=enc), key).code == FAILED


def test_enc_that_the_key_may_not_use() -> None:
    key = generate("A256GCM")
    assert opened(seal(key, alg="dir"), key).plaintext == b"payload"
    with pytest.raises(AlgorithmKeyMismatch) as refusal:
        opened(changed(seal(key, alg="dir"), enc="A128CBC-HS256"), key)
    assert refusal.value.message == "the key is for 'A256GCM' only, by its 'alg', not for dir and A128CBC-HS256"


@pytest.mark.parametrize("alg", ["RSA1_5", "none", "", "RSA-OAEP-384", "HS256", "RS256"])
def test_algorithms_that_nobody_may_use(made: dict[str, tuple[Key, UnverifiedToken]], alg: str) -> None:
    key, token = made["RSA-OAEP"]
    if alg:
        with pytest.raises(AlgorithmUnsupported):
            opened(changed(token, alg=alg), nameless(key))


def test_too_many_recipients() -> None:
    many = {"ciphertext": "", "recipients": [{"header": {"alg": "dir", "enc": "A256GCM"}}] * 17}
    with pytest.raises(InputTooLarge):
        parse(json.dumps(many))


def test_a_password_is_no_key_and_a_key_no_password() -> None:
    """The text of a public key is no secret: whoever knows it could make tokens by it."""
    secret = parse_jwk({"kty": "oct", "k": base64url.encode(bytes(range(32)))})
    as_password = replace(secret, form=PASSWORD)
    with pytest.raises(AlgorithmKeyMismatch):
        opened(direct_token(b"x"), as_password)
    token = seal(as_password, alg="PBES2-HS256+A128KW", p2c=1_000)
    with pytest.raises(AlgorithmKeyMismatch):
        opened(token, secret)
