"""`jwtool demo`: the whole story on this machine in one command."""

from collections.abc import Iterator

from jwtool.output.report import Gap, Headline, Line, Report
from jwtool.sources.runtime import Runtime


def command(*, runtime: Runtime) -> Iterator[Report]:
    """Make keys, serve a JWKS, sign, fetch, verify, rotate, and refuse an expired, a forged and a stranger's token.

    Every step runs the command that it prints. Nothing leaves this machine, and nothing stays on it.

    Example: jwtool demo
    """
    from jwtool.operations.demo import play

    steps = []
    for number, step in enumerate(play(runtime.environ), start=1):
        steps.append(step)
        if step.as_it_must:
            result = Line("    ok" if step.found == "ok" else f"    refused, as it must be: {step.found}", "good")
        else:
            result = Line(f"    WRONG: wanted {step.wanted}, found {step.found}", "bad")
        blocks = (Line(f"{number:2}  {step.title}", "name"), Line(f"    $ {step.typed}"), result)
        yield Report("demo", None, blocks=blocks, positive=step.as_it_must)
    wrong = [step for step in steps if not step.as_it_must]
    all_well = f"all {len(steps)} steps came out as they must"
    summary = f"{len(wrong)} of {len(steps)} steps went wrong" if wrong else all_well
    document = {
        "steps": [
            {"title": step.title, "command": step.typed, "wanted": step.wanted, "found": step.found} for step in steps
        ]
    }
    headline = Headline("DONE" if not wrong else "FAILED", summary, "good" if not wrong else "bad")
    yield Report("demo", document, blocks=(Gap(), headline), quiet=summary, positive=not wrong)
