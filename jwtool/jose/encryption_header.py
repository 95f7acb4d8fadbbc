"""What a JWE header must be before any key is looked at: types, `crit`, `zip` (RFC 7516 §4, RFC 7518 §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import strict_json
from jwtool.jose.errors import AlgorithmUnsupported, CritMalformed, CritUnsupported, HeaderBadType
from jwtool.jose.quoting import quote_public
from jwtool.jose.token import check_header_types

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES: Mapping[str, str] = {
    **dict.fromkeys(("enc", "zip", "apu", "apv", "p2s", "iv", "tag"), "a string"),
    "epk": "an object",
    "p2c": "a number",
}
REGISTERED = frozenset(
    {"alg", "enc", "zip", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"}
    | {"epk", "apu", "apv", "iv", "tag", "p2s", "p2c"}
)
"""The parameters of RFC 7516 §4.1 and RFC 7518 §4.1: none of them may stand in `crit`."""


def check_header(header: Mapping[str, Any], protected: Mapping[str, Any]) -> None:
    """Return if the merged `header` of a recipient can be worked with; `protected` is the part under the tag.

    Raises HeaderBadType for a missing `alg` or `enc` and for types that can't be, CritMalformed and CritUnsupported
    (jwtool understands no extension), AlgorithmUnsupported for a `zip` other than a protected DEF.
    """
    check_header_types(header)
    if "enc" not in header:
        raise HeaderBadType("the header has no 'enc'")
    for name, wanted in TYPES.items():
        if name in header and strict_json.kind_of(header[name]) != wanted:
            raise HeaderBadType(f"'{name}' of the header is {strict_json.kind_of(header[name])}, wanted {wanted}")
    if "crit" in header:
        _refuse_crit(header, protected)
    if "zip" in header and "zip" not in protected:
        raise HeaderBadType("'zip' must stand in the protected header")
    if header.get("zip", "DEF") != "DEF":
        raise AlgorithmUnsupported(f"'zip' is {quote_public(header['zip'])}, and only 'DEF' is read")


def _refuse_crit(header: Mapping[str, Any], protected: Mapping[str, Any]) -> None:
    if "crit" not in protected:
        raise CritMalformed("'crit' must stand in the protected header")
    names = protected["crit"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise CritMalformed("'crit' must be a list of names, at least one")
    if len(set(names)) < len(names):
        raise CritMalformed("'crit' names a parameter twice")
    for name in names:
        if name in REGISTERED:
            raise CritMalformed(f"'crit' must not name '{name}', which everybody has to understand")
        if name not in header:
            raise CritMalformed(f"'crit' names {quote_public(name)}, which is not in the header")
    raise CritUnsupported(f"only who understands {quote_public(names[0])} may read the token")
