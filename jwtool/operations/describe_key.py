"""All that `key show` says of one key: what it fits, its names and fingerprints, its certificates, what is weak."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jwtool.jose import encryption_fit, fit, numeric_date
from jwtool.jose import keyset as keysets
from jwtool.jose.algorithms import for_key
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, encryption_for_key
from jwtool.jose.errors import CertificateMismatch, KeyMalformed, KeyUnsupported
from jwtool.jose.keys import chain
from jwtool.jose.keys.public import PRIVATE_MATERIAL, public_half, to_der, to_openssh
from jwtool.operations.certificates import when_valid
from jwtool.operations.describe import key_document
from jwtool.output.report import Row, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.keys.chain import Facts
    from jwtool.jose.keys.key import Key
    from jwtool.jose.keys.protection import Protection

HASHES: tuple[keysets.HashName, ...] = ("sha256", "sha384", "sha512")
BITS_PER_OCTET = 8


class Described:
    """One key with everything that is known of it at the moment `now`, in Unix seconds."""

    def __init__(self, key: Key, *, now: int) -> None:
        self.key = key
        self.now = now
        self.signs, self.encrypts = fitting(key)
        self.prints = fingerprints(key)
        self.certificates, remarks = _certificates(key, now)
        self.remarks = (*key.remarks, *remarks, *_of_protection(key.protection))
        self.private_members = [name for name in PRIVATE_MATERIAL[key.kty] if name in key.members]

    def document(self) -> dict[str, Any]:
        """The facts for a script: those of `key_document`, and more."""
        facts = key_document(self.key) | {
            "signing_algorithms": list(self.signs),
            "encryption_algorithms": list(self.encrypts),
            "private_members": self.private_members,
            **self.prints,
        }
        if self.certificates:
            facts["chain"] = [
                None if one is None else _certificate_document(one, self.now) for one in self.certificates
            ]
        if self.key.protection is not None:
            facts["encryption"] = self.key.protection._asdict()
        if self.remarks:
            facts["remarks"] = list(self.remarks)
        return facts

    def table(self) -> Table:
        """The same for a person: a fact a row."""
        key = self.key
        half = "secret" if key.kty == "oct" else "private" if key.private else "public"
        facts: list[tuple[str, str | None]] = [
            ("type", f"{key.describe()}, {half}"),
            ("kid", key.kid or "none"),
            ("alg", key.alg or "none"),
            ("use", key.use),
            ("key_ops", None if key.key_ops is None else ", ".join(key.key_ops)),
            ("signatures", ", ".join(self.signs) or "nothing"),
            ("encryption", ", ".join(self.encrypts) or "nothing"),
            ("private", ", ".join(self.private_members) or None),
            *self._names(),
            *self._chain(),
            ("encrypted", None if key.protection is None else _in_words(key.protection)),
        ]
        rows = [Row((name, text), ("name",)) for name, text in facts if text is not None]
        if key.weakness is not None:
            rows.append(Row(("weak", key.weakness), ("name", "bad")))
        return Table((*rows, *(Row(("remark", remark), ("name", "warn")) for remark in self.remarks)))

    def _names(self) -> list[tuple[str, str]]:
        if not self.prints:
            return []
        named = {"uri": "thumbprint_uri", "spki": "spki_fingerprint", "ssh": "ssh_fingerprint"}
        prints = self.prints["thumbprints"]
        return [("thumbprint", prints["sha256"]), ("  sha384", prints["sha384"]), ("  sha512", prints["sha512"])] + [
            (f"  {word}", self.prints[name]) for word, name in named.items() if name in self.prints
        ]

    def _chain(self) -> list[tuple[str, str]]:
        lines = []
        for facts in self.certificates:
            if facts is None:
                lines.append(("certificate", "damaged"))
                continue
            begin, end = (numeric_date.human_utc(time) or str(time) for time in (facts.not_before, facts.not_after))
            lines += [
                ("certificate", chain.shorten(facts.subject)),
                ("  issuer", chain.shorten(facts.issuer)),
                ("  from", begin),
                ("  until", f"{end}, {numeric_date.relative(facts.not_after, now=self.now)}"),
                ("  x5t#S256", facts.thumbprint),
            ]
        return lines


def fitting(key: Key) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The algorithms that this key may sign (or verify) with, and those that it may encrypt (or decrypt) with.

    By type, curve, length, and what the key says of itself; how weak it is does not matter here.
    """
    octets = key.bits // BITS_PER_OCTET
    sound = replace(key, weakness=None)
    signs = tuple(
        alg
        for alg in ((str(key.alg),) if key.kty == "AKP" else for_key(key.kty, key.crv, octets))
        if any(fit.why_not(sound, alg, operation=one) is None for one in ("sign", "verify"))
    )
    encrypts = tuple(
        alg
        for alg in encryption_for_key(key.kty, key.crv, octets)
        if any(
            encryption_fit.why_not(sound, alg, enc, operation=one) is None
            for enc in CONTENT_ENCRYPTION
            for one in ("encrypt", "decrypt")
        )
    )
    return signs, encrypts


