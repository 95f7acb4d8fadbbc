"""What an attacker does to a signature, and to what says how it is judged: each public function is one kind."""

from __future__ import annotations

import base64
import hmac
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS, CURVES
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.public import to_der, to_pem

if TYPE_CHECKING:
    from tests.properties.conftest import Matter

ORDERS = {
    "Ed25519": 2**252 + 27742317777372353535851937790883648493,
    "Ed448": 2**446 - 13818066809895115352007386748515426880336692474882178609894547503885,
}
ATTACKER = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
ATTACKER_JWK = {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(ATTACKER.public_key().public_bytes_raw())}
NONE = ("none", "None", "NONE", "nOnE", "none ", "", "\0none")


def _encode(value: object) -> str:
    return base64url.encode(json.dumps(value, separators=(",", ":")).encode())


def edit_the_signature(matter: Matter) -> str:
    value = base64url.decode(matter.parts[2])
    octets = len(value)
    made = [
        b"",
        bytes(octets),
        b"\xff" * octets,
        b"\1" * octets,
        bytes(octets - 1) + b"\1",
        matter.random.randbytes(octets),
    ]
    made += [value[:-1], value[1:], value + b"\0", b"\0" + value, value * 2, value[::-1], value[: octets // 2]]
    made += [value.hex().encode(), bytes([*value[:-1], value[-1] ^ 1]), bytes([value[0] ^ 0x80, *value[1:]])]
    return matter.replaced(2, base64url.encode(matter.random.choice(made)))


def edit_the_numbers(matter: Matter) -> str:
    """What the numbers in a signature can be without a change of its meaning, or at the edge of their range."""
    value = base64url.decode(matter.parts[2])
    edit = {"hmac": _hmac, "rsa-pkcs1": _rsa, "rsa-pss": _rsa, "ecdsa": _ecdsa, "eddsa": _eddsa, "ml-dsa": _ml_dsa}
    made = edit[ALGORITHMS[matter.original.alg].family](matter, value)
    return matter.replaced(2, base64url.encode(matter.random.choice(made)))


def _hmac(matter: Matter, _value: bytes) -> list[bytes]:
    signed = ".".join(matter.parts[:2]).encode()
    own = ALGORITHMS[matter.original.alg].hash_name or ""
    secret = base64url.decode(matter.original.key["k"])
    other_hashes = [
        hmac.digest(secret, signed, name) for name in ("md5", "sha1", "sha256", "sha384", "sha512") if name != own
    ]
    cut = hmac.digest(secret, signed, own)[:16]
    return [*other_hashes, cut, hmac.digest(b"", signed, own), hmac.digest(secret, matter.token.encode(), own)]


def _rsa(matter: Matter, value: bytes) -> list[bytes]:
    n, s = int.from_bytes(base64url.decode(matter.original.key["n"])), int.from_bytes(value)
    numbers = (s + n, n - s, n, n - 1, n + 1, 0, 1, 2, pow(s, 65537, n), s >> 8, s << 8)
    return [
        *(number.to_bytes(len(value) + 1).removeprefix(b"\0") for number in numbers),
        s.to_bytes(len(value), "little"),
    ]


def _ecdsa(matter: Matter, value: bytes) -> list[bytes]:
    """(r, n - s) is left out: it is as good as (r, s), for the RFCs demand no low s."""
    half, n = len(value) // 2, CURVES[matter.original.key["crv"]].n
    r, s = int.from_bytes(value[:half]), int.from_bytes(value[half:])
    pairs = [
        (s, r),
        (0, 0),
        (0, s),
        (r, 0),
        (n, s),
        (r, n),
        (r + n, s),
        (r, s + n),
        (n - r, s),
        (n - r, n - s),
        (1, 1),
        (r, 1),
    ]
    written = [b"".join((one % 2 ** (8 * half)).to_bytes(half) for one in pair) for pair in pairs]
    wide = [r.to_bytes(half + 1) + s.to_bytes(half + 1), r.to_bytes(half, "little") + s.to_bytes(half, "little")]
    return [*written, *wide, encode_dss_signature(r, s), encode_dss_signature(r, n - s)]


def _eddsa(matter: Matter, value: bytes) -> list[bytes]:
    half = len(value) // 2
    order, s = ORDERS[matter.original.key["crv"]], int.from_bytes(value[half:], "little")
    numbers = [s + order, s + 2 * order, order - s % order, 0, 1, order, order - 1]
    written = [value[:half] + number.to_bytes(half + 1, "little")[:half] for number in numbers]
    return [*written, b"\1" + bytes(2 * half - 1), value[half:] + value[:half], value[half:] * 2]


def _ml_dsa(matter: Matter, value: bytes) -> list[bytes]:
    """Other commitments, and other hints: the last octets, that say where they stand, can be written in one way only.

    FIPS 204 §7.2 lets no index fall, no room behind the last hint hold anything, and no count fall or exceed the room.
    """
    counts = {"ML-DSA-44": 4, "ML-DSA-65": 6, "ML-DSA-87": 8}[matter.original.alg]
    room = {"ML-DSA-44": 80, "ML-DSA-65": 55, "ML-DSA-87": 75}[matter.original.alg]
    start = len(value) - counts - room
    head, hints, ends = value[:start], value[start:-counts], value[-counts:]
    swapped = bytes([hints[1], hints[0], *hints[2:]])
    filled = hints[:-1] + b"\1"
    edits = [swapped + ends, filled + ends, hints + bytes([*ends[:-1], ends[-1] + 1]), hints + bytes([255] * counts)]
    edits += [bytes(room + counts), hints + ends[::-1], hints[1:] + b"\0" + ends]
    challenge = bytes(32) + value[32:]
    return [*(head + edit for edit in edits), challenge, value[32:] + value[:32], value[:32] + bytes(len(value) - 32)]


def unsign(matter: Matter) -> str:
    header = {"alg": matter.random.choice(NONE), **matter.random.choice([{}, {"typ": "JWT"}, {"kid": "k1"}])}
    signature = matter.random.choice(["", "", matter.parts[2], "AA", "AAAA"])
    return f"{_encode(header)}.{matter.parts[1]}.{signature}"


def take_the_public_key_for_a_secret(matter: Matter) -> str:
    jwk = matter.original.key
    key = parse_jwk(jwk)
    forms = [json.dumps(jwk).encode(), json.dumps(jwk, separators=(",", ":")).encode(), b"", bytes(32), bytes(64)]
    if key.kty != "oct":
        pem, der = to_pem(key, private=False), to_der(key, private=False)
        forms += [pem, pem.strip(), pem.replace(b"\n", b"\r\n"), der, base64.b64encode(der)]
        forms += [base64url.decode(jwk[{"RSA": "n", "AKP": "pub"}.get(key.kty, "x")])]
    alg = matter.random.choice(["HS256", "HS384", "HS512"])
    signed = f"{_encode({'alg': alg, 'typ': 'JWT'})}.{matter.parts[1]}"
    return f"{signed}.{base64url.encode(hmac.digest(matter.random.choice(forms), signed.encode(), f'sha{alg[2:]}'))}"


def bring_an_own_key(matter: Matter) -> str:
    url = "https://attacker.example/"
    own: dict[str, Any] = matter.random.choice([{"jwk": ATTACKER_JWK}, {"jku": url}, {"x5u": url}, {}])
    alg = matter.random.choice(["EdDSA", "Ed25519", matter.original.alg])
    signed = f"{_encode({'alg': alg, **matter.random.choice([{}, {'kid': 'k1'}]), **own})}.{matter.parts[1]}"
    return f"{signed}.{base64url.encode(ATTACKER.sign(signed.encode()))}"


def serialize_as_json(matter: Matter) -> str:
    """A JSON serialization of the token that is none, or that says something else."""
    header, payload, signature = matter.parts
    one = {"protected": header, "signature": signature}
    flat: dict[str, Any] = {"payload": payload, **one}
    name = matter.random.choice(list(flat))
    bad = matter.random.choice(
        [None, [], {}, 1, "", "AA", "=", "e30", flat[name] + "=", flat[name] + " ", [flat[name]]]
    )
    wrong = {**flat, name: bad}
    return json.dumps(
        matter.random.choice([wrong, wrong, *_wrong_in_form(matter, flat, one), *_wrong_in_headers(flat)])
    )


def repeat_a_json_member(matter: Matter) -> str:
    header, payload, signature = matter.parts
    flat = {"payload": payload, "protected": header, "signature": signature}
    name = matter.random.choice(list(flat))
    other = json.dumps(
        matter.random.choice(["AA", "e30", None, [], *(part for part in matter.parts if part != flat[name])])
    )
    text = json.dumps(flat)
    return matter.random.choice([f'{text[:-1]}, "{name}": {other}}}', f'{{"{name}": {other}, {text[1:]}'])


def _wrong_in_form(matter: Matter, flat: dict[str, Any], one: dict[str, str]) -> list[object]:
    missing = matter.random.choice(list(flat))
    other: dict[str, Any] = {
        **one,
        **matter.random.choice([{"signature": "AA"}, {"protected": "e30"}, {"protected": 1}]),
    }
    lists: list[Any] = [[], {}, None, [None], [[]], [other], [other, other], [one] * 17, ["AA"]]
    general = matter.random.choice(lists)
    forms: list[object] = [[flat], {**flat, "signatures": [one]}, {**flat, "ciphertext": "AA"}, {"jws": flat}]
    forms += [{name: value for name, value in flat.items() if name != missing}]
    return [*forms, *[{"payload": flat["payload"], "signatures": general}] * 3]


def _wrong_in_headers(flat: dict[str, Any]) -> list[object]:
    header = json.loads(base64url.decode(flat["protected"]))
    bare = {name: value for name, value in flat.items() if name != "protected"}
    unprotected: list[object] = [
        {"alg": "none"},
        {"alg": header["alg"]},
        {"b64": False},
        {"b64": True},
        {"crit": ["x"]},
    ]
    unprotected += [{"crit": []}, {"kid": 1}, [], None, "e30"]
    forms: list[object] = [{**flat, "header": each} for each in unprotected]
    return [
        *forms,
        {**bare, "header": header},
        {**bare, "header": {**header, "alg": "none"}},
        {**flat, "protected": header},
    ]
