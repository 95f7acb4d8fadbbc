"""Every code has a text, every text a code; every topic is found by its name and leads only to topics."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import jwtool.jose
from jwtool.cli import exits
from jwtool.explain.lookup import Explanation, lookup, topics
from jwtool.explain.titles import CLAIMS, TYPES, claim_title, typ_title
from jwtool.jose import errors
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.claims import check
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT
from jwtool.jose.errors import JwtoolError, TopicUnknown
from jwtool.jose.numeric_date import parse_duration
from jwtool.jose.policy import ClaimPolicy
from jwtool.jose.token import read_claims
from jwtool.sources.claim_options import apply_claims, parse_claim, parse_requirement
from jwtool.sources.grammar import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
ENTRIES = [one for group in topics() for one in lookup(group)]
CODES = set(topics()["errors"])
JOSE_NAMES = {*topics()["claims"], *topics()["headers"], *topics()["jwk-members"], "encrypted_key"}
SKIPPED_KEYS = {"key_malformed", "key_unsupported", "key_confusion"}
"""Errors that also stand beside a key of a set that was passed over, as `verify` reports it."""
SIGNERS_ONLY = {"key_not_private"}
"""The one reason against a key that `verify` never meets: a public key will do."""


importlib.import_module("jwtool.jose.network_errors")


def leaves(tree: type[JwtoolError]) -> Iterator[type[JwtoolError]]:
    yield tree
    for child in tree.__subclasses__():
        yield from leaves(child)


ERRORS: Mapping[str, type[JwtoolError]] = {error.code: error for error in leaves(JwtoolError)}


def words_of(module: Path) -> set[str]:
    """The snake_case words that a module holds as text, without those that name something in its program."""
    program = importlib.import_module(f"jwtool.jose.{module.stem}")
    texts = {node.value for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Constant)}
    return {
        text for text in texts if isinstance(text, str) and SNAKE_CASE.fullmatch(text) and not hasattr(program, text)
    }


def reasons() -> set[str]:
    """The codes of failed checks: those written down in the pure modules, and those that are put together."""
    modules = [
        file
        for folder in jwtool.jose.__path__
        for file in Path(folder).glob("*.py")
        if not file.stem.endswith("errors")
    ]
    written = set[str]().union(*map(words_of, modules)) - JOSE_NAMES
    wrong = {"sub": "a", "nonce": "a", "at_hash": "a", "c_hash": "a"}
    policy = ClaimPolicy(subject="b", nonce="b", access_token=b"b", code=b"b")
    judged = {one.code for one in check(wrong, policy, now=0, alg="ES256") if one.code is not None}
    _claims, fault = read_claims(b"[]")
    assert fault is not None
    return written | judged | {fault.code}


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    assert set(ERRORS) | reasons() == CODES


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_an_error_leads_to_its_exit_code(code: str) -> None:
    (entry,) = [one for one in lookup(code) if one.kind == "error code"]
    led_to = {name for name in entry.see if name.startswith("exit-")}
    wanted = {f"exit-{exits.exit_code(ERRORS[code](''))}"}
    assert led_to == wanted | ({"exit-1"} if code in (reasons() | SKIPPED_KEYS) - SIGNERS_ONLY else set())


@pytest.mark.parametrize("code", sorted(reasons() - set(ERRORS)))
def test_a_reason_leads_to_exit_1(code: str) -> None:
    (entry,) = lookup(code)
    assert [name for name in entry.see if name.startswith("exit-")] == ["exit-1"]


def test_every_exit_code_has_a_text() -> None:
    named = {exits.YES, exits.NO, exits.BUG, exits.INTERRUPTED, exits.TERMINATED, *exits.BY_FAMILY.values()}
    assert topics()["exit-codes"] == tuple(f"exit-{number}" for number in sorted(named))


def test_every_algorithm_is_a_topic() -> None:
    assert topics()["algorithms"] == (*ALGORITHMS, *KEY_MANAGEMENT, *CONTENT_ENCRYPTION)


def test_titles_and_texts_of_claims_name_the_same() -> None:
    texts = tomllib.loads(files("jwtool.explain").joinpath("claims.toml").read_text("utf-8"))
    assert list(texts) == list(CLAIMS)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda one: f"{one.kind}-{one.topic}")
def test_every_topic_is_well_formed(entry: Explanation) -> None:
    assert entry in lookup(entry.topic)
    assert entry.topic not in entry.see
    assert [other for other in entry.see if not lookup(other)] == []
    assert len(set(entry.see)) == len(entry.see)
    assert entry.title.strip(" .") == entry.title != ""
    assert entry.text.strip() == entry.text != ""
    assert [line for line in entry.text.splitlines() if len(line) > 79 or line.rstrip() != line] == []
    assert (entry.text[-1] == ".") is (entry.kind not in {"grammar", "guide"})


@pytest.mark.parametrize("name", [entry.topic for entry in ENTRIES if entry.kind != "claim"])
def test_all_but_claims_are_found_in_any_case(name: str) -> None:
    others = [one for one in lookup(name) if one.kind != "claim"]
    assert [one for one in lookup(name.upper()) if one.kind != "claim"] == others


@pytest.mark.parametrize(
    ("topic", "kinds"),
    [
        ("exp", ["claim"]),
        ("kid", ["header parameter", "JWK member"]),
        ("iss", ["claim"]),
        ("crit", ["header parameter"]),
        ("token", ["grammar"]),
        ("ES256", ["algorithm"]),
        ("es256", ["algorithm"]),
        ("aud_mismatch", ["error code"]),
        ("4", ["exit code"]),
        ("exit-4", ["exit code"]),
        ("none", ["error code"]),
        ("A256KW", ["algorithm"]),
        ("ecdh-es", ["algorithm"]),
        ("A128CBC-HS256", ["algorithm"]),
        ("RSA1_5", ["error code"]),
    ],
)
def test_what_a_topic_means(topic: str, kinds: list[str]) -> None:
    assert [one.kind for one in lookup(topic)] == kinds


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("EXP", "did you mean `exp` or `epk`?"),
        ("issuers", "did you mean `issuer` or `issuer-serve` or `issuer_mismatch`?"),
        ("aud-mismatch", "did you mean `aud_mismatch` or `sub_mismatch` or `kid_mismatch`?"),
        ("exitcodes", "did you mean `exit-codes` or `ECDH-ES`?"),
        ("exit-5000", "did you mean `exit-5` or `exit-0` or `exit-70`?"),
        ("zzzz", "`jwtool explain` lists all topics"),
        ("", "`jwtool explain` lists all topics"),
        ("é" * 10_000, "`jwtool explain` lists all topics"),
    ],
    ids=lambda value: value[:20],
)
def test_an_unknown_topic_says_what_is_near(topic: str, hint: str) -> None:
    with pytest.raises(TopicUnknown) as found:
        lookup(topic)
    assert found.value.hint == hint


def test_an_unknown_topic_that_is_a_token_is_not_repeated() -> None:
    with pytest.raises(TopicUnknown) as found:
        lookup("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl")
    assert found.value.message == "that value (not shown: it looks like a token or a secret) is not a topic"


def first_column(topic: str) -> list[str]:
    """The forms that a grammar shows at the left, before the first blank line of its text ends them."""
    (entry,) = [one for one in lookup(topic) if one.kind == "grammar"]
    lines = entry.text.partition("\n\n")[0].splitlines()
    return [form for line in lines for form in re.split(" {2,}", line)[:-1]]


def test_the_forms_of_a_time_are_read() -> None:
    forms = first_column("time")
    assert forms == ["now", "15m", "1h30m", "7d", "1795556700", "2026-11-24T21:45:00Z"]
    assert [parse_time(form, 1000) for form in forms] == [1000, 1900, 6400, 605800, 1795556700, 1795556700]


def test_the_forms_of_claims_and_requirements_are_read() -> None:
    claims = first_column("claim")
    assert claims == ["name=text", "name:=json", "name@=PATH", "name:@=PATH"]
    given = [parse_claim(form.replace("json", "5"), lambda _: b'"5"').value for form in claims]
    assert given == ["text", 5, '"5"', "5"]
    wanted = ["name", "name=text", "name:=json", "name@=PATH", "name:@=PATH", "name~=REGEX"]
    assert first_column("requirement") == wanted
    read = [parse_requirement(form.replace("json", "5"), lambda _: b'"5"') for form in wanted]
    assert [one.operator for one in read] == ["present", "equal", "equal", "equal", "equal", "matches"]


def test_the_durations_shown_are_read() -> None:
    (entry,) = lookup("duration")
    shown = entry.text.split("\n\n")[1].split()
    assert [parse_duration(text) for text in shown] == [15, 900, 5400, 604_800, 777_600]


@pytest.mark.parametrize(
    ("option", "claims"),
    [
        ("a.b=x", {"a.b": "x"}),
        ("a[b]=x", {"a": {"b": "x"}}),
        ("a[]=x", {"a": ["x"]}),
        ("a[0]=x", {"a": ["x"]}),
        (r"a\[b\]=x", {"a[b]": "x"}),
        (r"a[\0]=x", {"a": {"0": "x"}}),
    ],
)
def test_the_paths_shown_mean_what_is_said(option: str, claims: dict[str, object]) -> None:
    (entry,) = lookup("claim")
    assert option in entry.text.split()
    assert apply_claims({}, [parse_claim(option, lambda _: b"")]) == claims


def test_a_kind_lists_all_of_its_topics_once() -> None:
    for group, names in topics().items():
        assert tuple(one.topic for one in lookup(group.upper())) == names
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "title"), [("iss", "issuer"), ("ISS", None), ("toString", None)])
def test_claim_titles(name: str, title: str | None) -> None:
    assert claim_title(name) == title


@pytest.mark.parametrize(
    ("typ", "title"),
    [
        ("at+jwt", "access token, RFC 9068"),
        ("application/AT+JWT", "access token, RFC 9068"),
        ("JWT", "JSON Web Token, RFC 7519"),
        ("KB+JWT", "key binding of an SD-JWT, RFC 9901"),
        ("\u212ab+jwt", None),
        ("", None),
        ("\ud800", None),
    ],
    ids=ascii,
)
def test_typ_titles(typ: str, title: str | None) -> None:
    assert typ_title(typ) == title


def test_types_are_spelled_as_they_are_looked_up() -> None:
    assert {typ_title(typ) for typ in TYPES} == set(TYPES.values())


def test_titles_cost_no_parser() -> None:
    program = (
        "import sys, jwtool.explain.titles; print(*{'tomllib', 'importlib.resources', 'difflib'} & {*sys.modules})"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True, timeout=30) == "\n"


def test_the_texts_of_errors_stand_where_the_errors_say() -> None:
    assert errors.__doc__ is not None
    assert "jwtool/explain/errors.toml" in errors.__doc__
