"""What `doctor` finds: each part of this machine that jwtool depends on, and what is wrong with it."""

from __future__ import annotations

import os
import ssl
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose.errors import JwtoolError, UsageError, WriteError
from jwtool.jose.quoting import printable, quote
from jwtool.output.report import Gap, Headline, Line, Report, Row, Table
from jwtool.output.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.output.report import Block, Mood
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

LIBRARIES = ("authlib", "bcrypt", "cryptography", "httpx", "joserfc", "platformdirs", "rich", "truststore", "typer")
SETTINGS = ("JWTOOL_KEY", "JWTOOL_ISSUER", "JWTOOL_AUDIENCE", "JWTOOL_CACHE_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")
TOLERATED_SKEW = 5
"""Seconds: a `Date` is whole seconds, and the answer took its time."""


class Part(NamedTuple):
    """One part: a line for people, members for JSON, and what is wrong, if anything is."""

    name: str
    text: str
    facts: Any
    problem: str | None = None


def examine(
    issuer: str | None,
    network: Network,
    runtime: Runtime,
    *,
    completions: Mapping[str, tuple[str, str]],
    clear_cache: bool,
) -> Report:
    """The report of `doctor`; its answer is yes where nothing is wrong.

    `completions` is, by shell, where its completion is and whether it is current. Sends nothing without an `issuer`.
    Raises WriteError for a cache that can't be cleared.
    """
    cleared = _clear(runtime) if clear_cache else None
    parts = [
        *_versions(),
        _settings(runtime.environ),
        _cache(runtime, cleared),
        _trust(network, runtime.environ),
        _proxies(runtime.environ),
        _completion(completions),
    ]
    if issuer is not None:
        parts.append(_clock(issuer, network, runtime))
    problems = [f"{part.name}: {part.problem}" for part in parts if part.problem is not None]
    document: dict[str, Any] = {part.name.replace(" ", "_"): part.facts for part in parts}
    document["problems"] = problems
    return Report("doctor", document, blocks=_blocks(parts), positive=not problems, quiet=_summary(problems))


def _blocks(parts: list[Part]) -> tuple[Block, ...]:
    problems = [part for part in parts if part.problem is not None]
    mood: Mood = "bad" if problems else "good"
    said = f"{counted(len(problems), 'problem')} found" if problems else "nothing is wrong here"
    rows = [_row(part, line, first=not number) for part in parts for number, line in enumerate(part.text.split("\n"))]
    return (
        Headline("UNWELL" if problems else "WELL", said, mood),
        Gap(),
        Table(tuple(rows)),
        *(Line(f"{part.name}: {part.problem}", "bad") for part in problems),
    )


def _row(part: Part, line: str, *, first: bool) -> Row:
    return Row((part.name if first else "", line), ("name", "" if part.problem is None else "bad"))


def _summary(problems: list[str]) -> str:
    return "; ".join(problems) if problems else "well"


def _versions() -> list[Part]:
    from importlib.metadata import PackageNotFoundError, version

    from jwtool import __version__

    python = sys.version.split()[0]
    found: dict[str, str | None] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    missing = [name for name, number in found.items() if number is None]
    problem = f"{', '.join(missing)} is not installed" if missing else None
    text = ", ".join(f"{name} {number or '(missing)'}" for name, number in found.items())
    return [
        Part("jwtool", __version__, __version__),
        Part("python", f"{python}, {ssl.OPENSSL_VERSION}", {"version": python, "openssl": ssl.OPENSSL_VERSION}),
        Part("libraries", text, found, problem),
    ]


def _settings(environ: Mapping[str, str]) -> Part:
    """Where each setting comes from. JWTOOL_KEY may be what is secret by mistake: `quote` keeps that to itself."""
    given = {name: quote(environ[name]) for name in SETTINGS if environ.get(name)}
    text = "\n".join(f"{name} is {value}, from the environment" for name, value in given.items())
    facts = {
        name: {"value": value[1:-1] if value[:1] == "'" else None, "from": "environment"}
        for name, value in given.items()
    }
    return Part("settings", text or "none in the environment: the defaults count", facts)


def _clear(runtime: Runtime) -> int:
    from jwtool.sources.cache_folder import find_folder
    from jwtool.sources.cache_list import clear

    folder = find_folder(runtime.environ)
    try:
        return 0 if folder is None else clear(folder)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise WriteError(f"the cache in {quote(folder or '')} can't be cleared: {reason}") from None


