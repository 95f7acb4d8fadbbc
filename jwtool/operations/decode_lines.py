"""`decode --lines`: the answer of `decode --json` for each line. Nothing is verified."""

from __future__ import annotations

from jwtool.jose.errors import InputError
from jwtool.jose.token import parse
from jwtool.operations.decode_token import decode_token
from jwtool.operations.fields import pick
from jwtool.operations.lines import NO_FIELD, Judge
from jwtool.operations.verify_report import NO_MEMBER


class DecodeLines(Judge):
    """Shows a token a line."""

    def answer(self, line: bytes, number: int) -> str:
        kept: dict[str, object] = {}
        try:
            tidied = self.take(line)
            kept = self.kept(tidied)
            token = parse(tidied.text, allow_sd_jwt=True)
        except InputError as error:
            return self.refuse(error, number, kept)
        decoded = decode_token(token, at=self.at)
        claims = decoded.claims or {}
        kid, iss = token.header.get("kid"), claims.get("iss")
        if not self.raw:
            written = self.count(True, (), kid, iss)
            return self.document("decode", number, decoded.document | kept, ok=True) if written else ""
        value = pick(self.wanted.field or "", decoded.claims, token.header)
        if not self.count(value is not None, () if value is not None else (NO_FIELD,), kid, iss):
            return ""
        if value is None:
            self.say(number, NO_MEMBER)
            return ""
        return f"{value}\n"
