"""Rotate the keys of a private set, and keep the public set beside it what the private one implies.

`rotate` is called by `jwks rotate` once, and by a server on schedule.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import strict_json
from jwtool.jose.algorithms import ALGORITHMS, default_for
from jwtool.jose.errors import (
    InputError,
    KeyAmbiguous,
    KeyNotFound,
    KeyNotPrivate,
    KeyUseMismatch,
    UsageError,
)
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.rsa_policy import MAX_BITS
from jwtool.jose.quoting import printable, quote_public
from jwtool.jose.raw_keyset import find
from jwtool.jose.rotation_plan import Change, Schedule, plan, published, signs
from jwtool.operations.build_keyset import encode
from jwtool.operations.edit_keyset import SetFile, encode_set, read_set
from jwtool.operations.resolve_keys import MAX_KEY_FILE
from jwtool.sources import in_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.jose.raw_keyset import RawKey


USUAL_ALG = "ES256"
OCTET = 8


class Rotation(NamedTuple):
    """What was done, or with `dry_run` would be: the entries as they are now, the changes, and the files to write.

    `jwks` is the public set, None if no file for it was named. `made` says that the private set is new.
    """

    entries: tuple[RawKey, ...]
    changes: tuple[Change, ...]
    written: tuple[str, ...]
    jwks: dict[str, Any] | None = None
    made: bool = False
    notes: tuple[str, ...] = ()


def rotate(
    path: str,
    schedule: Schedule,
    *,
    now: int,
    public_out: str | None = None,
    alg: str | None = None,
    compromised: Sequence[str] = (),
    dry_run: bool = False,
) -> Rotation:
    """Do what is due in the private set at `path` at `now` (Unix seconds), and write what changed.

    A missing file is made. `public_out` is written first, whenever it differs from what the private set implies; so a
    run that was killed between the two is made good by the next. `compromised` are kids or thumbprints. `alg` is that
    of a new key, by default the active key's. With `dry_run` nothing is written, or locked.

    Raises KeyNotPrivate or KeyUseMismatch for a set without a private signing key, KeyNotFound for a compromised key
    that isn't there, KeySymmetricInPublic for a secret in a set that is published; what is wrong with the files;
    WriteError, FileLocked.
    """
    if dry_run:
        return _rotate(path, schedule, now=now, public_out=public_out, alg=alg, compromised=compromised)[0]
    with in_place.locked(path, *(() if public_out is None else (public_out,))):
        done, public, private = _rotate(
            path, schedule, now=now, public_out=public_out, alg=alg, compromised=compromised
        )
        if public_out is not None and public is not None:
            in_place.replace(public_out, public, private=False)
        if private is not None:
            in_place.replace(path, private, private=True)
    return done


def _rotate(
    path: str, schedule: Schedule, *, now: int, public_out: str | None, alg: str | None, compromised: Sequence[str]
) -> tuple[Rotation, bytes | None, bytes | None]:
    """What is to be said, and the octets to write: of the public set and of the private one, None where it stays."""
    found = read_set(path, may_be_missing=True, may_be_one_key=True)
    if found is not None:
        _refuse_without_private(found)
    entries = () if found is None else found.entries
    places = [_place(entries, name, path) for name in compromised]
    planned = plan(entries, schedule, now=now, make=lambda models: new_key(models, alg), compromised=places)
    private = None
    if planned.changes:
        private = encode_set(found or SetFile(path, {}, ()), planned.entries)
    jwks, public = None, None
    remarks: list[str] = []
    if public_out is not None:
        keys, remarks = published(planned.entries)
        jwks = {"keys": keys}
        before = _read_public(public_out)
        public = None if strict_json.equal(before, jwks) else encode(jwks)
        remarks += _strangers(before, jwks, entries, public_out, path)
    elif places:
        remarks = ["no --public-out was named: take the compromised key out of the set that you publish"]
    written = tuple(one for one, data in ((public_out, public), (path, private)) if one is not None and data)
    done = Rotation(planned.entries, planned.changes, written, jwks, made=found is None, notes=tuple(remarks))
    return done, public, private


def new_key(models: Sequence[Key], alg: str | None) -> Key:
    """A private key for `alg`, else like the models: their algorithm, curve, length, `use` and `key_ops`.

    Raises KeyAmbiguous for models that differ where `alg` doesn't decide.
    """
    if alg is None and len({(key.kty, key.crv, key.alg, key.bits) for key in models}) > 1:
        names = " and ".join(quote_public(key.kid) if key.kid else "one without a kid" for key in models[:2])
        raise KeyAmbiguous(
            f"{len(models)} keys are active, and they differ: {names}; the new one should be like which?",
            hint=f"--alg {models[0].alg or USUAL_ALG}",
        )
    if not models:
        return generate(alg or USUAL_ALG)
    model = models[0]
    wanted = alg or model.alg or default_for(model.kty, model.crv, model.bits // OCTET) or USUAL_ALG
    row = ALGORITHMS[wanted]
    if row.kty != model.kty:
        return generate(wanted)
    crv = model.crv if len(row.curves) > 1 and model.crv in row.curves else None
    sized = model.kty == "RSA" or (model.kty == "oct" and alg in {None, model.alg})
    size = min(-(-model.bits // OCTET) * OCTET, MAX_BITS) if sized else None
    key = generate(wanted, crv=crv, size=size, use=model.use)
    if model.key_ops is None or "sign" not in model.key_ops:
        return key
    operations = model.key_ops
    return replace(key, key_ops=operations, members={**key.members, "key_ops": list(operations)})


def _place(entries: Sequence[RawKey], name: str, path: str) -> int:
    place = find(entries, name)
    if place is None:
        known = ", ".join(entry.name for entry in entries[:8]) or "nothing"
        raise KeyNotFound(f"no key of {printable(path)} is called {quote_public(name)}; on offer: {known}")
    return place


def _refuse_without_private(found: SetFile) -> None:
    private = [entry for entry in found.entries if entry.private]
    if any(signs(entry) for entry in private):
        return
    label = printable(found.path)
    unread = next((entry.refusal for entry in private if entry.refusal is not None), None)
    if unread is not None:
        unread.message = f"no private key of {label} can be used: {unread.message}"
        raise unread
    if private:
        raise KeyUseMismatch(f"the private keys of {label} are for encryption, and what is rotated are those that sign")
    raise KeyNotPrivate(
        f"{label} holds no private key, and what is rotated is a private set",
        hint="the public set is named with --public-out",
    )


def _read_public(public_out: str) -> Any:
    """What the public file says, in whatever layout; None if it isn't there or can't be understood."""
    try:
        data = in_place.read_in_place(public_out, cap=MAX_KEY_FILE, what="public key set", may_be_missing=True)
        return None if data is None else strict_json.parse(data)
    except InputError:
        return None


def _strangers(before: Any, jwks: dict[str, Any], entries: Sequence[RawKey], public_out: str, path: str) -> list[str]:
    """A word on keys that were public until now, and that the private set never had: was the wrong FILE named?"""
    keys = before.get("keys") if isinstance(before, dict) else None
    known = {jwk["kid"] for jwk in jwks["keys"]} | {entry.kid or entry.name for entry in entries}
    kids = [jwk.get("kid") for jwk in keys if isinstance(jwk, dict)] if isinstance(keys, list) else []
    gone = [quote_public(kid) for kid in kids if isinstance(kid, str) and kid not in known]
    if not gone:
        return []
    return [f"keys that {printable(path)} doesn't have are no longer in {printable(public_out)}: {', '.join(gone[:8])}"]


def refuse_same_file(path: str, public_out: str | None) -> None:
    """Raise UsageError if both halves should go into one file."""
    import os

    if public_out is not None and os.path.realpath(public_out) == os.path.realpath(path):
        raise UsageError("FILE and --public-out name the same file, and each set needs its own")
