"""Documents: one line of ASCII that any JSON parser reads."""

from __future__ import annotations

import json

import pytest

from jwtool.jose import strict_json
from jwtool.jose.errors import TimeMalformed
from jwtool.output.json import document, error_document, text
from jwtool.output.report import Report


def test_schema_and_ok_come_first_and_notes_last() -> None:
    whole = document(Report("key", {"kty": "EC"}, notes=("one\x1b", "two"), positive=False))
    assert list(whole.items()) == [
        ("schema", "jwtool.key/1"),
        ("ok", False),
        ("kty", "EC"),
        ("notes", ["one\\x1b", "two"]),
    ]


def test_without_notes_there_is_no_such_member() -> None:
    assert document(Report("sign", {"token": "x"})) == {"schema": "jwtool.sign/1", "ok": True, "token": "x"}


@pytest.mark.parametrize("hint", [None, "for 15 minutes write 15m"])
def test_an_error(hint: str | None) -> None:
    body = {"code": "time_malformed", "message": "'15M' is not a time"} | ({} if hint is None else {"hint": hint})
    assert error_document(TimeMalformed("'15M' is not a time", hint=hint), 2) == {
        "schema": "jwtool.error/1",
        "ok": False,
        "error": {**body, "exit": 2},
    }


def test_messages_are_escaped() -> None:
    error = error_document(TimeMalformed("a\x1b\u202eb", hint="\x07"), 2)["error"]
    assert (error["message"], error["hint"]) == (r"a\x1b\u202eb", r"\x07")


def test_one_line_of_ascii_that_says_the_same(hostile: str) -> None:
    clean = hostile.encode("utf-8", "replace").decode()
    line = text({clean: [clean, {"a": clean}], "n": 1.5, "none": None, "yes": True})
    assert line.isascii()
    assert line.endswith("}\n")
    assert line.replace("\n", "").isprintable()
    assert line.count("\n") == 1
    assert json.loads(line) == {clean: [clean, {"a": clean}], "n": 1.5, "none": None, "yes": True}
    assert strict_json.parse(line) == json.loads(line)


@pytest.mark.parametrize("value", ["\udcff", "a\udcffb\ud800", ["\udcff"], {"\udcff": ("\udc80",)}])
def test_stray_octets_of_the_command_line_are_spelt_out(value: object) -> None:
    line = text({"value": value, "emoji": "😀"})
    spelt = json.loads(json.dumps(value).replace("\\u", "\\\\u"))
    assert strict_json.parse(line) == {"value": spelt, "emoji": "😀"}
