"""What a header says of keys, of criticality and of itself is the attacker's word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_jwk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.attacks.conftest import Forger, Publish, Verify
    from tests.cli.conftest import Cli


@pytest.mark.attack("A023")
def test_embedded_jwk_signs_itself(forge: Forger, publish: Publish, publish_set: Any, verify: Verify) -> None:
    """CVE-2018-0114: the token brings the key that it is signed with, under the name of a trusted one too."""
    attacker = generate("ES256", kid="k1")
    keyset = publish_set(publish("ES256", kid="k1"))
    for kid in ({"kid": "k1"}, {}):
        header = {"alg": "ES256", "jwk": to_jwk(attacker, private=False), **kid}
        assert verify(forge.sign("ES256", header, by=attacker), "-k", keyset).short == (1, {"signature_invalid"})
    named = {"alg": "ES256", "jwk": to_jwk(attacker, private=False), "kid": "attacker"}
    assert verify(forge.sign("ES256", named, by=attacker), "-k", keyset).short == (1, {"key_not_found"})


@pytest.mark.attack("A024")
@pytest.mark.parametrize("options", [[], ["-i", "idp"], ["--alg", "ES256"], ["--payload-only"]])
def test_embedded_jwk_with_no_key_given(options: list[str], forge: Forger, verify: Verify) -> None:
    attacker = generate("ES256")
    token = forge.sign("ES256", {"alg": "ES256", "jwk": to_jwk(attacker, private=False)}, by=attacker)
    assert verify(token, *options).short == (2, {"usage"})
    assert verify(token, "-k", "", *options).short == (2, {"usage"})


def test_embedded_jwk_where_the_keys_of_the_issuer_are_out_of_reach(forge: Forger, verify: Verify) -> None:
    attacker, gone = generate("ES256"), "http://127.0.0.1:1"
    token = forge.sign("ES256", {"alg": "ES256", "jwk": to_jwk(attacker, private=False)}, {"iss": gone}, by=attacker)
    assert verify(token, "-i", gone).short == (5, {"jwks_unreachable"})
    assert verify(token, "-k", "", "-i", gone).short == (2, {"usage"})


@pytest.mark.attack("A030")
@pytest.mark.parametrize("alg", ["HS256", "ES256"])
def test_two_keys_share_a_kid(
    alg: str, forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify, cli: Cli
) -> None:
    ours, other = publish(alg, kid="k1"), publish(generate(alg, kid="k1"))
    token = forge.sign(alg, {"alg": alg, "kid": "k1"})
    for keyset in (publish_set(ours, other), publish_set(other, ours), publish_set(ours, ours)):
        assert verify(token, "-k", keyset).short == (1, {"key_ambiguous"})
        assert verify(token, "-k", f"{keyset}#k1").short == (4, {"key_ambiguous"})
    # In two sets the same kid may stand: each of the keys is tried.
    assert verify(token, "-k", publish_set(other), "-k", publish_set(ours)).short == (0, set())
    assert cli("jwks", "build", "--private", ours, other, "--json").codes == {"key_ambiguous"}


def test_broken_twin_makes_a_kid_ambiguous(
    forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify
) -> None:
    """A key that is skipped still claims its kid: whoever can break one key must not choose which other is taken."""
    twin = publish("ES256", kid="k1", x="AA")
    token = forge.sign("ES256", {"alg": "ES256", "kid": "k1"})
    assert verify(token, "-k", publish_set(twin, publish("ES256", kid="k1"))).short == (1, {"key_ambiguous"})


@pytest.mark.attack("A031")
def test_token_without_kid_is_tried_with_every_key_that_fits(
    forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify
) -> None:
    second = generate("ES256", kid="k2")
    keyset = publish_set(publish("ES256", kid="k1"), publish(second))
    assert verify(forge.sign("ES256", by=second), "-k", keyset).short == (0, set())
    misnamed = forge.sign("ES256", {"alg": "ES256", "kid": "k1"}, by=second)
    assert verify(misnamed, "-k", keyset).short == (1, {"signature_invalid"})
    others = [publish(generate("ES256", kid=f"other-{number}")) for number in range(16)]
    assert verify(forge.sign("ES256", by=second), "-k", publish_set(*others[1:], publish(second))).short == (0, set())
    many = verify(forge.sign("ES256", by=second), "-k", publish_set(*others, publish(second)))
    assert many.short == (1, {"signature_invalid"})
    assert many.document["notes"] == ["1 more keys fit and were not tried: at most 16 are"]


@pytest.mark.attack("A033")
@pytest.mark.parametrize("crit", [[], "exp", 1, None, [1], ["exp", None], {"exp": 1}, True, [["exp"]]])
def test_crit_of_another_shape(crit: Any, forge: Forger, publish: Publish, verify: Verify) -> None:
    token = forge.sign("ES256", {"alg": "ES256", "exp": 1, "crit": crit})
    assert verify(token, "-k", publish("ES256")).short == (1, {"crit_malformed"})


@pytest.mark.attack("A034")
@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["alg"]},
        {"crit": ["kid"], "kid": "k1"},
        {"crit": ["crit"]},
        {"crit": ["jwk"], "jwk": {}},
        {"crit": ["b64"]},
        {"crit": ["b64", "b64"], "b64": True},
        {"crit": ["exp"]},
        {"crit": [""]},
    ],
    ids=json.dumps,
)
def test_crit_names_what_it_must_not(
    header: Mapping[str, Any], forge: Forger, publish: Publish, verify: Verify
) -> None:
    token = forge.sign("ES256", {"alg": "ES256", **header})
    assert verify(token, "-k", publish("ES256", kid="k1")).short == (1, {"crit_malformed"})


@pytest.mark.parametrize("name", ["exp", "http://example.com/policy", "B64", "b64 ", "iss", "__proto__", ""])
def test_unknown_critical_parameter(name: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    token = forge.sign("ES256", {"alg": "ES256", name: 9_999_999_999, "crit": [name]})
    assert verify(token, "-k", publish("ES256")).short == (1, {"crit_unsupported"})
    both = forge.sign("ES256", {"alg": "ES256", name: 1, "b64": True, "crit": ["b64", name]})
    assert verify(both, "-k", publish("ES256")).short == (1, {"crit_unsupported"})


@pytest.mark.attack("A036")
def test_b64_false_without_crit(forge: Forger, publish: Publish, verify: Verify) -> None:
    header = {"alg": "HS256", "b64": False}
    raw, encoded = '{"sub":"user-42"}', forge.segment({"sub": "user-42"})
    for payload, codes in ((raw, {"b64_unsupported"}), (encoded, {"b64_unsupported", "payload_not_claims"})):
        signed = f"{forge.segment(header)}.{payload}"
        token = f"{signed}.{forge.segment(forge.signature('HS256', signed))}"
        assert verify(token, "-k", publish("HS256")).short == (1, codes)
    critical = forge.sign("HS256", {**header, "crit": ["b64"]})
    assert verify(critical, "-k", publish("HS256")).short == (1, {"b64_unsupported", "payload_not_claims"})


def test_b64_of_another_type(forge: Forger, publish: Publish, verify: Verify) -> None:
    """What one library takes for false another takes for true."""
    odd: tuple[Any, ...] = (0, "", "false", None, [], 1, "true")
    for b64 in odd:
        token = forge.sign("HS256", {"alg": "HS256", "b64": b64, "crit": ["b64"]})
        assert verify(token, "-k", publish("HS256")).short == (1, {"b64_unsupported"})


@pytest.mark.attack("A038")
@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none","alg":"ES256"}',
        b'{"alg":"ES256","alg":"none"}',
        b'{"alg":"ES256","alg":"ES256"}',
        rb'{"\u0061lg":"none","alg":"ES256"}',
        rb'{"alg":"ES256","a\u006cg":"none"}',
        b'{"alg":"ES256","kid":"a","kid":"k1"}',
        b'{"alg":"ES256","jwk":{"kty":"EC","kty":"oct"}}',
    ],
)
def test_duplicate_header_member(header: bytes, forge: Forger, publish: Publish, verify: Verify) -> None:
    assert verify(forge.sign("ES256", header), "-k", publish("ES256", kid="k1")).short == (3, {"duplicate_member"})


@pytest.mark.attack("A039")
@pytest.mark.parametrize("header", [b"[]", b'"ES256"', b"256", b"null", b"true", b"", b'[{"alg":"ES256"}]'])
def test_header_is_no_object(header: bytes, forge: Forger, publish: Publish, verify: Verify) -> None:
    assert verify(forge.sign("ES256", header), "-k", publish("ES256")).short == (3, {"header_not_object"})
    assert verify(forge.sign("ES256", b"{}"), "-k", publish("ES256")).short == (3, {"header_bad_type"})


@pytest.mark.attack("A041")
def test_zip_in_a_jws_header(forge: Forger, publish: Publish, verify: Verify) -> None:
    import zlib

    bomb = zlib.compress(b'{"sub":"' + b"a" * 5_000_000 + b'"}', 9)[2:-4]
    token = forge.sign("ES256", {"alg": "ES256", "zip": "DEF"}, bomb)
    assert verify(token, "-k", publish("ES256")).short == (1, {"payload_not_claims"})


@pytest.mark.attack("A043")
def test_nested_token_is_not_shown_as_verified(forge: Forger, publish: Publish, verify: Verify, cli: Cli) -> None:
    inner = f"{forge.segment({'alg': 'none'})}.{forge.segment({'sub': 'admin'})}."
    token = forge.sign("ES256", {"alg": "ES256", "cty": "JWT"}, inner)
    public = publish("ES256")
    assert verify(token, "-k", public).short == (1, {"payload_not_claims"})
    whole = verify(token, "-k", public, "--payload-only")
    assert (whole.short, whole.document["claims"], whole.document["payload"]) == ((0, set()), None, inner)
    field = cli("verify", "-k", public, "--payload-only", "-f", "sub", stdin=token.encode())
    assert (field.exit, field.stdout) == (1, "")


@pytest.mark.parametrize(
    ("unprotected", "code"),
    [
        ({"typ": "at+jwt"}, "typ_mismatch"),
        ({"crit": ["exp"], "exp": 1}, "crit_malformed"),
        ({"b64": False}, "b64_unsupported"),
    ],
    ids=["typ", "crit", "b64"],
)
def test_unprotected_header_injection(
    unprotected: Mapping[str, Any], code: str, forge: Forger, publish: Publish, verify: Verify
) -> None:
    token = json.dumps(forge.flattened("ES256", {"alg": "ES256"}, unprotected))
    options = ["--typ", "at+jwt"] if "typ" in unprotected else []
    assert verify(token, "-k", publish("ES256"), *options).short == (1, {code})


def test_unprotected_members_are_not_handed_on_as_verified(
    forge: Forger, publish: Publish, verify: Verify, cli: Cli
) -> None:
    """Whoever has a valid token can write into its unprotected header: nothing of it may look signed."""
    token = json.dumps(forge.flattened("ES256", {"alg": "ES256"}, {"role": "admin", "tenant": "t1"}))
    public = publish("ES256")
    document = verify(token, "-k", public).document
    assert document["header"] == {"alg": "ES256"}
    assert document["unprotected"] == {"role": "admin", "tenant": "t1"}
    field = cli("verify", "-k", public, "-f", "header.role", stdin=token.encode())
    assert (field.exit, field.stdout) == (1, "")
    shown = cli("verify", "-k", public, stdin=token.encode()).stdout.splitlines()
    assert [line for line in shown if "admin" in line] == ["unsigned  role  admin"]


def test_dpop_proof_is_no_token_in_json_serialization_either(forge: Forger, publish: Publish, verify: Verify) -> None:
    for typ in ("dpop+jwt", "DPoP+JWT", "application/dpop+jwt"):
        token = json.dumps(forge.flattened("ES256", {"alg": "ES256", "typ": typ}))
        assert verify(token, "-k", publish("ES256")).short == (1, {"typ_mismatch"})


def test_typ_confusion(forge: Forger, publish: Publish, verify: Verify) -> None:
    """A token of one kind where another is demanded (RFC 8725 §3.11): no look-alike passes."""
    for typ in ("JWT", "at+jwt;x", "at+jwt ", "t+jwt", "at+\u212awt", "application/x/at+jwt", "id+jwt", "", "at"):
        token = forge.sign("ES256", {"alg": "ES256", "typ": typ})
        assert verify(token, "-k", publish("ES256"), "--typ", "at+jwt").short == (1, {"typ_mismatch"}), typ
    for typ in ("at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"):
        token = forge.sign("ES256", {"alg": "ES256", "typ": typ})
        assert verify(token, "-k", publish("ES256"), "--typ", "at+jwt").short == (0, set()), typ
