"""`jwtool token get`: an access token by the client credentials grant."""

from typing import Annotated

import typer

from jwtool.cli import complete_value as complete
from jwtool.cli.options import ForceOption, OutputOption, PassphraseOption
from jwtool.output.report import Headline, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def _text(*names: str, metavar: str, about: str) -> object:
    return typer.Option(*names, metavar=metavar, show_default=False, help=about)


def command(
    *,
    runtime: Runtime,
    issuer: Annotated[
        str | None,
        _text("-i", "--issuer", metavar="URL", about="The issuer; its document names the token endpoint."),
    ] = None,
    client_id: Annotated[str | None, _text("--client-id", metavar="ID", about="The client, as registered.")] = None,
    client_secret: Annotated[
        str | None,
        typer.Option(
            "--client-secret",
            metavar="SOURCE",
            show_default=False,
            autocompletion=complete.private_text,
            help="Where the client's secret comes from: -, @PATH or env:NAME.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "-k",
            "--key",
            metavar="KEY",
            show_default=False,
            autocompletion=complete.key,
            help="The client's private key instead of a secret: private_key_jwt (RFC 7523).",
        ),
    ] = None,
    scope: Annotated[list[str], _text("--scope", metavar="SCOPE", about="Ask for this scope; repeatable.")] = [],
    audience: Annotated[
        str | None,
        _text("-a", "--aud", "--audience", metavar="AUD", about="The audience, where servers want it."),
    ] = None,
    resource: Annotated[
        list[str], _text("--resource", metavar="URL", about="The resource it is for (RFC 8707); repeatable.")
    ] = [],
    output: OutputOption = None,
    force: ForceOption = False,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Get an access token for a client, by client credentials (RFC 6749 §4.4), and print it.

    Example: jwtool token get -i https://auth.example --client-id ci --client-secret env:CLIENT_SECRET
    Example: jwtool token get -i https://auth.example --client-id ci -k private.jwk --scope orders:read
    """
    from jwtool.operations.get_token import Client, Grant, describe_grant, get_token, granted_document
    from jwtool.sources.files import refuse_existing, write_new

    refuse_existing(output, force=force)
    client = Client(client_id, client_secret, key, passphrase)
    granted = get_token(issuer, client, Grant(tuple(scope), audience, tuple(resource)), network, runtime)
    document = granted_document(granted) | {"output": output}
    if output is None:
        return Report("token-get", document, product=granted.access_token, notes=granted.notes)
    write_new(output, f"{granted.access_token}\n".encode(), private=True, force=force)
    blocks = (Headline("wrote", output, "good"), describe_grant(granted))
    return Report("token-get", document, blocks=blocks, aside=True, quiet="", notes=granted.notes)
