"""Nothing that came from outside drives a terminal, in any command, on any stream."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.public import to_jwk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.attacks.conftest import Forger, Publish
    from tests.cli.conftest import Cli

NASTY = (
    *(
        "\x1b[2J",
        "\x1b]52;c;YWJj\x07",
        "\x1b]8;;http://evil/\x1b\\",
        "\x1b[31m",
        "\x9b2J",
        "\x9d52;c;x\x9c",
        "\x90q\x9c",
    ),
    *("\x07", "\r", "\n", "\t", "\b", "\x7f", "\x0e", "\x00", "\x85", "\u2028", "\u2029", "\u202e", "\u2066", "\u200f"),
    *(
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u00ad",
        "\u061c",
        "\u180e",
        "\u2062",
        "\U000e0041",
        "\U000e0101",
        "\ufe0f",
        "\u3164",
    ),
    "[/bold][red][link=http://evil/]x[/link]:smile:",
)
EVIL = "".join(NASTY)
TYPED = EVIL.replace("\0", "")  # what a command line can hold
STYLES = re.compile(r"\x1b\[[0-9;]*m")
HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def assert_harmless(text: str, *, styled: bool = False) -> None:
    """Not one raw character that a terminal obeys or that a person can't see; Rich's own colours are allowed."""
    if styled:
        text = STYLES.sub("", text)
    assert {c for c in text if c != "\n" and unicodedata.category(c) in HARMFUL} == set()
    assert not {"\U000e0101", "\ufe0f", "\u3164"} & set(text)


@pytest.fixture
def tokens(forge: Forger) -> list[str]:
    claims = {
        "sub": EVIL,
        EVIL: EVIL,
        "iss": EVIL,
        "aud": [EVIL],
        "exp": EVIL,
        "scope": EVIL,
        "a": {EVIL: [EVIL]},
        "nonce": EVIL,
    }
    signed = {"alg": "ES256", "kid": EVIL, "typ": EVIL, "cty": EVIL, EVIL: EVIL, "crit": [EVIL]}
    twice = json.dumps(EVIL).encode()
    return [
        forge.sign("ES256", signed, claims),
        forge.sign("ES256", {"alg": EVIL, "kid": EVIL, "typ": EVIL}, claims),
        forge.sign("ES256", {"alg": "ES256", "kid": EVIL}, EVIL),
        forge.sign("ES256", {"alg": "ES256"}, claims | {"exp": 9_999_999_999}),
        forge.sign("ES256", {"alg": "ES256"}, b"{%s:1,%s:1}" % (twice, twice)),
        forge.sign("ES256", b'{"alg":"ES256",%s:1,%s:1}' % (twice, twice)),
        json.dumps(forge.flattened("ES256", {"alg": "ES256"}, {EVIL: EVIL})),
        json.dumps({"access_token": EVIL, EVIL: EVIL}),
        json.dumps({EVIL: EVIL}),
        f"{EVIL}.{EVIL}.{EVIL}",
        EVIL,
    ]


@pytest.fixture
def key_files(publish: Publish, publish_set: Callable[..., Path], forge: Forger) -> tuple[Path, Path]:
    jwk = to_jwk(forge.keys["ES256"], private=False)
    return publish("ES256", kid=EVIL, private=True), publish_set(
        jwk | {"kid": EVIL},
        {"kty": EVIL, "kid": f"{EVIL}2"},
        {"kty": "EC", "crv": EVIL, "x": EVIL, "y": EVIL, "kid": f"{EVIL}3", "alg": EVIL, "use": EVIL},
        {"kty": "RSA", "n": EVIL, "e": EVIL},
        {"kty": "oct", "k": EVIL, "alg": EVIL},
        jwk | {"kid": "u", "use": EVIL},
        jwk | {"kid": "a", "alg": EVIL},
        jwk | {"kid": "o", "key_ops": [EVIL]},
        jwk | {"x5c": [EVIL]},
        {EVIL: 1},
        EVIL,
    )


def readers_of_tokens(key: Path, keyset: Path) -> Iterator[list[Any]]:
    yield from (["decode"], ["decode", "-f", "sub"], ["decode", "-f", TYPED], ["decode", "--member", TYPED])
    yield from (["verify", "-k", key], ["verify", "-k", keyset, "-v"], ["verify", "-k", keyset, "-f", "sub"])
    demands = [
        "-i",
        TYPED,
        "-a",
        "y",
        "--typ",
        "z",
        "--nonce",
        "n",
        "--scope",
        "s",
        "--require",
        "a~=x",
        "--sub",
        TYPED,
    ]
    yield ["verify", "-k", key, *demands]


def other_commands(key: Path, keyset: Path) -> Iterator[list[Any]]:
    """Every command that reads something of a stranger's, and every error that quotes it."""
    yield from (["verify", "-k", keyset, "-q"], ["verify", "-k", f"{keyset}#{TYPED}"])
    yield from (["verify", "-k", TYPED], ["verify", "-k", f"env:{TYPED}"], ["verify", "-k", f"secret:@{TYPED}"])
    yield from (["verify", "-k", f"https://{TYPED}"], ["verify", "-k", f"http://idp.example/{TYPED}"])
    yield from (["verify", "-k", f"http://127.0.0.1:1/?{TYPED}"], ["verify", "-k", f"{TYPED}://x"])
    yield from (
        ["verify", "-k", key, option, TYPED] for option in ("--alg", "--leeway", "--at", "--require", "--timeout")
    )
    yield from (["verify", "-k", key, f"--{TYPED}"], ["verify", "-k", "https://idp.example/", "--ca-file", TYPED])
    yield from (["jwks", "show", keyset], ["jwks", "build", key], ["jwks", "build", "--private", key])
    yield from (["key", "show", key], ["key", "public", key], ["key", "thumbprint", key], ["key", "show", keyset])
    yield from (["sign", "-k", key, "-c", f"{TYPED}=1"], ["sign", "-k", key, "-c", TYPED], ["sign", "-k", key, TYPED])
    yield from (["sign", "-k", keyset], ["key", "new", "--kid", TYPED], ["key", "new", "-o", f"/missing/{TYPED}"])
    yield from (["explain", TYPED], [TYPED], ["key", TYPED], [f"--{TYPED}"], ["completion", TYPED])


