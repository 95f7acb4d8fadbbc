"""`--payload`: octets that are signed as they are, or that a detached signature is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.sources.source import parse_source, read_bytes

if TYPE_CHECKING:
    from jwtool.sources.runtime import Runtime

MAX_PAYLOAD = 16 * 1024 * 1024


def read_payload(text: str, runtime: Runtime) -> bytes:
    """What `-`, `@PATH` or `env:NAME` holds, at most 16 MiB and to the last line break; a bare word is the payload."""
    return read_bytes(parse_source(text, bare="text", what="--payload"), runtime, cap=MAX_PAYLOAD, what="payload")
