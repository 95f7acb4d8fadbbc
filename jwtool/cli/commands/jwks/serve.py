"""`jwtool jwks serve`: a JWKS URI on this machine, for tests and demonstrations."""

from collections.abc import Iterator

from jwtool.cli.options import (
    HostOption,
    MaxAgeOption,
    PassphraseOption,
    PathOption,
    PortOption,
    ReadyFileOption,
    SetArgument,
)
from jwtool.output.report import Line, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    keys: SetArgument,
    host: HostOption = "127.0.0.1",
    port: PortOption = "8080",
    path: PathOption = "/.well-known/jwks.json",
    max_age: MaxAgeOption = "5m",
    ready_file: ReadyFileOption = None,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Iterator[Report]:
    """Serve the public halves of SET until Ctrl-C or SIGTERM; a changed file is picked up. No production server.

    Example: jwtool jwks serve jwks.json --port 0 --ready-file ready
    """
    from contextlib import closing

    from jwtool.jose.numeric_date import parse_duration
    from jwtool.operations.serve_keyset import WatchedSet
    from jwtool.output.words import counted
    from jwtool.server.http_server import stop_on_signals
    from jwtool.server.jwks import JwksServer
    from jwtool.sources.grammar import parse_whole_number
    from jwtool.sources.ready_file import ReadyFile

    watched = WatchedSet(keys, runtime, network=network, passphrase=passphrase)
    server = JwksServer(
        watched.load,
        stamp=watched.stamp,
        host=host,
        port=parse_whole_number(port, option="--port", largest=65535),
        path=path,
        max_age=parse_duration(max_age),
        log=runtime.warn,
        access=runtime.trace,
    )
    with closing(server), stop_on_signals(server), ReadyFile(ready_file, server.url):
        notes = () if server.is_loopback else ("this is no production server, and others can reach it",)
        yield Report(
            "jwks-serve",
            {"url": server.url, "keys": watched.count},
            product=server.url,
            blocks=(Line(f"serving {counted(watched.count, 'key')}, until Ctrl-C"),),
            aside=True,
            notes=(*watched.notes, *notes),
        )
        server.serve_until_stopped()