def fingerprints(key: Key) -> dict[str, Any]:
    """The names that a key has by its own numbers; none of an oct key, for they would be hashes of a secret."""
    if key.kty == "oct":
        return {}
    found: dict[str, Any] = {
        "thumbprints": {name: keysets.thumbprint(key, name) for name in HASHES},
        "thumbprint_uri": keysets.thumbprint_uri(key),
    }
    try:
        found["spki_fingerprint"] = spki_fingerprint(key)
        found["ssh_fingerprint"] = ssh_fingerprint(key)
    except KeyUnsupported:  # there is no such form
        return found
    return found


def spki_fingerprint(key: Key) -> str:
    """The hash of the public key in DER, as Snowflake shows it. Raises KeyUnsupported for an oct key."""
    return f"SHA256:{_hash64(to_der(public_half(key), private=False))}"


def ssh_fingerprint(key: Key) -> str:
    """What `ssh-keygen -l` shows. Raises KeyUnsupported for a key that OpenSSH has no form of."""
    blob = to_openssh(public_half(key), private=False).split()[1]
    return f"SHA256:{_hash64(base64.b64decode(blob)).rstrip('=')}"


def _hash64(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _certificates(key: Key, now: int) -> tuple[list[Facts | None], list[str]]:
    """What each certificate says, None of one that can't be read, and remarks on times and order."""
    found: list[Facts | None] = []
    remarks = []
    for number, der in enumerate(key.certificates, start=1):
        name = "the certificate" if len(key.certificates) == 1 else f"certificate {number} of the chain"
        try:
            facts = chain.read_facts(der)
        except KeyMalformed:
            found.append(None)
            remarks.append(f"{name} can't be read")
            continue
        found.append(facts)
        wrong = when_valid(facts, now=now)
        if wrong is not None:
            remarks.append(f"{name} {wrong}")
    try:
        chain.check_order(key.certificates)
    except CertificateMismatch as error:
        remarks.append(error.message)
    return found, remarks


def _certificate_document(facts: Facts, now: int) -> Mapping[str, Any]:
    return {
        "subject": facts.subject,
        "issuer": facts.issuer,
        "serial": facts.serial,
        "not_before": facts.not_before,
        "not_after": facts.not_after,
        "valid": when_valid(facts, now=now) is None,
        "x5t#S256": facts.thumbprint,
    }


def _in_words(protection: Protection) -> str:
    return protection.scheme if protection.rounds is None else f"{protection.scheme}, {_rounds(protection.rounds)}"


def _rounds(number: int) -> str:
    return "1 round" if number == 1 else f"{number:,} rounds"


def _of_protection(protection: Protection | None) -> Sequence[str]:
    if protection is None or not protection.is_weak or protection.rounds is None:
        return ()
    if protection.recommended is None:
        return (f"the file is encrypted weakly: {_in_words(protection)}",)
    few = f"the file is encrypted with {_rounds(protection.rounds)} only, {protection.recommended:,} are recommended"
    return (f"{few}: jwtool key convert --new-passphrase writes a JWK with as many",)