@pytest.mark.attack("A112")
def test_no_raw_control_reaches_any_stream(tokens: list[str], key_files: tuple[Path, Path], cli: Cli) -> None:
    exits = set()
    runs = [(argv, token) for argv in readers_of_tokens(*key_files) for token in tokens]
    runs += [(argv, tokens[0]) for argv in other_commands(*key_files)]
    for argv, token in runs:
        for tty in ("", "stdout stderr"):
            done = cli(*argv, stdin=token.encode(), tty=tty)
            assert_harmless(done.stdout, styled=bool(tty))
            assert_harmless(done.stderr, styled=bool(tty))
            exits.add(done.exit)
        document = cli(*argv, "--json", "-v", stdin=token.encode())
        assert document.raw.isascii()
        assert_harmless(document.stderr)
    assert exits == {0, 1, 2, 3, 4, 6}


@pytest.mark.attack("A113")
@pytest.mark.parametrize("text", ["[/bold]", "[link=http://x]y[/link]", "[red]", "[@click=x]", r"\[red]", ":warning:"])
def test_rich_markup_is_text(text: str, forge: Forger, publish: Publish, cli: Cli) -> None:
    token = forge.sign("ES256", {"alg": "ES256", "x": text}, {"sub": text, text: 1})
    for argv in (["decode"], ["verify", "-k", publish("ES256")]):
        for tty, env in (("", {}), ("stdout", {}), ("", {"CLICOLOR_FORCE": "1"})):
            done = cli(*argv, stdin=token.encode(), tty=tty, env=env)
            assert done.exit == 0
            assert STYLES.sub("", done.stdout).count(text) == 3


