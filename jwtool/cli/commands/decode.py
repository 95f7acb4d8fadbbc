"""`jwtool decode`: show header and claims of a token, loudly UNVERIFIED."""

from typing import Any

from jwtool.cli.options import FieldOption, MemberOption, TokenArgument
from jwtool.output.report import Block, Gap, Headline, Line, Report
from jwtool.sources.runtime import Runtime

WARNING = "the signature was not checked; anyone could have written this"


def command(
    *, runtime: Runtime, token: TokenArgument = None, field: FieldOption = None, member: MemberOption = None
) -> Report:
    """Show the header and the claims of TOKEN. No key is needed, and nothing is believed.

    Example: jwtool decode @token.jwt
    Example: pbpaste | jwtool decode
    Example: jwtool decode -f sub @token.jwt
    """
    from jwtool.jose.token import parse, read_claims
    from jwtool.operations.fields import pick
    from jwtool.output.token_blocks import payload_member, times_of, token_table
    from jwtool.sources.token_input import read_token

    tidied = read_token(token, runtime, member=member)
    if tidied.note:
        runtime.trace(tidied.note)
    parsed = parse(tidied.text, allow_sd_jwt=True)
    now = runtime.now()
    document: dict[str, Any] = {
        "verified": False,
        "serialization": parsed.serialization,
        "header": dict(parsed.header),
        "claims": None,
    }
    last: list[tuple[str, str]] = []
    claims: dict[str, Any] | None = None
    if parsed.kind == "JWE":
        document["encrypted"] = True
        octets = dict(zip(("encrypted_key", "iv", "ciphertext", "tag"), parsed.jwe_parts, strict=True))
        document["octets"] = octets
        last.append(("encrypted", f"{octets['ciphertext']} bytes; the claims can't be read without the key"))
    else:
        claims, _fault = read_claims(parsed.payload)
        if claims is None:
            name, text = payload_member(parsed.payload)
            document[name] = text
            last.append(("payload", text or "none: detached, or empty"))
        document |= {"claims": claims, "times": times_of(claims or {}, now=now)}
        document["signature_bytes"] = len(parsed.signatures[0].value)
        last += [("signature", _signature_text(len(signature.value))) for signature in parsed.signatures]
    if parsed.sd_jwt_parts:
        document["disclosures"] = parsed.sd_jwt_parts
        last.append(("SD-JWT", f"{parsed.sd_jwt_parts} parts after the issuer's token are not shown"))
    table = token_table(parsed.header, claims, last, now=now)
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


def _signature_text(octets: int) -> str:
    return f"{octets} bytes" if octets else "empty: nothing is signed"
