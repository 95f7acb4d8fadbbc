"""`jwtool issuer serve`: a complete issuer on this machine, for tests of other software."""

from collections.abc import Iterator
from typing import Annotated

import typer

from jwtool.cli import complete_value as complete
from jwtool.cli.options import (
    HostOption,
    MaxAgeOption,
    PassphraseOption,
    PathOption,
    PortOption,
    ReadyFileOption,
)
from jwtool.output.report import Line, Report, Row, Table
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    key: Annotated[
        list[str],
        typer.Option(
            "-k",
            "--key",
            metavar="KEY",
            show_default=False,
            autocompletion=complete.key,
            help="Private keys; the first one signs, all are published. Default: a new RS256 key, kept nowhere.",
        ),
    ] = [],
    claims: Annotated[
        str | None,
        typer.Option(
            "--claims",
            metavar="SOURCE",
            show_default=False,
            autocompletion=complete.private_text,
            help="Claims of every token: JSON that begins with {, or -, @PATH, env:NAME.",
        ),
    ] = None,
    sub: Annotated[
        str | None,
        typer.Option("--sub", metavar="SUB", show_default=False, help="The subject, `sub`. Default: the client id."),
    ] = None,
    aud: Annotated[
        list[str],
        typer.Option(
            "-a",
            "--aud",
            "--audience",
            metavar="AUD",
            show_default=False,
            help="The audience, `aud`, where a request names none. Default: no `aud`.",
        ),
    ] = [],
    client: Annotated[
        list[str],
        typer.Option(
            "--client",
            metavar="ID=SOURCE",
            show_default=False,
            help="A client and where its secret or public key is: -, @PATH, env:NAME. Default: any id with any secret.",
        ),
    ] = [],
    issuer: Annotated[
        str | None,
        typer.Option(
            "-i",
            "--iss",
            "--issuer",
            metavar="URL",
            show_default=False,
            help="Its name, `iss`, and how clients reach it. Default: where it listens.",
        ),
    ] = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = "8080",
    path: PathOption = "/.well-known/jwks.json",
    max_age: MaxAgeOption = "5m",
    ready_file: ReadyFileOption = None,
    passphrase: PassphraseOption = None,
) -> Iterator[Report]:
    """Serve discovery, key set, token and introspection endpoints until Ctrl-C or SIGTERM. No production server.

    A test drives it by POST to /admin/rotate, /admin/time and /admin/fail: `explain issuer-serve`.

    Example: jwtool issuer serve --port 0 --ready-file ready
    Example: jwtool issuer serve --port 0 --ready-file ready --host 0.0.0.0 --issuer http://issuer.test:8080
    Example: jwtool issuer serve --port 0 --ready-file ready -k private.jwk -a api --claims '{"roles":["admin"]}'
    """
    from contextlib import closing

    from jwtool.jose.numeric_date import parse_duration
    from jwtool.jose.sign import encode_claims
    from jwtool.operations.serve_issuer import issuer_keys, parse_clients
    from jwtool.operations.sign_claims import read_claims_argument
    from jwtool.server.http_server import stop_on_signals
    from jwtool.server.issuer import IssuerServer
    from jwtool.server.issuer_keys import make_ring
    from jwtool.server.issuer_token import Defaults
    from jwtool.server.oauth import Clients
    from jwtool.sources.grammar import parse_whole_number
    from jwtool.sources.ready_file import ReadyFile
    from jwtool.sources.urls import parse_own_issuer

    name = None if issuer is None else parse_own_issuer(issuer).text
    given, _ = read_claims_argument(claims, runtime)
    encode_claims(given)
    clients = Clients(parse_clients(client, runtime))
    ring = make_ring(issuer_keys(key, runtime, passphrase=passphrase))
    server = IssuerServer(
        ring,
        clients=clients,
        defaults=Defaults(given, sub, aud),
        now=runtime.now,
        host=host,
        port=parse_whole_number(port, option="--port", largest=65535),
        issuer=name,
        path=path,
        max_age=parse_duration(max_age),
        log=runtime.warn,
        access=runtime.trace,
    )
    with closing(server), stop_on_signals(server), ReadyFile(ready_file, server.issuer):
        document = {
            "issuer": server.issuer,
            "jwks_uri": server.jwks_uri,
            "token_endpoint": server.token_endpoint,
            "introspection_endpoint": server.introspection_endpoint,
            "kid": ring.signer.kid,
            "alg": ring.alg,
            "keys": len(ring.keys),
            "origin": server.origin,
        }
        shown = ("issuer", "jwks_uri", "token_endpoint", "introspection_endpoint")
        rows = tuple(Row((name, str(document[name])), ("name",)) for name in shown)
        where = "" if name is None else f", at {server.origin}"
        line = f"signing with {ring.alg}, key {ring.signer.kid}{where}, until Ctrl-C"
        notes = [] if server.is_loopback else ["this is no production server, and others can reach it"]
        if name is None and not server.is_loopback:
            notes.append(f"to clients it is {server.issuer}; --issuer URL names it as they reach it")
        yield Report(
            "issuer-serve",
            document,
            product=server.issuer,
            blocks=(Line(line), Table(rows)),
            aside=True,
            quiet="",
            notes=tuple(notes),
        )
        server.serve_until_stopped()
