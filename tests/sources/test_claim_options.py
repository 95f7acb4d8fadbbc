from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jwtool.jose.errors import BadJson, BadUtf8, ClaimOptionMalformed, FileNotFound, JwtoolError
from jwtool.jose.policy import Requirement
from jwtool.sources.claim_options import Claim, apply_claims, parse_claim, parse_requirement

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]

FILES = {"text": b" two\nlines\n", "json": b'{"a": [1, true]}', "empty": b"", "latin": b"caf\xe9", "broken": b"{"}


def read_file(path: str) -> bytes:
    if path not in FILES:
        raise FileNotFound(f"no {path}")
    return FILES[path]


def built(*texts: str, base: dict[str, Any] | None = None) -> dict[str, Any]:
    return apply_claims(base or {}, [parse_claim(text, read_file) for text in texts])


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("sub=user-42", Claim("sub", ("sub",), "user-42")),
        ("sub=", Claim("sub", ("sub",), "")),
        ("sub==", Claim("sub", ("sub",), "=")),
        ("n=42", Claim("n", ("n",), "42")),
        ("n=@text", Claim("n", ("n",), "@text")),
        ("n=:=", Claim("n", ("n",), ":=")),
        ("n= a\nb ", Claim("n", ("n",), " a\nb ")),
        ("n:=42", Claim("n", ("n",), 42)),
        ("n:=1.0", Claim("n", ("n",), 1.0)),
        ('n:="42"', Claim("n", ("n",), "42")),
        ("n:=null", Claim("n", ("n",), None)),
        ('roles:=["admin"]', Claim("roles", ("roles",), ["admin"])),
        ("t@=text", Claim("t", ("t",), " two\nlines\n")),
        ("t@=empty", Claim("t", ("t",), "")),
        ("t:@=json", Claim("t", ("t",), {"a": [1, True]})),
        ("a.b=x", Claim("a.b", ("a.b",), "x")),
        ("https://example.com/role=x", Claim("https://example.com/role", ("https://example.com/role",), "x")),
        ("user@host=x", Claim("user@host", ("user@host",), "x")),
        ("n~=x", Claim("n~", ("n~",), "x")),
        ("a[b]=x", Claim("a[b]", ("a", "b"), "x")),
        ("a[]=x", Claim("a[]", ("a", None), "x")),
        ("a[0]=x", Claim("a[0]", ("a", 0), "x")),
        ("a[999]=x", Claim("a[999]", ("a", 999), "x")),
        ("a[01]=x", Claim("a[01]", ("a", "01"), "x")),
        ("a[-1]=x", Claim("a[-1]", ("a", "-1"), "x")),
        (r"a[\0]=x", Claim(r"a[\0]", ("a", "0"), "x")),
        ("a[b c][ ]=x", Claim("a[b c][ ]", ("a", "b c", " "), "x")),
        (r"a\[b\]=x", Claim(r"a\[b\]", ("a[b]",), "x")),
        (r"a[b\]c]=x", Claim(r"a[b\]c]", ("a", "b]c"), "x")),
        (r"a\=b=x", Claim(r"a\=b", ("a=b",), "x")),
        (r"a\:=x", Claim(r"a\:", ("a:",), "x")),
        (r"a\@=x", Claim(r"a\@", ("a@",), "x")),
        (r"a\\=x", Claim(r"a\\", ("a\\",), "x")),
        (r"a\b=x", Claim(r"a\b", (r"a\b",), "x")),
        ("0=x", Claim("0", ("0",), "x")),
        ("é=ü", Claim("é", ("é",), "ü")),
    ],
)
def test_claims(text: str, claim: Claim) -> None:
    assert repr(parse_claim(text, read_file)) == repr(claim)


