"""`verify --decrypt-key`: what was encrypted is decrypted first, and then judged as every token is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.operations.decrypt_token import encryption_document, named_key
from jwtool.operations.encryption_keys import load_encryption_sets
from jwtool.operations.resolve_keys import Passphrase, load_usable
from jwtool.operations.rotated_keys import lacks_key, load_anew
from jwtool.operations.verify_report import verify_report
from jwtool.operations.verify_token import cache_facts, offered_by
from jwtool.output.report import Line, Report

if TYPE_CHECKING:
    from jwtool.jose.decrypt import Decryption
    from jwtool.jose.token import UnverifiedToken
    from jwtool.jose.verify import Policy
    from jwtool.operations.trusted import Trusted
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime


def nested_report(
    token: UnverifiedToken,
    decrypt_key: str,
    trusted: Trusted,
    policy: Policy,
    runtime: Runtime,
    *,
    network: Network,
    passphrase: str | None,
    at: int,
    field: str | None,
) -> Report:
    """The report of `jwtool verify` for a JWE: that of the token inside, and how it was encrypted."""
    from jwtool.jose.nested import verify_nested
    from jwtool.jose.selection import OfferedSet

    ask = Passphrase(passphrase, runtime)
    outer = load_encryption_sets([decrypt_key], runtime, network=network, passphrase=ask)
    loaded = load_usable(
        [source.text for source in trusted.keys],
        runtime,
        network=network,
        passphrase=ask,
        allow_weak_secret=policy.allow_weak_key,
    )
    opening = [OfferedSet(one.keyset, one.source) for one in outer]
    nested = verify_nested(token, opening, offered_by(loaded, trusted.keys), policy, now=at)
    if lacks_key(nested.verification) and (newer := load_anew(loaded, allow_weak_secret=policy.allow_weak_key)):
        loaded = newer
        nested = verify_nested(token, opening, offered_by(loaded, trusted.keys), policy, now=at)
    notes = tuple(note for one in (*outer, *loaded) for note in one.notes) + nested.verification.notes
    report = verify_report(
        nested.verification, notes, at=at, field=field, payload_only=policy.payload_only, cache=cache_facts(loaded)
    )
    document = {**(report.document or {}), "encryption": encryption_document(nested.decryption)}
    head, *rest = report.blocks
    return report._replace(document=document, blocks=(head, *_said(nested.decryption), *rest))


def _said(decryption: Decryption) -> tuple[Line, ...]:
    if decryption.key is None:
        return ()
    header = decryption.header
    return (Line(f"decrypted  {header['alg']}, {header['enc']}, by {named_key(decryption.key)}", "dim"),)
