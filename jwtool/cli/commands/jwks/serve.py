"""`jwtool jwks serve`: a JWKS URI on this machine, for tests and demonstrations."""

from collections.abc import Iterator
from typing import Annotated

import typer

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


def _duration(name: str, about: str) -> object:
    return typer.Option(name, metavar="DURATION", show_default=False, help=about)


def command(
    *,
    runtime: Runtime,
    keys: SetArgument,
    host: HostOption = "127.0.0.1",
    port: PortOption = "8080",
    path: PathOption = "/.well-known/jwks.json",
    max_age: MaxAgeOption = "5m",
    ready_file: ReadyFileOption = None,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="SET is a private set: rotate its keys on schedule, as `jwks rotate` does.")
    ] = False,
    every: Annotated[str | None, _duration("--every", "With --rotate: how long a key signs. Default: 30d.")] = None,
    publish_before: Annotated[
        str | None,
        _duration("--publish-before", "With --rotate: published so long before it signs. Default: 1h, or --max-age."),
    ] = None,
    retire_after: Annotated[
        str | None, _duration("--retire-after", "With --rotate: how long a replaced key stays. Default: 24h.")
    ] = None,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Iterator[Report]:
    """Serve the public halves of SET until Ctrl-C or SIGTERM; a changed file is picked up. No production server.

    Example: jwtool jwks serve jwks.json --port 0 --ready-file ready
    Example: jwtool jwks serve signing.json --rotate --every 30d --port 0 --ready-file ready
    """
    from contextlib import closing

    from jwtool.jose.errors import UsageError
    from jwtool.jose.numeric_date import parse_duration
    from jwtool.operations.serve_keyset import WatchedSet
    from jwtool.output.words import counted
    from jwtool.server.http_server import stop_on_signals
    from jwtool.server.jwks import JwksServer
    from jwtool.sources.grammar import parse_whole_number
    from jwtool.sources.ready_file import ReadyFile

    kept = parse_duration(max_age)
    rotation = None
    if rotate:
        from jwtool.operations.scheduled_rotation import ScheduledRotation, parse_schedule

        schedule = parse_schedule(every, publish_before, retire_after, max_age=kept)
        rotation = ScheduledRotation(keys, schedule, runtime)
        rotation.start()
    elif (every, publish_before, retire_after) != (None, None, None):
        raise UsageError("--every, --publish-before and --retire-after say how to --rotate", hint="add --rotate")
    watched = WatchedSet(keys, runtime, network=network, passphrase=passphrase)
    server = JwksServer(
        watched.load,
        stamp=watched.stamp,
        host=host,
        port=parse_whole_number(port, option="--port", largest=65535),
        path=path,
        max_age=kept,
        log=runtime.warn,
        access=runtime.trace,
        errand=rotation,
        errand_seconds=60.0 if rotation is None else rotation.seconds,
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
