"""What a text, its segments and the JSON in them can suffer: each public function is one kind of mutation.

None of them has to change anything: what still is the original is sorted out afterwards.
"""

from __future__ import annotations

import base64
import json
import tomllib
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.properties.conftest import Matter

    Members = list[tuple[str, str]]

HOSTILE: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("hostile.toml").read_text("utf-8"))
BYTES = b"\0\x01\x09\n\r\x1b \x7f\x80\x85\xa0\xad\xbf\xc0\xc3\xe2\xed\xf0\xff.~=-_+/%\"'{}[],:;&#@$Az09"
ATTACKER = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'


def _splice(matter: Matter, part: bytes) -> bytes:
    """The token with `part` instead of some of its bytes, often of none."""
    data = matter.token.encode()
    at = matter.random.randrange(len(data) + 1)
    return data[:at] + part + data[at + matter.random.choice([0, 0, 1, 1, 2, 7, 40]) :]


# Bytes and characters


def flip_a_bit(matter: Matter) -> bytes:
    data = bytearray(matter.token.encode())
    data[matter.random.randrange(len(data))] ^= 1 << matter.random.randrange(8)
    return bytes(data)


def put_a_byte(matter: Matter) -> bytes:
    return _splice(matter, bytes([matter.random.choice(BYTES)]))


def put_bytes(matter: Matter) -> bytes:
    return _splice(matter, matter.random.randbytes(matter.random.choice([1, 2, 3, 20])))


def delete_bytes(matter: Matter) -> bytes:
    return _splice(matter, b"")


def repeat_bytes(matter: Matter) -> bytes:
    at = matter.random.randrange(len(matter.token))
    return _splice(matter, matter.token[at : at + matter.random.choice([1, 4, 50])].encode())


def cut_off(matter: Matter) -> str:
    token, at = matter.token, matter.random.randrange(len(matter.token))
    return matter.random.choice([token[:at], token[:at], token[at:], token[:-1], token[1:]])


def change_case(matter: Matter) -> str:
    token, at, index = matter.token, matter.random.randrange(len(matter.token)), matter.random.randrange(3)
    part = matter.random.choice([str.upper, str.lower, str.swapcase])(matter.parts[index])
    whole = matter.random.choice([token.upper(), token.lower(), matter.replaced(index, part)])
    one = token[:at] + token[at].swapcase() + token[at + 1 :]
    return matter.random.choice([one, one, one, whole])


def put_a_lookalike(matter: Matter) -> str:
    token = matter.token
    pairs: list[str] = HOSTILE["lookalikes"]
    pair = matter.random.choice([pair for pair in pairs if pair[0] in token])
    ours, theirs = pair[0], pair[1]
    at = matter.random.choice([place for place, character in enumerate(token) if character == ours])
    wide = "".join(chr(ord(character) + 0xFEE0) for character in token)
    one = token[:at] + theirs + token[at + 1 :]
    return matter.random.choice([one, one, one, one, token.replace(ours, theirs), wide])


# Segments


def shuffle_segments(matter: Matter) -> str:
    filler = matter.random.choice([*matter.parts, "e30", "AA"])
    parts = matter.random.sample(
        [*matter.parts, "", matter.parts[0], filler], matter.random.choice([1, 2, 3, 3, 3, 4, 5, 6])
    )
    return ".".join(parts)


def change_a_separator(matter: Matter) -> str:
    separator = matter.random.choice(HOSTILE["separators"])
    first, second = matter.random.choice([(separator, "."), (".", separator), (separator, separator)])
    return f"{matter.parts[0]}{first}{matter.parts[1]}{second}{matter.parts[2]}"


def add_to_an_end(matter: Matter) -> str:
    extra = matter.random.choice(
        [".", "..", "~", "~~", "~e30~", ".AA", "." * 1000, "=", "==", "A", "AAAA", "\0", ",", "#"]
    )
    return matter.random.choice([matter.token + extra, matter.token + extra, extra + matter.token])


def mix_two_tokens(matter: Matter) -> str:
    pairs = zip(matter.original.token.split("."), matter.original.other.split("."), strict=True)
    mixed = list(product(*pairs))[1:-1]  # the first and the last are the tokens themselves
    return ".".join(matter.random.choice(mixed))


