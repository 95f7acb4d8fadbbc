"""The options of every command that may use the network: a command that takes `network` gets them all.

Its function declares one parameter, `network: Network`; the builder of the command tree puts these options in its
place, and hands over what they add up to.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer

from jwtool.cli import complete_value as complete
from jwtool.jose.errors import UsageError
from jwtool.sources.network import Network, parse_network
from jwtool.sources.runtime import Runtime


def _text(name: str, metavar: str, about: str, **more: Any) -> Any:
    return typer.Option(name, metavar=metavar, show_default=False, help=about, **more)


ISSUER = "issuer:"
NETWORK: dict[str, tuple[Any, Any]] = {
    "offline": (Annotated[bool, typer.Option("--offline", help="Use the cache alone, send nothing.")], False),
    "refresh": (Annotated[bool, typer.Option("--refresh", help="Ask the server, whatever the cache holds.")], False),
    "stale_ok": (
        Annotated[
            str | None, _text("--stale-ok", "DURATION", "A cached copy of that age may serve while the server fails.")
        ],
        None,
    ),
    "timeout": (
        Annotated[str, typer.Option("--timeout", metavar="DURATION", help="How long a fetch may take in all.")],
        "10s",
    ),
    "ca_file": (
        Annotated[
            str | None, _text("--ca-file", "PATH", "Trust these authorities alone.", autocompletion=complete.path)
        ],
        None,
    ),
    "bearer": (
        Annotated[
            str | None,
            _text(
                "--bearer",
                "SOURCE",
                "A token that the host asked for wants to see: -, @PATH or env:NAME.",
                autocompletion=complete.private_text,
            ),
        ],
        None,
    ),
    "http_header": (
        Annotated[
            list[str],
            _text("--http-header", "NAME=VALUE", "Send this to the host asked for; NAME=env:VARIABLE, NAME@=PATH."),
        ],
        [],
    ),
    "allow_link_local": (
        Annotated[bool, typer.Option("--allow-link-local", help="Connect to 169.254.0.0/16 and fe80::/10 too.")],
        False,
    ),
}


# The parameters whose values may be fetched from.
FETCHED = ("key", "jwks", "decrypt_key", "keys", "other", "url", "issuer")


def take_network(values: dict[str, Any], runtime: Runtime) -> Network:
    """The `Network` out of the values of a command line; its options are taken out of them.

    Raises as `parse_network`, and UsageError where a header of the user would go to two hosts.
    """
    network = parse_network(**{name: values.pop(name) for name in NETWORK}, runtime=runtime)
    if network.headers:
        _refuse_two_hosts(values)
    return network


def _refuse_two_hosts(values: Mapping[str, Any]) -> None:
    """A credential is for one host, and nobody says for which of two."""
    hosts = _hosts(values, FETCHED) or _hosts(values, ("iss",))
    if len(hosts) > 1:
        one, other = hosts[:2]
        raise UsageError(
            f"--bearer and --http-header are for one host, and {one} and {other} are both asked for",
            hint="give the keys of one of them as a file: jwtool jwks fetch URL -o FILE",
        )


def _hosts(values: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    from jwtool.sources.urls import parse_url

    hosts: dict[str, None] = {}
    for name in names:
        value = values.get(name) or ()
        for text in (value,) if isinstance(value, str) else value:
            url = text[len(ISSUER) :] if text[: len(ISSUER)].lower() == ISSUER else text
            if url[:5].lower() in {"http:", "https"}:
                with suppress(UsageError):  # whoever reads it as a source says what is wrong with it
                    hosts[parse_url(url).host_label] = None
    return list(hosts)
