"""How the file of a private key is encrypted, in words and rounds; read from what the file says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.keys.der import DerFault, algorithm, children, integer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.der import Element, Structure

_PBES2, _PBKDF2, _SCRYPT = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"
_HASH_OF_PRF = {
    "1.2.840.113549.2.7": "SHA-1",
    "1.2.840.113549.2.8": "SHA-224",
    "1.2.840.113549.2.9": "SHA-256",
    "1.2.840.113549.2.10": "SHA-384",
    "1.2.840.113549.2.11": "SHA-512",
}
# Rounds of PBKDF2 (OWASP, Password Storage Cheat Sheet, 2023), by the hash; of bcrypt what ssh-keygen has long taken.
RECOMMENDED: Mapping[str, int] = {"SHA-1": 1_300_000, "SHA-384": 210_000, "SHA-512": 210_000}
RECOMMENDED_PBKDF2 = 600_000  # with SHA-256, and with any that is not in the table
RECOMMENDED_BCRYPT = 16
_SALT_COUNT = 2  # the parameters of PBKDF2 that must be there


class Protection(NamedTuple):
    """An encrypted file: `scheme` in words, the `rounds` of its key derivation, and how many are recommended.

    `rounds` is None where they are not what the cost is counted in; `recommended` is None where no number of them
    would do, or nothing is known of it.
    """

    scheme: str
    rounds: int | None
    recommended: int | None

    @property
    def is_weak(self) -> bool:
        """Whether a passphrase can be guessed at a speed that nobody recommends."""
        return self.rounds is not None and (self.recommended is None or self.rounds < self.recommended)


TRADITIONAL = Protection("PEM as in RFC 1421, MD5", 1, None)


def of_openssh(rounds: int) -> Protection:
    """That of an OpenSSH file."""
    return Protection("OpenSSH, bcrypt", rounds, RECOMMENDED_BCRYPT)


def of_password(alg: str, rounds: int) -> Protection:
    """That of a JWE by `alg`, one of PBES2 (RFC 7518 §4.8)."""
    name = f"SHA-{alg.partition('-HS')[2][:3]}"
    return Protection(f"JWE, PBKDF2 with {name}", rounds, RECOMMENDED.get(name, RECOMMENDED_PBKDF2))


def of_pkcs8(structure: Structure) -> Protection:
    """That of an encrypted PKCS#8 file whose cost has been judged; never raises."""
    return of_scheme(structure.children[0], "PKCS#8")


def of_scheme(scheme: Element, container: str) -> Protection:
    """That of a key in a `container` by an AlgorithmIdentifier whose cost has been judged (RFC 8018 appendix A)."""
    try:
        name, parameters = algorithm(scheme)
        if parameters is None:
            raise DerFault
        if name != _PBES2:
            return Protection(f"{container}, an old scheme (PBES1 or PKCS#12)", integer(children(parameters)[1]), None)
        name, parameters = algorithm(children(parameters)[0])
        if parameters is None:
            raise DerFault
        return _of_derivation(name, children(parameters), container)
    except (IndexError, ValueError):
        return Protection(container, None, None)


def _of_derivation(name: str, parameters: tuple[Element, ...], container: str) -> Protection:
    if name == _SCRYPT:
        n, r, p = (integer(one) for one in parameters[1:4])
        return Protection(f"{container}, scrypt with N={n}, r={r}, p={p}", None, None)
    if name != _PBKDF2:
        raise DerFault
    prf = next((algorithm(one)[0] for one in parameters[_SALT_COUNT:] if one.tag & 0x20), "1.2.840.113549.2.7")
    hash_name = _HASH_OF_PRF.get(prf, "another hash")
    recommended = RECOMMENDED.get(hash_name, RECOMMENDED_PBKDF2)
    return Protection(f"{container}, PBKDF2 with {hash_name}", integer(parameters[1]), recommended)
