"""Keys that are weak, broken, marked for something else, or that contradict themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.algorithms import CURVES
from jwtool.jose.keys.generate import generate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Publish, Verify
    from tests.cli.conftest import Cli

MALFORMED = (4, {"key_malformed"})
WEAK = (4, {"key_too_weak"})


def number(value: int, octets: int | None = None) -> str:
    return base64url.encode(value.to_bytes(octets or (value.bit_length() + 7) // 8))


@pytest.mark.attack("A084")
def test_another_width(forge: Forger, publish: Publish, verify: Verify, keys: Mapping[str, Key]) -> None:
    rsa, ec = keys["RS256"], keys["ES256"]
    for name in ("n", "e"):
        padded: dict[str, Any] = {name: base64url.encode(b"\0" + rsa.octets(name))}
        assert verify(forge.sign("RS256"), "-k", publish("RS256", **padded)).short == MALFORMED
    for name in ("x", "y"):
        octets = ec.octets(name)
        for changed in (octets[1:], octets[:-1], b"\0" + octets, octets + b"\0", b"", octets * 2):
            members: dict[str, Any] = {name: base64url.encode(changed)}
            assert verify(forge.sign("ES256"), "-k", publish("ES256", **members)).short == MALFORMED
    for changed in (b"", b"\0" + keys["EdDSA"].octets("x"), keys["EdDSA"].octets("x")[1:]):
        key = publish("EdDSA", x=base64url.encode(changed))
        assert verify(forge.sign("EdDSA"), "-k", key).short == MALFORMED


@pytest.mark.attack("A086")
@pytest.mark.parametrize(
    ("alg", "crv"), [("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521"), ("ES256K", "secp256k1")]
)
def test_point_off_the_curve(
    alg: str, crv: str, forge: Forger, publish: Publish, verify: Verify, keys: Mapping[str, Key]
) -> None:
    curve = CURVES[crv]
    x, y = keys[alg].ec_point()
    pairs = [(x, y ^ 1), (0, 0), (x, 0), (0, y), (y, x), (x + 1, y), (1, 1)]
    pairs += [(x + curve.p, y), (x, y + curve.p)]
    for one, two in pairs:
        if max(one, two) < 256**curve.octets:
            key = publish(alg, x=number(one, curve.octets), y=number(two, curve.octets))
            assert verify(forge.sign(alg), "-k", key).short == MALFORMED, (one == x, two == y)
    for other in ("P-256", "P-384", "P-521", "secp256k1", "Ed25519"):
        if other != crv:
            assert verify(forge.sign(alg), "-k", publish(alg, crv=other)).short == MALFORMED
    assert verify(forge.sign(alg), "-k", publish(alg, crv=crv.lower() + "x")).short == (4, {"key_unsupported"})
    mirrored = publish(alg, y=number(curve.p - y, curve.octets))
    assert verify(forge.sign(alg), "-k", mirrored).short == (1, {"signature_invalid"})


@pytest.mark.parametrize(
    "x",
    [
        *("00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 31 + "80", "01" + "00" * 30 + "80"),
        *("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",),
        *("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",),
        *("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",),
        *("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",),
        *("ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f", "ff" * 32, "ee" + "ff" * 31),
        *("00" * 57, "01" + "00" * 56, "00" * 56 + "80", "fe" + "ff" * 27 + "fe" + "ff" * 27 + "00"),
    ],
)
def test_small_order_key_signs_every_message(x: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    """With the neutral element for a key, R = the same and S = 0 is a signature of everything."""
    octets = len(x) // 2
    crv = "Ed25519" if octets == 32 else "Ed448"
    key = publish({"kty": "OKP", "crv": crv, "x": base64url.encode(bytes.fromhex(x))})
    for r in (b"\1" + bytes(octets - 1), bytes.fromhex(x)):
        signature = base64url.encode(r + bytes(octets))
        for payload in ({"sub": "admin"}, {"sub": "root"}):
            token = f"{forge.segment({'alg': 'EdDSA'})}.{forge.segment(payload)}.{signature}"
            assert verify(token, "-k", key).short == MALFORMED


@pytest.mark.attack("A088")
def test_secret_of_one_octet_or_a_repeated_word(forge: Forger, verify: Verify, cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    for octet in (b"\0", b"a", b"\xff"):
        path.write_bytes(octet * 32)
        assert cli("sign", "--json", "-k", f"secret:@{path}").codes == {"key_too_weak"}
        assert cli("sign", "--json", "-k", f"secret:@{path}", "--alg", "HS256").codes == {"key_too_weak"}
    path.write_bytes(b"secret" * 6)
    done = cli("sign", "-k", f"secret:@{path}")
    assert done.exit == 0
    assert done.stderr == f"note: the key of secret:@{path}: the secret is a short piece, repeated\n"
    for secret in (b"secret", b"password", b"your-256-bit-secret", b"a" * 31):
        path.write_bytes(secret)
        assert verify(forge.mac(secret), "-k", f"secret:@{path}").short == WEAK
        assert cli("sign", "--json", "-k", f"secret:@{path}").codes == {"key_too_weak"}
        forced = verify(forge.mac(secret), "-k", f"secret:@{path}", "--allow-weak-key")
        assert forced.short == (0, set())
        assert "is too weak, and was allowed to verify" in forced.document["notes"][-1]
    path.write_bytes(b"")
    assert verify(forge.mac(b""), "-k", f"secret:@{path}", "--allow-weak-key").short == MALFORMED


def test_secret_long_enough_for_hs256_only(forge: Forger, publish: Publish, verify: Verify) -> None:
    for alg in ("HS384", "HS512"):
        key = generate("HS256")
        assert verify(forge.mac(key.secret(), alg=alg), "-k", publish(key, alg=None)).short == (1, {"key_too_weak"})


def test_secret_that_ends_in_a_line_break(forge: Forger, verify: Verify, tmp_path: Path) -> None:
    """An editor's line break is not part of a text; a binary secret keeps every octet."""
    path = tmp_path / "secret"
    text, binary = b"correct horse battery staple 4711", bytes(range(128, 160)) + b"\n"
    path.write_bytes(text + b"\n")
    assert verify(forge.mac(text), "-k", f"secret:@{path}").short == (0, set())
    assert verify(forge.mac(text + b"\n"), "-k", f"secret:@{path}").short == (1, {"signature_invalid"})
    path.write_bytes(binary)
    assert verify(forge.mac(binary), "-k", f"secret:@{path}").short == (0, set())


