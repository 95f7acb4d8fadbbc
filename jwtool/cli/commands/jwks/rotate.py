"""`jwtool jwks rotate`: the next step in the life of a private set's keys, and its public set."""

from typing import Annotated

import typer

from jwtool.cli import complete_value as complete
from jwtool.cli.options import SetFileArgument
from jwtool.output.report import Report
from jwtool.sources.runtime import Runtime


def _duration(name: str, about: str) -> object:
    return typer.Option(name, metavar="DURATION", show_default=False, help=about)


def command(
    *,
    runtime: Runtime,
    file: SetFileArgument,
    alg: Annotated[
        str | None,
        typer.Option(
            "--alg",
            metavar="ALG",
            show_default=False,
            autocompletion=complete.algorithm,
            help="Of the new key. Default: the active key's; ES256 for a new set.",
        ),
    ] = None,
    public_out: Annotated[
        str | None,
        typer.Option(
            "--public-out",
            metavar="FILE",
            show_default=False,
            autocompletion=complete.path,
            help="Keep the public set here: what clients fetch.",
        ),
    ] = None,
    every: Annotated[
        str | None, _duration("--every", "Begin only once the active key has signed for so long; for cron.")
    ] = None,
    publish_before: Annotated[
        str, typer.Option("--publish-before", metavar="DURATION", help="How long a key is published before it signs.")
    ] = "1h",
    retire_after: Annotated[
        str, typer.Option("--retire-after", metavar="DURATION", help="How long a key stays once it was replaced.")
    ] = "24h",
    compromised: Annotated[
        list[str],
        typer.Option("--compromised", metavar="KID", show_default=False, help="Drop this key now; repeatable."),
    ] = [],
    max_age: Annotated[
        str | None, _duration("--max-age", "How long clients keep the set; no --publish-before may be shorter.")
    ] = None,
    token_life: Annotated[
        str | None, _duration("--token-life", "The longest life of a token; no --retire-after may be shorter.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", show_default=False, help="Do what is due then; --dry-run looks ahead."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Rotate faster than --max-age and --token-life allow.")
    ] = False,
) -> Report:
    """Do what is due in FILE, a private key set, and nothing else: drop, add, publish, retire keys.

    A new key is published before it signs and an old one stays until its last token has expired, so that no client
    ever meets a token whose key it can't find. A missing FILE is made. Let cron run it hourly with --every.

    Example: jwtool jwks rotate signing.json --public-out public.json --every 30d
    Example: jwtool jwks rotate signing.json --public-out public.json --max-age 1h --token-life 12h --dry-run
    Example: jwtool jwks rotate signing.json --public-out public.json --every 30d --dry-run --at 30d
    """
    from jwtool.jose.numeric_date import parse_duration
    from jwtool.jose.rotation_plan import Schedule, refuse_too_fast
    from jwtool.operations import rotation_report
    from jwtool.operations.rotate_keyset import refuse_same_file, rotate
    from jwtool.sources.grammar import parse_time

    if alg is not None:
        from jwtool.operations.demand import known_algorithm

        known_algorithm(alg)
    schedule = Schedule(
        parse_duration(publish_before), parse_duration(retire_after), None if every is None else parse_duration(every)
    )
    longest = [None if text is None else parse_duration(text) for text in (max_age, token_life)]
    if not force:
        refuse_too_fast(schedule, max_age=longest[0], token_life=longest[1])
    refuse_same_file(file, public_out)
    now = runtime.now() if at is None else int(parse_time(at, runtime.now()))
    done = rotate(file, schedule, now=now, public_out=public_out, alg=alg, compromised=compromised, dry_run=dry_run)
    document = rotation_report.document(done, schedule, path=file, public_out=public_out, now=now)
    word, text = rotation_report.summary(done, schedule, path=file, now=now, dry_run=dry_run)
    return Report(
        "jwks-rotate",
        document | {"dry_run": dry_run},
        blocks=rotation_report.blocks(done, schedule, path=file, now=now, dry_run=dry_run),
        quiet=f"{word.lower()}: {text}" if done.written else "",
        notes=rotation_report.remarks(done, schedule, now=now),
    )
