"""Secrets: never in a message, a traceback, a repr, a document; wherever they were typed, and whatever fails."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from jwtool.jose import base64url, signatures
from jwtool.jose.errors import JwtoolError
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_jwk, to_pem
from jwtool.jose.token import parse
from jwtool.operations.resolve_keys import Passphrase
from jwtool.sources.source import parse_source
from jwtool.sources.token_input import tidy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attacks.conftest import Forger, Publish, Run
    from tests.cli.conftest import Cli

EASY = "hunter2"
CANARY = "S3cr3tC4n4ry9fZq7LmX2vB8tKpQ"
EVERY_WAY: tuple[list[str], ...] = ([], ["-v"], ["-q"], ["--json"], ["--json", "-v"])
TRACEBACK = {"JWTOOL_TRACEBACK": "1"}


@pytest.mark.attack("A115")
@pytest.mark.parametrize("secret", [EASY, CANARY])
def test_secret_on_argv_is_not_echoed(secret: str, forge: Forger, publish: Publish, cli: Cli) -> None:
    key, token = publish("ES256", private=True), forge.sign("ES256")
    for argv, code in (
        (["sign", "--secret", secret], 2),
        (["sign", f"--secret={secret}"], 2),
        (["sign", "-s", secret], 2),
        (["sign", f"-s{secret}"], 2),
        (["sign", f"--json={secret}"], 2),
        (["verify", "--client-secret", secret], 2),
        (["sign", "-k", key, "--passphrase", secret], 2),
        (["sign", "-k", key, f"--passphrase={secret}"], 2),
        (["key", "new", "--format", "pem", "--new-passphrase", secret], 2),
        (["verify", "-k", key, "--access-token", secret], 2),
        (["verify", "-k", key, "--code", secret], 2),
        (["sign", "-k", f"secret:{secret}"], 2),
        (["sign", "-k", f"hex:{secret}"], 2),
        (["sign", "-k", f"base64:{secret}"], 2),
        (["sign", "-k", f"SECRET:{secret}"], 2),
        (["sign", "-k", f"secrets:{secret}"], 2),
        (["sign", "-k", f'{{"kty":"oct","k":"{secret}"}}'], 3),
        (["sign", "-k", f"-----BEGIN PRIVATE KEY-----{secret}"], 3),
        (["sign", secret, "-k", key], 2),
        (["sign", f'{{"password":"{secret}"', "-k", key], 3),
        (["sign", "-k", key, "-c", f"password:={secret}"], 2),
        (["sign", "-k", key, "-c", f"password={secret}\udcff"], 2),
        (["verify", "-k", key, secret], 3),
        (["verify", "-k", key, f"{token}!{secret}"], 3),
        (["verify", "-k", key, f"{secret}.{secret}.{secret}"], 3),
        (["verify", "-k", key, f"Bearer {secret}"], 3),
        (["decode", secret], 3),
        (["decode", "--token", secret], 2),
        (["decode", token, secret], 2),
        (["verify", "-k", f"https://user:{secret}@idp.example/"], 2),
        (["verify", "-k", f"http://idp.example/?token={secret}"], 2),
        (["verify", "-k", f"http://127.0.0.1:1/?token={secret}"], 5),
        (["verify", "-k", f"http://127.0.0.1:1/x#{secret}"], 5),
    ):
        for way in EVERY_WAY:
            done = cli(*argv, *way, stdin=token.encode(), env=TRACEBACK)
            assert done.exit == code, argv
            assert secret not in done.stdout + done.stderr, argv


def test_random_secret_is_not_echoed_even_where_a_name_is_expected(publish: Publish, cli: Cli) -> None:
    key = publish("ES256", private=True)
    for argv in (
        *(
            [CANARY],
            ["key", CANARY],
            ["explain", CANARY],
            ["completion", CANARY],
            [f"--{CANARY}"],
            ["verify", "-k", CANARY],
        ),
        *(
            ["verify", "-k", key, "--at", CANARY],
            ["verify", "-k", key, "--alg", CANARY],
            ["sign", "-k", key, "-c", CANARY],
        ),
        *(["decode", "--member", CANARY], ["decode", f"env:{CANARY}"], ["verify", "-k", f"key:{CANARY}"]),
        *(["key", "new", "--alg", CANARY], ["key", "new", "--curve", CANARY], ["key", "new", "--size", CANARY]),
    ):
        for way in EVERY_WAY:
            done = cli(*argv, *way, stdin=b"x", env=TRACEBACK)
            assert done.exit in {2, 3}
            assert CANARY not in done.stdout + done.stderr, argv


@pytest.fixture
def poisoned(tmp_path: Path, forge: Forger) -> dict[str, Path]:
    """Files with the canary in every place where a secret can stand, each broken in its own way."""
    k, ec = base64url.encode(CANARY.encode() * 2), to_jwk(forge.keys["ES256"], private=True)
    body = base64.b64encode(CANARY.encode() * 3).decode()
    texts = {
        "secret": CANARY * 2,
        "short": CANARY,
        "trailing comma": f'{{"kty":"oct","k":"{CANARY}",}}',
        "twice": f'{{"kty":"oct","k":"{CANARY}","k":"{CANARY}"}}',
        "bad base64": json.dumps({"kty": "oct", "k": f"{CANARY}=="}),
        "wrong d": json.dumps(ec | {"d": base64url.encode(CANARY[:32].ljust(32).encode())}),
        "not d": json.dumps(ec | {"d": CANARY}),
        "weak alg": json.dumps({"kty": "oct", "k": k, "alg": "HS512"}),
        "enc": json.dumps({"kty": "oct", "k": k, "use": "enc"}),
        "unknown kty": json.dumps({"kty": "ZZZ", "k": CANARY, "d": CANARY}),
        "service account": json.dumps({"type": "service_account", "private_key": CANARY}),
        "PEM body": f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n",
        "PEM garbage": f"-----BEGIN PRIVATE KEY-----\n{CANARY}!\n-----END PRIVATE KEY-----\n",
        "PEM cut": f"-----BEGIN RSA PRIVATE KEY-----\n{body}",
        "PEM header": f"-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: {CANARY}\n\n{body}\n-----END RSA PRIVATE KEY-----\n",
        "OpenSSH": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n",
        "text": f"password is {CANARY}",
        "hex": CANARY.encode().hex() + "g",
        "set": json.dumps({"keys": [{"kty": "oct", "k": CANARY}, {"kty": "EC", "d": CANARY}, CANARY]}),
        "token": f"eyJhbGciOiJIUzI1NiJ9.{k}.{k}",
    }
    files = {name: tmp_path / name.replace(" ", "-") for name in texts}
    for name, path in files.items():
        path.write_text(texts[name])
    encrypted = tmp_path / "encrypted.pem"
    encrypted.write_bytes(to_pem(generate("ES256"), private=True, passphrase=b"another"))
    return files | {"encrypted": encrypted, "passphrase": files["secret"]}


def test_secret_in_a_file_is_never_shown(poisoned: dict[str, Path], forge: Forger, cli: Cli) -> None:
    needles = {CANARY, base64url.encode(CANARY.encode())[:30], CANARY.encode().hex()}
    token, codes = forge.sign("HS256").encode(), set()
    passphrase = f"@{poisoned['passphrase']}"
    for path in poisoned.values():
        for source in (str(path), f"secret:@{path}", f"base64:@{path}", f"hex:@{path}"):
            for argv in (
                ["verify", "-k", source],
                ["sign", "-k", source],
                ["key", "show", source],
                ["jwks", "build", source],
                ["verify", "-k", source, "--passphrase", passphrase, "--allow-weak-key"],
            ):
                way = ["-v"] if argv[0] == "key" else ["--json", "-v"]
                done = cli(*argv, *way, stdin=token, env=TRACEBACK)
                shown = done.stdout + done.stderr
                assert not any(needle in shown for needle in needles), argv
                codes |= done.codes if done.exit > 1 and argv[0] != "key" else set()
    for name in ("token", "secret", "text", "trailing comma"):
        for line in (["verify", "-k", poisoned["secret"]], ["sign", "-"], ["verify", "-k", "-", "a.b.c"]):
            done = cli(*line, stdin=poisoned[name].read_bytes(), env=TRACEBACK | {"JWTOOL_KEY": str(poisoned["enc"])})
            assert CANARY not in done.stdout + done.stderr
    assert codes >= {
        "key_malformed",
        "key_unsupported",
        "key_confusion",
        "key_too_weak",
        "passphrase_wrong",
        "bad_json",
    }
    assert codes >= {"key_unrecognized", "duplicate_member", "key_use_mismatch"}


def test_secret_in_the_environment_is_never_shown(forge: Forger, publish: Publish, cli: Cli) -> None:
    env = {"X": CANARY, "JWTOOL_KEY": "secret:env:X", **TRACEBACK}
    for argv in (
        *(["sign"], ["verify"], ["sign", "-k", "env:X"], ["decode", "env:X"], ["sign", "env:X"], ["verify", "env:X"]),
        *(
            ["verify", "-k", publish("ES256"), "--access-token", "env:X"],
            ["sign", "-k", "hex:env:X"],
            ["sign", "-k", "base64:env:X"],
        ),
        ["verify", "-k", publish("ES256"), "--code", "env:X"],
    ):
        for way in EVERY_WAY:
            done = cli(*argv, *way, stdin=forge.sign("ES256").encode(), env=env)
            assert CANARY not in done.stdout + done.stderr, argv


def test_bug_shows_no_value(publish: Publish, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody foresaw holds whatever a library put into it."""

    def explode(*_arguments: object) -> bytes:
        raise ValueError(CANARY) from RuntimeError(CANARY)

    monkeypatch.setattr(signatures, "sign", explode)
    key = publish("ES256", private=True)
    for env in ({}, TRACEBACK):
        for way in EVERY_WAY if not env else (["-v"], ["-q"], ["--json", "-v"]):
            done = cli("sign", "-k", key, *way, env=env)
            assert done.exit == 70
            assert CANARY not in done.stdout + done.stderr


