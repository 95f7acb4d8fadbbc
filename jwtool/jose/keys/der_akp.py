"""Private ML-DSA keys in PKCS#8, in each of the three forms that RFC 9881 §6 gives them.

The library reads a seed alone; OpenSSL writes the seed and the expanded key by default, so the seed is taken out here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.base64url import decode
from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys import pbes2
from jwtool.jose.keys.akp_policy import SEED_OCTETS, from_seed
from jwtool.jose.keys.der import OCTET_STRING, SEQUENCE, DerFault, algorithm, children, identify, only, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.der import Element, Structure

ALGORITHM_OF_OID: Mapping[str, str] = {
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}
_SEED = 0x80
# Where `tr`, the hash of the public key, stands in an expanded key (FIPS 204 algorithm 24), after rho and K.
_TR = slice(64, 128)
_EXPANDED_OCTETS: Mapping[str, int] = {"ML-DSA-44": 2560, "ML-DSA-65": 4032, "ML-DSA-87": 4896}
# What stands around an expanded key, alone or beside its seed, and the padding of AES.
_ENCRYPTED_OCTETS = {(octets + around) // 16 * 16 + 16 for octets in _EXPANDED_OCTETS.values() for around in (28, 66)}


def private_members(structure: Structure) -> dict[str, str] | None:
    """The private JWK members of an ML-DSA key in plain PKCS#8; None if the structure is another kind of key.

    Raises KeyMalformed for a damaged key and for an expanded key of another seed, KeyUnsupported for an expanded key
    without a seed, which a JWK can't hold (RFC 9964 §4), and where the installed cryptography lacks ML-DSA.
    """
    if structure.kind != "PKCS#8 private key":
        return None
    name, parameters = algorithm(structure.children[1])
    alg = ALGORITHM_OF_OID.get(name)
    if alg is None:
        return None
    try:
        seed, expanded = _parts(alg, parameters, structure.children[2].body)
    except DerFault:
        raise KeyMalformed("the PKCS#8 private key is damaged: inside is no ML-DSA key") from None
    if seed is None:
        raise KeyUnsupported(
            f"the {alg} key is there in its expanded form only, and only a seed is supported",
            hint="the seed is 32 octets long; write the key again with it, for example by openssl genpkey",
        )
    members = from_seed(alg, seed)
    if expanded is not None and not _is_of(expanded, decode(members["pub"])):
        raise KeyMalformed(f"the {alg} key contradicts itself: its expanded form is not that of its seed")
    return members


def may_hold_expanded(structure: Structure) -> bool:
    """Whether an encrypted PKCS#8 file is as long as one that holds an expanded ML-DSA key, with its seed or alone."""
    return len(structure.children[1].body) in _ENCRYPTED_OCTETS


def encrypted_members(structure: Structure, passphrase: bytes) -> dict[str, str] | None:
    """The private JWK members of an ML-DSA key in encrypted PKCS#8, whose cost has been judged; None if it is none.

    OpenSSL writes the expanded key too, and the library says of it the same as of a wrong passphrase. Raises as
    `private_members`, and PassphraseWrong.
    """
    plain = pbes2.decrypt(structure, passphrase)
    inside = None if plain is None else identify(plain)
    return None if inside is None else private_members(inside)


def _parts(alg: str, parameters: Element | None, inner: bytes) -> tuple[bytes | None, bytes | None]:
    """The seed and the expanded key, of which one may be missing. Raises DerFault."""
    element = read(inner)
    if parameters is not None or len(element.encoded) != len(inner):
        raise DerFault
    seed = expanded = None
    if element.tag == _SEED:
        seed = element.body
    elif element.tag == OCTET_STRING:
        expanded = element.body
    else:
        only(element, SEQUENCE)
        match children(element):
            case [first, second]:
                seed, expanded = only(first, OCTET_STRING), only(second, OCTET_STRING)
            case _:
                raise DerFault
    if seed is not None and len(seed) != SEED_OCTETS:
        raise DerFault
    if expanded is not None and len(expanded) != _EXPANDED_OCTETS[alg]:
        raise DerFault
    return seed, expanded


def _is_of(expanded: bytes, pub: bytes) -> bool:
    """Whether an expanded key says of itself that it belongs to that public key: by rho and the hash `tr`."""
    import hashlib

    return expanded[:32] == pub[:32] and expanded[_TR] == hashlib.shake_256(pub).digest(64)
