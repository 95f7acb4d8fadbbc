"""Keys by what they are marked for, sets by what stands in them, files by what they are."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_jwk, to_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Publish, Verify
    from tests.cli.conftest import Cli

MALFORMED = (4, {"key_malformed"})
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv", "seed"}


@pytest.mark.attack("A089")
@pytest.mark.parametrize(
    "mark",
    [
        {"use": "enc"},
        {"use": "SIG"},
        {"use": ""},
        {"use": "sig enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": []},
        {"key_ops": ["VERIFY"]},
        {"key_ops": ["sign, verify"]},
        {"key_ops": ["sign"]},
        {"use": "enc", "key_ops": ["encrypt"]},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("alg", ["RS256", "ES256", "HS256", "EdDSA"])
def test_key_for_something_else(
    alg: str, mark: Mapping[str, Any], forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify
) -> None:
    key = publish(alg, kid="k1", **mark)
    token = forge.sign(alg, {"alg": alg, "kid": "k1"})
    assert verify(token, "-k", key).short == (1, {"key_use_mismatch"})
    assert verify(token, "-k", publish_set(key)).short == (1, {"key_use_mismatch"})


def test_mark_is_not_shaken_off_by_another_form(publish: Publish, cli: Cli, tmp_path: Path) -> None:
    """What `key public` and `jwks build` make of a marked key is marked as well; PEM has no place for marks."""
    private = publish(generate("RS256"), private=True, alg="RS256", use="sig", key_ops=["sign"])
    public = json.loads(cli("key", "public", private).stdout)
    assert (public["use"], public["alg"], public["key_ops"]) == ("sig", "RS256", ["verify"])
    enc = publish("RS256", private=True, use="enc", key_ops=["decrypt"])
    assert json.loads(cli("key", "public", enc).stdout)["use"] == "enc"
    assert cli("sign", "--json", "-k", enc).codes == {"key_use_mismatch"}
    (tmp_path / "rsa.pem").write_text(cli("key", "public", "--to", "pem", enc).stdout)
    assert (
        cli("jwks", "build", "--use", "enc", "--json", tmp_path / "rsa.pem").document["jwks"]["keys"][0]["use"] == "enc"
    )


@pytest.mark.attack("A090")
@pytest.mark.parametrize(
    "mark",
    [
        *({"key_ops": "verify"}, {"key_ops": ["verify", "verify"]}, {"use": "enc", "key_ops": ["verify"]}),
        *(
            {"key_ops": None},
            {"key_ops": [1]},
            {"key_ops": {"verify": 1}},
            {"use": "sig", "key_ops": ["verify", "encrypt"]},
        ),
        *(
            {"use": ["sig"]},
            {"use": None},
            {"kid": 1},
            {"kid": None},
            {"alg": ["ES256"]},
            {"alg": None},
            {"kid": ["k1"]},
        ),
    ],
    ids=json.dumps,
)
def test_mark_of_another_type(mark: Mapping[str, Any], forge: Forger, verify: Verify, tmp_path: Path) -> None:
    path = tmp_path / "marked.jwk"
    path.write_text(json.dumps({**to_jwk(forge.keys["ES256"], private=False), **mark}))
    assert verify(forge.sign("ES256"), "-k", path).short == MALFORMED


@pytest.mark.attack("A092")
def test_certificate_of_another_key(
    forge: Forger,
    publish: Publish,
    verify: Verify,
    certificates: Callable[[str], bytes],
    standard_base64: Callable[[bytes], str],
) -> None:
    import hashlib

    own, other = standard_base64(certificates("ES256")), standard_base64(certificates("RS256"))
    x5t = forge.segment(hashlib.sha1(certificates("ES256")).digest())
    token = forge.sign("ES256")
    assert verify(token, "-k", publish("ES256", x5c=[own], x5t=x5t)).short == (0, set())
    assert verify(token, "-k", publish("ES256", x5c=[own, other])).short == (0, set())  # a chain is not judged
    broken: tuple[dict[str, Any], ...] = (
        {"x5c": [other]},
        {"x5c": [other, own]},
        {"x5c": [own.replace("+", "-").replace("/", "_").rstrip("=") + "!"]},
        {"x5c": [own[:-8]]},
        {"x5c": [own + "\n"]},
        {"x5c": [f"-----BEGIN CERTIFICATE-----\n{own}\n-----END CERTIFICATE-----"]},
        {"x5c": []},
        {"x5c": own},
        {"x5c": [None]},
        {"x5c": ["AAAA"]},
        {"x5c": [own], "x5t": "AAAA"},
        {"x5c": [own], "x5t": forge.segment(hashlib.sha1(certificates("RS256")).digest())},
        {"x5c": [own], "x5t#S256": x5t},
        {"x5c": [own], "x5t#S256": forge.segment(bytes(32))},
    )
    for members in broken:
        assert verify(token, "-k", publish("ES256", **members)).short == MALFORMED, members


@pytest.mark.attack("A094")
@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "jwks_malformed"),
        ({"keys": None}, "jwks_malformed"),
        ({"keys": {}}, "jwks_malformed"),
        ({"keys": "x"}, "jwks_malformed"),
        ({"Keys": []}, "jwks_malformed"),
        ([], "jwks_malformed"),
        ({"keys": []}, "jwks_without_usable_key"),
        ({"keys": [None]}, "key_malformed"),
        ({"keys": [None, 1, [], "x"]}, "jwks_without_usable_key"),
    ],
    ids=str,
)
def test_set_of_another_shape(
    document: Any, code: str, forge: Forger, publish: Publish, verify: Verify, serve: Any, tmp_path: Path
) -> None:
    path = tmp_path / "set.json"
    path.write_text(json.dumps(document))
    assert verify(forge.sign("ES256"), "-k", path).short == (4, {code})
    body = json.dumps(document).encode()
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    expected = (5, {"response_malformed"}) if code == "jwks_malformed" else (4, {code})
    assert verify(forge.sign("ES256"), "-k", server.url).short == expected
    beside = {"keys": [None, json.loads(publish("ES256", kid="k1").read_text())]}
    path.write_text(json.dumps(beside))
    assert verify(forge.sign("ES256"), "-k", path).short == (0, set())


@pytest.mark.attack("A096")
def test_set_of_ten_thousand_keys_or_with_twins(
    forge: Forger, publish: Publish, verify: Verify, tmp_path: Path
) -> None:
    public = publish("ES256", kid="k1").read_text()
    path = tmp_path / "set.json"
    token = forge.sign("ES256", {"alg": "ES256", "kid": "k1"})
    path.write_text(json.dumps({"keys": [{}] * 1001}))
    assert verify(token, "-k", path).short == (4, {"jwks_malformed"})
    path.write_text(json.dumps({"keys": [{}] * 10_000}))
    began = time.perf_counter()
    assert verify(token, "-k", path).short == (4, {"jwks_malformed"})
    assert time.perf_counter() - began < 1
    for twin in (
        public.replace('"kty": "EC"', '"kty": "oct", "kty": "EC"'),
        public.replace('"kid": "k1"', r'"kid": "k2", "k\u0069d": "k1"'),
    ):
        path.write_text(f'{{"keys": [{twin}]}}')
        assert verify(token, "-k", path).short == (3, {"duplicate_member"})
    path.write_text(f'{{"keys": [], "keys": [{public}]}}')
    assert verify(token, "-k", path).short == (3, {"duplicate_member"})
    path.write_text(f'{{"keys": [{public}]}}' + " " * 1024 * 1024)
    assert verify(token, "-k", path).short == (3, {"input_too_large"})


@pytest.mark.attack("A097")
def test_verifier_is_given_a_private_set(
    forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify, serve: Any
) -> None:
    """By a file it serves by its public halves; by URL too, and loudly: somebody leaked a key."""
    keyset = publish_set(publish("ES256", private=True, kid="k1"), publish("RS256", private=True, kid="k2"))
    token = forge.sign("ES256", {"alg": "ES256", "kid": "k1"})
    assert verify(token, "-k", keyset).short == (0, set())
    body = keyset.read_bytes()
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    fetched = verify(token, "-k", server.url)
    assert fetched.short == (0, set())
    loud = "whoever reads it can forge tokens; only its public half is used"
    assert fetched.document["notes"] == [
        f"{server.url} publishes a private key, the key '{kid}': {loud}" for kid in ("k1", "k2")
    ]


def test_fetched_secret_is_ignored_and_named(
    forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify, serve: Any
) -> None:
    """A set at a URL with an oct key: whoever can read the set could sign with it."""
    keyset = publish_set(publish("HS256", kid="k1"), publish("ES256", kid="e1"))
    body = keyset.read_bytes()
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    for header in ({"alg": "HS256", "kid": "k1"}, {"alg": "HS256"}):
        verdict = verify(forge.sign("HS256", header), "-k", server.url)
        assert verdict.exit == 1
        assert verdict.codes <= {"key_not_found", "alg_key_mismatch"}
        assert verdict.document["notes"][0].startswith(f"{server.url} publishes an HMAC secret, the key 'k1': ")
    assert verify(forge.sign("HS256"), "-k", f"{server.url}#k1").short == (4, {"key_symmetric_in_public"})
    assert verify(forge.sign("ES256"), "-k", server.url).short == (0, set())


@pytest.mark.attack("A098")
def test_jwks_build_publishes_nothing_private(
    publish: Publish, cli: Cli, keys: Mapping[str, Key], tmp_path: Path
) -> None:
    pem = tmp_path / "private.pem"
    pem.write_bytes(to_pem(keys["RS256"], private=True))
    extra = {"seed": "S", "K": "S", "comment": "S", "password": "S", "D": "S", "x-d": {"d": "S"}}
    inputs = [pem, *(publish(alg, private=True, **(extra if alg != "ES256" else {})) for alg in ("EdDSA", "ES256"))]
    for argv in (["jwks", "build", *inputs], ["jwks", "build", "--json", *inputs]):
        done = cli(*argv)
        assert done.exit == 0
        document = json.loads(done.stdout)
        for key in (document.get("jwks") or document)["keys"]:
            assert not PRIVATE_MEMBERS & key.keys()
            assert key.keys() <= {"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops"}
    for mixed in ([publish("HS256")], [*inputs, publish("HS256")], [publish("HS256"), *inputs]):
        done = cli("jwks", "build", "--json", *mixed)
        assert (done.exit, done.codes) == (4, {"key_symmetric_in_public"})
    for of in ("key", "public"), ("key", "thumbprint"), ("key", "show"):
        for path in inputs:
            secrets = {json.loads(path.read_text()).get("d", "-")} if path != pem else {keys["RS256"].members["d"]}
            assert not any(secret in cli(*of, path).stdout for secret in secrets - {"-"})


@pytest.mark.attack("A100")
def test_key_that_is_no_file(
    forge: Forger, publish: Publish, verify: Verify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("folder")
    os.mkfifo("fifo")
    os.symlink("loop", "loop")
    os.symlink("fifo", "link")
    with open("sparse", "wb") as file:
        file.truncate(1024**3)
    token = forge.sign("ES256")
    for path, code in (
        ("folder", "file_unreadable"),
        ("/dev/zero", "file_unreadable"),
        ("/dev/random", "file_unreadable"),
        ("/dev/null", "key_unrecognized"),
        ("loop", "file_unreadable"),
        ("loop/x", "file_unreadable"),
        ("sparse", "input_too_large"),
        ("missing", "file_not_found"),
    ):
        for source in (path, f"@{path}", f"secret:@{path}"):
            expected = (4, {"key_malformed"}) if source == "secret:@/dev/null" else (3, {code})
            if code == "file_not_found" and "/x" in path:
                continue
            assert verify(token, "-k", source).short == expected, source
    for path in ("fifo", "link"):
        began = time.monotonic()
        assert verify(token, "-k", path, "--timeout", "1s").short == (3, {"file_unreadable"})
        assert time.monotonic() - began < 5
    os.symlink(publish("ES256"), "good")
    assert verify(token, "-k", "good").short == (0, set())
