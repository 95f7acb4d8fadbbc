"""Nothing that came from outside drives the terminal, whatever the command, with colour and without."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from typing import TYPE_CHECKING

import pytest

from jwtool.jose import base64url, signatures
from jwtool.jose.keys.load import load_keys

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

OWN_COLOURS = re.compile("\x1b\\[(?:0|1;3[123]|2|36)m")
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# C0, CSI, OSC 8 and 52, DEL, C1, bidi, zero-width, line separators, a tag, a BOM; and what Rich reads as markup.
EVIL = "\x00\x07\x08\x1b[31m\x1b]8;;https://e.example\x07\x1b]52;c;eA==\x07\x7f\x85\x9b2J\r\n\t\u202e\u2066\u200b\u200d\u2028\u2029\U000e0041\ufeff[red]x[/]"
ESCAPED_START = r"\x00\x07\x08\x1b[31m\x1b]8;;https://e.example\x07"


@pytest.fixture
def folder(keys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Evil everywhere: in kid, alg, use of keys, in the header and the claims of evil.jwt, in the name of a file."""
    monkeypatch.chdir(keys)
    private = json.loads((keys / "es256.jwk").read_text()) | {"kid": EVIL}
    (keys / "evil.jwk").write_text(json.dumps(private))
    other = json.loads((keys / "es256.public.jwk").read_text()) | {"kid": f"other{EVIL}"}
    strange = {"kty": EVIL, "kid": EVIL + "2", "alg": EVIL, "use": EVIL}
    (keys / "evil.json").write_text(json.dumps({"keys": [private, other, strange]}))
    (keys / "strange.json").write_text(json.dumps({"keys": [other, strange]}))
    (keys / "e\x1b[31m\u202e.jwk").write_text(json.dumps(private))
    (key,) = load_keys((keys / "es256.jwk").read_bytes(), passphrase=lambda: None).keys
    header = {"alg": "ES256", "kid": EVIL, "typ": EVIL, EVIL: [EVIL]}
    claims = {"iss": EVIL, "aud": [EVIL], "sub": EVIL, EVIL: {EVIL: EVIL}, "exp": EVIL, "scope": EVIL}
    signed = ".".join(base64url.encode(json.dumps(part).encode()) for part in (header, claims))
    token = f"{signed}.{base64url.encode(signatures.sign('ES256', key, signed.encode()))}"
    (keys / "evil.jwt").write_text(token)
    text = base64.urlsafe_b64encode(EVIL.encode()).rstrip(b"=").decode()
    (keys / "text.jwt").write_text(f"{token.partition('.')[0]}.{text}.AAAA")
    return keys


ARGV: list[tuple[int, tuple[str, ...]]] = [
    (0, ("decode", "@evil.jwt")),
    (0, ("decode", "@text.jwt")),
    (0, ("decode", "-f", "sub", "@evil.jwt")),
    (1, ("decode", "-f", f"x{EVIL}", "@evil.jwt")),
    (1, ("verify", "-v", "-k", "evil.json", "@evil.jwt")),
    (
        1,
        (
            "verify",
            "-v",
            "-k",
            "evil.jwk",
            "-i",
            "x",
            "-a",
            "y",
            "--sub",
            "z",
            "--scope",
            "s",
            "--typ",
            "t",
            "@evil.jwt",
        ),
    ),
    (1, ("verify", "-k", "strange.json", "@evil.jwt")),
    (1, ("verify", "-k", "evil.jwk", "--require", "exp~=x", "--nonce", EVIL, "-i", EVIL, "@token.jwt")),
    (1, ("verify", "-k", "evil.jwk", "@text.jwt")),
    (0, ("key", "show", "evil.jwk")),
    (0, ("key", "show", "e\x1b[31m\u202e.jwk")),
    (0, ("key", "public", "evil.jwk", "-o", "out\x1b[31m\u202e.jwk")),
    (0, ("jwks", "show", "evil.json")),
    (0, ("jwks", "build", "evil.jwk", "evil.jwk")),
    (4, ("key", "show", f"evil.json#{EVIL}2")),
    (4, ("key", "show", "evil.json#nope")),
    (4, ("key", "show", "evil.json")),
    (4, ("sign", "-k", "evil.json#nope")),
    (3, ("verify", "-k", f"absent{EVIL}", "@token.jwt")),
    (3, ("decode", f"@absent{EVIL}")),
    (3, ("decode", f"env:{EVIL[2:]}")),
    (3, ("decode", EVIL)),
    (2, ("sign", "-k", "evil.jwk", "-c", EVIL)),
    (2, ("sign", "-k", "evil.jwk", "--exp", EVIL)),
    (2, ("verify", "-k", "evil.jwk", "--leeway", EVIL, "@token.jwt")),
    (2, ("verify", "-k", f"https://{EVIL}", "@token.jwt")),
    (2, ("explain", EVIL)),
    (2, (EVIL,)),
    (2, ("key", EVIL)),
    (2, (f"-{EVIL}",)),
    (2, ("decode", f"--{EVIL}")),
    (6, ("key", "new", "-o", f"no/{EVIL}")),
]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("code", "argv"), ARGV, ids=lambda value: " ".join(value[:2])[:30] if isinstance(value, tuple) else ""
)
@pytest.mark.parametrize("tty", ["", "stdout stderr"], ids=["pipe", "terminal"])
def test_no_raw_character_gets_out(cli: Cli, argv: tuple[str, ...], code: int, tty: str) -> None:
    done = cli(*argv, tty=tty)
    assert done.exit in {code, 2, 3}
    assert code not in {0, 1} or done.exit == code
    for stream in (done.stdout, done.stderr):
        text = OWN_COLOURS.sub("", stream) if tty else stream
        assert not {unicodedata.category(character) for character in text.replace("\n", "")} & HIDDEN
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("code", "argv"), ARGV, ids=lambda value: " ".join(value[:2])[:30] if isinstance(value, tuple) else ""
)
def test_documents_are_ascii(cli: Cli, argv: tuple[str, ...], code: int) -> None:
    done = cli(*argv, "--json")
    assert done.exit in {code, 2, 3, 6}
    assert done.raw.isascii()
    assert done.stdout.replace("\n", "").isprintable()


@pytest.mark.usefixtures("folder")
def test_what_is_escaped_is_still_there(cli: Cli) -> None:
    lines = cli("decode", "@evil.jwt").stdout.splitlines()
    assert sum(ESCAPED_START in line and "[red]x[/]" in line for line in lines) == 8
    assert cli("decode", "-q", "-f", "sub", "@evil.jwt").stdout.startswith(ESCAPED_START)
    assert json.loads(cli("decode", "--json", "@evil.jwt").stdout)["claims"]["sub"] == EVIL


def test_a_product_on_a_terminal_is_escaped(cli: Cli, folder: Path) -> None:
    shown = cli("jwks", "build", "evil.jwk", tty="stdout").stdout
    assert json.loads(shown)["keys"][0]["kid"] == EVIL
    assert shown.isascii()
    assert cli("key", "public", "evil.jwk").raw.isascii()
    assert (folder / "evil.jwk").read_bytes().isascii()
