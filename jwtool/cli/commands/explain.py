"""`jwtool explain`: a claim, header, algorithm, error code, exit code or grammar in plain words."""

from typing import Annotated, Any

import typer

from jwtool.output.report import Block, Gap, Headline, Line, Report, Row, Table
from jwtool.sources.runtime import Runtime


def _topics(incomplete: str) -> list[str]:
    from jwtool.explain.lookup import topics

    return sorted({name for names in topics().values() for name in names if name.startswith(incomplete)})


def command(
    *,
    runtime: Runtime,
    topic: Annotated[
        str | None,
        typer.Argument(metavar="[TOPIC]", show_default=False, autocompletion=_topics, help="Missing: all topics."),
    ] = None,
) -> Report:
    """Explain TOPIC: `exp`, `alg`, `ES256`, `aud_mismatch`, `4`, `time`; or a list: `errors`, `exit-codes`, `claims`.

    Example: jwtool explain aud_mismatch
    Example: jwtool explain exit-4
    Example: jwtool explain source
    """
    from jwtool.explain.lookup import lookup, topics

    if topic is None:
        kinds = topics()
        rows = tuple(
            Row((kind if first else "", line), ("name",))
            for kind, names in kinds.items()
            for first, line in _wrapped(names)
        )
        document: dict[str, Any] = {"topics": {kind: list(names) for kind, names in kinds.items()}}
        return Report("explain", document, blocks=(Table(rows),), quiet=" ".join(kinds))
    found = lookup(topic)
    blocks: list[Block] = []
    for one in found:
        blocks += [Gap()] if blocks else []
        blocks.append(Headline(one.topic, f"{one.title} ({one.kind})", "name"))
        blocks += [Line(line) for line in one.text.strip().splitlines()]
        if one.source:
            blocks.append(Line(one.source, "dim"))
        if one.see:
            blocks.append(Line(f"see also: {', '.join(one.see)}", "dim"))
    document = {
        "topic": topic,
        "explanations": [
            {
                "topic": one.topic,
                "kind": one.kind,
                "title": one.title,
                "text": one.text.strip(),
                "source": one.source,
                "see": list(one.see),
            }
            for one in found
        ],
    }
    return Report("explain", document, blocks=tuple(blocks), quiet=f"{found[0].topic}: {found[0].title}")


def _wrapped(names: tuple[str, ...]) -> list[tuple[bool, str]]:
    """The names in lines for a screen of 80 columns; True stands with the first of them."""
    import textwrap

    lines = textwrap.wrap(" ".join(names), width=66, break_on_hyphens=False, break_long_words=False)
    return [(number == 0, line) for number, line in enumerate(lines)]
