"""`verify --lines`: the answer of `verify --json` for each line, and a short way to it for the usual token.

The usual token has a header that was seen before, one key that fits it, and claims as most issuers write them. Its
answer is put together of pieces, each made once by the functions that judge any token: what they say of a header and
of the value of one claim is the same in every token. Whatever is unusual goes the long way, which is that of `verify`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import base64url, strict_json
from jwtool.jose.claims import judges
from jwtool.jose.errors import InputError, JwtoolError
from jwtool.jose.quoting import printable
from jwtool.jose.recurring import recurring
from jwtool.jose.times import Moment
from jwtool.jose.token import MAX_TOKEN, parse, read_claims
from jwtool.operations.fields import pick
from jwtool.operations.lines import NO_FIELD, Judge, Wanted
from jwtool.operations.patterns import Matcher
from jwtool.operations.rotated_keys import lacks_key
from jwtool.operations.verify_report import NO_MEMBER, check_document, quiet_line, reasons, verify_document
from jwtool.operations.verify_token import OWN_KEY, judge_token
from jwtool.output.json import VERSION
from jwtool.sources.cache_folder import COOL_DOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jwtool.jose.claims import Judge as ClaimJudge
    from jwtool.jose.policy import Check
    from jwtool.jose.recurring import Recurring, Said
    from jwtool.jose.token import UnverifiedToken
    from jwtool.jose.verify import OfferedSet, Policy, Verification
    from jwtool.operations.rotated_keys import Renewal
    from jwtool.sources.token_input import Tidied

KEPT_HEADERS = 1024
KEPT_VALUES = 16_384  # of each claim: an hour of tokens has 3,600 values of exp
LONGEST_KEPT = 512  # characters of a value
ABSENT = object()
ANY = object()
KEPT = (str, int, list, object)  # types of values whose checks are kept; object is that of ABSENT
YES, NO = (f'{{"schema":"jwtool.verify/{VERSION}","ok":{ok},"line":' for ok in ("true", "false"))

Piece = tuple[str, str | None]  # a check as JSON, and its code if it failed


class Step(NamedTuple):
    """One check of the claims: the claim that it depends on if it is one, and its pieces by the value of that claim."""

    claim: str | None
    judge: ClaimJudge
    pieces: dict[Any, Piece]


class Written(NamedTuple):
    """All of an answer that a header decides: JSON before and after the checks of the claims, and why it is a no."""

    before: str
    after: str
    end: str
    reasons: tuple[str, ...]


class Known(NamedTuple):
    """A header that was seen before."""

    verifies: Callable[[bytes, bytes], bool]
    header: Mapping[str, Any]
    kid: str | None
    if_verified: Written
    if_not: Written
    steps: tuple[Step, ...]
    issuer: Any  # the only `iss` that this holds of, or ANY


class VerifyLines(Judge):
    """Judges a token a line, by keys that are loaded: a token without keys brings its own, as a DPoP proof does."""

    def __init__(
        self, wanted: Wanted, offered: Sequence[OfferedSet], policy: Policy, renewal: Renewal | None = None
    ) -> None:
        super().__init__(wanted)
        self.offered, self.policy, self.renewal = offered, policy, renewal
        self._renewed: float | None = None
        self.matches = any(one.operator == "matches" for one in policy.claims.required)
        self._known: dict[bytes, Known] = {}
        self._pieces: dict[int, dict[Any, Piece]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without what was made of the keys, which can't travel."""
        renewal = None if self.renewal is None else self.renewal._replace(runtime=None)
        return {**self.__dict__, "_known": {}, "_pieces": {}, "renewal": renewal}

    def forget(self) -> None:
        self._known.clear()
        self._pieces.clear()

    def answer(self, line: bytes, number: int) -> str:
        if self.wanted.member is None:
            end = line.find(b".")
            known = self._known.get(line[:end])
            text = None if known is None else self._answer_known(known, line, end + 1, number)
            if text is not None:
                return text
        try:
            tidied = self.take(line)
        except InputError as error:
            return self.refuse(error, number)
        kept = self.kept(tidied)
        if tidied.record is not None and tidied.text.isascii():
            bare = tidied.text.encode()
            end = bare.find(b".")
            known = self._known.get(bare[:end])
            text = None if known is None else self._answer_known(known, bare, end + 1, number, kept)
            if text is not None:
                return text
        return self._answer_any(tidied, number, kept)

    def _answer_any(self, tidied: Tidied, number: int, kept: dict[str, Any]) -> str:
        """The answer of the long way."""
        policy = self.policy
        if self.matches:  # each line has its own time for patterns, as it has alone
            policy = policy._replace(claims=policy.claims._replace(fullmatch=Matcher()))
        try:
            token = parse(tidied.text, padded=policy.padded)
            verification = judge_token(token, self.offered, policy, at=self.at)
            if self.renewal is not None and lacks_key(verification) and self._renew(self.renewal):
                verification = judge_token(token, self.offered, policy, at=self.at)
        except JwtoolError as error:
            return self.refuse(error, number, kept)
        self._learn(token)
        iss = next((check.found for check in verification.checks if check.name == "iss"), None)
        kid = token.header.get("kid")
        if self.raw:
            return self._pick(verification, number, kid, iss)
        if not self.count(verification.valid, reasons(verification), kid, iss):
            return ""
        document = verify_document(verification, self.at, payload_only=policy.payload_only)
        notes = verification.notes if self.offered else (OWN_KEY, *verification.notes)
        if notes:
            document["notes"] = [printable(note) for note in notes]
        return self.document("verify", number, document | kept, ok=verification.valid)

    def _renew(self, renewal: Renewal) -> bool:
        """Whether the keys are others now: a kid was unknown, and sets at URLs were asked for anew, once in a while."""
        now = time.monotonic()
        if self._renewed is not None and now - self._renewed < COOL_DOWN:
            return False
        self._renewed = now
        renewed = renewal.renew(self.offered)
        if renewed is None:
            return False
        self.offered = renewed
        self.forget()
        return True

    def _pick(self, verification: Verification, number: int, kid: object, iss: object) -> str:
        """The bare value for -f of a valid token; of any other nothing, and the reason on stderr."""
        value = None
        if verification.valid:
            value = pick(self.wanted.field or "", verification.claims, verification.header)
        why = reasons(verification) or ((NO_FIELD,) if value is None else ())
        if not self.count(value is not None, why, kid, iss):
            return ""
        if value is None:
            self.say(number, NO_MEMBER if verification.valid else quiet_line(verification))
            return ""
        return f"{value}\n"

    def _learn(self, token: UnverifiedToken) -> None:
        """Keep what recurs in tokens with this header."""
        found = recurring(token, self.offered, self.policy)
        if found is None or self.raw or self.matches:
            return
        if len(self._known) >= KEPT_HEADERS:
            self._known.clear()
        (signature,) = token.signatures
        kid = signature.header.get("kid")
        policy, crv = self.policy.claims, found.key.key.crv
        asked = judges(policy, Moment(self.at, policy.leeway), alg=found.alg, crv=crv)
        steps = tuple(
            Step(claim, judge, self._pieces.setdefault(place, {})) for place, (claim, judge) in enumerate(asked)
        )
        self._known[signature.protected_b64.encode()] = Known(
            found.verifies,
            signature.protected,
            kid,
            self._write(found, found.if_verified),
            self._write(found, found.if_not),
            steps,
            _issuer(token) if found.of_issuer else ANY,
        )

    def _write(self, found: Recurring, said: Said) -> Written:
        from jwtool.jose.verify import Verification

        judged = said.judged
        whole = verify_document(
            Verification(
                valid=False,
                alg=found.alg,
                key=judged.key,
                checks=(),
                candidates=judged.candidates,
                header=judged.signature.protected,
                unprotected={},
            ),
            self.at,
        )
        dumped = {name: strict_json.dump(value) for name, value in whole.items()}
        before = [strict_json.dump(check_document(check)) for check in said.before]
        after = "".join(f",{strict_json.dump(check_document(check))}" for check in said.after)
        end = f',"candidates":{dumped["candidates"]}' if judged.candidates else ""
        if judged.notes:
            end += f',"notes":{strict_json.dump([printable(note) for note in judged.notes])}'
        return Written(
            f',"checked_at":{self.at},"alg":{dumped["alg"]},"key":{dumped["key"]},"checks":[{",".join(before)}',
            f'{after}],"header":{dumped["header"]},"claims":',
            f"{end}}}\n",
            _codes((*said.before, *said.after)),
        )

    def _answer_known(
        self, known: Known, line: bytes, start: int, number: int, kept: dict[str, Any] | None = None
    ) -> str | None:
        """The answer of the short way, or None for a token that has to go the long one; its payload begins at `start`.

        This is what a million tokens wait for: each of its lines was measured.
        """
        cut = line.rfind(b".")
        if cut <= start or len(line) > MAX_TOKEN:
            return None
        try:
            signature = base64url.decode(line[cut + 1 :])
            text = base64url.decode(line[start:cut]).decode()
            claims = strict_json.parse_claims(text)
            if claims is None or "cnf" in claims or (known.issuer is not ANY and claims.get("iss") != known.issuer):
                return None
            verified = known.verifies(line[:cut], signature)
        except (JwtoolError, UnicodeDecodeError):
            return None
        written = known.if_verified if verified else known.if_not
        answer, reasons = written.before, written.reasons
        get: Any = claims.get  # of a check that depends on no single claim it finds nothing
        for claim, judge, pieces in known.steps:
            value = get(claim, ABSENT)
            kind = type(value)  # for 1, 1.0 and true would be the same here
            piece = pieces.get(value) if kind is str or kind is int or value is ABSENT else None
            if piece is None:
                piece = _judged(claims, claim, judge, pieces)
            answer += piece[0]
            if piece[1] is not None and piece[1] not in reasons:
                reasons = (*reasons, piece[1])
        ok = verified and not reasons
        if not self.count(ok, reasons, known.kid, get("iss")):
            return ""
        said = "null"
        if ok:
            said = text if text.isascii() and text.isprintable() else strict_json.dump(claims)
        if kept:
            said += f",{strict_json.dump(kept)[1:-1]}"
        return f"{YES if ok else NO}{number}{answer}{written.after}{said}{written.end}"


def _issuer(token: UnverifiedToken) -> str | None:
    """The `iss` of a token if it is text; what else it may be chooses no keys."""
    claims, _fault = read_claims(token.payload)
    issuer = None if claims is None else claims.get("iss")
    return issuer if isinstance(issuer, str) else None


def _judged(claims: Mapping[str, Any], claim: str | None, judge: ClaimJudge, pieces: dict[Any, Piece]) -> Piece:
    """A check as JSON after a comma, and its code if it failed; kept where it depends on one claim of a usual type."""
    value: Any = ABSENT if claim is None else claims.get(claim, ABSENT)
    kind = type(value)
    memory = value if kind is not list else tuple(value) if all(type(one) is str for one in value) else None
    if kind is list and memory in pieces:
        return pieces[memory]
    check = judge(claims)
    piece = f",{strict_json.dump(check_document(check))}", check.code
    if claim is not None and kind in KEPT and memory is not None and len(piece[0]) <= LONGEST_KEPT:
        if len(pieces) >= KEPT_VALUES:
            pieces.clear()
        pieces[memory] = piece
    return piece


def _codes(checks: Sequence[Check]) -> tuple[str, ...]:
    return tuple(check.code for check in checks if check.code is not None)
