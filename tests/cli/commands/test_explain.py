"""`jwtool explain`: a topic in plain words, and what is near an unknown one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jwtool.cli import exits
from jwtool.explain.lookup import topics

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

EVERY_TOPIC = sorted({name for names in topics().values() for name in names} | topics().keys())
WIDEST = 80


def test_a_claim(cli: Cli) -> None:
    done = cli("explain", "exp")
    assert (done.exit, done.stderr) == (0, "")
    assert done.stdout == (
        "exp  expiry (claim)\n"
        "Until when the token is good, in Unix seconds: still good a second before, no\n"
        "longer at that moment. Without it the token never expires.\n"
        "RFC 7519 §4.1.4\n"
        "see also: token_expired, nbf, time\n"
    )


@pytest.mark.parametrize("topic", ["4", "exit-4", "EXIT-4"])
def test_an_exit_code(cli: Cli, topic: str) -> None:
    assert cli("explain", topic).stdout.splitlines()[0] == (
        "exit-4  a key, key set or algorithm is unusable (exit code)"
    )


def test_every_exit_code(cli: Cli) -> None:
    numbers = {exits.YES, exits.NO, exits.BUG, exits.INTERRUPTED, exits.TERMINATED, *exits.BY_FAMILY.values()}
    assert topics()["exit-codes"] == tuple(f"exit-{number}" for number in sorted(numbers))
    for number in numbers:
        assert cli("explain", str(number)).exit == 0


@pytest.mark.parametrize("topic", EVERY_TOPIC)
def test_every_topic_fits_a_screen(cli: Cli, topic: str) -> None:
    done = cli("explain", topic)
    assert (done.exit, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= WIDEST
    assert done.stdout.replace("\n", "").isprintable()


def test_without_a_topic_all_are_listed(cli: Cli) -> None:
    done = cli("explain")
    assert done.exit == 0
    words = done.stdout.split()
    assert {name for names in topics().values() for name in names} <= set(words)
    assert [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")] == list(topics())
    assert max(map(len, done.stdout.splitlines())) <= WIDEST
    assert cli("explain", "--json").document["topics"] == {kind: list(names) for kind, names in topics().items()}


def test_a_name_with_two_meanings_is_explained_twice(cli: Cli) -> None:
    document = cli("explain", "--json", "kid").document
    assert [one["kind"] for one in document["explanations"]] == ["header parameter", "JWK member"]
    assert cli("explain", "kid").stdout.count("\n\n") == 1


def test_json(cli: Cli) -> None:
    document = cli("explain", "--json", "exp").document
    assert document == {
        "schema": "jwtool.explain/1",
        "ok": True,
        "topic": "exp",
        "explanations": [
            {
                "topic": "exp",
                "kind": "claim",
                "title": "expiry",
                "text": "Until when the token is good, in Unix seconds: still good a second before, no\n"
                "longer at that moment. Without it the token never expires.",
                "source": "RFC 7519 §4.1.4",
                "see": ["token_expired", "nbf", "time"],
            }
        ],
    }


@pytest.mark.parametrize(
    ("argv", "line"), [(("exp",), "exp: expiry\n"), (("4",), "exit-4: a key, key set or algorithm is unusable\n")]
)
def test_quiet_is_one_line(cli: Cli, argv: tuple[str, ...], line: str) -> None:
    assert cli("explain", "-q", *argv).stdout == line
    assert cli("explain", "-q").stdout == " ".join(topics()) + "\n"


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("aud_mismtch", "did you mean `aud_mismatch` or `sub_mismatch` or `kid_mismatch`?"),
        ("EXP", "did you mean `exp` or `epk`?"),
        ("zzzzzzz", "`jwtool explain` lists all topics"),
        ("", "`jwtool explain` lists all topics"),
    ],
)
def test_an_unknown_topic(cli: Cli, topic: str, hint: str) -> None:
    done = cli("explain", topic)
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == f"jwtool: error: '{topic}' is not a topic\nhint: {hint}\n"
    assert cli("explain", "--json", topic).document["error"]["code"] == "topic_unknown"