def test_product_on_a_terminal_is_escaped(forge: Forger, cli: Cli) -> None:
    for payload in (EVIL.encode(), b"\xff\x1b[2J\x9b", json.dumps({"sub": EVIL}).encode()):
        token = forge.sign("ES256", None, payload)
        assert_harmless(cli("decode", "-f", "sub", stdin=token.encode(), tty="stdout").stdout, styled=True)
        assert_harmless(cli("decode", stdin=token.encode(), tty="stdout").stdout, styled=True)


def test_answer_of_a_server_on_a_terminal_is_escaped(serve: Any, cli: Cli) -> None:
    """`jwks fetch` prints the octets as served; a terminal gets them escaped."""
    body = json.dumps({"keys": [], "x": "Z"}).encode().replace(b"Z", b"\xc2\x9b2J\xe2\x80\xae")
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert_harmless(cli("jwks", "fetch", server.url, tty="stdout").stdout, styled=True)
    assert cli("jwks", "fetch", server.url).raw == body


def test_hint_is_never_made_of_the_token(tokens: list[str], forge: Forger, publish: Publish, cli: Cli) -> None:
    """A hint could be pasted into a shell: no value of an unverified token may stand in one."""
    bait = "$(touch pwned)"
    baits = [
        forge.sign(
            "ES256", {"alg": "ES256", "kid": bait, "typ": bait}, {"iss": f"https://{bait}", "aud": bait, "sub": bait}
        ),
        forge.sign("ES256", {"alg": bait, "kid": bait}, {bait: bait}),
        forge.sign(
            "ES256", {"alg": "ES256"}, {"iss": f"https://idp.example/{bait}", "aud": bait.upper(), "nonce": bait}
        ),
        json.dumps({bait: "x"}),
        bait,
    ]
    demands = ["-i", "https://idp.example", "-a", "api", "--typ", "at+jwt", "--sub", "x", "--nonce", "y"]
    for token in (*baits, *tokens):
        for argv in (["decode"], ["verify", "-k", publish("ES256", kid="k1"), *demands]):
            done = cli(*argv, stdin=token.encode())
            hints = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("hint: ")]
            picks = [line for line in hints if line.startswith("hint: --member picks one of ")]
            assert not any("pwned" in line for line in hints if line not in picks)


def test_completion_quotes_what_a_stranger_named(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file name is an attack when the shell runs it, and when the terminal shows it."""
    monkeypatch.chdir(tmp_path)
    names = [
        "a$(touch pwned)",
        "a`touch pwned`",
        "a;touch pwned",
        "a|touch pwned",
        "a'b",
        'a"b',
        "a b",
        "a&",
        "a\\b",
        "a*",
        "a!b",
    ]
    for name in (*names, f"a{TYPED.replace('/', '')}"[:80], "a\nb", "a\x1b[2J"):
        (tmp_path / name).touch()
    for shell in ("bash", "zsh", "fish", "powershell"):
        line = "jwtool\nverify\n-k\na" if shell == "powershell" else "jwtool verify -k a"
        done = cli(env={"_JWTOOL_COMPLETE": shell, "_JWTOOL_LINE": line, "_JWTOOL_BREAKS": " \t\n"})
        assert done.exit == 0
        assert_harmless(done.stdout.replace("\t", " "))
    words = cli(env={"_JWTOOL_COMPLETE": "bash", "_JWTOOL_LINE": "jwtool verify -k a", "_JWTOOL_BREAKS": " \t\n"})
    candidates = words.stdout.splitlines()[1:]
    script = "\n".join(f"printf '%s\\n' {candidate}" for candidate in candidates)
    typed = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert sorted(typed) == sorted(names)
    assert not (tmp_path / "pwned").exists()


def test_environment_is_completed_by_name_only(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "hunter2")
    for line in ("jwtool verify -k env:MY", "jwtool verify -k secret:env:MY", "jwtool sign --passphrase env:MY"):
        done = cli(env={"_JWTOOL_COMPLETE": "fish", "_JWTOOL_LINE": line})
        assert "env:MY_SECRET" in done.stdout
        assert "hunter2" not in done.stdout
