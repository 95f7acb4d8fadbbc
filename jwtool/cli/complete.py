"""The program's side of shell completion: what could stand at the cursor.

The scripts that `jwtool completion` prints put the name of the shell into `_JWTOOL_COMPLETE` and the line up
to the cursor into `_JWTOOL_LINE` (for PowerShell: its words, one a line), run `jwtool`, and read the answer:

    bash        a line of options for compopt, then candidates, quoted, without what bash thinks is typed
    zsh         how many characters of the word stand fast, then candidates `+value:help`, or `-…` if no blank follows
    fish        `value<TAB>help`, unquoted, with all that was typed in front
    powershell  `value<TAB>help`, unquoted

The commands and options are read from command_index.json, which `docs.py` derives from the real ones: to import
Typer for them would take longer than all the rest.
"""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from jwtool.cli import complete_value
from jwtool.cli.shell_words import Word, split
from jwtool.jose.quoting import printable
from jwtool.sources.runtime import Runtime

INDEX = "command_index.json"
LONGEST_LINE = 16 * 1024  # nobody types more; and a key that is pressed waits for the answer
PARTS = ("/", "=", ":", "@")  # behind one of these a candidate goes on, and no blank follows one of them

Node = dict[str, Any]  # a group, a command, an option or an argument of the index
Found = Iterable[tuple[str, str]]  # candidates, each with its help


class Candidate:
    """A whole word that could stand at the cursor: `value`, which is what stands there and `rest`."""

    __slots__ = ("help", "is_open", "rest", "value")

    def __init__(self, value: str, typed: str, text: str) -> None:
        self.value = value
        self.rest = value[len(typed) :]
        self.help = text
        self.is_open = value.endswith(PARTS)


def answer(runtime: Runtime) -> str:
    """What the shell named by `_JWTOOL_COMPLETE` wants to read; nothing for an unknown one, or an endless line."""
    shell = runtime.environ.get("_JWTOOL_COMPLETE", "")
    render = RENDERERS.get(shell)
    if render is None or len(runtime.environ.get("_JWTOOL_LINE", "")) > LONGEST_LINE:
        return ""
    words = _words(shell, runtime)
    return "\n".join(render(words[-1], candidates(words)))


def _words(shell: str, runtime: Runtime) -> list[Word]:
    line = runtime.environ.get("_JWTOOL_LINE", "")
    if shell == "powershell":
        return [Word(text) for text in line.split("\n")]
    breaks = runtime.environ.get("_JWTOOL_BREAKS", "") if shell == "bash" else ""
    return split(line, runtime.environ, breaks=breaks, fish=shell == "fish")


def candidates(words: list[Word]) -> list[Candidate]:
    """Everything that could stand in place of the last of `words`, whose first is the program.

    Names that hold a control character are left out: what a shell shows must not drive the terminal.
    """
    *before, word = words
    found: Found = ()
    if word.target:
        found = _values({"completer": "path"}, word.value)
    elif before:
        found = _at([one.value for one in before if not one.target][1:], word.value)
    known: dict[str, Candidate] = {}
    for value, text in found:
        if value.startswith(word.value) and printable(value) == value:
            known.setdefault(value, Candidate(value, word.value, text))
    return list(known.values())


def _at(args: list[str], typed: str) -> Found:
    """What can follow `args`."""
    with open(os.path.join(os.path.dirname(__file__), INDEX), encoding="utf-8") as file:
        node: Node = json.load(file)
    rest = list(args)
    while "commands" in node and rest:
        if rest[0].startswith("-") or rest[0] not in node["commands"]:
            return ()
        node = node["commands"][rest.pop(0)]
    if "commands" in node and not typed.startswith("-"):
        return [(name, child["help"]) for name, child in node["commands"].items()]
    return _in_command(node, rest, typed)


