"""`jwtool jwks diff`: how two key sets differ, key by key and member by member."""

from typing import Annotated

import typer

from jwtool.cli import complete_value as complete
from jwtool.cli.options import PassphraseOption, SetArgument
from jwtool.output.report import Headline, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    keys: SetArgument,
    other: Annotated[
        str,
        typer.Argument(
            metavar="SET", show_default=False, autocompletion=complete.key, help="The one to compare it with."
        ),
    ],
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Say what was added, removed and changed from the first SET to the second; exit 1 where they differ.

    The same kid with another key is an alarm. A private set is compared with a public one by its public halves.

    Example: jwtool jwks diff jwks.json https://auth.example/.well-known/jwks.json
    """
    from jwtool.operations.diff_keysets import compare, document_of, in_one_line, load_side, notes_of, summary, table
    from jwtool.operations.resolve_keys import Passphrase

    ask = Passphrase(passphrase, runtime)
    before, after = (load_side(text, runtime, network=network, passphrase=ask) for text in (keys, other))
    found = compare(before, after)
    said = summary(found, before, after)
    verdict = Headline("SAME", said, "good") if found.nothing else Headline("DIFFER", said, "bad")
    return Report(
        "jwks-diff",
        {"before": before.label, "after": after.label, **document_of(found)},
        blocks=(verdict,) if found.nothing else (verdict, table(found)),
        quiet=in_one_line(found, before, after),
        notes=notes_of(before, after),
        positive=found.nothing,
    )