def test_passphrase_that_is_typed_is_not_shown(poisoned: dict[str, Path], cli: Cli) -> None:
    done = cli("sign", "-v", "-k", poisoned["encrypted"], tty="stdin stdout stderr", typed=CANARY, env=TRACEBACK)
    assert done.exit == 4
    assert CANARY not in done.stdout + done.stderr


def test_private_key_stays_out_of_documents_and_reports(publish: Publish, cli: Cli, tmp_path: Path) -> None:
    for alg in ("ES256", "RS256", "EdDSA", "HS256"):
        key = publish(alg, private=True)
        jwk = json.loads(key.read_text())
        private = {str(jwk[name]) for name in ("d", "p", "q", "dp", "dq", "qi", "k", "priv") if name in jwk}
        for argv in (
            ["key", "show", key],
            ["jwks", "show", key],
            ["sign", "-k", key],
            ["jwks", "build", "--private", key],
        ):
            done = cli(*argv, "--json")
            assert not any(secret in done.stdout + done.stderr for secret in private), argv
        if alg != "HS256":
            for argv in (["key", "public", key], ["key", "thumbprint", key], ["jwks", "build", key]):
                for way in EVERY_WAY:
                    done = cli(*argv, *way)
                    assert not any(secret in done.stdout + done.stderr for secret in private), argv
        done = cli("key", "new", "--alg", alg, "-o", tmp_path / f"{alg}.jwk", "--json")
        made = json.loads((tmp_path / f"{alg}.jwk").read_text())
        assert not any(made[name] in done.stdout for name in ("d", "k") if name in made)
        assert cli("key", "new", "--alg", alg, "--json").codes == {"usage"}


