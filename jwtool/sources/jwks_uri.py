"""A key set at a URL: this file is what gets it and reads it, trusting the server with nothing but public keys."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import strict_json
from jwtool.jose.errors import InputError, JwksMalformed, KeyMalformed, KeyRefused, KeySymmetricInPublic
from jwtool.jose.keys.public import public_half
from jwtool.jose.keyset import KeySet, Skipped, parse_jwks, readable_facts, usable
from jwtool.jose.network_errors import ResponseMalformed
from jwtool.jose.quoting import quote_public
from jwtool.sources.http_cache import Answered, Question, get, get_again
from jwtool.sources.urls import parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtool.jose.keys.key import Key
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

PEM = b"-----BEGIN "
ACCEPT = "application/jwk-set+json, application/json"
_OTHER_URL = "is it the URL of a key set? an issuer's discovery document names it as jwks_uri"
_SECRET_REASON = "a secret that a server publishes is none: whoever reads the set can forge tokens"  # noqa: S105  words


class Fetched(NamedTuple):
    """A key set as a server gave it, now or a while ago.

    The keys of `keyset` are public: private ones by their public half, secrets among the skipped. `notes` says so of
    each, for people, and that the set is stale if it is. `answered.body` is what the server sent, octet for octet.
    """

    keyset: KeySet
    notes: tuple[str, ...]
    answered: Answered[KeySet]
    question: Question[KeySet]


def fetch_keyset(url: str, *, network: Network, runtime: Runtime) -> Fetched:
    """The JWK set at `url` (RFC 7517 §5), out of the cache while that is fresh.

    Raises what `http_cache.get` raises, and ResponseMalformed for an answer that is no JWK set.
    """
    who = parse_url(url).host_label
    question = Question(
        url,
        network,
        runtime,
        judge=lambda body: parse_jwks_answer(body, who),
        accept=ACCEPT,
        keep=_is_useful,
        what="jwks",
    )
    return _fetched(get(question), question)


def fetch_again(fetched: Fetched) -> Fetched | None:
    """The set anew, because it lacks a key; None if it may not be asked for again now. Raises as `fetch_keyset`."""
    answered = get_again(fetched.question, fetched.answered)
    return None if answered is None else _fetched(answered, fetched.question)


def _fetched(answered: Answered[KeySet], question: Question[KeySet]) -> Fetched:
    public, notes = _without_secrets(answered.value, question.label)
    found = "1 key" if len(public.keys) == 1 else f"{len(public.keys)} keys"
    question.say(f"{found}, {len(public.skipped)} skipped, from {question.label}")
    return Fetched(public, (*answered.remarks(question.label), *notes), answered, question)


def _is_useful(keyset: KeySet) -> bool:
    """Whether a key of the set can verify: a set without one must not take the place of a good one."""
    return any(key.kty != "oct" for key in usable(keyset).keys)


def parse_jwks_answer(body: bytes, who: str) -> KeySet:
    """The keys in what the server `who` answered, as they are: a JWK set, a map from `kid` to PEM, or bare PEM.

    Raises ResponseMalformed for anything else.
    """
    if body.lstrip()[:1] == b"<":
        raise ResponseMalformed(
            f"{who} answered with a web page, wanted a JWK set",
            hint="is the URL right? a login page or a proxy may stand before it",
        )
    what = f"the answer of {who}"
    try:
        if PEM in body and body.lstrip()[:1] not in {b"{", b"["}:
            return _parse_pem(body)
        document = strict_json.parse_object(body, what=what)
        _refuse_other_documents(document, what)
        return parse_jwks(document) if "keys" in document else _parse_other(document)
    except InputError as error:
        raise ResponseMalformed(error.message, hint=_OTHER_URL) from None
    except (JwksMalformed, KeyMalformed) as error:
        raise ResponseMalformed(f"{what} is no JWK set: {error.message}", hint=_OTHER_URL) from None


def _parse_pem(body: bytes) -> KeySet:
    """The keys in PEM. What has a name but is not supported, or encrypted, is skipped: the server has not failed."""
    from jwtool.jose.keys.pem import parse_encoded

    try:
        keys = parse_encoded(body, passphrase=lambda: None)
    except KeyMalformed:
        raise
    except KeyRefused as error:
        return KeySet((), (Skipped(0, None, {}, error.code, error.message),), is_set=False)
    return KeySet(tuple(keys), is_set=len(keys) > 1)


def _parse_other(document: dict[str, Any]) -> KeySet:
    from jwtool.jose.keys.load import read_object
    from jwtool.jose.keys.unlock import Unlock

    found = read_object(document, Unlock(lambda: None))
    return parse_jwks(document) if found is None else found


def _refuse_other_documents(document: dict[str, Any], what: str) -> None:
    """Raise for what people mistake for a JWKS URI."""
    if "keys" in document:
        return
    if "jwks_uri" in document:
        raise ResponseMalformed(
            f"{what} is a discovery document, wanted a JWK set", hint="give the URL that it names as jwks_uri"
        )
    if "kty" in document:
        raise ResponseMalformed(f"{what} is a single JWK, wanted a JWK set", hint="its operator must serve a set")


def _without_secrets(keyset: KeySet, source: str) -> tuple[KeySet, tuple[str, ...]]:
    keys: list[Key] = []
    skipped = list(keyset.skipped)
    notes: list[str] = []
    for index, key in zip(_places(keyset), keyset.keys, strict=False):
        name = f"the key {quote_public(key.kid)}" if key.kid is not None else f"key number {index + 1}"
        if key.kty == "oct":
            skipped.append(
                Skipped(index, key.kid, readable_facts(key.members), KeySymmetricInPublic.code, _SECRET_REASON)
            )
            notes.append(f"{source} publishes an HMAC secret, {name}: whoever reads it can forge tokens; it is ignored")
            continue
        if key.private:
            notes.append(
                f"{source} publishes a private key, {name}: whoever reads it can forge tokens; "
                "only its public half is used"
            )
        keys.append(public_half(key))
    skipped.sort(key=lambda one: one.index)
    return KeySet(tuple(keys), tuple(skipped), keyset.is_set), tuple(notes)


def _places(keyset: KeySet) -> Iterator[int]:
    """The places in the document of those keys that were not skipped, one after the other."""
    taken = {one.index for one in keyset.skipped}
    return (place for place in count() if place not in taken)
