"""The options that go with `--lines`: a command that takes `lines` gets them all, as a `Settings` or None.

Its function declares one parameter, `lines: LineSettings`; the builder of the command tree puts these options in its
place, and hands over what they add up to: None where `--lines` was not given.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jwtool.output.write import OutputOptions

if TYPE_CHECKING:
    from jwtool.batch.settings import Settings

LINES: dict[str, tuple[Any, Any]] = {
    "lines": (
        Annotated[bool, typer.Option("--lines", help="Read a token a line, write a document a line.")],
        False,
    ),
    "jobs": (
        Annotated[
            int | None,
            typer.Option("--jobs", metavar="N", show_default=False, help="With --lines: how many processes."),
        ],
        None,
    ),
    "only": (
        Annotated[
            str | None,
            typer.Option(
                "--only",
                metavar="ok|failed",
                show_default=False,
                autocompletion=lambda: ["ok", "failed"],
                help="With --lines: write only these answers.",
            ),
        ],
        None,
    ),
    "summary": (
        Annotated[
            bool, typer.Option("--summary", help="With --lines: count by reason, key and issuer; with -q that alone.")
        ],
        False,
    ),
    "keep": (
        Annotated[
            list[str],
            typer.Option(
                "--keep",
                metavar="NAME",
                show_default=False,
                help="With --lines: keep this member of a JSON record in its answer; repeatable.",
            ),
        ],
        [],
    ),
}


CLAIM_LINES = {
    "lines": (Annotated[bool, typer.Option("--lines", help="Read claims a line, write a token a line.")], False),
    "jobs": LINES["jobs"],
}

CLUSTER_LINES: dict[str, tuple[Any, Any]] = {
    **LINES,
    "cluster": (
        Annotated[
            str | None,
            typer.Option(
                "--cluster",
                metavar="ADDRESS",
                show_default=False,
                help="With --lines: judge on the Dask cluster whose scheduler is there. tcp:// is not encrypted.",
            ),
        ],
        None,
    ),
    "allow_secret_shipping": (
        Annotated[
            bool, typer.Option("--allow-secret-shipping", help="With --cluster: let HMAC secrets leave this machine.")
        ],
        False,
    ),
}


def take_lines(values: dict[str, Any], options: OutputOptions) -> "Settings | None":
    """The `Settings` out of the values of a command line; their options are taken out of them."""
    own = {name: values.pop(name) for name in CLUSTER_LINES if name in values}
    wanted = own.pop("lines")
    if not wanted and not any(own.values()):
        return None
    from jwtool.batch.settings import Settings, check_settings, names, refuse_without_lines

    if not wanted:
        refuse_without_lines({f"--{name.replace('_', '-')}": value for name, value in own.items()})
    settings = Settings(
        jobs=own["jobs"],
        only=own.get("only"),
        summary=own.get("summary", False),
        keep=names(own.get("keep", ())),
        quiet=options.quiet,
        as_json=options.json,
        field=values.get("field"),
        member=values.get("member"),
        cluster=own.get("cluster"),
        ship_secrets=own.get("allow_secret_shipping", False),
    )
    check_settings(settings)
    return settings
