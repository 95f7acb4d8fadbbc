"""`-f/--field`: one member of a token, bare for a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import strict_json
from jwtool.jose.quoting import printable

if TYPE_CHECKING:
    from collections.abc import Mapping


def pick(name: str, claims: Mapping[str, Any] | None, header: Mapping[str, Any]) -> str | None:
    """The claim `name`, else the member at that dotted path, else `header.…`; text bare, all else as JSON.

    None where there is no such member.
    """
    for whole in (claims or {}, {"header": header}):
        if name in whole:
            return _bare(whole[name])
        found: Any = whole
        for part in name.split("."):
            if isinstance(found, dict) and part in found:
                found = found[part]
            else:
                break
        else:
            return _bare(found)
    return None


def _bare(value: Any) -> str:
    return printable(value) if isinstance(value, str) else strict_json.dump(value)
