from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, encrypt
from jwtool.jose.encryption_algorithms import MAX_P2C
from jwtool.jose.errors import (
    JwtoolError,
    KeyMalformed,
    KeyUnrecognized,
    KeyUnsupported,
    PassphraseMissing,
    PassphraseWrong,
)
from jwtool.jose.keys import encrypted_jwk
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_jwk

if TYPE_CHECKING:
    from jwtool.jose.keyset import KeySet

EXAMPLES = json.loads((Path(__file__).parents[2] / "vectors" / "jwe_examples.json").read_text("utf-8"))["decrypted"]
RIGHT = b"opensesame"
JWK = to_jwk(generate("ES256", kid="a"), private=True)
TOKEN = "this is a token, not a key"
PBES2 = "PBES2-HS256+A128KW"


def load(data: str, passphrase: bytes | None = RIGHT) -> KeySet:
    return load_keys(data.encode(), passphrase=lambda: passphrase)


def refusal(data: str, passphrase: bytes | None = RIGHT) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        load(data, passphrase)
    return type(caught.value), caught.value.message


def locked(payload: bytes, *, alg: str = PBES2, **header: Any) -> str:
    """A JWE for the passphrase."""
    plan = encrypt.choose([encrypted_jwk._password(RIGHT)], algs=[alg])
    return encrypt.compact(payload, encrypt.build_header(payload, plan, {"p2c": 1000, **header}), plan)


def as_json(token: str, *, general: bool = False) -> dict[str, Any]:
    protected, key, iv, ciphertext, tag = token.split(".")
    rest = {"protected": protected, "iv": iv, "ciphertext": ciphertext, "tag": tag}
    return rest | ({"recipients": [{"encrypted_key": key}]} if general else {"encrypted_key": key})


def with_header(token: str, **change: Any) -> str:
    head, rest = token.split(".", 1)
    header = json.loads(base64url.decode(head)) | change
    return f"{base64url.encode(json.dumps(header).encode())}.{rest}"


def test_rfc_7517_appendix_c() -> None:
    (example,) = [one for one in EXAMPLES if one["section"] == "RFC 7517 C"]
    password = example["password"].encode()
    keyset = load(example["token"], password)
    (key,) = keyset.keys
    assert key.describe() == "RSA 2048"
    assert (key.kid, key.use, key.private, key.form) == ("juliet@capulet.lit", "enc", True, "jwk")
    assert json.loads(example["plaintext"]) == {"kty": "RSA", **key.members}
    assert refusal(example["token"], b"Thus from my lips")[0] is PassphraseWrong


@pytest.mark.parametrize("alg", ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"])
@pytest.mark.parametrize("cty", ["jwk+json", "application/JWK+json", None])
def test_a_jwk(alg: str, cty: str | None) -> None:
    token = locked(json.dumps(JWK).encode(), alg=alg, **({"cty": cty} if cty else {}))
    for data in (token, f"\n{token}\r\n", json.dumps(as_json(token)), json.dumps(as_json(token, general=True))):
        keyset = load(data)
        assert [key.members for key in keyset.keys] == [JWK]
        assert keyset.is_set is False


def test_a_set() -> None:
    document = {"keys": [JWK, {"kty": "new", "kid": "b"}]}
    keyset = load(locked(json.dumps(document).encode(), cty="jwk-set+json"))
    assert [key.kid for key in keyset.keys] == ["a"]
    assert [(one.kid, one.code) for one in keyset.skipped] == [("b", "key_unsupported")]
    assert keyset.is_set is True


def test_what_we_write_is_read() -> None:
    token = encrypted_jwk.to_encrypted_jwk(generate("EdDSA"), RIGHT)
    assert load(token).keys[0].describe() == "OKP Ed25519"


DIRECT = base64url.encode(b'{"alg":"dir","enc":"A128GCM"}')


def test_the_passphrase() -> None:
    token = locked(json.dumps(JWK).encode(), cty="jwk+json")
    assert refusal(token, None) == (PassphraseMissing, "the JWK is encrypted and no passphrase was given")
    assert refusal(token, b"") == (PassphraseWrong, "the passphrase is empty")
    wrong = (PassphraseWrong, "the passphrase does not open the encrypted JWK")
    assert refusal(token, b"opensesam") == wrong
    head, key, iv, ciphertext, tag = token.split(".")
    broken = "A" + ciphertext[1:] if ciphertext[0] != "A" else "B" + ciphertext[1:]
    for other in ((key, iv, broken, tag), ("AAAA", iv, ciphertext, tag), (key, iv, ciphertext, "AAAA")):
        assert refusal(".".join((head, *other))) == wrong


def test_a_token_that_is_no_key() -> None:
    asked = []

    def ask() -> bytes:
        asked.append(True)
        return RIGHT

    for token in (
        locked(b"{}", cty="JWT"),
        locked(b"{}", cty="text/plain"),
        f"{DIRECT}..AAAA.AAAA.AAAA",
        base64url.encode(b'{"alg":"dir"}') + "..AAAA.AAAA.AAAA",
    ):
        with pytest.raises(JwtoolError) as caught:
            load_keys(token.encode(), passphrase=ask)
        assert caught.value.message == TOKEN
    assert asked == []
    inside = "the token was decrypted, and it holds neither a JWK nor a JWK set"
    for payload in (b"{}", b"no JSON", b"[]", b'{"kty":"oct","kty":"oct"}', b"\xff", b'{"sub":"user-42"}'):
        assert refusal(locked(payload)) == (KeyUnrecognized, inside)
    assert refusal(locked(b'{"kty":"oct"}'))[0] is KeyMalformed
    assert refusal(locked(b'{"kty":"new"}'))[0] is KeyUnsupported


def test_a_jwk_for_another_key() -> None:
    header = base64url.encode(b'{"alg":"A128KW","enc":"A128GCM","cty":"jwk+json"}')
    message = "the JWK is encrypted with 'A128KW', and only for a passphrase (PBES2) it is read"
    assert refusal(f"{header}.AAAA.AAAA.AAAA.AAAA") == (KeyUnsupported, message)


@pytest.mark.parametrize(
    ("count", "found"),
    [
        (MAX_P2C + 1, "1200001"),
        (2**31, "2147483648"),
        (10**30, "others"),
        (999, "999"),
        (0, "0"),
        (-1, "-1"),
        (None, None),
        (1000.5, "others"),
    ],
)
def test_p2c_is_judged_before_the_passphrase(count: Any, found: str | None) -> None:
    """The "billion hashes" attack on key files."""
    token = with_header(locked(json.dumps(JWK).encode()), p2c=count)
    error, message = refusal(token, None)
    if found is not None:
        wanted = f"the encrypted JWK asks for {found} rounds of key derivation, wanted 1000 to 1200000"
        assert (error, message) == (KeyMalformed, wanted)
    else:
        assert error is not PassphraseMissing


def test_recipients_share_one_budget() -> None:
    payload = json.dumps(JWK).encode()
    one = as_json(locked(payload, p2c=1000))
    protected = json.loads(base64url.decode(one["protected"]))
    shared = {name: protected.pop(name) for name in ("alg", "p2s", "p2c")}
    document = {
        "protected": base64url.encode(json.dumps(protected).encode()),
        "recipients": [{"header": shared | {"p2c": 600_000}, "encrypted_key": one["encrypted_key"]}] * 3,
        **{name: one[name] for name in ("iv", "ciphertext", "tag")},
    }
    message = "the encrypted keys of the file ask for too much key derivation, all together"
    assert refusal(json.dumps(document), None) == (KeyMalformed, message)
