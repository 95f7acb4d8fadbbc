"""`https://…/{kid}`: a KEY that has one key for each kid, as AWS load balancers do; the token's kid goes in there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtool.jose.keyset import KeySet
from jwtool.jose.network_errors import HttpStatus
from jwtool.jose.quoting import quote_public
from jwtool.operations.fetch_set import KID
from jwtool.operations.resolve_keys import LoadedSet, load_usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.operations.resolve_keys import Passphrase
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

SAFE = re.compile("[A-Za-z0-9_-]{1,128}")
ABSENT = (404, 410)


def load_for_kid(
    texts: Sequence[str],
    kid: object,
    runtime: Runtime,
    *,
    network: Network,
    passphrase: Passphrase,
    allow_weak_secret: bool,
) -> tuple[LoadedSet, ...]:
    """The sets of several sources, as `load_usable`; of one with `{kid}` that of the token's own kid.

    A kid that could lead elsewhere, or that the server doesn't have, makes an empty set: the token has no key then.
    """
    if not any(is_template(text) for text in texts):
        return load_usable(texts, runtime, network=network, passphrase=passphrase, allow_weak_secret=allow_weak_secret)
    found: list[LoadedSet] = []
    for text in texts:
        if not is_template(text):
            found += load_usable(
                [text], runtime, network=network, passphrase=passphrase, allow_weak_secret=allow_weak_secret
            )
            continue
        label = _checked(text)
        if not isinstance(kid, str) or not SAFE.fullmatch(kid):
            said = "the token has no kid" if kid is None else f"the kid {_shown(kid)} is not put into a URL"
            found.append(LoadedSet(KeySet((), ()), label, (f"{said}: no key was asked for at {label}",)))
            continue
        url = text.replace(KID, kid)
        try:
            found += load_usable([url], runtime, network=network, passphrase=passphrase)
        except HttpStatus as error:
            if error.status not in ABSENT:
                raise
            note = f"there is no key of the kid {quote_public(kid)} at {label}: {error.message}"
            found.append(LoadedSet(KeySet((), ()), label, (note,)))
    return tuple(found)


def is_template(text: str) -> bool:
    """Whether a KEY is a URL with a place for the kid."""
    return KID in text and text.lower().startswith(("https:", "http:"))


def _checked(text: str) -> str:
    """The label of the URL as it was given: a token must not choose its host. Raises as `parse_source`."""
    from jwtool.sources.source import parse_source

    return parse_source(text, bare="file", what="KEY").label


def _shown(kid: object) -> str:
    return quote_public(kid) if isinstance(kid, str) else "of the token"
