r"""CLAIM: the one grammar of a claim on the command line. This file is what reads it and builds objects from it.

CLAIM = `name=text` · `name:=json` · `name@=PATH` · `name:@=PATH`. The type is never guessed. `a.b` is the
member `a.b`; `a[b]`, `a[]` and `a[0]` build nested objects and arrays as HTTPie does. A backslash takes the
meaning from `= : @ ~ [ ] \`, and makes a member of a number: `a[\0]`.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jwtool.jose import strict_json
from jwtool.jose.errors import BadUtf8, ClaimOptionMalformed, InputError
from jwtool.jose.policy import Requirement
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    ReadFile = Callable[[str], bytes]

Path = tuple[str | int | None, ...]

MAX_INDEX = 999
_CLAIM = re.compile(r"(?P<name>(?:\\.|[^\\=])*?)(?P<operator>:@=|@=|:=|=)(?P<value>.*)", re.DOTALL)
_REQUIREMENT = re.compile(
    r"(?P<name>(?:\\.|[^\\=])*?)(?:(?P<operator>:@=|@=|:=|~=|=)(?P<value>.*))?",
    re.DOTALL,
)
_ROOT = re.compile(r"(?:\\.|[^\\\[\]])+", re.DOTALL)
_STEP = re.compile(r"\[((?:\\.|[^\\\[\]])*)\]", re.DOTALL)
_INDEX = re.compile("0|[1-9][0-9]*")
_ESCAPED_NUMBER = re.compile(r"\\(-?[0-9]+)")
_ESCAPE = re.compile(r"\\([=:@~\[\]\\])")


@dataclass(frozen=True, slots=True)
class Claim:
    """One CLAIM: put `value` at `path`. `name` is the path as it was typed.

    In `path` a str is a member of an object, an int an element of an array, None a new element at its end.
    """

    name: str
    path: Path
    value: Any


def parse_claim(text: str, read_file: ReadFile) -> Claim:
    """The claim that `text` words. `read_file` gives the octets of a PATH; text from it is taken unchanged.

    Raises ClaimOptionMalformed; for what stands in a file BadUtf8 and the errors of `strict_json.parse`.
    """
    _refuse_broken_text(text)
    match = _CLAIM.fullmatch(text)
    if match is None:
        raise ClaimOptionMalformed(
            f"{quote(text)} is not a claim: there is no '=' in it",
            hint="write name=text, name:=json, name@=FILE or name:@=FILE",
        )
    name = match["name"]
    return Claim(name, _parse_path(name), _read_value(name, match["operator"], match["value"], read_file))


def apply_claims(base: Mapping[str, Any], claims: Iterable[Claim]) -> dict[str, Any]:
    """A copy of `base` with the claims put into it, in order; the last one of a name wins.

    Raises ClaimOptionMalformed where a claim wants a member or an element of what has none.
    """
    result: dict[str, Any] = copy.deepcopy(dict(base))
    for claim in claims:
        _put(result, claim)
    return result


def parse_requirement(text: str, read_file: ReadFile) -> Requirement:
    """The demand that `--require` words: a CLAIM; or `name`, which must be present; or `name~=regex`.

    Raises as `parse_claim` does.
    """
    _refuse_broken_text(text)
    match = _REQUIREMENT.fullmatch(text)
    if match is None:
        raise ClaimOptionMalformed(f"{quote(text)} ends with a single backslash", hint=r"write \\ for a backslash")
    name, operator = match["name"], match["operator"]
    steps = _parse_path(name)
    path = tuple(step for step in steps if step is not None)
    if len(path) < len(steps):
        raise ClaimOptionMalformed(
            f"{quote(name)} has [], which names no element",
            hint="name=value also holds if one element of an array equals it; a[0] is the first element",
        )
    if operator is None:
        return Requirement(path, name, "present")
    if operator == "~=":
        return Requirement(path, name, "matches", _checked_regex(name, match["value"]))
    return Requirement(path, name, "equal", _read_value(name, operator, match["value"], read_file))


def _refuse_broken_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ClaimOptionMalformed(f"{quote(text)} is not UTF-8") from None


def _parse_path(name: str) -> Path:
    root = _ROOT.match(name)
    if root is None:
        problem = "a claim needs a name before the '='" if not name else f"{quote(name)} does not begin with a name"
        raise ClaimOptionMalformed(problem, hint="for example roles[]=admin")
    path: list[str | int | None] = [_unescape(root.group())]
    end = root.end()
    while step := _STEP.match(name, end):
        path.append(_parse_step(name, step[1]))
        end = step.end()
    if end < len(name):
        raise ClaimOptionMalformed(
            f"{quote(name)} has brackets that don't pair, or text after them",
            hint=r"nested: a[b]=…, a[]=…; a bracket that belongs to the name: a\[b\]=…",
        )
    if len(path) > strict_json.MAX_DEPTH:
        raise ClaimOptionMalformed(f"{quote(name)} is nested more than {strict_json.MAX_DEPTH} deep")
    return tuple(path)


def _parse_step(name: str, inside: str) -> str | int | None:
    if not inside:
        return None
    if escaped := _ESCAPED_NUMBER.fullmatch(inside):
        return escaped[1]
    if not _INDEX.fullmatch(inside):
        return _unescape(inside)
    if len(inside) > len(str(MAX_INDEX)):
        raise ClaimOptionMalformed(
            f"{quote(name)} has an index above {MAX_INDEX}",
            hint="[] appends; a backslash makes a member of a number: a[\\1000]",
        )
    return int(inside)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)


def _read_value(name: str, operator: str, value: str, read_file: ReadFile) -> Any:
    if operator == "=":
        return value
    if operator == ":=":
        try:
            return strict_json.parse(value, what=f"the value of {quote(name)}")
        except InputError as error:
            raise ClaimOptionMalformed(error.message, hint="for text instead of JSON write name=text") from None
    data = read_file(value)
    if operator == ":@=":
        return strict_json.parse(data, what=quote(value))
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadUtf8(f"{quote(value)} is not UTF-8 text") from None


def _checked_regex(name: str, pattern: str) -> str:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # `[[` may mean something else in a later Python
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        reason = error.msg if isinstance(error, re.error) else "too large"
        raise ClaimOptionMalformed(f"the pattern of {quote(name)} is no regular expression: {reason}") from None
    return pattern


def _put(result: dict[str, Any], claim: Claim) -> None:
    """Walk from the root to the last step, making objects and arrays on the way, and set the value there."""
    cursor: Any = result
    for step, following in pairwise(claim.path):
        place = _place(cursor, step, claim)
        if cursor[place] is None:
            cursor[place] = {} if isinstance(following, str) else []
        cursor = cursor[place]
    cursor[_place(cursor, claim.path[-1], claim)] = copy.deepcopy(claim.value)


def _place(cursor: Any, step: str | int | None, claim: Claim) -> str | int:
    """The member or index that `step` means, which is there from now on, if only as null."""
    _demand_type(cursor, step, claim)
    if isinstance(step, str):
        cursor.setdefault(step, None)
        return step
    return _make_room(cursor, step)


def _make_room(array: list[Any], step: int | None) -> int:
    """The index of that element, with nulls up to it where the array is shorter; None is a new element."""
    index = len(array) if step is None else step
    array.extend([None] * (index + 1 - len(array)))
    return index


def _demand_type(cursor: object, step: str | int | None, claim: Claim) -> None:
    wanted, word = (dict, "an object") if isinstance(step, str) else (list, "a list")
    if not isinstance(cursor, wanted):
        raise ClaimOptionMalformed(
            f"{quote(claim.name)} needs {word}, but what it leads into is {strict_json.kind_of(cursor)}",
            hint="set a claim as a whole with name:=json",
        )
