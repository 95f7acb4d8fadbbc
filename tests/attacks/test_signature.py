"""Signatures that are nearly one: changed, cut, padded, in another encoding, or of zeros."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, signatures
from jwtool.jose.algorithms import ALGORITHMS, CURVES
from jwtool.jose.keys.generate import generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Publish, Verify

ECDSA = [name for name, row in ALGORITHMS.items() if row.family == "ecdsa"]
REFUSED = (1, {"signature_invalid"})
L25519 = 2**252 + 27742317777372353535851937790883648493  # RFC 8032 §5.1
L448 = 2**446 - 13818066809895115352007386748515426880336692474882178609894547503885  # RFC 8032 §5.2


def split(token: str) -> tuple[str, bytes]:
    signed, _, signature = token.rpartition(".")
    return signed, base64url.decode(signature)


def join(signed: str, signature: bytes) -> str:
    return f"{signed}.{base64url.encode(signature)}"


@pytest.mark.attack("A057")
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_every_change_of_a_signature(
    alg: str, forge: Forger, publish: Publish, verify: Verify, keys: Mapping[str, Key]
) -> None:
    token = forge.sign(alg, None, {"n": 1})
    signed, good = split(token)
    data = signed.encode()
    assert signatures.verify(alg, keys[alg], data, good)
    for bit in range(len(good) * 8):
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not signatures.verify(alg, keys[alg], data, bytes(flipped)), bit
    cuts = [good[:length] for length in range(len(good))] + [good[length:] for length in range(1, len(good))]
    for cut in (*cuts, good + good, good + b"\0", b"\0" + good, good[::-1], bytes(len(good)), b"\xff" * len(good)):
        assert not signatures.verify(alg, keys[alg], data, cut)
    public = publish(alg)
    for changed in (b"", good[:-1], good + b"\0", good + good, good[:-1] + bytes([good[-1] ^ 1])):
        assert verify(join(signed, changed), "-k", public).short == REFUSED
    header, other, _ = forge.sign(alg, None, {"n": 2}).split(".")
    for mixed in (f"{header}.{other}", f"{forge.segment({'typ': 'JWT', 'alg': alg})}.{signed.partition('.')[2]}"):
        assert verify(join(mixed, good), "-k", public).short == REFUSED


@pytest.mark.attack("A059")
@pytest.mark.parametrize("alg", ECDSA)
def test_ecdsa_signature_in_another_encoding(alg: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    signed, good = split(forge.sign(alg))
    half = len(good) // 2
    r, s = good[:half], good[half:]
    public = publish(alg)
    for signature in (
        encode_dss_signature(int.from_bytes(r), int.from_bytes(s)),
        b"\0" + r + b"\0" + s,
        b"\0" + good,
        good + b"\0",
        good[1:],
        good[:-1],
        r + s[1:],
        r[1:] + s[1:],
        s + r,
        r[::-1] + s[::-1],
        r,
        r + r,
    ):
        assert verify(join(signed, signature), "-k", public).short == REFUSED


@pytest.mark.parametrize("alg", ECDSA)
def test_r_and_s_out_of_range(alg: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    """0, the order, beyond it, and the same number once more around: one signature, one pair."""
    curve = CURVES[ALGORITHMS[alg].curves[0]]
    octets, order, most = curve.octets, curve.n, 256**curve.octets - 1
    signed, good = split(forge.sign(alg))
    r, s = int.from_bytes(good[:octets]), int.from_bytes(good[octets:])
    pairs = [(0, 0), (0, s), (r, 0), (order, s), (r, order), (order, order), (most, most), (1, 1), (order - 1, 1)]
    pairs += [(r + order, s), (r, s + order), (curve.p, s)]
    for x, y in pairs:
        if x <= most and y <= most:
            signature = x.to_bytes(octets) + y.to_bytes(octets)
            assert verify(join(signed, signature), "-k", publish(alg)).short == REFUSED, (x, y)


def wycheproof(vectors: Callable[[str], Any], first: int, last: int) -> Iterator[tuple[int, str, Any, str]]:
    for group in vectors("wycheproof/json_web_signature_test.json")["testGroups"]:
        for test in group["tests"]:
            if first <= test["tcId"] <= last:
                yield test["tcId"], test["result"], group["public"], test["jws"]


@pytest.mark.attack("A060")
def test_pkcs1_padding_forgeries(vectors: Callable[[str], Any], publish: Publish, verify: Verify) -> None:
    cases = list(wycheproof(vectors, 46, 258))
    assert len(cases) == 213
    for case, result, public, token in cases:
        assert result == "invalid"
        assert verify(token, "-k", publish(public), "--payload-only").short == REFUSED, case


@pytest.mark.attack("A061")
def test_pss_with_other_parameters(vectors: Callable[[str], Any], publish: Publish, verify: Verify) -> None:
    cases = [*wycheproof(vectors, 276, 319), *wycheproof(vectors, 329, 340)]
    assert len(cases) == 56
    for case, result, public, token in cases:
        named = json.loads(base64url.decode(token.partition(".")[0]))["alg"]
        code = "signature_invalid" if named == public["alg"] else "alg_key_mismatch"
        expected = (0, set()) if result == "valid" else (1, {code})  # a salt of zeros is as good as any other
        assert verify(token, "-k", publish(public), "--payload-only").short == expected, case


@pytest.mark.parametrize("alg", ["PS256", "PS384", "PS512"])
def test_pss_made_by_hand(alg: str, forge: Forger, publish: Publish, verify: Verify, keys: Mapping[str, Key]) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    digests = {"PS256": hashes.SHA256(), "PS384": hashes.SHA384(), "PS512": hashes.SHA512()}
    own, sha1 = digests[alg], hashes.SHA1()
    private, signed = signatures._rsa_private(keys["RS256"]), split(forge.sign(alg))[0]

    def token(mask: Any, salt: Any, digest: Any) -> str:
        scheme = padding.PSS(mgf=padding.MGF1(mask), salt_length=salt)
        return join(signed, private.sign(signed.encode(), scheme, digest))

    public = publish("RS256")
    assert verify(token(own, own.digest_size, own), "-k", public).short == (0, set())
    for salt in (0, 1, 20, own.digest_size - 1, own.digest_size + 1, padding.PSS.MAX_LENGTH):
        assert verify(token(own, salt, own), "-k", public).short == REFUSED, salt
    for mask, digest in ((sha1, own), (own, sha1), (sha1, sha1)):
        assert verify(token(mask, own.digest_size, digest), "-k", public).short == REFUSED


@pytest.mark.parametrize("exponent", [3, 65537])
def test_bleichenbacher_2006(exponent: int, forge: Forger, publish: Publish, verify: Verify) -> None:
    """A cube root that begins like a padded hash, and garbage behind it: no key is needed where e is 3."""
    import hashlib

    from cryptography.hazmat.primitives.asymmetric import rsa

    n = rsa.generate_private_key(3, 2048).public_key().public_numbers().n
    signed = f"{forge.segment({'alg': 'RS256'})}.{forge.segment({'sub': 'admin'})}"
    algorithm = bytes.fromhex("3031300d060960864801650304020105000420")
    start = b"\0\1" + b"\xff" * 8 + b"\0" + algorithm + hashlib.sha256(signed.encode()).digest()
    target = int.from_bytes(start) << 8 * (256 - len(start))
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < target else (low, middle)
    assert (low**3).to_bytes(256).startswith(start)
    number = {3: "Aw", 65537: "AQAB"}[exponent]
    key = publish({"kty": "RSA", "n": base64url.encode(n.to_bytes(256)), "e": number})
    assert verify(join(signed, low.to_bytes(256)), "-k", key).short == REFUSED


def test_rsa_signature_that_is_the_message_itself(forge: Forger, publish: Publish, verify: Verify) -> None:
    """0, 1 and n - 1 are their own powers; n and beyond are not reduced; and no shorter form is taken."""
    n = int.from_bytes(base64url.decode(json.loads(publish("RS256").read_text())["n"]))
    signed, good = split(forge.sign("RS256"))
    number = int.from_bytes(good)
    for signature in (0, 1, n - 1, n, n + 1):
        assert verify(join(signed, signature.to_bytes(256)), "-k", publish("RS256")).short == REFUSED
    if number + n < 256**256:
        assert verify(join(signed, (number + n).to_bytes(256)), "-k", publish("RS256")).short == REFUSED
    assert verify(join(signed, (number + n).to_bytes(257)), "-k", publish("RS256")).short == REFUSED


@pytest.mark.attack("A063")
@pytest.mark.parametrize(
    ("alg", "key", "octets", "order"),
    [("Ed25519", "Ed25519", 32, L25519), ("EdDSA", "EdDSA on Ed448", 57, L448), ("Ed448", "Ed448", 57, L448)],
    ids=["Ed25519", "EdDSA on Ed448", "Ed448"],
)
def test_eddsa_s_not_reduced(
    alg: str, key: str, octets: int, order: int, forge: Forger, publish: Publish, verify: Verify
) -> None:
    signed, good = split(forge.sign(alg, by=key))
    r, s = good[:octets], int.from_bytes(good[octets:], "little")
    public = publish(key)
    assert verify(join(signed, good), "-k", public).short == (0, set())
    for times in (1, 2, 3, 7, 15):
        larger = s + times * order
        if larger < 256**octets:
            assert verify(join(signed, r + larger.to_bytes(octets, "little")), "-k", public).short == REFUSED
    for wrong in (
        bytes(2 * octets),
        b"\1" + bytes(2 * octets - 1),
        r + bytes(octets),
        r + order.to_bytes(octets, "little"),
    ):
        assert verify(join(signed, wrong), "-k", public).short == REFUSED


def test_eddsa_with_a_context(forge: Forger, publish: Publish, verify: Verify) -> None:
    """Ed25519ph and Ed25519 over the hash are other schemes: their signatures count for nothing here."""
    import hashlib

    signed = split(forge.sign("Ed25519"))[0]
    for data in (hashlib.sha512(signed.encode()).digest(), b"SigEd25519 no Ed25519 collisions\1\0" + signed.encode()):
        signature = signatures.sign("Ed25519", forge.keys["Ed25519"], data)
        assert verify(join(signed, signature), "-k", publish("Ed25519")).short == REFUSED


def test_signature_over_the_decoded_parts(forge: Forger, publish: Publish, verify: Verify) -> None:
    """Signed was what the segments stand for, or the payload alone: valid JOSE signs the text."""
    header, payload = {"alg": "ES256"}, {"sub": "user-42"}
    signed = f"{forge.segment(header)}.{forge.segment(payload)}"
    for text in (
        json.dumps(header) + "." + json.dumps(payload),
        json.dumps(payload, separators=(",", ":")),
        forge.segment(payload),
        f".{forge.segment(payload)}",
        f"{signed}.",
        signed.replace(".", ""),
        "",
    ):
        assert verify(join(signed, forge.signature("ES256", text)), "-k", publish("ES256")).short == REFUSED


def test_jwe_as_jws_and_jws_as_jwe(forge: Forger, publish: Publish, verify: Verify) -> None:
    """Three segments with a header of encryption; five with one of signing."""
    for header in (
        {"alg": "dir", "enc": "A256GCM"},
        {"alg": "RSA-OAEP-256", "enc": "A256GCM"},
        {"alg": "ECDH-ES", "enc": "A128GCM", "epk": {"kty": "EC"}},
    ):
        for alg in ("RS256", "ES256", "HS256"):
            assert verify(forge.sign(alg, header), "-k", publish(alg)).short == (1, {"alg_unsupported"})
    for alg in ("RS256", "ES256"):
        token = forge.sign(alg, {"alg": alg, "enc": "A256GCM"})
        assert verify(token, "-k", publish(alg)).short == (0, set())  # an unknown member that is not critical
        first, payload, signature = token.split(".")
        assert verify(f"{first}..{payload}.{payload}.{signature}", "-k", publish(alg)).short[0] == 3


def test_stranger_with_the_same_name(forge: Forger, publish: Publish, verify: Verify) -> None:
    for alg in ("HS256", "ES256", "EdDSA"):
        stranger = generate(alg, kid="k1")
        token = forge.sign(alg, {"alg": alg, "kid": "k1"}, by=stranger)
        assert verify(token, "-k", publish(alg, kid="k1")).short == REFUSED
