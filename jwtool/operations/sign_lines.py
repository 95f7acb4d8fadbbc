"""`sign --lines`: a token of the claims in each line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose import strict_json
from jwtool.jose.errors import JwtoolError
from jwtool.operations.lines import Judge
from jwtool.operations.sign_claims import claims_of
from jwtool.operations.sign_token import sign_one, signed_document

if TYPE_CHECKING:
    from jwtool.operations.lines import Wanted
    from jwtool.operations.sign_token import Signing


class SignLines(Judge):
    """Signs the claims of a line, a JSON object or a decode document, as the command signs CLAIMS."""

    def __init__(self, wanted: Wanted, signing: Signing) -> None:
        super().__init__(wanted)
        self.signing = signing

    def answer(self, line: bytes, number: int) -> str:
        try:
            given, brought = claims_of(strict_json.parse_object(line, what="CLAIMS"))
            signed = sign_one(self.signing, given, brought, payload=None, now=self.at)
        except JwtoolError as error:
            return self.refuse(error, number)
        issuer = None if signed.claims is None else signed.claims.get("iss")
        self.count(True, (), signed.headers[0].get("kid"), issuer)
        if self.raw:
            return f"{signed.token}\n"
        return self.document("sign", number, signed_document(signed) | {"output": None}, ok=True)
