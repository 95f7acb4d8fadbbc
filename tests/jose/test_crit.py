"""`jwtool.jose.crit`: what must be understood, to the letter of RFC 7515 §4.1.11 and RFC 7797 §6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.crit import judge_crit
from jwtool.jose.policy import Check
from jwtool.jose.token import Signature

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_PROTECTED = "'crit' must stand in the protected header"
NO_NAMES = "'crit' must be a list of names, at least one"
TWICE = "'crit' names a parameter twice"
IS_FALSE = "'b64' is false: a payload that was not encoded is read only if it is detached"
NO_BOOLEAN = "'b64' must be true or false"
NOT_CRITICAL = "'b64' must be named in 'crit'"


def judge(
    protected: Mapping[str, Any], unprotected: Mapping[str, Any] | None = None, *, attached: bool = False
) -> Check:
    unprotected = unprotected or {}
    return judge_crit(Signature(protected, unprotected, {**protected, **unprotected}, "", b""), attached=attached)


def must_not_name(name: str) -> str:
    return f"'crit' must not name '{name}', which everybody has to understand"


def absent(name: str) -> str:
    return f"'crit' names '{name}', which is not in the header"


def unknown(name: str) -> str:
    return f"only who understands '{name}' may believe the token"


def test_a_header_that_demands_nothing() -> None:
    assert judge({"alg": "HS256", "kid": "k", "exp": 1}) == Check("crit", "absent")


def test_a_b64_that_is_true_and_critical() -> None:
    assert judge({"crit": ["b64"], "b64": True}) == Check("crit", "ok")


@pytest.mark.parametrize(
    ("header", "code", "detail"),
    [
        ({"crit": []}, "crit_malformed", NO_NAMES),
        ({"crit": "b64"}, "crit_malformed", NO_NAMES),
        ({"crit": ""}, "crit_malformed", NO_NAMES),
        ({"crit": 1}, "crit_malformed", NO_NAMES),
        ({"crit": None}, "crit_malformed", NO_NAMES),
        ({"crit": False}, "crit_malformed", NO_NAMES),
        ({"crit": {"b64": True}, "b64": True}, "crit_malformed", NO_NAMES),
        ({"crit": ["b64", 1], "b64": True}, "crit_malformed", NO_NAMES),
        ({"crit": [["b64"]], "b64": True}, "crit_malformed", NO_NAMES),
        ({"crit": ["b64", "b64"], "b64": True}, "crit_malformed", TWICE),
        ({"crit": ["b64", "x", "x"], "b64": True, "x": 1}, "crit_malformed", TWICE),
        ({"crit": ["crit"]}, "crit_malformed", must_not_name("crit")),
        ({"crit": ["b64", "typ"], "b64": True, "typ": "JWT"}, "crit_malformed", must_not_name("typ")),
        ({"crit": ["b64"]}, "crit_malformed", absent("b64")),
        ({"crit": ["exp"]}, "crit_malformed", absent("exp")),
        ({"crit": [""]}, "crit_malformed", absent("")),
        ({"crit": ["\u001b[2J"]}, "crit_malformed", absent("\\x1b[2J")),
        ({"crit": ["exp"], "exp": 1}, "crit_unsupported", unknown("exp")),
        ({"crit": ["b64", "x"], "b64": True, "x": 1}, "crit_unsupported", unknown("x")),
        ({"crit": ["B64"], "B64": True}, "crit_unsupported", unknown("B64")),
        ({"crit": ["b64"], "b64": False}, "b64_unsupported", IS_FALSE),
        ({"crit": ["b64"], "b64": "true"}, "b64_unsupported", NO_BOOLEAN),
        ({"crit": ["b64"], "b64": 1}, "b64_unsupported", NO_BOOLEAN),
        ({"crit": ["b64"], "b64": None}, "b64_unsupported", NO_BOOLEAN),
        ({"b64": False}, "b64_unsupported", IS_FALSE),
        ({"b64": 0}, "b64_unsupported", NO_BOOLEAN),
        ({"b64": True}, "b64_unsupported", NOT_CRITICAL),
    ],
)
def test_what_is_refused(header: Mapping[str, Any], code: str, detail: str) -> None:
    assert judge({"alg": "HS256", **header}) == Check("crit", "failed", code, found=header.get("crit"), detail=detail)


def test_a_b64_that_is_false_and_critical_of_a_detached_payload() -> None:
    assert judge({"crit": ["b64"], "b64": False}, attached=True) == Check("crit", "ok")


@pytest.mark.parametrize(
    ("protected", "unprotected", "code", "detail"),
    [
        ({"b64": False}, {}, "b64_unsupported", NOT_CRITICAL),
        ({"b64": 0, "crit": ["b64"]}, {}, "b64_unsupported", NO_BOOLEAN),
        ({}, {"b64": False}, "b64_unsupported", "'b64' must stand in the protected header"),
        ({"crit": ["b64"]}, {"b64": False}, "b64_unsupported", "'b64' must stand in the protected header"),
        ({"b64": False}, {"crit": ["b64"]}, "crit_malformed", NOT_PROTECTED),
        ({"b64": False, "crit": ["b64", "x"], "x": 1}, {}, "crit_unsupported", unknown("x")),
    ],
)
def test_a_detached_payload_excuses_nothing_else(
    protected: Mapping[str, Any], unprotected: Mapping[str, Any], code: str, detail: str
) -> None:
    found = judge(protected, unprotected, attached=True)
    assert (found.verdict, found.code, found.detail) == ("failed", code, detail)


@pytest.mark.parametrize("name", ["alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"])
def test_no_registered_parameter_may_be_named(name: str) -> None:
    for header in ({"crit": [name]}, {"crit": [name], name: ["there"]}):
        assert judge(header).code == "crit_malformed"


def test_what_is_not_protected_does_not_count() -> None:
    assert judge({}, {"crit": ["b64"], "b64": True}) == Check(
        "crit", "failed", "crit_malformed", found=["b64"], detail=NOT_PROTECTED
    )
    for protected in ({}, {"crit": ["b64"]}):
        assert judge(protected, {"b64": True}) == Check(
            "crit",
            "failed",
            "b64_unsupported",
            found=protected.get("crit"),
            detail="'b64' must stand in the protected header",
        )


@pytest.mark.parametrize("typ", ["JWT", "application/jwt", "at+jwt", "application/AT+JWT"])
def test_a_jwt_is_never_unencoded(typ: str) -> None:
    """RFC 7797 §7, also where its payload came beside it."""
    header = {"crit": ["b64"], "b64": False}
    detail = "'b64' is false, and 'typ' says that this is a JWT: those are always encoded"
    failed = Check("crit", "failed", "b64_unsupported", found=["b64"], detail=detail)
    assert judge({**header, "typ": typ}, attached=True) == failed
    assert judge(header, {"typ": typ}, attached=True) == failed
    assert judge({**header, "typ": "jwt-like"}, attached=True) == Check("crit", "ok")
    assert judge({"crit": ["b64"], "b64": True, "typ": typ}) == Check("crit", "ok")
