"""`jwtool jwks remove`: keys out of a set, in place."""

from typing import Annotated

import typer

from jwtool.cli.options import SetFileArgument
from jwtool.output.report import Headline, Line, Report
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    file: SetFileArgument,
    kids: Annotated[
        list[str],
        typer.Argument(metavar="KID...", show_default=False, help="The kids of the keys, or their thumbprints."),
    ],
) -> Report:
    """Take the keys called KID out of the set in FILE, in one step. If one isn't there, none goes: exit 1.

    Example: jwtool jwks remove jwks.json 2026-11-a
    """
    from jwtool.jose.quoting import quote_public
    from jwtool.operations.describe import entries_documents, keyset_table
    from jwtool.operations.edit_keyset import remove
    from jwtool.output.words import counted

    done = remove(file, kids)
    documents = entries_documents(done.entries)
    document = {"source": file, "keys": documents, "removed": list(done.removed), "unknown": list(done.unknown)}
    if done.unknown:
        summary = f"no key of {file} is called {', '.join(map(quote_public, done.unknown))}; nothing was removed"
        blocks = (Headline("NOT FOUND", summary, "bad"), keyset_table(documents))
        return Report("jwks", document, blocks=blocks, quiet=summary, positive=False)
    summary = f"{counted(len(done.removed), 'key')} removed from {file}"
    table = (keyset_table(documents),) if documents else (Line("the set is empty now", "warn"),)
    return Report("jwks", document, blocks=(Headline("DONE", summary, "good"), *table), quiet=summary)
