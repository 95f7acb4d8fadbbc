from __future__ import annotations

from typing import Any

import pytest

from jwtool.jose.encryption_header import check_header
from jwtool.jose.errors import AlgorithmUnsupported, CritMalformed, CritUnsupported, HeaderBadType, JwtoolError

SOUND: dict[str, Any] = {"alg": "dir", "enc": "A256GCM"}
FULL = SOUND | {"zip": "DEF", "apu": "", "apv": "", "p2s": "", "iv": "", "tag": "", "epk": {}, "p2c": 1, "x": None}


def test_a_sound_header() -> None:
    check_header(SOUND, SOUND)
    check_header(FULL, FULL)
    check_header(SOUND, {})


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"enc": 1}, HeaderBadType, "'enc' of the header is a number, wanted a string"),
        ({"alg": None}, HeaderBadType, "'alg' of the header is null, wanted a string"),
        ({"kid": 1}, HeaderBadType, "'kid' of the header is a number, wanted a string"),
        ({"zip": []}, HeaderBadType, "'zip' of the header is a list, wanted a string"),
        ({"epk": "x"}, HeaderBadType, "'epk' of the header is a string, wanted an object"),
        ({"p2c": "4096"}, HeaderBadType, "'p2c' of the header is a string, wanted a number"),
        ({"p2c": True}, HeaderBadType, "'p2c' of the header is a boolean, wanted a number"),
        ({"p2s": 1}, HeaderBadType, "'p2s' of the header is a number, wanted a string"),
        ({"iv": 1}, HeaderBadType, "'iv' of the header is a number, wanted a string"),
        ({"zip": "GZ"}, AlgorithmUnsupported, "'zip' is 'GZ', and only 'DEF' is read"),
        ({"zip": "def"}, AlgorithmUnsupported, "'zip' is 'def', and only 'DEF' is read"),
        ({"crit": "exp"}, CritMalformed, "'crit' must be a list of names, at least one"),
        ({"crit": []}, CritMalformed, "'crit' must be a list of names, at least one"),
        ({"crit": [1]}, CritMalformed, "'crit' must be a list of names, at least one"),
        ({"crit": ["a", "a"], "a": 1}, CritMalformed, "'crit' names a parameter twice"),
        ({"crit": ["enc"]}, CritMalformed, "'crit' must not name 'enc', which everybody has to understand"),
        ({"crit": ["p2c"]}, CritMalformed, "'crit' must not name 'p2c', which everybody has to understand"),
        ({"crit": ["a"]}, CritMalformed, "'crit' names 'a', which is not in the header"),
        ({"crit": ["a"], "a": 1}, CritUnsupported, "only who understands 'a' may read the token"),
        ({"crit": ["b64"], "b64": True}, CritUnsupported, "only who understands 'b64' may read the token"),
    ],
)
def test_a_header_that_is_refused(more: dict[str, Any], error: type[JwtoolError], message: str) -> None:
    header = SOUND | more
    with pytest.raises(error) as refusal:
        check_header(header, header)
    assert (type(refusal.value), refusal.value.message) == (error, message)


@pytest.mark.parametrize("name", ["alg", "enc"])
def test_what_must_be_there(name: str) -> None:
    header = {other: value for other, value in SOUND.items() if other != name}
    with pytest.raises(HeaderBadType) as refusal:
        check_header(header, header)
    assert refusal.value.message == f"the header has no '{name}'"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"zip": "DEF"}, "'zip' must stand in the protected header"),
        ({"crit": ["a"], "a": 1}, "'crit' must stand in the protected header"),
    ],
)
def test_what_must_be_protected(more: dict[str, Any], message: str) -> None:
    with pytest.raises((HeaderBadType, CritMalformed)) as refusal:
        check_header(SOUND | more, SOUND)
    assert refusal.value.message == message