PAIRS_HINT = r"nested: a[b]=…, a[]=…; a bracket that belongs to the name: a\[b\]=…"
FORMS_HINT = "write name=text, name:=json, name@=FILE or name:@=FILE"
JSON_HINT = "for text instead of JSON write name=text"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("sub", "'sub' is not a claim: there is no '=' in it", FORMS_HINT),
        ("", "'' is not a claim: there is no '=' in it", FORMS_HINT),
        ("a\\", "'a\\' is not a claim: there is no '=' in it", FORMS_HINT),
        ("=x", "a claim needs a name before the '='", "for example roles[]=admin"),
        (":=1", "a claim needs a name before the '='", "for example roles[]=admin"),
        ("[]=x", "'[]' does not begin with a name", "for example roles[]=admin"),
        ("[a]=x", "'[a]' does not begin with a name", "for example roles[]=admin"),
        ("a[=x", "'a[' has brackets that don't pair, or text after them", PAIRS_HINT),
        ("a]=x", "'a]' has brackets that don't pair, or text after them", PAIRS_HINT),
        ("a[b]c=x", "'a[b]c' has brackets that don't pair, or text after them", PAIRS_HINT),
        ("a[b[c]]=x", "'a[b[c]]' has brackets that don't pair, or text after them", PAIRS_HINT),
        (
            "a[1000]=x",
            "'a[1000]' has an index above 999",
            "[] appends; a backslash makes a member of a number: a[\\1000]",
        ),
        ("n:=", "the value of 'n' is empty, wanted JSON", JSON_HINT),
        ("n:=foo", "the value of 'n' is not JSON: no JSON value at line 1, column 1", JSON_HINT),
        ('n:={"a":1,"a":2}', "the value of 'n' has the member 'a' twice", JSON_HINT),
        ("n:=NaN", "the value of 'n' has NaN, which is no JSON number", JSON_HINT),
        ("n=\udcff", "'n=\\udcff' is not UTF-8", None),
    ],
)
def test_what_is_no_claim(text: str, message: str, hint: str | None, refusal: Refusal) -> None:
    assert refusal(parse_claim, text, read_file) == (ClaimOptionMalformed, message, hint)


def test_a_path_deeper_than_json_may_be(refusal: Refusal) -> None:
    assert len(parse_claim("a" + "[b]" * 63 + "=x", read_file).path) == 64
    kind, message, _hint = refusal(parse_claim, "a" + "[b]" * 64 + "=x", read_file)
    assert (kind, message.rpartition(" is ")[2]) == (ClaimOptionMalformed, "nested more than 64 deep")


def test_what_is_wrong_with_a_file_is_no_fault_of_the_command_line(refusal: Refusal) -> None:
    assert refusal(parse_claim, "t@=latin", read_file) == (BadUtf8, "'latin' is not UTF-8 text", None)
    assert refusal(parse_claim, "t:@=broken", read_file)[0] is BadJson
    assert refusal(parse_claim, "t@=nowhere", read_file) == (FileNotFound, "no nowhere", None)


@pytest.mark.parametrize(
    ("texts", "claims"),
    [
        (["a=1", "b:=2"], {"a": "1", "b": 2}),
        (["a=1", "a=2"], {"a": "2"}),
        (["a.b=1"], {"a.b": "1"}),
        (["a[b]=1", "a[c][d]=2"], {"a": {"b": "1", "c": {"d": "2"}}}),
        (["r[]=x", "r[]=y"], {"r": ["x", "y"]}),
        (["r[1]=y", "r[0]=x"], {"r": ["x", "y"]}),
        (["r[2]=z"], {"r": [None, None, "z"]}),
        (["r[][n]=1", "r[][n]=2", "r[0][m]=3"], {"r": [{"n": "1", "m": "3"}, {"n": "2"}]}),
        (["r[][]=1"], {"r": [["1"]]}),
        ([r"a[\0]=x"], {"a": {"0": "x"}}),
        (["a:={}", "a[b]=1"], {"a": {"b": "1"}}),
        (["a:=null", "a[b]=1"], {"a": {"b": "1"}}),
        (["a[b]=1", "a=2"], {"a": "2"}),
    ],
)
def test_building(texts: list[str], claims: dict[str, Any]) -> None:
    assert built(*texts) == claims


