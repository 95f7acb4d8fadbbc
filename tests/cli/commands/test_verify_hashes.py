"""`jwtool verify --access-token` and `--code`: the half hashes of OpenID Connect, for every algorithm."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli

# OpenID Connect Core 1.0, appendices A.3 and A.4.
ACCESS_TOKEN = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
AT_HASH = "77QmUPtjPfzWtF2AnpK9RQ"
CODE = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"
C_HASH = "LDktKdoQak3Pk0cnXxCltA"
ENV = {"AT": ACCESS_TOKEN, "CODE": CODE, "OTHER": "x"}
BOTH = ("--access-token", "env:AT", "--code", "env:CODE")


@pytest.mark.parametrize(
    ("claims", "options", "failed"),
    [
        ({"at_hash": AT_HASH, "c_hash": C_HASH}, BOTH, set()),
        ({"at_hash": AT_HASH}, ("--access-token", "env:OTHER"), {"at_hash_mismatch"}),
        ({"c_hash": C_HASH}, ("--code", "env:OTHER"), {"c_hash_mismatch"}),
        ({"at_hash": C_HASH, "c_hash": AT_HASH}, BOTH, {"at_hash_mismatch", "c_hash_mismatch"}),
        ({"at_hash": AT_HASH + "=="}, ("--access-token", "env:AT"), {"at_hash_mismatch"}),
        ({"at_hash": 7}, ("--access-token", "env:AT"), {"at_hash_mismatch"}),
        ({}, BOTH, {"claim_missing"}),
        ({"at_hash": "wrong"}, (), set()),
    ],
)
def test_the_published_example(
    cli: Cli, keys: Path, issue: Issue, claims: dict[str, object], options: tuple[str, ...], failed: set[str]
) -> None:
    done = cli("verify", "--json", "-k", keys / "jwks.json", *options, issue(claims), env=ENV)
    assert (done.exit, done.codes) == (1 if failed else 0, failed)


def digest(alg: str, data: bytes) -> bytes:
    """The whole hash; some octets for an algorithm without one, of which any will do."""
    name = ALGORITHMS[alg].hash_name
    if name is not None:
        return hashlib.new(name, data).digest()
    return hashlib.shake_256(data).digest(114) if alg == "Ed448" else hashlib.sha512(data).digest()


def test_every_algorithm_has_its_hash(
    cli: Cli, private_keys: Mapping[str, Path], issue: Issue, alg: str, tmp_path: Path
) -> None:
    whole = digest(alg, b"opaque")
    half = base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()
    (tmp_path / "at").write_text("opaque\n")
    verify = ("verify", "--json", "-k", private_keys[alg], "--alg", alg, "--access-token", f"@{tmp_path}/at")
    token = issue({"at_hash": half}, by=str(private_keys[alg]), alg=alg)
    done = cli(*verify, "-", stdin=token.encode())
    verdict = "skipped" if ALGORITHMS[alg].family == "ml-dsa" else "ok"
    assert (done.exit, [c["verdict"] for c in done.document["checks"] if c["name"] == "at_hash"]) == (0, [verdict])


def test_the_access_token_may_come_from_stdin(cli: Cli, keys: Path, issue: Issue) -> None:
    (keys / "id.jwt").write_text(issue({"at_hash": AT_HASH}))
    verify = ("verify", "-q", "-k", keys / "jwks.json", "--access-token", "-", f"@{keys}/id.jwt")
    assert cli(*verify, stdin=f"{ACCESS_TOKEN}\r\n".encode()).stdout == "valid\n"


@pytest.mark.parametrize("option", ["--access-token", "--code", "--passphrase"])
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(cli: Cli, keys: Path, option: str) -> None:
    (keys / "locked.pem").write_text("")
    encrypted = ("key", "new", "--format", "pem", "--new-passphrase", "env:P", "-o", keys / "locked.pem", "--force")
    assert cli(*encrypted, env={"P": "x"}).exit == 0
    done = cli("verify", "-k", keys / "locked.pem", option, "hunter2", f"@{keys}/token.jwt", env={"P": "x"})
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == (
        f"jwtool: error: {option} takes -, @PATH or env:NAME: a secret on the command line is seen by others\n"
        f"hint: {option} env:NAME\n"
    )
