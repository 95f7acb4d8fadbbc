"""What is wrong with a discovery document, member by member: the judgement is Authlib's, the sentences are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.errors import NetworkError
from jwtool.jose.strict_json import kind_of
from jwtool.sources.discovery import endpoint, issuer_fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jwtool.sources.discovery import Kind, Metadata

ENDPOINTS = ("authorization_endpoint", "token_endpoint")
ID_TOKEN_ALGORITHMS = "id_token_signing_alg_values_supported"  # noqa: S105  the name of a member


class Fault(NamedTuple):
    """What is wrong with a document: the member, a sentence, and the section that says so."""

    member: str
    message: str
    section: str


SECTIONS: Mapping[Kind, tuple[str, str]] = {
    "openid": ("OpenID Connect Discovery 1.0 §3", "OpenID Connect Discovery 1.0 §4.3"),
    "oauth": ("RFC 8414 §2", "RFC 8414 §3.3"),
}


def faults_of(metadata: Metadata) -> tuple[Fault, ...]:
    """Every member that is not as its specification wants it, by Authlib's metadata classes, one by one.

    The judgement of `issuer`, and of every URL that is to be fetched, is ours. http to this machine is no fault.
    """
    members, issuers = SECTIONS[metadata.kind]
    found: dict[str, Fault] = {}
    mismatch = issuer_fault(metadata)
    if mismatch is not None:
        said = "; ".join(part for part in mismatch if part is not None)
        found["issuer"] = Fault("issuer", f"the document {said}", issuers)
    for name in metadata.members:
        if name == "jwks_uri" or name.endswith("_endpoint"):
            try:
                endpoint(metadata, name)
            except NetworkError as error:
                found[name] = Fault(
                    name, error.message.replace(f" of the document at {metadata.url.label}", ""), members
                )
    for name, message in _judge_members(metadata):
        found.setdefault(name, Fault(name, message, members))
    for name, value in metadata.members.items():
        if name.endswith("_supported") and isinstance(value, list) and not all(isinstance(one, str) for one in value):
            found.setdefault(name, Fault(name, f"{name} must be an array of strings", members))
    return tuple(found.values())


def publishes_keys_alone(metadata: Metadata) -> bool:
    """Whether nobody logs in there: an issuer of workloads (GitHub Actions, Kubernetes) has keys and no endpoints.

    That is no fault here, though the specifications ask for both endpoints.
    """
    return not any(name in metadata.members for name in ENDPOINTS)


def lacks_rs256(algorithms: object) -> bool:
    """Whether a list of algorithms leaves out RS256. That is no fault here: who signs by ES256 alone does well."""
    return isinstance(algorithms, list) and bool(algorithms) and "RS256" not in algorithms


def _judge_members(metadata: Metadata) -> list[tuple[str, str]]:
    import authlib.deprecate  # noqa: F401  as above
    from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
    from authlib.oidc.discovery import OpenIDProviderMetadata

    model = OpenIDProviderMetadata if metadata.kind == "openid" else AuthorizationServerMetadata
    judged = model(metadata.members)
    found = []
    for name in model.REGISTRY_KEYS:
        if name == ID_TOKEN_ALGORITHMS and lacks_rs256(metadata.members.get(name)):
            continue
        if name in ENDPOINTS and publishes_keys_alone(metadata):
            continue
        try:
            getattr(model, f"validate_{name}")(judged)
        except (ValueError, AttributeError, TypeError, LookupError) as error:
            found.append((name, _sentence(name, str(error), metadata.members)))
    return found


_SAID = (
    ("is required", "is missing, and required"),
    ("MUST NOT be used", "must not hold none"),
    ("BCP 47", "must be an array of language tags"),
    ("MUST use", "must be an https URL"),
    ("no query or fragment", "must be a URL without query and fragment"),
    ("MUST be a URL", "must be a URL"),
    ("invalid values", "holds a value that is none of those allowed"),
    ("boolean", "must be true or false"),
)


def _sentence(name: str, said: str, members: Mapping[str, Any]) -> str:
    """Authlib's sentence in ours; what it stumbled over is of a type that it can't be."""
    for words, ours in _SAID:
        if words in said:
            return f"{name} {ours}"
    found = f", found {kind_of(members[name])}" if name in members else ""
    return f"{name} must be {'an array of strings' if name.endswith('_supported') else 'a string'}{found}"
