"""`jwtool issuer show`: a discovery document checked member by member, and the keys that it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import keyset as keysets
from jwtool.jose.errors import KeyRefused, NetworkError
from jwtool.operations.describe import keyset_documents, keyset_table
from jwtool.output.report import Gap, Headline, Line, Report, Row, Table
from jwtool.output.token_blocks import shown_value
from jwtool.output.words import counted
from jwtool.sources.discovery import NAMES, endpoint, read_document
from jwtool.sources.discovery_faults import (
    ENDPOINTS,
    ID_TOKEN_ALGORITHMS,
    SECTIONS,
    Fault,
    faults_of,
    lacks_rs256,
    publishes_keys_alone,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.output.report import Block
    from jwtool.sources.discovery import Metadata
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

ALGORITHMS = "_alg_values_supported"
ENDPOINT = "_endpoint"
SET_MUST = "RFC 7517 §5"
SECRETS_MUST = "RFC 7517 §9.2"


def show_issuer(issuer: str, network: Network, runtime: Runtime) -> Report:
    """The report of `jwtool issuer show`; the answer is yes for a document without faults.

    Raises what `read_document` raises where there is no document to show.
    """
    network = network._replace(refresh=not network.offline)  # who looks at an issuer wants to see it as it is now
    metadata = read_document(issuer.removeprefix("issuer:"), network, runtime)
    faults = list(faults_of(metadata))
    keyset: keysets.KeySet | None = None
    notes: tuple[str, ...] = ()
    if not any(fault.member == "jwks_uri" for fault in faults) and "jwks_uri" in metadata.members:
        keyset, notes = _keys_of(metadata, network, runtime, faults)
    notes = (*metadata.remarks, *notes)
    if publishes_keys_alone(metadata):
        notes = (*notes, f"there is no {' and no '.join(ENDPOINTS)}: nobody logs in there, it publishes keys alone")
    if metadata.kind == "openid" and lacks_rs256(metadata.members.get(ID_TOKEN_ALGORITHMS)):
        notes = (*notes, f"{ID_TOKEN_ALGORITHMS} has no RS256, which {SECTIONS['openid'][0]} still asks of everyone")
    documents = [] if keyset is None else keyset_documents(keyset)
    document = {
        "issuer": metadata.issuer,
        "document": metadata.url.label,
        "specification": NAMES[metadata.kind],
        "jwks_uri": _text(metadata.members.get("jwks_uri")),
        "endpoints": _named(metadata.members, ENDPOINT),
        "algorithms": {name: value for name, value in metadata.members.items() if name.endswith(ALGORITHMS)},
        "keys": documents,
        "faults": [fault._asdict() for fault in faults],
        "metadata": dict(metadata.members),
    }
    said = f"{counted(len(faults), 'fault')}" if faults else "no faults"
    quiet = f"{'faulty' if faults else 'sound'}: {said} in the document of {metadata.issuer}"
    return Report(
        "issuer-show",
        document,
        blocks=_blocks(metadata, documents, faults),
        quiet=quiet,
        notes=notes,
        positive=not faults,
    )


def _keys_of(
    metadata: Metadata, network: Network, runtime: Runtime, faults: list[Fault]
) -> tuple[keysets.KeySet | None, tuple[str, ...]]:
    """The keys at the jwks_uri and what must be said of them; what is wrong with them becomes faults."""
    from jwtool.sources.jwks_uri import fetch_keyset

    url = endpoint(metadata, "jwks_uri")
    allowed = network.towards(url, asked=metadata.url)
    try:
        fetched = fetch_keyset(url.text, network=allowed, runtime=runtime)
    except (NetworkError, KeyRefused) as error:
        faults.append(Fault("jwks_uri", f"its keys can't be had: {error.message}", SECTIONS[metadata.kind][0]))
        return None, ()
    usable = keysets.usable(fetched.keyset)
    faults += [Fault("jwks_uri", note, SECRETS_MUST) for note in fetched.notes]
    if not usable.keys:
        faults.append(Fault("jwks_uri", "no key of its set can be used", SET_MUST))
    return usable, fetched.notes


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _named(members: Mapping[str, Any], ending: str) -> dict[str, str]:
    return {name: value for name, value in members.items() if name.endswith(ending) and isinstance(value, str)}


def _blocks(metadata: Metadata, keys: list[dict[str, Any]], faults: list[Fault]) -> tuple[Block, ...]:
    if faults:
        head = Headline("FAULTY", f"{counted(len(faults), 'fault')} in the document of {metadata.issuer}", "bad")
    else:
        head = Headline("SOUND", f"the document of {metadata.issuer}", "good")
    rows = [Row(("document", metadata.url.label, NAMES[metadata.kind]), ("name", "", "dim"))]
    members = metadata.members
    if "jwks_uri" in members:
        rows.append(Row(("jwks_uri", shown_value(members["jwks_uri"]), _elsewhere(metadata)), ("name", "", "warn")))
    rows += [Row((name, value), ("name",)) for name, value in _named(members, ENDPOINT).items()]
    for name, value in members.items():
        if name.endswith(ALGORITHMS):
            listed = ", ".join(map(str, value)) if isinstance(value, list) else shown_value(value)
            rows.append(Row((name.removesuffix("_values_supported"), listed), ("name",)))
    blocks: list[Block] = [head, Gap(), Table(tuple(rows))]
    if keys:
        blocks += [Gap(), keyset_table(keys)]
    if faults:
        table = [
            Row(
                (fault.member, fault.message.removeprefix(fault.member).lstrip(": "), fault.section), ("bad", "", "dim")
            )
            for fault in faults
        ]
        blocks += [Gap(), Line("faults:", "dim"), Table(tuple(table))]
    return tuple(blocks)


def _elsewhere(metadata: Metadata) -> str:
    try:
        url = endpoint(metadata, "jwks_uri")
    except NetworkError:
        return ""
    return "" if url.host == metadata.url.host else "on another host"
