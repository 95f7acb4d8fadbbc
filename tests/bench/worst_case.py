"""One case of worst.py, and the tokens and texts that many of them are made of."""

from __future__ import annotations

import hmac
from typing import Any

from jwtool.jose import base64url
from jwtool.jose.token import MAX_TOKEN

SECRET = "correct horse battery staple, sixty-four octets or so of a password"
MOST_PAYLOAD = MAX_TOKEN * 3 // 4 - 200  # octets of a payload beside a small header and a signature
HS256 = '{"alg":"HS256"}'

# What is shown to a person, in both clothes, and to a script.
RENDERINGS = {"": (), " --json": ("--json",), " in colour": ("--color", "always")}


def signed(payload: bytes, header: str = HS256) -> str:
    """A token that verifies with SECRET."""
    signing_input = f"{base64url.encode(header.encode())}.{base64url.encode(payload)}"
    signature = hmac.digest(SECRET.encode(), signing_input.encode(), "sha256")
    return f"{signing_input}.{base64url.encode(signature)}"


def case(name: str, *argv: str, **more: Any) -> dict[str, Any]:
    """One case: its name and what it runs; `env` of its own, `seconds` if it may take others than all."""
    return {"name": name, "argv": list(argv), **more}


def filled(unit: str, before: str = "", after: str = "", size: int = MOST_PAYLOAD) -> bytes:
    """`unit` over and over between `before` and `after`, `size` octets in all or just under it."""
    rest = size - len(before.encode()) - len(after.encode())
    return (before + unit * (rest // len(unit.encode())) + after).encode()


def numbered(form: str, count: int, size: int = MOST_PAYLOAD) -> bytes:
    """An object of `count` members or as many as there is room for; `form` has a place for the number."""
    members, room = [], size - 2
    for number in range(count):
        members.append(form.format(number))
        room -= len(members[-1].encode()) + 1
        if room < 0:
            members.pop()
            break
    return ("{" + ",".join(members) + "}").encode()
