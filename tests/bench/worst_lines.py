"""The hostile command lines of worst.py: arguments of 100 KiB, and lines of as much to be completed."""

from __future__ import annotations

from typing import Any

from tests.bench.worst_case import case

LONGEST = 100 * 1024  # Linux takes 128 KiB
VERIFY = ("verify", "-k", "secret:@secret.txt")
SIGN = ("sign", "-k", "secret:@secret.txt")
BREAKS = " \t\n\"'@><=;|&(:"  # of bash


def line_cases() -> list[dict[str, Any]]:
    """Command lines that are run, and some that are completed."""
    return [*argument_cases(), *completion_cases()]


def argument_cases() -> list[dict[str, Any]]:
    """Command lines with an argument of 100 KiB."""
    word, hashes = "verifi" * (LONGEST // 6), "#" * LONGEST
    return [
        case("a command", word),
        case("an option", f"--{word}"),
        case("an option of a command", "verify", f"--{word}"),
        case("an option before a command", f"--{word}", "verify"),
        case("a topic", "explain", word),
        case("a topic of digits", "explain", "4" * LONGEST),
        case("an algorithm", *VERIFY, "--alg", word, "@members.jwt"),
        case("a source", "key", "show", word),
        case("a source with a prefix", "key", "show", f"{word}:x"),
        case("a source of hashes", "key", "show", hashes),
        case("a source of hashes and slashes", "key", "show", "#/" * (LONGEST // 2)),
        case("a variable", "key", "show", f"env:{word}"),
        case("a URL", "key", "show", f"https://{word}"),
        case("a secret", "key", "show", f"secret:{word}"),
        case("a time", *VERIFY, "--at", "1" * LONGEST, "@members.jwt"),
        case("a duration", *VERIFY, "--leeway", "1h" * 50_000, "@members.jwt"),
        case("a requirement", *VERIFY, "--require", "a" + "[b]" * 33_000, "@members.jwt"),
        case("a requirement of backslashes", *VERIFY, "--require", "\\" * 100_001, "@members.jwt"),
        case("a claim", *SIGN, "-c", "a" + "[]" * 50_000 + "=x"),
        case("a claim in JSON", *SIGN, "-c", "a:=" + "[" * 100_000),
        case("1,000 claims", *SIGN, *(f"-c=a[{n}][999]=x" for n in range(1000))),
        case("a token", "decode", "eyJ" + "A" * LONGEST),
        case("a token of quotes", "decode", "'" * LONGEST),
        case("a file of a token", "decode", f"@{word}"),
        case("a member", "decode", "--member", word, "@members.jwt"),
        case("an output", "key", "new", "-o", f"{word}/x"),
        case("a size", "key", "new", "--alg", "RS256", "--size", "9" * LONGEST),
        case("50,000 arguments", "decode", *(["-q"] * 50_000)),
        case("claims at the cap", *SIGN, "@claims.json"),
    ]


def completion_cases() -> list[dict[str, Any]]:
    """A command line of 100 KiB to be completed."""
    lines = {
        "a word": "jwtool verify --alg=" + "E" * LONGEST,
        "quotes": "jwtool verify " + "'\"" * (LONGEST // 2),
        "open quote": 'jwtool verify "' + "a" * LONGEST,
        "blanks": "jwtool verify" + " " * LONGEST,
        "backslashes": "jwtool verify " + "\\" * LONGEST,
        "options": "jwtool verify" + " -q" * (LONGEST // 3),
        "short options together": "jwtool verify -" + "q" * LONGEST,
        "parentheses": "jwtool verify " + "$(" * (LONGEST // 2),
        "variables": "jwtool verify " + "$HOME" * (LONGEST // 5),
        "backquotes": "jwtool verify " + "`" * (LONGEST + 1),
        "semicolons": "jwtool verify " + ";" * LONGEST,
        "redirections": "jwtool verify " + ">" * LONGEST,
        "a path": "jwtool verify -k " + "a/" * (LONGEST // 2),
        "colons": "jwtool verify -k " + "a:" * (LONGEST // 2),
    }
    return [
        case(
            f"complete for {shell}: {name}",
            env={"_JWTOOL_COMPLETE": shell, "_JWTOOL_LINE": line, "_JWTOOL_BREAKS": BREAKS},
        )
        for name, line in lines.items()
        for shell in ("bash", "zsh", "fish", "powershell")
    ]
