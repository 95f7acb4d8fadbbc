"""Certificates as files and as times: the one that goes into a header, and what is to be said of its validity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import numeric_date
from jwtool.jose.errors import InputError, KeyRefused, KeySymmetricInPublic, KeyUnsupported
from jwtool.jose.keys import chain
from jwtool.jose.quoting import printable, quote

if TYPE_CHECKING:
    from jwtool.jose.keys.chain import Facts
    from jwtool.jose.keys.key import Key
    from jwtool.operations.resolve_keys import Passphrase

MAX_CERTIFICATES = 1024 * 1024


def certified(path: str, key: Key, *, now: int, passphrase: Passphrase) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The header members `x5c` and `x5t#S256` of the certificates in a file, and remarks on their times.

    PEM, DER, or whatever else holds them; `passphrase` is for a file that has the encrypted key in it too.

    Raises KeyUnsupported for a file without a certificate, KeySymmetricInPublic for an oct key, CertificateMismatch
    where the first certificate is not for `key` or a certificate is not followed by its issuer.
    """
    from jwtool.jose.keys.load import load_keys
    from jwtool.sources import files

    if key.kty == "oct":
        raise KeySymmetricInPublic(
            "an oct key is a shared secret, and no certificate is for it", hint="leave --cert out"
        )
    path = path.removeprefix("@")
    data = files.read(path, cap=MAX_CERTIFICATES, what="certificate")
    try:
        found = load_keys(data, passphrase=lambda: passphrase(printable(path))).keys
        if len(found) != 1 or not found[0].certificates:
            what = "no certificate" if len(found) == 1 else f"{len(found)} keys that are no chain of certificates"
            raise KeyUnsupported(f"this file holds {what}", hint="the certificate of the key first, then its issuers")
        certificates = found[0].certificates
        chain.check_is_for(key, certificates)
        chain.check_order(certificates)
        remarks = [when_valid(chain.read_facts(der), now=now) for der in certificates]
    except (InputError, KeyRefused) as error:
        error.message = f"{quote(path)}: {error.message}"
        raise
    return chain.members(certificates), tuple(
        f"the certificate in {quote(path)} {remark}" for remark in remarks if remark is not None
    )


def when_valid(facts: Facts, *, now: int) -> str | None:
    """What is wrong with the time: "expired 3 d ago, 2026-…", "is not valid before …"; None if nothing is."""
    if now > facts.not_after:
        return f"expired {_when(facts.not_after, now)}"
    if now < facts.not_before:
        return f"is not valid yet: it will be {_when(facts.not_before, now)}"
    return None


def _when(seconds: int, now: int) -> str:
    return f"{numeric_date.relative(seconds, now=now)}, {numeric_date.human_utc(seconds) or seconds}"
