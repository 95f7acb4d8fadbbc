"""Documents for scripts: one JSON object on stdout, ASCII only, named by its `schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import strict_json
from jwtool.jose.quoting import printable

if TYPE_CHECKING:
    from jwtool.jose.errors import JwtoolError
    from jwtool.output.report import Report

VERSION = 1


def document(report: Report) -> dict[str, Any]:
    """The whole document of a report: `schema` and `ok` first, `notes` last where there are any."""
    whole: dict[str, Any] = {
        "schema": f"jwtool.{report.schema}/{VERSION}",
        "ok": report.positive,
        **(report.document or {}),
    }
    if report.notes:
        whole["notes"] = [printable(note) for note in report.notes]
    return whole


def error_document(error: JwtoolError, exit_code: int) -> dict[str, Any]:
    """What stands on stdout when a command with --json could not do its work."""
    body: dict[str, Any] = {"code": error.code, "message": printable(error.message)}
    if error.hint is not None:
        body["hint"] = printable(error.hint)
    body["exit"] = exit_code
    return {"schema": f"jwtool.error/{VERSION}", "ok": False, "error": body}


def text(whole: dict[str, Any]) -> str:
    """The document as one line of ASCII with a line break."""
    line = strict_json.dump(whole)
    if "\\udc" in line:
        line = strict_json.dump(_without_lone_surrogates(whole))
    return line + "\n"


def _without_lone_surrogates(value: Any) -> Any:
    """The value with those surrogates spelt out that stand for stray octets of the command line: JSON holds none."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_without_lone_surrogates(name): _without_lone_surrogates(one) for name, one in value.items()}
    return [_without_lone_surrogates(one) for one in value] if isinstance(value, list | tuple) else value
