"""Every harness over its corpus, without a fuzzer: what was found once stays mended."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jwtool.jose import base64url, strict_json, token
from jwtool.jose.keys import public

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

FOLDER = Path(__file__).parent
HARNESSES = ["strict_json", "token", "keys"]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", FOLDER / f"fuzz_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def findings(name: str) -> dict[str, str]:
    """The inputs of the corpus that the harness finds fault with, and the fault."""
    check: Callable[[bytes], None] = load(name).check
    found = {}
    for path in sorted((FOLDER / "corpus" / name).iterdir()):
        try:
            check(path.read_bytes())
        except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
            found[path.name] = repr(error)
    return found


@pytest.mark.parametrize("name", HARNESSES)
def test_nothing_is_found_in_the_corpus(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert findings(name) == {}
    assert capfd.readouterr() == ("", "")  # a library that panics says so on stderr


@pytest.mark.parametrize("name", HARNESSES)
def test_the_corpus_is_small(name: str) -> None:
    sizes = [path.stat().st_size for path in (FOLDER / "corpus" / name).iterdir()]
    assert len(sizes) > 50
    assert sum(sizes) < 66_000
    assert max(sizes) <= load(name).LONGEST


def test_a_lax_parser_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "_DECODER", json.JSONDecoder())
    assert {"twice", "twice-escaped", "twice-inside"} <= findings("strict_json").keys()


def test_a_second_spelling_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base64url, "_CLEAN_ENDS", dict.fromkeys((0, 2, 3), base64url._ALPHABET))
    assert {"base64url-AB", "base64url-AAB"} <= findings("strict_json").keys()


def test_a_signature_that_is_not_looked_at_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jwtool.jose.signatures.verify", lambda *_: True)
    assert {"header-eddsa", "header-all", "segments-0-HS256"} & findings("token").keys()


def test_a_changed_header_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token.UnverifiedToken, "signing_input", lambda *_: b"")
    assert "rfc-0-HS256" in findings("token")


def test_a_private_member_in_public_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "PUBLIC_MATERIAL", {**public.PUBLIC_MATERIAL, "OKP": ("crv", "x", "d")})
    assert {"jwk-ed25519", "jwk-ed448"} <= findings("keys").keys()
