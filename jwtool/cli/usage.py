"""What is wrong with a command line, in our words: a value that was typed is never quoted back unseen."""

import re
from collections.abc import Sequence
from typing import Any

from jwtool.jose.errors import CommandUnknown, UsageError

# Names that people bring along from other tools.
HABITS: dict[str, dict[str, str]] = {
    "jwtool": {
        "inspect": "decode",
        "show": "decode",
        "parse": "decode",
        "read": "decode",
        "encode": "sign",
        "create": "sign",
        "issue": "sign",
        "mint": "sign",
        "validate": "verify",
        "check": "verify",
        "generate": "key new",
        "keygen": "key new",
        "genkey": "key new",
        "new": "key new",
        "keys": "key",
        "jwk": "key",
        "thumbprint": "key thumbprint",
        "keyset": "jwks",
        "serve": "jwks serve",
        "fetch": "jwks fetch",
        "help": "--help",
        "version": "--version",
        "completions": "completion",
    },
    "jwtool key": {
        "generate": "new",
        "gen": "new",
        "create": "new",
        "make": "new",
        "inspect": "show",
        "info": "show",
        "pub": "public",
        "export": "public",
        "fingerprint": "thumbprint",
    },
    "jwtool jwks": {
        "create": "build",
        "new": "build",
        "make": "build",
        "get": "fetch",
        "download": "fetch",
        "inspect": "show",
        "list": "show",
        "server": "serve",
    },
}
COMMON_OPTIONS = {"--json", "-q", "--quiet", "-v", "--verbose", "--color"}
_OPTION_NAME = r"--?[A-Za-z][A-Za-z0-9-]{0,24}"


def command_unknown(name: str, *, path: str, known: Sequence[str]) -> CommandUnknown:
    """The error for a command that isn't there, with the one that was probably meant."""
    import difflib

    from jwtool.jose.quoting import quote

    if path == "jwtool" and name.startswith("eyJ"):
        return CommandUnknown("a token is no command", hint="jwtool decode shows it, jwtool verify judges it")
    meant = HABITS.get(path, {}).get(name.lower())
    near = difflib.get_close_matches(name.lower(), [*known, *HABITS.get(path, {})], n=1, cutoff=0.6)
    if meant is None and near:
        meant = HABITS.get(path, {}).get(near[0], near[0])
    hint = f"did you mean `{path} {meant}`?" if meant else f"`{path} --help` lists the commands"
    return CommandUnknown(f"no such command {quote(name)}", hint=hint)


def option_before_command(option: str, *, path: str) -> UsageError:
    """The error for an option that stands before the command it belongs to."""
    name = option_name(option)
    if name is None:
        return UsageError("an option stands before the command", hint="options come after the command")
    hint = f"put `{name}` after the command"
    if name in COMMON_OPTIONS:
        return UsageError(f"`{name}` stands before the command", hint=hint)
    return UsageError(f"`{path}` itself has no option `{name}`", hint=f"if it belongs to a command, {hint}")


def option_name(text: str) -> str | None:
    """The name of an option out of what was typed, or None where it could be more than a name."""
    name = text.partition("=")[0]
    return name if re.fullmatch(_OPTION_NAME, name) else None


def nearest_option(name: str, ctx: Any) -> str | None:
    """The option of that command that was probably meant: one that `name` begins, one like it, one that begins it."""
    import difflib

    known = [option for param in ctx.command.get_params(ctx) for option in param.opts if option.startswith("--")]
    begun = [option for option in known if len(name) > len("--") and option.startswith(name)]
    shorter = [option for option in known if name.startswith(option)]
    alike = difflib.get_close_matches(name, known, cutoff=0.7)
    alike.sort(key=lambda option: option not in shorter)
    return next(iter([*begun, *alike, *shorter]), None)


def translate(error: Any) -> UsageError:
    """One of Typer's usage errors in our words. Its own text quotes values, which may be tokens or secrets."""
    from typer._click import exceptions

    path = error.ctx.command_path if error.ctx is not None else "jwtool"
    help_hint = f"`{path} --help` shows how it is used"
    match error:
        case exceptions.NoSuchOption():
            name = option_name(error.option_name)
            near = nearest_option(name, error.ctx) if name else None
            hint = f"did you mean `{near}`?" if near else help_hint
            return UsageError(f"no such option `{name}`" if name else "an unknown option was given", hint=hint)
        case exceptions.MissingParameter():
            name = error.param.make_metavar(error.ctx) if error.param and error.ctx else "an argument"
            return UsageError(f"{name.strip('[].')} is missing", hint=help_hint)
        case exceptions.BadOptionUsage():
            name = option_name(error.option_name) or "an option"
            wants = "takes no value" if "does not take" in error.message else "needs a value"
            return UsageError(f"`{name}` {wants}", hint=help_hint)
        case exceptions.BadParameter() if error.param is not None:
            return UsageError(f"{error.param.opts[0]} does not take that value", hint=help_hint)
        case _ if "extra argument" in error.message:
            return UsageError("there are more arguments than the command takes", hint=help_hint)
        case _:
            return UsageError("the command line can't be read", hint=help_hint)
