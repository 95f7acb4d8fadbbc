"""Discovery: this file is what finds and reads the document in which an issuer says where its keys are.

OpenID Connect Discovery 1.0 first, then RFC 8414; the URLs and the judgement of the members are Authlib's.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jwtool.jose import strict_json
from jwtool.jose.claims import TENANT, near_miss
from jwtool.jose.errors import InputError, NetworkError, UsageError
from jwtool.jose.network_errors import (
    DiscoveredUrlRefused,
    DiscoveryMalformed,
    DiscoveryNotFound,
    HttpStatus,
    IssuerMismatch,
    JwksRedirectRefused,
    Offline,
)
from jwtool.jose.quoting import quote
from jwtool.jose.strict_json import kind_of
from jwtool.sources.http_cache import Question, get
from jwtool.sources.network import seconds_until
from jwtool.sources.urls import Url, parse_issuer, parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

ACCEPT = "application/json"
EVERY_TENANT = "common"  # where Microsoft keeps the document that all tenants share, whose issuer holds {tenantid}
ABSENT = (400, 401, 403, 404, 405, 406, 410)  # what servers say of a path that they don't have
_NOT_SHOWN = (401, 403)
_ISSUER_HINT = "is it the issuer's URL as its tokens have it? keys at a URL are given by -k https://…"
Kind = Literal["openid", "oauth"]
NAMES: Mapping[Kind, str] = {"openid": "OpenID Connect Discovery 1.0", "oauth": "RFC 8414"}


class Metadata(NamedTuple):
    """A discovery document: what `issuer` was asked for, the `url` where it was found, and its `members` as served.

    `remarks` say that it is a stale copy, if it is. `asked` says that the server was asked for it in this run.
    """

    issuer: str
    url: Url
    kind: Kind
    members: Mapping[str, Any]
    remarks: tuple[str, ...] = ()
    asked: bool = True


def discover(issuer: str, network: Network, runtime: Runtime) -> Metadata:
    """The discovery document of `issuer`, which is of this issuer by its own word, character by character.

    Raises as `read_document`, and IssuerMismatch (OpenID Connect Discovery §4.3, RFC 8414 §3.3): else one issuer
    could answer for another.
    """
    metadata = read_document(issuer, network, runtime)
    fault = issuer_fault(metadata)
    if fault is not None:
        raise IssuerMismatch(f"the document at {metadata.url.label} {fault[0]}", hint=fault[1])
    return metadata


def read_document(issuer: str, network: Network, runtime: Runtime) -> Metadata:
    """The discovery document found for `issuer`, whatever it says: out of the cache while that is fresh.

    Of an issuer with `{tenantid}` it is the one that Microsoft's tenants share. Raises UsageError leaves for an issuer
    that is no URL to fetch from, DiscoveryNotFound where neither well-known URL has a document, DiscoveryMalformed,
    and what `http_cache.get` raises. All of it takes the time of one fetch at most.
    """
    asked = parse_issuer(issuer.replace(TENANT, EVERY_TENANT))
    if not network.refresh:
        found = _remembered(issuer, asked, network if network.offline else network._replace(stale_ok=None), runtime)
        if found is not None:
            return found
    if network.offline:
        raise Offline(
            f"--offline sends nothing, and no fresh discovery document of {asked.label} is in the cache",
            hint="run it once without --offline; --stale-ok 1h lets an older copy serve",
        )
    try:
        return _ask(issuer, asked, network, runtime)
    except NetworkError:
        found = None if network.stale_ok is None else _remembered(issuer, asked, network, runtime)
        if found is None:
            raise
        return found


def _remembered(issuer: str, asked: Url, network: Network, runtime: Runtime) -> Metadata | None:
    """The document as the cache has it, at either place; one that is not fresh if `--stale-ok` covers it."""
    for kind, url in _places(asked.text):
        with suppress(Offline):
            return _get(issuer, kind, url, network._replace(offline=True), runtime)
    return None


def _ask(issuer: str, asked: Url, network: Network, runtime: Runtime) -> Metadata:
    end = time.monotonic() + network.timeout
    missing: list[NetworkError] = []
    for kind, url in well_known_urls(asked.text):
        left = network._replace(timeout=seconds_until(end))
        try:
            return _get(issuer, kind, url, left, runtime)
        except (HttpStatus, DiscoveryNotFound, DiscoveryMalformed) as error:
            if isinstance(error, HttpStatus) and error.status not in ABSENT:
                raise
            runtime.trace(f"discovery: nothing at {parse_url(url).label}: {error.message}")
            missing.append(error)
        except JwksRedirectRefused as error:
            error.hint = _ISSUER_HINT  # nothing at the other URL would be a document of this issuer
            raise
    malformed = [error for error in missing if isinstance(error, DiscoveryMalformed)]
    if malformed:
        raise malformed[-1]
    said = "; ".join(dict.fromkeys(error.message for error in missing))
    raise DiscoveryNotFound(
        f"no discovery document of {asked.label} was found: {said}",
        hint=_ISSUER_HINT if any(_says_absent(error) for error in missing) else missing[0].hint,
    )


def _says_absent(error: NetworkError) -> bool:
    """Whether an answer says that nothing is there, and not that somebody may not see it."""
    return not isinstance(error, HttpStatus) or error.status not in _NOT_SHOWN


def _get(issuer: str, kind: Kind, url: str, network: Network, runtime: Runtime) -> Metadata:
    """The document at one of the places. Only one that is of this issuer and has keys is kept: see `http_cache`."""
    target = parse_url(url)
    question = Question(
        url,
        network,
        runtime,
        judge=lambda body: _parse(body, target),
        accept=ACCEPT,
        keep=lambda members: _leads_to_keys(Metadata(issuer, target, kind, members)),
        what="discovery",
    )
    answered = get(question)
    runtime.trace(f"discovery: {NAMES[kind]}, {target.label}")
    return Metadata(issuer, target, kind, answered.value, answered.remarks(target.label), answered.asked)


def _leads_to_keys(metadata: Metadata) -> bool:
    try:
        endpoint(metadata, "jwks_uri")
    except NetworkError:
        return False
    return issuer_fault(metadata) is None


def well_known_urls(issuer: str) -> tuple[tuple[Kind, str], ...]:
    """Where the document of an issuer may be: appended to its URL, and inserted between host and path.

    Without the path's last slash in both (OpenID Connect Discovery §4.1, RFC 8414 §3.1).
    """
    import authlib.deprecate  # noqa: F401  sets its warning filter, which must not come after ours
    from authlib.oauth2.rfc8414 import get_well_known_url as oauth_url
    from authlib.oidc.discovery import get_well_known_url as openid_url

    stem = issuer.rstrip("/")
    return ("openid", openid_url(stem, external=True)), ("oauth", oauth_url(stem, external=True))


def _places(issuer: str) -> tuple[tuple[Kind, str], ...]:
    """The same URLs, to look for in the cache: without Authlib, whose import takes longer than the rest of `verify`.

    A test holds both to be equal; if they ever differ, a document is fetched once too often, and nothing else.
    """
    stem = issuer.rstrip("/")
    scheme, _, rest = stem.partition("://")
    host, slash, path = rest.partition("/")
    return (
        ("openid", f"{stem}/.well-known/openid-configuration"),
        ("oauth", f"{scheme}://{host}/.well-known/oauth-authorization-server{slash}{path}"),
    )


def issuer_fault(metadata: Metadata) -> tuple[str, str | None] | None:
    """What is wrong with the member `issuer`, and a hint; None if it is what was asked for, byte for byte."""
    found = metadata.members.get("issuer")
    if found == metadata.issuer:
        return None
    if found is None:
        return "names no issuer", None
    if not isinstance(found, str):
        return f"names an issuer that is {kind_of(found)}, wanted a string", None
    hint = near_miss("issuers", metadata.issuer, found) or "one issuer must not answer for another"
    if TENANT in found:
        hint = f"give the tenant's own issuer; --preset entra takes {TENANT} in -i, for any tenant"
    return f"is of another issuer: wanted {quote(metadata.issuer)}, found {quote(found)}", hint


def endpoint(metadata: Metadata, member: str) -> Url:
    """The URL that the document names as `member` ("jwks_uri", "token_endpoint"), on whatever host.

    Raises DiscoveryMalformed where there is none, and DiscoveredUrlRefused for one that is never fetched: another
    scheme than https, user information, and http to this machine unless the document too comes from it.
    """
    named = metadata.members.get(member)
    where = metadata.url.label
    if named is None:
        raise DiscoveryMalformed(f"the document at {where} names no {member}")
    if not isinstance(named, str):
        raise DiscoveryMalformed(f"{member} of the document at {where} is {kind_of(named)}, wanted a string")
    try:
        url = parse_url(named)
    except UsageError as error:
        raise DiscoveredUrlRefused(f"{member} of the document at {where}: {error.message}") from None
    if url.scheme == "http" and not metadata.url.is_loopback:
        raise DiscoveredUrlRefused(
            f"{member} of the document at {where} leads back to this machine, {url.label}, and that is refused"
        )
    return url


def _parse(body: bytes, url: Url) -> Mapping[str, Any]:
    if body.lstrip()[:1] == b"<":
        raise DiscoveryNotFound(f"{url.host_label} answered with a web page, wanted a discovery document")
    try:
        return strict_json.parse_object(body, what=f"the discovery document of {url.host_label}")
    except InputError as error:
        raise DiscoveryMalformed(error.message) from None
