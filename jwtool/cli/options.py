"""Options that two commands or more share, and the words that their help says."""

from typing import Annotated, Any

import typer

from jwtool.cli import complete_value as complete

LineSettings = Any  # a Settings or None; `batch` is imported only where --lines is given
TokenArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[TOKEN]",
        show_default=False,
        autocompletion=complete.token,
        help="The token itself, - for stdin, @PATH or env:NAME. Scripts pass an untrusted token by stdin or env:NAME.",
    ),
]
KeyArgument = Annotated[
    str,
    typer.Argument(metavar="KEY", show_default=False, autocompletion=complete.key, help="A key: `explain source`."),
]
KeysArgument = Annotated[
    list[str],
    typer.Argument(metavar="KEY...", show_default=False, autocompletion=complete.key, help="Keys: `explain source`."),
]
SetArgument = Annotated[
    str,
    typer.Argument(metavar="SET", show_default=False, autocompletion=complete.key, help="A key set: file or URL."),
]
SetFileArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILE", show_default=False, autocompletion=complete.path, help="The file of a key set, edited in place."
    ),
]
KeyOption = Annotated[
    list[str],
    typer.Option(
        "-k",
        "--key",
        metavar="KEY",
        show_default=False,
        autocompletion=complete.key,
        help="A key or set: file, URL, issuer:URL, env:NAME, -, secret:@FILE; SET#KID: one of a set. [env: JWTOOL_KEY]",
    ),
]
PassphraseOption = Annotated[
    str | None,
    typer.Option(
        "--passphrase",
        metavar="SOURCE",
        show_default=False,
        autocompletion=complete.private_text,
        help="Where the passphrase of an encrypted key comes from: -, @PATH or env:NAME.",
    ),
]
NewPassphraseOption = Annotated[
    str | None,
    typer.Option(
        "--new-passphrase",
        metavar="SOURCE",
        show_default=False,
        autocompletion=complete.private_text,
        help="Encrypt the private key with this passphrase: -, @PATH or env:NAME.",
    ),
]
ToOption = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="FORMAT",
        show_default=False,
        autocompletion=complete.any_format,
        help="jwk, pem, der or ssh. Default: as the name of -o ends, else jwk.",
    ),
]
AlgOption = Annotated[
    str | None,
    typer.Option(
        "--alg",
        metavar="ALG",
        show_default=False,
        autocompletion=complete.algorithm,
        help="Default: the key's own, else by its type.",
    ),
]
PresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="PRESET",
        show_default=False,
        help="The shape of an access-token, client-assertion, dpop proof or id-token; options that are given win.",
    ),
]
VerifyPresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="PRESET",
        show_default=False,
        autocompletion=complete.verify_preset,
        help="The demands of a kind of token (access-token, id-token, …) or of a provider (google, entra, …).",
    ),
]
ExplainPresetOption = Annotated[
    bool, typer.Option("--explain-preset", help="Print the options that --preset fills in, and do nothing.")
]
ManagementOption = Annotated[
    list[str],
    typer.Option(
        "--alg",
        metavar="ALG",
        show_default=False,
        autocompletion=complete.management,
        help="Allow only this algorithm; repeatable. The key decides among them.",
    ),
]
ContentOption = Annotated[
    list[str],
    typer.Option(
        "--enc",
        metavar="ENC",
        show_default=False,
        autocompletion=complete.content_encryption,
        help="Allow only this content encryption; repeatable.",
    ),
]
OutputOption = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="FILE", show_default=False, autocompletion=complete.path, help="Write to this file."
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]
FieldOption = Annotated[
    str | None,
    typer.Option(
        "-f", "--field", metavar="NAME", show_default=False, help="Only this claim, bare; a dotted path looks inside."
    ),
]
MemberOption = Annotated[
    str | None,
    typer.Option(
        "--member", metavar="NAME", show_default=False, help="The member that holds the token, where TOKEN is JSON."
    ),
]
HostOption = Annotated[str, typer.Option("--host", metavar="HOST", help="The address to listen on.")]
PortOption = Annotated[str, typer.Option("--port", metavar="PORT", help="0 picks a free one.")]
PathOption = Annotated[str, typer.Option("--path", metavar="PATH", help="Where the set is.")]
MaxAgeOption = Annotated[str, typer.Option("--max-age", metavar="DURATION", help="How long clients may keep the set.")]
ReadyFileOption = Annotated[
    str | None,
    typer.Option(
        "--ready-file",
        metavar="PATH",
        show_default=False,
        autocompletion=complete.path,
        help="Write the URL here once it answers.",
    ),
]