def test_private_parts_that_contradict_the_public_ones(publish: Publish, cli: Cli, keys: Mapping[str, Key]) -> None:
    """A private key whose public half is another's would sign what it does not verify."""
    other = {alg: generate(alg) for alg in ("ES256", "EdDSA")}
    broken: list[tuple[str, dict[str, Any]]] = [
        ("ES256", {"d": other["ES256"].members["d"]}),
        ("ES256", {"x": other["ES256"].members["x"]}),
        ("ES256", {"d": number(0, 32)}),
        ("ES256", {"d": number(CURVES["P-256"].n, 32)}),
        ("EdDSA", {"d": other["EdDSA"].members["d"]}),
        ("RS256", {"p": keys["RS256"].members["q"]}),
        ("RS256", {"dp": keys["RS256"].members["dq"]}),
        ("RS256", {"qi": number(1)}),
        ("RS256", {"d": number(3)}),
        ("RS256", {"d": None}),
        ("RS256", {"q": None}),
        ("RS256", {"e": number(3)}),
        ("ES256", {"k": "AAAA"}),
        ("RS256", {"crv": "P-256"}),
        ("HS256", {"x": "AAAA"}),
    ]
    for alg, members in broken:
        assert cli("sign", "--json", "-k", publish(alg, private=True, **members)).codes == {"key_malformed"}, members
    multi = publish("RS256", private=True, oth=[{"r": "Aw", "d": "Aw", "t": "Aw"}])
    assert cli("sign", "--json", "-k", multi).codes == {"key_unsupported"}
    assert json.loads(multi.read_text())["oth"]
