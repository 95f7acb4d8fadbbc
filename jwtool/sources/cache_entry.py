"""One answer in the cache: this file is its form on disk, its name, and how old it is.

A line of JSON, a line break, and the body as it came. What is not exactly of that form is not there.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.sources import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.sources.network import Network

FORM = 1
_KEPT = ("etag", "last-modified", "content-type", "cache-control", "expires", "pragma", "vary")
_LONGEST = 4096  # characters of a header that is kept


class Entry(NamedTuple):
    """An answer as it was received at `at`, Unix seconds, `age` seconds old then, fresh up to the age `lifetime`.

    `mark` is another one for each answer. One that is not to be `kept` is never stored.
    """

    body: bytes
    headers: Mapping[str, str]
    at: int
    lifetime: int
    age: int
    mark: str
    kept: bool = True

    @classmethod
    def of(cls, body: bytes, headers: Mapping[str, str], now: int) -> Entry:
        """The entry for an answer that was asked for at `now`."""
        from jwtool.sources.freshness import judge_freshness

        freshness = judge_freshness(headers)
        kept = {name: headers[name] for name in _KEPT if len(headers.get(name, "x" * (_LONGEST + 1))) <= _LONGEST}
        return cls(body, kept, now, freshness.lifetime, freshness.age, os.urandom(8).hex(), freshness.kept)

    def renewed(self, headers: Mapping[str, str], now: int) -> Entry:
        """The same body after 304 (RFC 9111 §4.3.4): what the server said of it now counts."""
        said = {name: value for name, value in headers.items() if name != "content-type"}  # that is the body's
        return Entry.of(self.body, {**self.headers, **said}, now)

    def validators(self) -> dict[str, str]:
        """The headers that make a request conditional (RFC 9110 §13.1)."""
        pairs = (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since"))
        return {asked: self.headers[name] for name, asked in pairs if name in self.headers}

    def age_at(self, now: int) -> int | None:
        """Seconds since the server made it; None where the clock was set back meanwhile, so that nobody knows."""
        return None if now < self.at else now - self.at + self.age

    def fresh_for(self, now: int) -> int:
        """The seconds for which it serves unasked; 0 once that is over."""
        age = self.age_at(now)
        return 0 if age is None else max(0, self.lifetime - age)


class Place(NamedTuple):
    """Where the answer of a URL is stored: under a name of its own, in a folder, if there is one."""

    folder: str | None
    name: str
    url: str

    def read(self) -> Entry | None:
        """What is stored, if it is sound."""
        found = None if self.folder is None else read_named(self.folder, self.name)
        return found[1] if found is not None and found[0] == self.url else None

    def write(self, entry: Entry) -> bool:
        """Store it; whether that could be done."""
        facts = {
            "form": FORM,
            "url": self.url,
            "at": entry.at,
            "lifetime": entry.lifetime,
            "age": entry.age,
            "mark": entry.mark,
            "headers": dict(entry.headers),
            "digest": _digest(entry.body),
        }
        data = json.dumps(facts).encode() + b"\n" + entry.body
        return self.folder is not None and cache_folder.write_entry(self.folder, self.name, data)

    def forget(self) -> None:
        """Remove what is stored."""
        if self.folder is not None:
            cache_folder.remove_entry(self.folder, self.name)


def read_named(folder: str, name: str) -> tuple[str, Entry] | None:
    """The URL and the answer stored under `name`, if it is sound."""
    data = cache_folder.read_entry(folder, name)
    if data is None:
        return None
    head, _, body = data.partition(b"\n")
    try:
        facts = json.loads(head)
        entry = _entry(facts, body)
        return None if entry is None else (facts["url"], entry)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _entry(facts: Any, body: bytes) -> Entry | None:
    from jwtool.sources.freshness import LONGEST

    numbers = [facts[name] for name in ("at", "lifetime", "age")]
    headers = facts["headers"]
    sound = (
        facts["form"] == FORM
        and isinstance(facts["url"], str)
        and facts["digest"] == _digest(body)
        and all(type(number) is int and number >= 0 for number in numbers)
        and all(isinstance(value, str) and value.isprintable() for pair in headers.items() for value in pair)
        and isinstance(facts["mark"], str)
    )
    at, lifetime, age = numbers
    return Entry(body, headers, at, min(lifetime, LONGEST), age, facts["mark"]) if sound else None


def find_place(url: str, network: Network, environ: Mapping[str, str]) -> Place:
    """The place for what `url` answers to such a request: to one trusting the same authorities, with the same headers.

    Who has no credential, or another one, never gets what a server showed to this one.
    """
    trust: list[str | int] = []
    folder = cache_folder.find_folder(environ)
    if url[:6].lower() == "https:":
        file = network.ca_file or environ.get("SSL_CERT_FILE")
        trust = ["alone" if network.ca_file else environ.get("SSL_CERT_DIR", "")]
        try:
            trust += _identity(file) if file else ()
        except OSError:  # the fetch says what is wrong with it
            folder = None
    asked = json.dumps([FORM, url, trust, network.headers])
    return Place(folder, _digest(asked.encode()), url)


def _identity(path: str) -> tuple[str, int, int]:
    facts = os.stat(path)
    return os.path.abspath(path), facts.st_mtime_ns, facts.st_size


def _digest(data: bytes) -> str:
    """SHA-256 in hexadecimal, by what a verification loads in any case: hashlib would load an OpenSSL of its own."""
    from cryptography.hazmat.primitives.hashes import SHA256, Hash

    digest = Hash(SHA256())
    digest.update(data)
    return digest.finalize().hex()
