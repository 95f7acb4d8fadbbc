"""What went wrong elsewhere, as it went wrong there: one test an advisory, named after it."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.algorithms import CURVES
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_jwk, to_pem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attacks.conftest import Forger, Publish, Verdict, Verify
    from tests.cli.conftest import Cli

NOW = 1_795_556_400
INVALID = (1, {"signature_invalid"})


def test_cve_2017_16007_point_off_the_curve(forge: Forger, publish: Publish, verify: Verify) -> None:
    """node-jose and others: a point on a weaker curve leaks the private key that meets it."""
    octets = CURVES["P-256"].octets
    for x, y in ((1, 1), (2, 3), (0, 0), (5, 0)):
        one, two = (base64url.encode(value.to_bytes(octets)) for value in (x, y))
        assert verify(forge.sign("ES256"), "-k", publish("ES256", x=one, y=two)).short == (4, {"key_malformed"})


def test_cve_2017_15361_roca(forge: Forger, publish: Publish, verify: Verify, cli: Cli) -> None:
    """Infineon: primes of the shape k·M + (65537^a mod M)."""
    from math import prod

    primorial = prod(n for n in range(2, 168) if all(n % divisor for divisor in range(2, n)))
    n = (primorial * (2**806 + 7) + 65537**2 % primorial) * (primorial * (2**808 + 9) + 65537**5 % primorial)
    key = publish({"kty": "RSA", "e": "AQAB", "n": base64url.encode(n.to_bytes((n.bit_length() + 7) // 8))})
    assert verify(forge.sign("RS256"), "-k", key, "--allow-weak-key").short == (4, {"key_too_weak"})
    assert "CVE-2017-15361" in cli("key", "show", key).stdout


def test_cve_2018_0114_embedded_jwk(forge: Forger, publish: Publish, verify: Verify) -> None:
    """node-jose: the key in the header was used to verify the very token."""
    attacker = generate("RS256")
    token = forge.sign("RS256", {"alg": "RS256", "jwk": to_jwk(attacker, private=False)}, by=attacker)
    assert verify(token, "-k", publish("RS256")).short == INVALID


def test_cve_2018_1000531_and_2020_28042_empty_signature(forge: Forger, publish: Publish, verify: Verify) -> None:
    """inversoft, ServiceStack: no signature, no check."""
    for alg in ("HS256", "RS256", "ES256", "EdDSA", "PS256"):
        token = forge.sign(alg).rpartition(".")[0] + "."
        assert verify(token, "-k", publish(alg)).short == INVALID
        assert verify(token[:-1], "-k", publish(alg)).short == (3, {"token_malformed"})


def test_cve_2015_2951_alg_none_in_any_case(forge: Forger, publish: Publish, verify: Verify) -> None:
    """A PHP library believed `none`, and a list that forbids one spelling, as Auth0's did, allows `nonE`."""
    for spelling in ("none", "None", "NONE", "nonE", "nOnE"):
        token = f"{forge.segment({'alg': spelling})}.{forge.segment({'sub': 'admin'})}."
        assert verify(token, "-k", publish("RS256")).short == (1, {"alg_none"})


