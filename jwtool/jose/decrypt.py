"""JWE + keys → plaintext: this file is what chooses keys and makes the attempts (RFC 7516 §5.2).

What was decrypted is not thereby verified: whoever has the public half of the key could have written it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import strict_json
from jwtool.jose.encryption_algorithms import KEY_MANAGEMENT
from jwtool.jose.encryption_fit import why_not
from jwtool.jose.encryption_header import check_header
from jwtool.jose.errors import KeyAmbiguous, KeyNotFound, TokenIsJws, TokenMalformed, key_refusal
from jwtool.jose.keyset import count_sharing
from jwtool.jose.quoting import quote, quote_public
from jwtool.jose.selection import MAX_KEYS_TRIED, OfferedKey, OfferedSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jwtool.jose.encryption_fit import Misfit
    from jwtool.jose.errors import KeyRefused
    from jwtool.jose.keys.key import Key
    from jwtool.jose.token import Recipient, UnverifiedToken

FAILED = "decryption_failed"
FAILED_SENTENCE = "the token can't be decrypted: it was not made for this key, or it was changed"
"""One and the same for every cause: who learns more could ask again and again (RFC 7516 §11.5)."""

MAX_PASSWORDS_TRIED = 2  # each may cost 1,200,000 rounds
TELLING = (
    "key_use_mismatch",
    "key_too_weak",
    "key_not_private",
    "alg_not_allowed",
    "alg_unsupported",
    "alg_key_mismatch",
    "key_ambiguous",
)
"""The reasons why no key can be tried, the nearest miss first: it is the one that is given."""


class Demand(NamedTuple):
    """What the caller allows, None for all that the keys allow; `header` is what the header must say."""

    algs: tuple[str, ...] | None = None
    encs: tuple[str, ...] | None = None
    header: Mapping[str, Any] = {}


class Decryption(NamedTuple):
    """The answer. `header` is that of the recipient whose key opened the token, else of the first that was tried.

    Where it failed `plaintext` and `key` are None, and `code` and the sentence `detail` say why.
    """

    plaintext: bytes | None
    key: OfferedKey | None
    header: Mapping[str, Any]
    code: str | None = None
    detail: str = ""

    def __repr__(self) -> str:
        """Without the plaintext."""
        return f"<Decryption, {'failed' if self.plaintext is None else 'done'}>"


class _Attempt(NamedTuple):
    recipient: Recipient
    key: OfferedKey


def decrypt(token: UnverifiedToken, keys: Sequence[OfferedSet], demand: Demand | None = None) -> Decryption:
    """The plaintext of a JWE, by the first key that fits a recipient and opens it.

    Every cryptographic failure is one and the same answer; a header that is not as demanded is another.
    A recipient with a `kid` is for the key of that `kid` and for keys without one: a token for other keys can't be
    decrypted, and that is the same answer too. Raises TokenIsJws, the errors of `check_header`, and the KeyRefused
    leaf that says why a key that is meant can't even be tried.
    """
    message = token.encrypted
    if message is None:
        raise TokenIsJws("the token is signed (JWS), not encrypted", hint="jwtool verify judges it")
    for recipient in message.recipients:
        check_header(recipient.header, message.protected)
    if len({recipient.header["enc"] for recipient in message.recipients}) > 1:
        raise TokenMalformed("the recipients of the token disagree about 'enc', and the content is encrypted once")
    demand = demand or Demand()
    meant = [one for one in message.recipients if _unmet(one.header, demand) is None]
    if not meant:
        header = message.recipients[0].header
        return Decryption(
            None, None, header, "header_mismatch", f"the header has not the {_unmet(header, demand)} wanted"
        )
    misfits: list[Misfit] = []
    attempts = list(_attempts(meant, keys, demand, misfits))
    if not attempts:
        refusal = _why_none(misfits)
        if refusal is not None:
            raise refusal
        return Decryption(None, None, meant[0].header, FAILED, FAILED_SENTENCE)

    from jwtool.jose import jwe_engine

    for recipient, key in attempts:
        plaintext = jwe_engine.unseal(message, recipient, key.key)
        if plaintext is not None:
            return Decryption(plaintext, key, recipient.header)
    return Decryption(None, None, attempts[0].recipient.header, FAILED, FAILED_SENTENCE)


def _unmet(header: Mapping[str, Any], demand: Demand) -> str | None:
    """The first member that the header doesn't have as demanded."""
    wanted = demand.header.items()
    unmet = (name for name, value in wanted if name not in header or not strict_json.equal(header[name], value))
    return next((quote(name) for name in unmet), None)


def _attempts(
    recipients: Sequence[Recipient], keys: Sequence[OfferedSet], demand: Demand, misfits: list[Misfit]
) -> Iterator[_Attempt]:
    """What to try, in order; why the rest isn't tried goes to `misfits`."""
    tried = passwords = 0
    for recipient in recipients:
        for offered in keys:
            for key in offered.keyset.keys:
                misfit = _fault(key, offered, recipient.header, demand)
                if misfit is not None:
                    misfits.append(misfit)
                    continue
                is_password = KEY_MANAGEMENT[recipient.header["alg"]].family == "pbes2"
                if tried < MAX_KEYS_TRIED and (not is_password or passwords < MAX_PASSWORDS_TRIED):
                    tried, passwords = tried + 1, passwords + is_password
                    yield _Attempt(recipient, OfferedKey(key, offered.source))


def _fault(key: Key, offered: OfferedSet, header: Mapping[str, Any], demand: Demand) -> Misfit | None:
    kid, alg, enc = header.get("kid"), header["alg"], header["enc"]
    if kid is not None and key.kid is not None:
        if key.kid != kid:
            return "kid_mismatch", ""
        if count_sharing(offered.keyset, kid) > 1:
            return KeyAmbiguous.code, f"several keys of {offered.source} have the kid {quote_public(kid)}"
    misfit = why_not(key, alg, enc, operation="decrypt")
    if misfit is not None:
        return misfit
    if demand.algs is not None and alg not in demand.algs:
        return "alg_not_allowed", f"alg '{alg}' is not among those allowed"
    if demand.encs is not None and enc not in demand.encs:
        return "alg_not_allowed", f"enc '{enc}' is not among those allowed"
    return None


def _why_none(misfits: Sequence[Misfit]) -> KeyRefused | None:
    """Why no key can be tried, None if every key is called otherwise than the token says."""
    for code in TELLING:
        for found, sentence in misfits:
            if found == code:
                return key_refusal(code, sentence)
    return None if misfits else KeyNotFound("there is no key on offer")
