"""`jwtool decode`: show header and claims of a token, loudly UNVERIFIED."""

from collections.abc import Iterator

from jwtool.cli.exits import exit_code
from jwtool.cli.options import FieldOption, LineSettings, MemberOption, TokenArgument
from jwtool.output.report import Block, Gap, Headline, Line, Lines, Report
from jwtool.sources.runtime import Runtime

WARNING = "the signature was not checked; anyone could have written this"


def command(
    *,
    runtime: Runtime,
    token: TokenArgument = None,
    field: FieldOption = None,
    member: MemberOption = None,
    lines: LineSettings = None,
) -> Report | Iterator[Lines | Report]:
    """Show the header and the claims of TOKEN. No key is needed, and nothing is believed.

    Example: jwtool decode @token.jwt
    Example: pbpaste | jwtool decode
    Example: jwtool decode -f sub @token.jwt
    Example: jwtool decode --lines @tokens.txt
    """
    if lines is not None:
        from jwtool.batch.commands import decode_lines

        return decode_lines(token, lines, runtime, exit_code=exit_code)
    from jwtool.jose.token import parse
    from jwtool.operations.decode_token import decode_token
    from jwtool.operations.fields import pick
    from jwtool.output.token_blocks import token_table
    from jwtool.sources.token_input import read_token

    tidied = read_token(token, runtime, member=member)
    if tidied.note:
        runtime.trace(tidied.note)
    parsed = parse(tidied.text, allow_sd_jwt=True)
    now = runtime.now()
    decoded = decode_token(parsed, at=now)
    document, claims = decoded.document, decoded.claims
    table = token_table(parsed.header, claims, decoded.last, now=now)
    blocks: tuple[Block, ...] = (Headline("UNVERIFIED", WARNING, "warn"), Gap(), table)
    if field is None:
        return Report("decode", document, blocks=blocks, quiet=f"UNVERIFIED  {WARNING}")
    value = pick(field, claims, parsed.header)
    missing = () if value is not None else (Gap(), Line("the token has no such member", "bad"))
    document["field"] = value
    return Report(
        "decode",
        document,
        blocks=(*blocks, *missing),
        product=value,
        aside=True,
        quiet="UNVERIFIED" if value is not None else "the token has no such member",
        positive=value is not None,
    )