@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512", "ES256K"])
def test_cve_2022_21449_psychic_signature(alg: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    """Java: r = s = 0 verified for every message and key."""
    signed, _, signature = forge.sign(alg).rpartition(".")
    zeros = base64url.encode(bytes(len(base64url.decode(signature))))
    assert verify(f"{signed}.{zeros}", "-k", publish(alg)).short == INVALID


def test_cve_2022_26320_primes_next_to_each_other(forge: Forger, publish: Publish, verify: Verify) -> None:
    """Printers by Canon and Fuji Xerox: one step of Fermat's method."""
    p = 2**1024 - 105
    n = p * (p - 2**300)
    key = publish({"kty": "RSA", "e": "AQAB", "n": base64url.encode(n.to_bytes(256))})
    assert verify(forge.sign("RS256"), "-k", key, "--allow-weak-key").short == (4, {"key_too_weak"})


def test_cve_2024_37568_verify_without_an_algorithm(forge: Forger, verify: Verify, publish: Publish) -> None:
    """Authlib: where no list of algorithms was given, the token chose among all."""
    public = publish("RS256")
    assert verify(forge.mac(public.read_bytes()), "-k", public).short == (1, {"alg_key_mismatch"})
    assert verify(forge.mac(to_pem(forge.keys["RS256"], private=False)), "-k", public).short == (
        1,
        {"alg_key_mismatch"},
    )


def test_cve_2024_53861_partial_issuer(forge: Forger, publish: Publish, verify: Verify) -> None:
    """PyJWT 2.10.0: the claim was looked for *in* the text of the issuer."""
    for iss in ("https://", "idp", "", "h", "https://idp.example"[:-1]):
        token = forge.sign("ES256", None, {"iss": iss})
        assert verify(token, "-k", publish("ES256"), "-i", "https://idp.example").short == (1, {"iss_mismatch"})


def peak_of(call: Callable[[], Verdict]) -> tuple[Verdict, int]:
    tracemalloc.start()
    verdict = call()
    _size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return verdict, peak


@pytest.mark.parametrize(
    "token", ["." * 250_000, "a." * 125_000, "~" * 250_000, "e30." * 60_000], ids=lambda text: text[:4]
)
def test_cve_2025_27144_and_cve_2025_30204_a_million_dots(token: str, publish: Publish, verify: Verify) -> None:
    """go-jose, golang-jwt: a list as long as the token."""
    verdict, peak = peak_of(lambda: verify(token, "-k", publish("ES256")))
    assert (verdict.short, peak < 4 * len(token) + 500_000) == ((3, {"token_malformed"}), True)


def test_cve_2025_53864_deeply_nested_claims(forge: Forger, publish: Publish, verify: Verify) -> None:
    """Nimbus: a stack overflow, which no handler catches."""
    for depth in (1_000, 30_000):
        token = forge.sign("ES256", None, b'{"a":' * depth + b"1" + b"}" * depth)
        assert verify(token, "-k", publish("ES256")).short == (1, {"json_too_deep"})


def test_cve_2025_61920_segments_of_any_size(publish: Publish, verify: Verify) -> None:
    """Authlib: hundreds of megabytes were decoded before anything was checked."""
    began = time.monotonic()
    for token in ("e" * 20_000_000 + ".e30.AA", "e30.e30." + "A" * 20_000_000, "e30." + "A" * 20_000_000 + ".AA"):
        assert verify(token, "-k", publish("ES256")).short == (3, {"input_too_large"})
    assert time.monotonic() - began < 10


def test_cve_2025_65015_token_in_the_error(forge: Forger, publish: Publish, cli: Cli) -> None:
    """joserfc: the message of the size limit held the whole token, and so did the log."""
    canary = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnk"
    tokens = (
        f"{canary * 20_000}.e30.AA",
        f"e30.{canary}.AA.x",
        f"{canary}.{canary}.{canary}",
        forge.sign("ES256", {"alg": "ES256", "x": "x" * 20_000}, {"c": canary}),
        f"e30.{canary}",
        f"{forge.segment({'alg': 'ES256'})}.{canary}.{canary}=",
    )
    for token in tokens:
        for way in ([], ["-v"], ["--json", "-v"]):
            done = cli("verify", "-k", publish("ES256"), *way, stdin=token.encode(), env={"JWTOOL_TRACEBACK": "1"})
            assert done.exit == 3
            assert canary not in done.stdout + done.stderr
            assert len(done.stdout + done.stderr) < 1000


@pytest.mark.parametrize("value", ["99999999999", "", "never", True, None, {}, [], [9_999_999_999]], ids=repr)
def test_cve_2026_25537_exp_of_a_wrong_type(value: Any, forge: Forger, publish: Publish, verify: Verify) -> None:
    """Rust's jsonwebtoken: what could not be read counted as not there."""
    for claim in ("exp", "nbf", "iat"):
        token = forge.sign("ES256", None, {claim: value})
        assert verify(token, "-k", publish("ES256")).short == (1, {"claim_bad_type"})


def test_cve_2026_27962_no_key_means_no_verification(forge: Forger, verify: Verify) -> None:
    """Authlib: with key=None the key of the header was taken."""
    attacker = generate("ES256")
    token = forge.sign("ES256", {"alg": "ES256", "jwk": to_jwk(attacker, private=False)}, by=attacker)
    assert verify(token).short == (2, {"usage"})
    assert verify(token, env={"JWTOOL_KEY": ""}).short == (2, {"usage"})


def test_cve_2026_28802_alg_none_with_a_blank_signature(forge: Forger, publish: Publish, verify: Verify) -> None:
    """Authlib 1.6.5: an alg that does nothing returned what meant yes."""
    keyset = {"keys": [json.loads(publish("RS256", kid="test-key-001", use="sig", alg="RS256").read_text())]}
    path = publish(keyset)
    for header in ({"alg": "none"}, {"alg": "none", "kid": "test-key-001"}):
        token = f"{forge.segment(header)}.{forge.segment({'role': 'admin'})}."
        assert verify(token, "-k", path).short == (1, {"alg_none"})


def test_cve_2026_29000_encrypted_is_not_signed(forge: Forger, publish: Publish, verify: Verify) -> None:
    """pac4j: a JWE around an unsigned token was believed, since anybody can encrypt to a public key."""
    header = forge.segment({"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT"})
    parts = [base64url.encode(bytes(size)) for size in (256, 12, 50, 16)]
    assert verify(".".join([header, *parts]), "-k", publish("RS256", private=True)).short == (3, {"token_is_jwe"})


def test_cve_2026_48522_key_set_from_any_url(forge: Forger, publish: Publish, verify: Verify) -> None:
    """PyJWT: whatever urllib opens was opened, files too."""
    path = publish("ES256", kid="k1")
    for url in (
        f"file://{path}",
        f"FILE://{path}",
        f"file:{path}",
        f"local_file://{path}",
        "ftp://127.0.0.1/",
        "http://192.0.2.1/",
    ):
        assert verify(forge.sign("ES256"), "-k", url).exit in {2, 3}, url
    assert verify(forge.sign("ES256"), "-k", f"file://{path}").short == (2, {"url_scheme_refused"})


def test_cve_2026_48523_allow_list_against_the_header_only(forge: Forger, publish: Publish, verify: Verify) -> None:
    """PyJWT: the list was held against the header's alg, and the signature against the key's."""
    key = publish("RS256", alg="RS256")
    token = forge.sign("RS256", {"alg": "PS256"})
    assert verify(token, "-k", key, "--alg", "PS256").short == (1, {"alg_key_mismatch"})
    assert verify(forge.sign("RS256"), "-k", key, "--alg", "PS256").short == (1, {"alg_not_allowed"})


def test_cve_2026_48524_unknown_kid_is_no_reason_to_ask_again(
    forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify, serve: Any
) -> None:
    """PyJWT: each token with a new kid cost a fetch; here one run of one command costs one."""
    body = publish_set(publish("ES256", kid="k1")).read_bytes()
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    token = forge.sign("ES256", {"alg": "ES256", "kid": "random"})
    assert verify(token, "-k", server.url).short == (1, {"key_not_found"})
    assert len(server.requests) == 1


def test_panva_jose_6_2_5_empty_and_absurd_options(forge: Forger, publish: Publish, verify: Verify) -> None:
    """An empty demand must not mean none, nor an infinite tolerance a valid one."""
    token = forge.sign("ES256", None, {"exp": NOW - 1, "iss": "x", "aud": "y"})
    for options in (["-a", ""], ["-i", ""], ["--leeway", "Infinity"], ["--leeway", "-1s"], ["--max-age", "NaN"]):
        assert verify(token, "-k", publish("ES256"), *options).exit == 2, options