def test_building_on_what_is_there_leaves_that_alone() -> None:
    base: dict[str, Any] = {"a": {"b": [1]}, "sub": "x"}
    assert built("a[b][]:=2", "a[c]=3", base=base) == {"a": {"b": [1, 2], "c": "3"}, "sub": "x"}
    assert base == {"a": {"b": [1]}, "sub": "x"}


def test_a_value_is_not_shared_between_claims_and_result() -> None:
    claim = parse_claim("a:=[]", read_file)
    assert apply_claims({}, [claim, parse_claim("a[]=x", read_file)]) == {"a": ["x"]}
    assert claim.value == []


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a=x", "a[b]=y"], "'a[b]' needs an object, but what it leads into is a string"),
        (["a[]=x", "a[b]=y"], "'a[b]' needs an object, but what it leads into is a list"),
        (["a[b]=x", "a[]=y"], "'a[]' needs a list, but what it leads into is an object"),
        (["a[b]=x", "a[0]=y"], "'a[0]' needs a list, but what it leads into is an object"),
        (["a:=1", "a[][b]=y"], "'a[][b]' needs a list, but what it leads into is a number"),
    ],
)
def test_what_does_not_fit_together(texts: list[str], message: str, refusal: Refusal) -> None:
    assert refusal(built, *texts) == (ClaimOptionMalformed, message, "set a claim as a whole with name:=json")


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("sub", Requirement(("sub",), "sub", "present")),
        ("a[b]", Requirement(("a", "b"), "a[b]", "present")),
        ("a[0]", Requirement(("a", 0), "a[0]", "present")),
        ("a.b", Requirement(("a.b",), "a.b", "present")),
        (r"a\=b", Requirement(("a=b",), r"a\=b", "present")),
        ("n=42", Requirement(("n",), "n", "equal", "42")),
        ("n=", Requirement(("n",), "n", "equal", "")),
        ("n:=42", Requirement(("n",), "n", "equal", 42)),
        ("n:=null", Requirement(("n",), "n", "equal", None)),
        ("n@=text", Requirement(("n",), "n", "equal", " two\nlines\n")),
        ("n:@=json", Requirement(("n",), "n", "equal", {"a": [1, True]})),
        ("n~=[a-z]+=x", Requirement(("n",), "n", "matches", "[a-z]+=x")),
        ("n~=", Requirement(("n",), "n", "matches", "")),
        ("n=~x", Requirement(("n",), "n", "equal", "~x")),
        (r"n\~=x", Requirement(("n~",), r"n\~", "equal", "x")),
        ("n~=[[a]", Requirement(("n",), "n", "matches", "[[a]")),
    ],
)
def test_requirements(text: str, requirement: Requirement) -> None:
    assert parse_requirement(text, read_file) == requirement


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "a claim needs a name before the '='", "for example roles[]=admin"),
        ("=x", "a claim needs a name before the '='", "for example roles[]=admin"),
        (
            "a[]=x",
            "'a[]' has [], which names no element",
            "name=value also holds if one element of an array equals it; a[0] is the first element",
        ),
        ("a\\", "'a\\' ends with a single backslash", r"write \\ for a backslash"),
        ("n~=(", "the pattern of 'n' is no regular expression: missing ), unterminated subpattern", None),
        ("n~=a{4294967296}", "the pattern of 'n' is no regular expression: too large", None),
        ("n:=x", "the value of 'n' is not JSON: no JSON value at line 1, column 1", JSON_HINT),
        ("n\udcff", "'n\\udcff' is not UTF-8", None),
    ],
)
def test_what_is_no_requirement(text: str, message: str, hint: str | None, refusal: Refusal) -> None:
    assert refusal(parse_requirement, text, read_file) == (ClaimOptionMalformed, message, hint)


def test_a_long_name_takes_linear_time(refusal: Refusal) -> None:
    assert refusal(parse_claim, "\\:" * 200_000, read_file)[0] is ClaimOptionMalformed
    assert refusal(parse_claim, "[" * 400_000 + "=", read_file)[0] is ClaimOptionMalformed
    assert refusal(parse_requirement, ":@" * 200_000 + "\\", read_file)[0] is ClaimOptionMalformed
