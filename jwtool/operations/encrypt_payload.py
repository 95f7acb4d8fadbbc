"""A payload + the keys of its readers → a JWE: where the payload comes from, and for whom it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import encrypt
from jwtool.jose.errors import UsageError
from jwtool.jose.token import parse
from jwtool.operations.encryption_keys import (
    keys_given,
    known_content,
    known_management,
    load_encryption_sets,
    recipient_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

MAX_PAYLOAD = 256 * 1024
MAX_HEADER_FILE = 16 * 1024
BLANKS = b" \t\r\n"


class Wanted(NamedTuple):
    """What the options of `encrypt` ask for, as it was typed."""

    keys: Sequence[str] = ()
    algs: Sequence[str] = ()
    encs: Sequence[str] = ()
    header: Sequence[str] = ()
    json_serialization: bool = False


class Sealed(NamedTuple):
    """A new token, with what it says of itself and for whom it is; `notes` is what must be said of the keys."""

    token: str
    serialization: str
    header: Mapping[str, Any]
    recipients: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without the token."""
        return f"<Sealed {self.serialization}>"


def encrypt_payload(
    argument: str | None, wanted: Wanted, runtime: Runtime, *, network: Network, passphrase: str | None
) -> Sealed:
    """Encrypt the PAYLOAD of `argument` for one key of each source, JWTOOL_KEY where none is given."""
    allowed = {
        "algs": tuple(known_management(name) for name in wanted.algs),
        "encs": tuple(known_content(name) for name in wanted.encs),
    }
    sources = keys_given(wanted.keys, runtime, verb="encrypt")
    if len(sources) > 1 and not wanted.json_serialization:
        raise UsageError(
            f"{len(sources)} keys were given, and a compact token has one recipient", hint="--json-serialization"
        )
    extra = header_members(wanted.header)
    payload = read_payload(argument, runtime)
    loaded = load_encryption_sets(sources, runtime, network=network, passphrase=passphrase)
    keys = [recipient_of(one, allowed) for one in loaded]
    plan = encrypt.choose(keys, **allowed)
    header = encrypt.build_header(payload, plan, extra)
    make = encrypt.json_serialization if wanted.json_serialization else encrypt.compact
    token = make(payload, header, plan)
    written = parse(token)
    protected = {} if written.encrypted is None else written.encrypted.protected
    recipients = tuple({"alg": target.alg, "kid": target.key.kid} for target in plan.targets)
    return Sealed(
        token, written.serialization, protected, recipients, tuple(note for one in loaded for note in one.notes)
    )


def read_payload(argument: str | None, runtime: Runtime) -> bytes:
    """The octets of PAYLOAD: `-`, `@PATH`, `env:NAME`, the text itself, stdin where it is missing.

    Blanks around a compact JWS are dropped, for a nested token has none. Raises UsageError where it is missing and
    stdin is a terminal, and as `read_bytes`.
    """
    from jwtool.sources.files import read_stdin
    from jwtool.sources.source import parse_source, read_bytes

    if argument is not None:
        source = parse_source(argument, bare="text", what="PAYLOAD")
        payload = read_bytes(source, runtime, cap=MAX_PAYLOAD, what="payload")
    elif runtime.stdin_is_terminal:
        raise UsageError("no payload was given", hint="give it as @FILE, env:NAME, or by a pipe")
    else:
        payload = read_stdin(runtime, cap=MAX_PAYLOAD, for_what="payload")
    bare = payload.strip(BLANKS)
    return bare if bare != payload and encrypt.is_signed(bare) else payload


def header_members(texts: Sequence[str]) -> dict[str, Any]:
    """The header members that several -H say."""
    if not texts:
        return {}
    from jwtool.sources.claim_options import apply_claims, parse_claim
    from jwtool.sources.files import read

    def read_file(path: str) -> bytes:
        return read(path, cap=MAX_HEADER_FILE, what="header member")

    return apply_claims({}, [parse_claim(text, read_file) for text in texts])