def test_repr_tells_nothing(publish: Publish, forge: Forger, cli: Cli) -> None:
    """What a debugger, a log line or a frame of a traceback would print."""
    from jwtool.jose.policy import ClaimPolicy

    assert cli("key", "show", publish("ES256")).exit == 0
    texts = []
    for alg in ("ES256", "RS256", "EdDSA", "HS256"):
        path = publish(alg, private=True)
        keyset = load_keys(path.read_bytes(), passphrase=lambda: None)
        jwk = json.loads(path.read_text())
        texts.append(repr(keyset) + repr(keyset.keys[0]) + str(keyset.keys[0]))
        assert not any(str(jwk[name]) in texts[-1] for name in jwk if name in {"d", "k", "p", "q"})
    rsa = load_keys(publish("RS256", private=True).read_bytes(), passphrase=lambda: None).keys[0].rsa_private()
    texts += [repr(rsa), repr(ClaimPolicy(nonce=CANARY, access_token=CANARY.encode()))]
    passphrase = Passphrase(None, None)  # type: ignore[arg-type]  # only its repr is wanted
    passphrase.known[""] = CANARY.encode()
    texts.append(repr(passphrase))
    token = forge.sign("HS256")
    texts += [repr(parse(token)), repr(tidy(token)), repr(parse_source(token, bare="text", what="TOKEN"))]
    assert not any(CANARY in text or token[:40] in text or str(rsa.d) in text for text in texts)
    assert not any(secret in texts[0] for secret in ("b'", "octets"))


def test_exceptions_carry_no_secret(poisoned: dict[str, Path]) -> None:
    """Also in what an exception was raised from: a traceback prints the whole chain."""
    for path in poisoned.values():
        try:
            load_keys(path.read_bytes(), passphrase=CANARY.encode)
        except JwtoolError as error:
            chain: list[BaseException] = [error]
            while below := chain[-1].__cause__ or (None if chain[-1].__suppress_context__ else chain[-1].__context__):
                chain.append(below)
            assert not any(CANARY in f"{one} {one!r} {one.args}" for one in chain), path


def test_processes_leave_no_core_and_no_trace(run: Run, publish: Publish, tmp_path: Path) -> None:
    script = (
        "import resource, sys; sys.argv = ['jwtool', 'sign', '-k', sys.argv[1]];"
        "import jwtool.cli.main as m; real = m.run;"
        "m.run = lambda *a: (print(resource.getrlimit(resource.RLIMIT_CORE)), real(*a))[1]; m.main()"
    )
    key = publish("ES256", private=True)
    done = subprocess.run([sys.executable, "-c", script, str(key)], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (0, "(0, 0)", "")
    before = set(tmp_path.iterdir())
    assert run("sign", "-k", key, cwd=tmp_path, env={"TMPDIR": str(tmp_path)}).returncode == 0
    assert set(tmp_path.iterdir()) == before
