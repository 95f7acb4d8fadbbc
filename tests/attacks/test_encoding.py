"""One token, one spelling: whatever two readers could read differently is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Publish, Run, Verify
    from tests.cli.conftest import Cli


@pytest.mark.attack("A044")
def test_json_serialization(forge: Forger, publish: Publish, verify: Verify) -> None:
    public = publish("ES256")
    members = forge.flattened("ES256", {"alg": "ES256"})
    assert verify(json.dumps(members), "-k", public).short == (0, set())
    signature = {name: members[name] for name in ("protected", "signature")}
    general = {"payload": members["payload"], "signatures": [signature]}
    assert verify(json.dumps(general), "-k", public).short == (0, set())
    other = forge.segment({"sub": "admin"})
    malformed: Mapping[str, Any] = {
        "another payload": {**members, "payload": other},
        "both forms": {**members, "signatures": [signature]},
        "no signatures": {"payload": members["payload"], "signatures": []},
        "signatures that are none": {"payload": members["payload"], "signatures": [None]},
        "a payload that is an object": {**members, "payload": {"sub": "admin"}},
        "a compact look-alike": {**members, "payload": f"{members['protected']}.{other}"},
        "a JWE beside it": {**members, "ciphertext": "AA"},
        "padding": {**members, "payload": members["payload"] + "="},
        "the payload twice": json.dumps(members)[:-1] + f',"payload":"{other}"}}',
        "the payload twice, escaped": json.dumps(members)[:-1] + rf',"p\u0061yload":"{other}"}}',
    }
    refused = {
        name: verify(token if isinstance(token, str) else json.dumps(token), "-k", public).short
        for name, token in malformed.items()
    }
    assert refused == {
        "another payload": (1, {"signature_invalid"}),
        "both forms": (3, {"token_malformed"}),
        "no signatures": (3, {"token_malformed"}),
        "signatures that are none": (3, {"token_malformed"}),
        "a payload that is an object": (3, {"token_malformed"}),
        "a compact look-alike": (3, {"bad_base64url"}),
        "a JWE beside it": (3, {"token_malformed"}),
        "padding": (3, {"bad_base64url"}),
        "the payload twice": (3, {"duplicate_member"}),
        "the payload twice, escaped": (3, {"duplicate_member"}),
    }


@pytest.mark.attack("A045")
def test_segments(forge: Forger, publish: Publish, verify: Verify) -> None:
    token, public = forge.sign("ES256"), publish("ES256")
    header, payload, signature = token.split(".")
    for text in (
        *(header, f"{header}.{payload}", f"{token}.", f".{token}", f"{token}...", f"{token}....", "." * 1000),
        *(f"{header}.{payload}.{signature}.{signature}", f"{token}.{token}", f"{header}..{payload}.{signature}"),
    ):
        assert verify(text, "-k", public).short == (3, {"token_malformed"}), text.count(".")
    assert verify(f"{token}..", "-k", public).short == (3, {"token_is_jwe"})
    for dots, code in (
        ("." * 250_000, "token_malformed"),
        ("." * 1_000_000, "input_too_large"),
        (token + "." * 250_000, "token_malformed"),
    ):
        tracemalloc.start()
        verdict = verify(dots, "-k", public)
        _size, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (verdict.short, peak < 4 * len(dots) + 500_000) == ((3, {code}), True)


@pytest.mark.attack("A047")
def test_jwe_whose_payload_is_an_unsigned_token(forge: Forger, publish: Publish, verify: Verify) -> None:
    """CVE-2026-29000: a sound encryption says nothing of who wrote it."""
    from joserfc import jwe
    from joserfc.jwk import RSAKey

    public = publish("RS256")
    inner = f"{forge.segment({'alg': 'none'})}.{forge.segment({'sub': 'admin'})}."
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT"}
    key = RSAKey.import_key(json.loads(public.read_text()))
    token = jwe.encrypt_compact(header, inner.encode(), key, algorithms=["RSA-OAEP-256", "A256GCM"])
    for path in (public, publish("RS256", private=True)):
        for options in ([], ["--payload-only"], ["--alg", "RS256"]):
            assert verify(token, "-k", path, *options).short == (3, {"token_is_jwe"})


@pytest.mark.attack("A048")
def test_padding_in_any_segment(forge: Forger, publish: Publish, verify: Verify) -> None:
    header, payload = forge.segment({"alg": "HS256"}), forge.segment({"sub": "user-42"})
    for signed in (f"{header}=.{payload}", f"{header}.{payload}=", f"{header}==.{payload}==", f"{header}=.{payload}="):
        token = f"{signed}.{forge.segment(forge.signature('HS256', signed))}"
        assert verify(token, "-k", publish("HS256")).short == (3, {"bad_base64url"})
    token = forge.sign("HS256")
    for end in ("=", "==", "%3D", "A", "AA"):
        expected = (1, {"signature_invalid"}) if end == "A" else (3, {"bad_base64url"})
        assert verify(token + end, "-k", publish("HS256")).short == expected, end


@pytest.mark.attack("A050")
def test_standard_base64_alphabet(forge: Forger, publish: Publish, verify: Verify) -> None:
    swap = str.maketrans("-_", "+/")
    tokens = (forge.sign("ES256", None, {"sub": "???>>>", "n": n}) for n in range(100))
    token = next(token for token in tokens if token.translate(swap) != token and "-" in token and "_" in token)
    assert verify(token, "-k", publish("ES256")).short == (0, set())
    assert verify(token.translate(swap), "-k", publish("ES256")).short == (3, {"bad_base64url"})
    signed, _, signature = token.rpartition(".")
    signature = signature.translate(swap) if set("-_") & set(signature) else signature.replace(signature[5], "+", 1)
    assert verify(f"{signed}.{signature}", "-k", publish("ES256")).short == (3, {"bad_base64url"})


def test_stray_bits_at_the_end(forge: Forger, publish: Publish, verify: Verify) -> None:
    """64 octets end in a character that carries four unused bits: fifteen more spellings of one signature."""
    token = forge.sign("ES256")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    at = alphabet.index(token[-1])
    assert at % 16 == 0
    for stray in range(1, 16):
        assert verify(token[:-1] + alphabet[at + stray], "-k", publish("ES256")).short == (3, {"bad_base64url"})


@pytest.mark.attack("A052")
def test_unlike_letters(forge: Forger, publish: Publish, verify: Verify) -> None:
    token = forge.sign("ES256")
    wide = str.maketrans({chr(number): chr(number + 0xFEE0) for number in range(0x21, 0x7F)})
    for text in (
        token.translate(wide),
        token.replace("e", "\uff45", 1),
        token.replace(".", "\uff0e"),
        token.replace(".", "\u3002"),
        token.replace(".", "\u2024"),
        token.replace(".", "%2E"),
        token.replace(".", "%2e"),
        token.replace(".", "%252e"),
        token.replace("y", "y\u0301", 1),
        token.replace("y", "\u0443", 1),
        token.replace("y", "y\u200b", 1),
        token[:9] + "\u00ad" + token[9:],
    ):
        assert verify(text, "-k", publish("ES256")).short == (3, {"token_malformed"})
    for text in (token[:9] + "%" + token[9:], token[:9] + "\0" + token[9:], token[:9] + "\x7f" + token[9:]):
        assert verify(text, "-k", publish("ES256")).short == (3, {"bad_base64url"})


@pytest.mark.attack("A053")
def test_what_stands_around_a_token(forge: Forger, publish: Publish, verify: Verify, cli: Cli) -> None:
    token, public = forge.sign("ES256"), publish("ES256")
    for text in (
        *(f"Bearer {token}", f"bearer\t{token}\n", f'"{token}"', f"'{token}'", f"  {token}\r\n"),
        *(f'Authorization: Bearer "{token}"', json.dumps({"access_token": token, "token_type": "Bearer"})),
        json.dumps({"id_token": token}),
    ):
        assert verify(text, "-k", public).short == (0, set()), text[:20]
    for text in (
        *(f"{token} {token}", f"{token}\n{token}", f"{token[:20]}\n{token[20:]}", f"{token[:20]} {token[20:]}"),
        *(f"{token},{token}", f"[{json.dumps(token)}]", f"Basic {token}", f"{token};path=/", f"jwt={token}"),
        *(json.dumps({"access_token": [token]}), json.dumps({"access_token": f"{token} {token}"})),
    ):
        assert verify(text, "-k", public).short[0] == 3, text[:20]
    done = cli("verify", "-k", public, stdin=f"{token[:20]}\n{token[20:]}".encode())
    hint = "hint: a token is one word; a line break inside comes from copying a wrapped line"
    assert done.stderr.splitlines() == ["jwtool: error: the token has a line break at offset 20", hint]


def test_token_response_with_two_tokens(forge: Forger, publish: Publish, verify: Verify) -> None:
    """The order is the contract's, not the attacker's; a repeated member is refused."""
    good, forged = forge.sign("ES256"), forge.sign("ES256")[:-8] + "AAAAAAAA"
    public = publish("ES256")
    assert verify(json.dumps({"value": forged, "access_token": good}), "-k", public).short == (0, set())
    assert verify(json.dumps({"value": good, "access_token": forged}), "-k", public).short == (1, {"signature_invalid"})
    twice = f'{{"access_token":"{good}","access_token":"{forged}"}}'
    assert verify(twice, "-k", public).short == (3, {"duplicate_member"})
    assert verify(json.dumps({"id_token": {"access_token": good}}), "-k", public).short == (3, {"token_malformed"})


@pytest.mark.attack("A054")
def test_empty_input(publish: Publish, verify: Verify, run: Run) -> None:
    for text in ("", "\n", " \t\r\n", '""', "Bearer ", "\0"):
        assert verify(text, "-k", publish("ES256"), "-").short == (3, {"token_malformed"}), text
        assert verify("", "-k", publish("ES256"), "@/dev/null").short == (3, {"token_malformed"})
    done = run("verify", "-k", publish("ES256"), "-", stdin=b"")
    assert (done.returncode, done.stdout, done.stderr.splitlines()[0][:14]) == (3, b"", b"jwtool: error:")
    assert verify("..", "-k", publish("ES256")).short == (3, {"header_not_object"})


@pytest.mark.attack("A056")
def test_invalid_utf8(publish: Publish, verify: Verify, run: Run, tmp_path: Any) -> None:
    raw, public = b"\xff.\xfe.\xfd", publish("ES256")
    assert verify(raw, "-k", public).short == (3, {"token_malformed"})
    path = tmp_path / "token"
    path.write_bytes(raw)
    assert verify(b"", "-k", public, f"@{path}").short == (3, {"token_malformed"})
    command: list[str | bytes] = [sys.executable, "-m", "jwtool", "verify", "-k", str(public), raw]
    done = subprocess.run(command, capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.decode("ascii").startswith("jwtool: error: the token ")
    assert run("decode", "env:TOKEN", env={b"TOKEN": raw}).returncode == 3


def test_same_token_in_utf16(forge: Forger, publish: Publish, verify: Verify) -> None:
    token = forge.sign("ES256")
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"):
        assert verify(token.encode(encoding), "-k", publish("ES256")).short[0] == 3, encoding


def test_every_changed_character_is_refused(
    forge: Forger, publish: Publish, verify: Verify, keys: Mapping[str, Key]
) -> None:
    """Each position of a token once another letter: never valid, whatever the reason."""
    token = forge.sign("HS256")
    public = publish(keys["HS256"])
    for at, letter in enumerate(token):
        other = "A" if letter != "A" else "B"
        assert verify(token[:at] + other + token[at + 1 :], "-k", public).short[0] in {1, 3}, at
