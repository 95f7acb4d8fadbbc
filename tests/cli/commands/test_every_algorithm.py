"""Every algorithm of the table, from `key new` by `jwks build` and `sign` to `verify`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.algorithms import ALGORITHMS, CURVES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli


def test_from_a_new_key_to_a_verified_token(cli: Cli, tmp_path: Path, alg: str) -> None:
    secret = {"oct": "k", "AKP": "priv"}.get(ALGORITHMS[alg].kty, "d")
    symmetric = secret == "k"
    private, keyset = tmp_path / "private.jwk", tmp_path / "jwks.json"
    assert cli("key", "new", "--alg", alg, "-o", private).exit == 0
    assert json.loads(private.read_text())["alg"] == alg
    build = ("jwks", "build", private, "-o", keyset)
    assert cli(*build, *(("--private",) if symmetric else ())).exit == 0
    (published,) = json.loads(keyset.read_text())["keys"]
    assert secret in json.loads(private.read_text())
    assert symmetric or not {"d", "p", "q", "dp", "dq", "qi", "k", "priv"} & published.keys()
    token = cli("sign", "-k", private, "--sub", "user-42", "-a", "api").raw
    done = cli("verify", "--json", "-k", keyset, "-a", "api", "--alg", alg, "-", stdin=token)
    assert (done.exit, done.document["alg"], done.document["claims"]["sub"]) == (0, alg, "user-42")
    assert done.document["key"] == {"kid": published["kid"], "source": str(keyset)}
    header, payload, signature = token.decode().strip().split(".")
    cut = f"{header}.{payload}.{signature[:-8]}{'A' * 8}"
    assert cli("verify", "--json", "-k", keyset, cut).codes == {"signature_invalid"}


@pytest.mark.parametrize("curve", [curve.name for curve in CURVES.values() if curve.kty == "OKP" and curve.signs])
def test_eddsa_on_every_curve(cli: Cli, tmp_path: Path, curve: str) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    new = ("key", "new", "--alg", "EdDSA", "--curve", curve, "-o", private, "--public-out", public)
    assert cli(*new).exit == 0
    token = cli("sign", "-k", private).raw
    done = cli("verify", "--json", "-k", public, "-", stdin=token)
    assert (done.exit, done.document["alg"]) == (0, "EdDSA")
    assert done.document["notes"] == [f"alg 'EdDSA' is deprecated by RFC 9864, which calls it '{curve}'"]
