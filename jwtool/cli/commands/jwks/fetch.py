"""`jwtool jwks fetch`: a key set from its JWKS URI, the bytes as served."""

from typing import Annotated

import typer

from jwtool.cli.options import ForceOption, OutputOption
from jwtool.output.report import Line, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    url: Annotated[str, typer.Argument(metavar="URL", show_default=False, help="The JWKS URI, https://…")],
    output: OutputOption = None,
    force: ForceOption = False,
    network: Network,
) -> Report:
    """Fetch the JWKS at URL and print it byte for byte; what the server said goes to stderr.

    Example: jwtool jwks fetch https://auth.example/.well-known/jwks.json -o jwks.json
    """
    from jwtool.jose.errors import UsageError
    from jwtool.jose.keyset import usable
    from jwtool.operations.describe import keyset_documents
    from jwtool.operations.fetch_set import fetch_set
    from jwtool.output.words import counted
    from jwtool.sources.files import refuse_existing, write_new
    from jwtool.sources.source import parse_source

    source = parse_source(url, bare="file", what="URL")
    if source.kind not in {"url", "issuer"} or source.fragment is not None:
        raise UsageError("URL must be the https:// address of a key set", hint="jwtool jwks show reads files")
    refuse_existing(output, force=force)
    fetched, where = fetch_set(source, network._replace(refresh=not network.offline), runtime)
    answered = fetched.answered
    documents = keyset_documents(usable(fetched.keyset))
    facts = {
        "status": 200 if answered.asked else None,
        "content_type": answered.headers.get("content-type"),
        "cache_control": answered.headers.get("cache-control"),
        "etag": answered.headers.get("etag"),
        "bytes": len(answered.body),
    }
    if output is not None:
        secret = any(key.private or key.kty == "oct" for key in answered.value.keys)  # as served: it may be a mishap
        write_new(output, answered.body, private=secret, force=force)
    said = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
    target = "" if output is None else f", written to {output}"
    return Report(
        "jwks",
        {"source": where, "keys": documents, "http": facts, "cache": answered.facts(), "output": output},
        blocks=(Line(f"{counted(len(documents), 'key')} from {where}: {said}{target}"),),
        product=answered.body if output is None else None,
        aside=True,
        quiet="",
        notes=fetched.notes,
    )