# base64url


def encode_otherwise(matter: Matter) -> str:
    index = matter.random.randrange(3)
    part = matter.parts[index]
    at, last = matter.random.randrange(len(part)), part[:-1] + chr(ord(part[-1]) + 1)
    data = base64url.decode(part)
    lines = "\n".join(part[place : place + 64] for place in range(0, len(part), 64))
    forms = [part + "=" * (-len(part) % 4), f"{part}=", f"{part}====", base64.b64encode(data).decode(), last, lines]
    forms += [
        f"{part[:at]}%{ord(part[at]):02X}{part[at + 1 :]}",
        data.hex(),
        base64url.encode(part.encode()),
        f"{part}A",
    ]
    forms += [part.replace("-", "+").replace("_", "/"), base64.b32encode(data).decode(), f'"{part}"', f" {part}"]
    return matter.replaced(index, matter.random.choice(forms))


# JSON of header and payload


def _edit(matter: Matter, change: Callable[[Members, Mapping[str, list[str]]], Members]) -> str:
    """The token with a header or payload of the members that `change` makes of it: each a name and a value in JSON."""
    index = matter.random.randrange(2)
    members = [
        (json.dumps(name), json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        for name, value in json.loads(base64url.decode(matter.parts[index])).items()
    ]
    changed = change(members, HOSTILE["header" if index == 0 else "payload"])
    text = "{" + ",".join(f"{name}:{value}" for name, value in changed) + "}"
    data = text.replace("ATTACKER", ATTACKER).encode("utf-8", "surrogatepass")
    return matter.replaced(index, base64url.encode(data))


def set_a_member(matter: Matter) -> str:
    def change(members: Members, table: Mapping[str, list[str]]) -> Members:
        name = matter.random.choice([*table, *["alg"] * (20 if "alg" in table else 0)])
        algs = [f'"{alg}"' for alg in ALGORITHMS if name == "alg"]
        member = f'"{name}"', matter.random.choice([*algs, *table[name]])
        others = [one for one in members if one[0] != member[0]]
        return matter.random.choice([[*others, member], [member, *others], [*members, member], [member, *members]])

    return _edit(matter, change)


def change_a_member(matter: Matter) -> str:
    def change(members: Members, _table: object) -> Members:
        at = matter.random.randrange(len(members))
        name, value = members[at]
        odd, other = matter.random.choice(HOSTILE["any"]), matter.random.choice(HOSTILE["names"])
        hostile: list[Members] = [
            [],
            [(name, odd)],
            [(other, value)],
            [(name, f"[{value}]")],
            [(name, odd), (name, value)],
        ]
        hostile += [[(name, value), (name, odd)], [(name, value), (other, odd)], [(name, f'{{"a":{value}}}')]]
        return [*members[:at], *matter.random.choice(hostile), *members[at + 1 :]]

    return _edit(matter, change)


def write_json_otherwise(matter: Matter) -> str:
    index = matter.random.randrange(2)
    text = base64url.decode(matter.parts[index]).decode()
    value = json.loads(text)
    forms = [json.dumps(value), json.dumps(value, indent=1), json.dumps(dict(reversed(value.items()))), text.upper()]
    forms += [
        json.dumps(value, sort_keys=True, separators=(",", ":")),
        text.replace('"', "'"),
        text[:-1] + ",}",
        text[:-1],
    ]
    forms += ["".join(f"\\u{ord(character):04x}" for character in text), "[" * 70_000, '{"a":' * 100 + "1" + "}" * 100]
    forms += [text[:-1] + f',"x":"{"x" * 17_000}"}}', text.replace(":", ":" + " " * 300)]
    forms += [around.replace("{}", text) for around in HOSTILE["around"]]
    coded = [text.encode(coding) for coding in ("utf-16", "utf-16-le", "utf-32-be", "utf-7", "cp037", "utf-8-sig")]
    made = matter.random.choice([*(form.encode() for form in forms), *coded])
    return matter.replaced(index, base64url.encode(made))
