"""What a preset fills in: the shape of a kind of token, out of the TOML files in `jwtool/presets`, read when named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jwtool.jose.errors import UsageError
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.output.report import Block, Report

NAMES = ("access-token", "client-assertion", "dpop", "id-token")
PROVIDERS = (
    *("apple", "auth0", "aws-alb", "cloudflare-access", "cognito", "entra", "firebase", "github-actions", "gitlab-ci"),
    *("google", "iap", "keycloak", "kubernetes", "okta"),
)
Command = Literal["sign", "verify"]


class Provider(NamedTuple):
    """Who makes a kind of token, for `verify`: what stands for -i and -k where they are not given, and what is odd.

    In `issuers` {aud} is the audience, in `key` {iss} is the issuer, {region} that of the audience, and {kid} as in any
    KEY. `needs_issuer` and `needs_audience` are options that must be given, `issuer_always` beside a key too; `demands`
    are as in --require. `audience_claim` holds the audience of a token without `aud`, `audience_header` that of every
    token. `any_tenant` allows {tenantid} in -i; `padded` allows padding in the parts of a token. `ca_file` and `bearer`
    go with `key`. `about` is for people.
    """

    issuers: tuple[str, ...] = ()
    key: str | None = None
    algs: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    needs_issuer: str | None = None
    issuer_always: bool = False
    needs_audience: str | None = None
    audience_claim: str | None = None
    audience_header: str | None = None
    any_tenant: bool = False
    padded: bool = False
    ca_file: str | None = None
    bearer: str | None = None
    about: tuple[str, ...] = ()


class Preset(NamedTuple):
    """One side of a preset. Options that are given win over it.

    `typ`, `exp` and `max_age` are what those options would say; a token without any `typ` passes with `typ_optional`.
    `required` are the claims that a token must have, with `sign` each with the option that gives it; `same` are
    claims with one value. `own_key` says that the token brings the public key that it is signed with. `hashed` is
    the claim that holds the hash of one, `texts` are claims that must be strings. `provider` has what only a token of
    this provider is held to.
    """

    name: str
    command: Command
    title: str
    source: str
    typ: str | None = None
    typ_optional: bool = False
    exp: str | None = None
    max_age: str | None = None
    required: tuple[str, ...] = ()
    needs: Mapping[str, str] | None = None
    same: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    own_key: bool = False
    hashed: str | None = None
    provider: Provider | None = None


def load_preset(name: str, command: Command) -> Preset:
    """The side of that preset that concerns the command. Raises UsageError for a name that is none."""
    if name not in (*NAMES, *PROVIDERS):
        from difflib import get_close_matches

        known = NAMES if command == "sign" else (*NAMES, *PROVIDERS)
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
        raise UsageError(f"{quote(name)} is no preset", hint=hint)
    if name in PROVIDERS and command == "sign":
        raise UsageError(
            f"the preset '{name}' is for verify: only the provider makes such tokens", hint=f"one of {', '.join(NAMES)}"
        )
    import tomllib
    from importlib.resources import files

    data: dict[str, Any] = tomllib.loads(files("jwtool.presets").joinpath(f"{name}.toml").read_text("utf-8"))
    side = _as_fields(data[command])
    if "provider" in data:
        side["provider"] = Provider(**_as_fields(data["provider"]))
    return Preset(name=name, command=command, title=data["title"], source=data["source"], **side)


def _as_fields(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def explain_preset(name: str | None, command: Command) -> Report:
    """What `--explain-preset` prints: the options that the preset fills, and what it asks for. Nothing is done."""
    if name is None:
        first, *others = NAMES if command == "sign" else (*NAMES, *PROVIDERS)
        raise UsageError("--explain-preset needs a preset", hint=f"--preset {first}; others: {', '.join(others)}")
    from jwtool.output.report import Gap, Headline, Line, Report, Row, Table

    preset = load_preset(name, command)
    options = filled_options(preset)
    wanted = _needs(preset)
    document: dict[str, Any] = {
        "preset": name,
        "command": command,
        "title": preset.title,
        "source": preset.source,
        "options": [{"option": option, "value": value, "about": about} for option, value, about in options],
        "needs": [{"claim": claim, "option": option} for claim, option in wanted.items()],
    }
    about = preset.provider.about if preset.provider else ()
    if about:
        document["about"] = list(about)
    rows = tuple(Row((f"{option} {value}".rstrip(), about), ("name", "dim")) for option, value, about in options)
    needs = tuple(Row((claim, option), ("name",)) for claim, option in wanted.items())
    given = "claims that must be there, and what gives them:" if command == "sign" else "what must be given:"
    asked = (Gap(), Line(given, "dim"), Table(needs)) if needs else ()
    said: tuple[Block, ...] = (Gap(), *(Line(line) for line in about)) if about else ()
    head = Headline(name, f"{preset.title}, {preset.source}; options that are given win", "name")
    quiet = " ".join(f"{option} {value}".rstrip() for option, value, _ in options)
    return Report("preset", document, blocks=(head, Gap(), Table(rows), *asked, *said), quiet=quiet)


def filled_options(preset: Preset) -> list[tuple[str, str, str]]:
    """The options that stand for what a preset does: name, value, and a remark where that is not all of it."""
    about = "where the token has one" if preset.typ_optional else ""
    plain = [("--typ", preset.typ, about), ("--exp", preset.exp, ""), ("--max-age", preset.max_age, "")]
    found = [(option, value, about) for option, value, about in plain if value is not None]
    if preset.provider is not None:
        found += _of_provider(preset.provider)
    found += [("--require", claim, "") for claim in preset.required]
    if preset.same:
        first, second = preset.same
        if preset.command == "verify":
            found.append(("--require", second, f"must equal {first}"))
        else:
            found.append((f"--{second}", "CLIENT-ID", f"the same as {first}; either gives both"))
    if preset.own_key and preset.command == "sign":
        found.append(("-H", "jwk:=…", "the public half of the key, and no kid"))
    elif preset.own_key:
        found.append(("-k", "KEY", "without it: the key that the proof brings"))
    if preset.hashed:
        found.append(("--access-token", "SOURCE", f"if it is given, its hash is {preset.hashed}"))
    return found


def _of_provider(provider: Provider) -> list[tuple[str, str, str]]:
    found = [("-i", issuer, _ABOUT_AUDIENCE if "{aud}" in issuer else "") for issuer in provider.issuers]
    if provider.key is not None:
        found.append(("-k", provider.key, _about_key(provider)))
    files = (("--ca-file", provider.ca_file), ("--bearer", provider.bearer))
    found += [(option, value, "with that key") for option, value in files if value is not None]
    found += [("--alg", alg, "") for alg in provider.algs]
    found += [("--require", demand, "") for demand in provider.demands]
    if provider.audience_claim is not None:
        found.append(("-a", "CLIENT", f"stands in {provider.audience_claim} of a token without aud"))
    if provider.audience_header is not None:
        found.append(("-a", "ARN", f"must be '{provider.audience_header}' of the header"))
    return found


_ABOUT_AUDIENCE = "{aud} is the value of -a"


def _about_key(provider: Provider) -> str:
    if "{region}" in (provider.key or ""):
        return "{region} is that of -a, {kid} the kid of the token"
    return "{iss} is the value of -i" if "{iss}" in (provider.key or "") else "where neither -k nor -i is given"


def _needs(preset: Preset) -> Mapping[str, str]:
    """What must be given: the claims of a token that is made, with their options; issuer and audience of a provider."""
    if preset.provider is None:
        return preset.needs or {}
    given = {"iss": preset.provider.needs_issuer, "aud": preset.provider.needs_audience}
    return {claim: option for claim, option in given.items() if option is not None}
