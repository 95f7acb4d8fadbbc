"""`python -m jwtool.cli.docs write|check`: the files that are derived from the program.

The completion scripts in `completions/`, the index of commands that completion reads, and the tables in
README.md between `<!-- commands -->` and `<!-- /commands -->`.
"""

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from typer._click.core import Command, Context, Parameter
from typer.core import TyperArgument, TyperOption

from jwtool.cli import app, complete_value
from jwtool.cli.complete import INDEX, Node
from jwtool.cli.network_options import NETWORK
from jwtool.cli.shell_scripts import FILES, SCRIPTS

PROJECT = Path(__file__).parents[2]
BEGIN, END = "<!-- commands -->", "<!-- /commands -->"


NETWORK_NAMES = frozenset(f"--{name.replace('_', '-')}" for name in NETWORK)


def main(argv: Sequence[str], project: Path) -> int:
    """Write what is stale, or with `check` name it. 0 if all was well in the end, 1 if not, 2 for other words."""
    if list(argv) not in (["write"], ["check"]):
        sys.stderr.write("usage: python -m jwtool.cli.docs write|check\n")
        return 2
    stale = {path: text for path, text in derived(project).items() if _content(path) != text}
    for path, text in stale.items():
        name = path.relative_to(project).as_posix()
        if argv[0] == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            sys.stdout.write(f"wrote {name}\n")
        else:
            sys.stdout.write(f"stale: {name}\n")
    if stale and argv[0] == "check":
        sys.stdout.write("hint: python -m jwtool.cli.docs write\n")
        return 1
    return 0


def derived(project: Path) -> dict[Path, str]:
    """Every derived file with what it must hold."""
    tree = index()
    files = {project / "completions" / FILES[shell]: script for shell, script in SCRIPTS.items()}
    files[project / "jwtool" / "cli" / INDEX] = _lines(tree, "") + "\n"
    readme = project / "README.md"
    before, begin, rest = (_content(readme) or "").partition(BEGIN)
    _, end, after = rest.partition(END)
    if end:
        files[readme] = f"{before}{begin}\n{tables(tree)}{end}{after}"
    return files


def _lines(node: Node, indent: str) -> str:
    """A node as JSON with one option, argument or command on a line, so that a change of one shows as one."""
    parts = [f'{indent} "help": {json.dumps(node["help"])}']
    for name in ("arguments", "options"):
        rows = ",\n".join(f"{indent}  {json.dumps(param)}" for param in node[name])
        parts.append(f'{indent} "{name}": [\n{rows}\n{indent} ]' if rows else f'{indent} "{name}": []')
    if "commands" in node:
        below = [f'{indent}  "{name}": {_lines(child, indent + "  ")}' for name, child in node["commands"].items()]
        parts.append(f'{indent} "commands": {{\n' + ",\n".join(below) + f"\n{indent} }}")
    return "{\n" + ",\n".join(parts) + f"\n{indent}}}"


def _content(path: Path) -> str | None:
    return path.read_bytes().decode() if path.exists() else None


def index() -> Node:
    """The whole command tree with what completion needs to know of it, as `complete.py` reads it."""
    root = app.root(None)
    return _node(root, root.make_context("jwtool", [], resilient_parsing=True), summary="")


def _node(command: Command, ctx: Context, *, summary: str) -> Node:
    node: Node = {"help": summary}
    if isinstance(command, app.LazyGroup):
        node["commands"] = {}
        for name in command.list_commands(ctx):
            child = command.get_command(ctx, name)
            below = child.make_context(name, [], parent=ctx, resilient_parsing=True)
            node["commands"][name] = _node(child, below, summary=_brief(app.summary(f"{command.package}.{name}")))
    completers = {} if command.callback is None else _completers(command.callback)
    params = [param for param in command.get_params(ctx) if not getattr(param, "hidden", False)]
    node["arguments"] = [_argument(param, completers) for param in params if isinstance(param, TyperArgument)]
    node["options"] = [_option(param, completers) for param in params if isinstance(param, TyperOption)]
    return node


def _argument(param: TyperArgument, completers: dict[str, Callable[..., Any]]) -> Node:
    known = {"repeatable": True} if param.nargs == -1 else {}
    return {"value": param.metavar, **known, **_completion(param, completers)}


def _option(param: TyperOption, completers: dict[str, Callable[..., Any]]) -> Node:
    names = sorted([*param.opts, *param.secondary_opts], key=lambda name: name.startswith("--"))  # -h, --help: a set
    node: Node = {"names": names, "help": _brief(param.help or "")}
    if param.multiple:
        node["repeatable"] = True
    return node if param.is_flag else {**node, "value": param.metavar, **_completion(param, completers)}


def _completers(callback: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The completer that each parameter names in its annotation."""
    found = {}
    for name, parameter in inspect.signature(callback).parameters.items():
        for info in getattr(parameter.annotation, "__metadata__", ()):
            if getattr(info, "autocompletion", None) is not None:
                found[name] = info.autocompletion
    return found


def _completion(param: Parameter, completers: dict[str, Callable[..., Any]]) -> Node:
    completer = completers.get(param.name or "") or complete_value.BY_METAVAR.get((param.metavar or "").strip("[]."))
    if completer is None:
        return {}
    constant = not inspect.signature(completer).parameters
    if completer.__module__ == complete_value.__name__ and not constant:
        return {"completer": completer.__name__}
    values = completer() if constant else completer("")  # its module imports Typer, which completion can't afford
    return {"values": [list(one) if isinstance(one, tuple) else [one, ""] for one in values]}


def _brief(text: str) -> str:
    """The first sentence of a help text, on one line."""
    return " ".join(text.split()).partition(". ")[0].removesuffix(".")


def tables(tree: Node) -> str:
    """The commands, and the options of each, as two Markdown tables."""
    commands = list(_commands(tree, "jwtool"))
    common = [names for names in _options(commands[0][1]) if all(names in _options(node) for _, node in commands)]
    lines = ["", "| Command | Purpose |", "|---|---|"]
    for path, node in commands:
        usage = " ".join([path, *(argument["value"] for argument in node["arguments"])])
        lines.append(f"| `{usage}` | {_cell(node['help'])} |")
    lines += ["", "| Command | Options |", "|---|---|"]
    lines.append(f"| every command | {', '.join(common)} |")
    network: list[str] = []
    rows = []
    for path, node in commands:
        reaching = [_written(one) for one in node["options"] if one["names"][-1] in NETWORK_NAMES]
        network = network or reaching
        own = [names for names in _options(node) if names not in {*common, *reaching}] + ["network"] * bool(reaching)
        if own:
            rows.append(f"| `{path}` | {', '.join(own)} |")
    if network:
        lines.append(f"| network: where it may be used | {', '.join(network)} |")
    lines += rows
    return "\n".join([*lines, "", ""])


def _commands(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    if "commands" not in node:
        yield path, node
    for name, child in node.get("commands", {}).items():
        yield from _commands(child, f"{path} {name}")


def _options(node: Node) -> list[str]:
    return [_written(one) for one in node["options"]]


def _written(option: Node) -> str:
    return f"`{'/'.join(option['names'])}{_value(option)}`"


def _value(option: Node) -> str:
    return f" {option['value']}{'…' if 'repeatable' in option else ''}" if "value" in option else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], PROJECT))
