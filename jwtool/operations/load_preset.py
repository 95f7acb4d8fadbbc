"""What a preset fills in: the shape of a kind of token, out of the TOML files in `jwtool/presets`, read when named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jwtool.jose.errors import UsageError
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.output.report import Report

NAMES = ("access-token", "client-assertion", "dpop", "id-token")
Command = Literal["sign", "verify"]


class Preset(NamedTuple):
    """One side of a preset. Options that are given win over it.

    `typ`, `exp` and `max_age` are what those options would say; a token without any `typ` passes with `typ_optional`.
    `required` are the claims that a token must have, with `sign` each with the option that gives it; `same` are
    claims with one value. `own_key` says that the token brings the public key that it is signed with. `hashed` is
    the claim that holds the hash of one, `texts` are claims that must be strings.
    """

    name: str
    command: Command
    title: str
    source: str
    typ: str | None = None
    typ_optional: bool = False
    exp: str | None = None
    max_age: str | None = None
    required: tuple[str, ...] = ()
    needs: Mapping[str, str] | None = None
    same: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    own_key: bool = False
    hashed: str | None = None


def load_preset(name: str, command: Command) -> Preset:
    """The side of that preset that concerns the command. Raises UsageError for a name that is none."""
    if name not in NAMES:
        from difflib import get_close_matches

        near = get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(NAMES)}"
        raise UsageError(f"{quote(name)} is no preset", hint=hint)
    import tomllib
    from importlib.resources import files

    data: dict[str, Any] = tomllib.loads(files("jwtool.presets").joinpath(f"{name}.toml").read_text("utf-8"))
    side: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data[command].items()
    }
    return Preset(name=name, command=command, title=data["title"], source=data["source"], **side)


def explain_preset(name: str | None, command: Command) -> Report:
    """What `--explain-preset` prints: the options that the preset fills, and what it asks for. Nothing is done."""
    if name is None:
        raise UsageError("--explain-preset needs a preset", hint=f"--preset {NAMES[0]}; others: {', '.join(NAMES[1:])}")
    from jwtool.output.report import Gap, Headline, Line, Report, Row, Table

    preset = load_preset(name, command)
    options = filled_options(preset)
    document: dict[str, Any] = {
        "preset": name,
        "command": command,
        "title": preset.title,
        "source": preset.source,
        "options": [{"option": option, "value": value, "about": about} for option, value, about in options],
        "needs": [{"claim": claim, "option": option} for claim, option in (preset.needs or {}).items()],
    }
    rows = tuple(Row((f"{option} {value}".rstrip(), about), ("name", "dim")) for option, value, about in options)
    needs = tuple(Row((claim, option), ("name",)) for claim, option in (preset.needs or {}).items())
    asked = (Gap(), Line("claims that must be there, and what gives them:", "dim"), Table(needs)) if needs else ()
    head = Headline(name, f"{preset.title}, {preset.source}; options that are given win", "name")
    quiet = " ".join(f"{option} {value}".rstrip() for option, value, _ in options)
    return Report("preset", document, blocks=(head, Gap(), Table(rows), *asked), quiet=quiet)


def filled_options(preset: Preset) -> list[tuple[str, str, str]]:
    """The options that stand for what a preset does: name, value, and a remark where that is not all of it."""
    about = "where the token has one" if preset.typ_optional else ""
    plain = [("--typ", preset.typ, about), ("--exp", preset.exp, ""), ("--max-age", preset.max_age, "")]
    found = [(option, value, about) for option, value, about in plain if value is not None]
    found += [("--require", claim, "") for claim in preset.required]
    if preset.same:
        first, second = preset.same
        if preset.command == "verify":
            found.append(("--require", second, f"must equal {first}"))
        else:
            found.append((f"--{second}", "CLIENT-ID", f"the same as {first}; either gives both"))
    if preset.own_key and preset.command == "sign":
        found.append(("-H", "jwk:=…", "the public half of the key, and no kid"))
    elif preset.own_key:
        found.append(("-k", "KEY", "without it: the key that the proof brings"))
    if preset.hashed:
        found.append(("--access-token", "SOURCE", f"if it is given, its hash is {preset.hashed}"))
    return found