def _in_command(node: Node, args: list[str], typed: str) -> Found:
    used: set[str] = set()
    arguments, pending, only_arguments = 0, None, False
    for arg in args:
        if pending is not None:
            pending = None
        elif arg == "--" and not only_arguments:
            only_arguments = True
        elif only_arguments or arg == "-" or not arg.startswith("-"):
            arguments += 1
        else:
            option, lead = _option(node, arg)
            used.update(option["names"] if option else ())
            pending = option if option and option.get("value") and lead == arg and not arg.endswith("=") else None
    if pending is not None:
        return _values(pending, typed)
    if typed.startswith("-") and not only_arguments:
        option, lead = _option(node, typed)
        if option and option.get("value") and (lead != typed or typed.endswith("=")):
            return [(f"{lead}{value}", text) for value, text in _values(option, typed[len(lead) :])]
        free = (one for one in node["options"] if one.get("repeatable") or used.isdisjoint(one["names"]))
        return [(name, one["help"]) for one in free for name in one["names"]]
    if arguments < len(node["arguments"]) or (node["arguments"] and node["arguments"][-1].get("repeatable")):
        return _values(node["arguments"][min(arguments, len(node["arguments"]) - 1)], typed)
    return ()


def _option(node: Node, arg: str) -> tuple[Node | None, str]:
    """The option that `arg` ends with, and the part of `arg` before its value: `--key=`f, `-k`f, `-qk`f."""
    by_name = {name: option for option in node["options"] for name in option["names"]}
    if arg.startswith("--"):
        name, equals, _ = arg.partition("=")
        return by_name.get(name), f"{name}{equals}"
    for end in range(2, len(arg) + 1):
        option = by_name.get(f"-{arg[end - 1]}")
        if option is None or option.get("value"):
            return option, arg[:end]
    return None, arg


def _values(param: Node, typed: str) -> Found:
    """The values that an option or an argument could have."""
    if "completer" not in param:
        return [(value, text) for value, text in param.get("values", ())]
    found = getattr(complete_value, param["completer"])(typed)
    return [one if isinstance(one, tuple) else (one, "") for one in found]


def _for_bash(word: Word, found: list[Candidate]) -> list[str]:
    options, texts = [], [word.continued(candidate.rest)[word.start :] for candidate in found]
    if len(found) == 1 and found[0].is_open:
        options.append("nospace")
    if "/" in (word.value if len(found) > 1 else "".join(texts)):
        options += ["filenames", "noquote"]  # a list shows the last part only; the quoting is ours
        if len(found) > 1:  # a folder that readline sees to be one gets its slash in a list from readline
            texts = [text if "\\" in text or text.startswith("@") else text.removesuffix("/") for text in texts]
    if not found and word.raw[word.start :].startswith(("$", "~")):
        options.append("bashdefault")  # bash knows its variables and users
    return [" ".join(options), *texts]


def _for_zsh(word: Word, found: list[Candidate]) -> list[str]:
    if not found:
        return []
    fixed = max(word.value.rfind(part) for part in PARTS) + 1
    lines = [str(word.ends[fixed - 1] if fixed else 0)]
    for candidate in found:
        value = candidate.value[fixed:].replace("\\", "\\\\").replace(":", "\\:")
        lines.append(f"{'-' if candidate.is_open else '+'}{value}" + (f":{candidate.help}" if candidate.help else ""))
    return lines


def _for_fish(word: Word, found: list[Candidate]) -> list[str]:
    return [f"{word.literal}{candidate.rest}\t{candidate.help}".rstrip("\t") for candidate in found]


def _for_powershell(_word: Word, found: list[Candidate]) -> list[str]:
    return [f"{candidate.value}\t{candidate.help}".rstrip("\t") for candidate in found]


RENDERERS: dict[str, Callable[[Word, list[Candidate]], list[str]]] = {
    "bash": _for_bash,
    "zsh": _for_zsh,
    "fish": _for_fish,
    "powershell": _for_powershell,
}