def _cache(runtime: Runtime, cleared: int | None) -> Part:
    from jwtool.sources.cache_folder import find_folder
    from jwtool.sources.cache_list import list_entries

    folder = find_folder(runtime.environ)
    if folder is None:
        return Part("cache", "none: neither HOME nor JWTOOL_CACHE_DIR is set", {"folder": None, "entries": []})
    now = runtime.now()
    entries = list_entries(folder, now)
    octets = sum(entry.octets for entry in entries)
    lines = [f"{printable(folder)}: {counted(len(entries), 'answer')}, {counted(octets, 'octet')}"]
    if cleared is not None:
        lines.append(f"cleared: {counted(cleared, 'answer')} forgotten")
    lines += [_described(entry) for entry in entries]
    facts: dict[str, Any] = {
        "folder": folder,
        "octets": octets,
        "entries": [
            {"url": _shown(entry.url), "octets": entry.octets, "age": entry.age, "fresh_for": entry.fresh_for}
            for entry in entries
        ],
    }
    return Part(
        "cache", "\n".join(lines), facts if cleared is None else {**facts, "cleared": cleared}, _unusable(folder)
    )


def _described(entry: Any) -> str:
    from jwtool.sources.cached_answer import span

    if entry.url is None:
        return "one that can't be read, and is replaced when it is needed"
    age = "of unknown age" if entry.age is None else f"{span(entry.age)} old"
    left = f"fresh for {span(entry.fresh_for)}" if entry.fresh_for else "no longer fresh"
    return f"{_shown(entry.url)}, {age}, {left}"


def _shown(url: str | None) -> str | None:
    """A URL without what may be secret in it."""
    if url is None:
        return None
    from jwtool.sources.urls import parse_url

    try:
        return parse_url(url).label
    except JwtoolError:
        return "a URL that is no longer fetched"


def _unusable(folder: str) -> str | None:
    """Why nothing is kept, if nothing can be: the folder, or the nearest one that is there, can't be written."""
    from jwtool.sources.cache_folder import is_refused

    if is_refused(folder):
        return f"{quote(folder)} is no folder of this user's, so every run asks the servers again"
    nearest = folder
    while not os.path.lexists(nearest) and os.path.dirname(nearest) != nearest:
        nearest = os.path.dirname(nearest)
    if os.path.isdir(nearest) and os.access(nearest, os.W_OK | os.X_OK):
        return None
    return f"{quote(nearest)} can't be written, so every run asks the servers again"


def _trust(network: Network, environ: Mapping[str, str]) -> Part:
    from jwtool.sources.trust import make_trust

    try:
        trust = make_trust(network.ca_file, environ)
    except JwtoolError as error:
        return Part("trust store", error.message, {"origin": None, "authorities": 0}, error.message)
    number = trust.context.cert_store_stats()["x509_ca"]
    text = f"{trust.origin}, {counted(number, 'authority') if number == 1 else f'{number} authorities'}"
    return Part("trust store", text, {"origin": trust.origin, "authorities": number})


def _proxies(environ: Mapping[str, str]) -> Part:
    """The proxies of the environment, without the passwords in them."""
    given = {name: environ[name] for name in PROXIES if environ.get(name)}
    shown = {
        name: printable(value.rpartition("@")[2] if "no_proxy" not in name.lower() else value)
        for name, value in given.items()
    }
    text = "\n".join(f"{name} is {value}, from the environment" for name, value in shown.items())
    return Part("proxies", text or "none", shown)


def _completion(found: Mapping[str, tuple[str, str]]) -> Part:
    text = "\n".join(f"{shell}: {printable(path)}, {state}" for shell, (path, state) in found.items())
    old = [shell for shell, (_, state) in found.items() if state != "current"]
    problem = f"that of {', '.join(old)} is of another version: jwtool completion {old[0]} --install" if old else None
    facts = {shell: {"path": path, "current": state == "current"} for shell, (path, state) in found.items()}
    return Part("completion", text or "not installed: jwtool completion bash --install", facts, problem)


def _clock(issuer: str, network: Network, runtime: Runtime) -> Part:
    """How far this clock is from the issuer's, by the `Date` of an answer (RFC 9110 §6.6.1).

    Raises UsageError for an issuer that is no URL to fetch from.
    """
    from email.utils import parsedate_to_datetime

    from jwtool.sources.discovery import read_document
    from jwtool.sources.http import fetch

    try:
        metadata = read_document(issuer.removeprefix("issuer:"), network, runtime)
        before = runtime.now()
        answer = fetch(metadata.url.text, network=network, environ=runtime.environ, trace=runtime.trace)
        sent = int(parsedate_to_datetime(answer.headers.get("date", "")).timestamp())
    except UsageError:  # a URL that can't be meant: nothing was found out
        raise
    except JwtoolError as error:
        return Part("clock", error.message, {"skew": None}, error.message)
    except (ValueError, TypeError, OverflowError):
        said = f"{metadata.url.host_label} says no Date to compare with"
        return Part("clock", said, {"skew": None})
    skew = min((before - sent, runtime.now() - sent), key=abs)
    if abs(skew) <= TOLERATED_SKEW:
        return Part("clock", f"that of {metadata.url.host_label} says the same", {"skew": skew})
    from jwtool.sources.cached_answer import span

    way = "ahead of" if skew > 0 else "behind"
    said = f"{span(abs(skew))} {way} that of {metadata.url.host_label}: tokens are judged wrongly by as much"
    return Part("clock", said, {"skew": skew}, said)
