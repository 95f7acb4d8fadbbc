"""A copy in the cache: this file is when it may serve, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from jwtool.jose.network_errors import HttpStatus, Offline
from jwtool.jose.numeric_date import relative

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtool.jose.errors import NetworkError
    from jwtool.sources.cache_entry import Entry
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

T = TypeVar("T")
_FINAL = {401, 404, 410}  # the server is well, and says no: no copy speaks against that
_HOURS = 48  # from here on days are plainer


class Answered(NamedTuple, Generic[T]):
    """What a URL answered, and what the reader made of it.

    `headers` are those that were kept, names in lower case. `age` and `fresh_for` are seconds at `moment`, Unix
    seconds; `age` is None where the clock was set back. `asked` says that the server was asked for it in this run.
    `mark` tells one answer from the next. `failure` says why it serves past its freshness, if it does.
    """

    value: T
    body: bytes
    headers: Mapping[str, str]
    moment: int
    age: int | None
    fresh_for: int
    asked: bool
    mark: str
    failure: str | None = None

    @classmethod
    def of(cls, entry: Entry, value: T, now: int, *, asked: bool, failure: str | None = None) -> Answered[T]:
        """The answer in `entry`, as it is at `now`."""
        age, left = entry.age_at(now), entry.fresh_for(now)
        return cls(value, entry.body, entry.headers, now, age, left, asked, entry.mark, failure)

    @property
    def stale(self) -> bool:
        """Whether it serves past its freshness."""
        return self.failure is not None

    def facts(self) -> dict[str, Any]:
        """For JSON: how old it is, how long it stays fresh, and whether it serves past that."""
        return {"age": self.age, "fresh_for": self.fresh_for, **({"stale": True} if self.stale else {})}

    def remarks(self, label: str) -> tuple[str, ...]:
        """What must be said in a report of an answer that is stale; `label` names the URL."""
        if self.failure is None:
            return ()
        past = ", and not what was asked for" if self.fresh_for else " and past its freshness"
        return (f"stale: the copy of {label} is {span(self.age or 0)} old{past} ({self.failure})",)


class Question(NamedTuple, Generic[T]):
    """What is asked: GET `url`, accepting the media types `accept`, as `network` allows.

    `judge` reads a body and raises for one that is not good; `keep` says of what it read whether it is worth keeping.
    `what` names it in the sentences of --verbose ("jwks").
    """

    url: str
    network: Network
    runtime: Runtime
    judge: Callable[[bytes], T]
    accept: str = "*/*"
    keep: Callable[[T], bool] = lambda _value: True
    what: str = "http"

    @property
    def label(self) -> str:
        """The URL for people: without its query."""
        from jwtool.sources.urls import parse_url

        return parse_url(self.url).label

    def say(self, sentence: str) -> None:
        """One sentence of --verbose."""
        self.runtime.trace(f"{self.what}: {sentence}")


class Copy(NamedTuple, Generic[T]):
    """An entry of the cache, and what the reader makes of it."""

    entry: Entry
    value: T

    def serve(self, question: Question[T], *, failure: str | None = None) -> Answered[T]:
        """It, as the answer."""
        now = question.runtime.now()
        left = self.entry.fresh_for(now)
        question.say(f"{cached(self.entry, now)}, {f'fresh for {span(left)}' if left else 'no longer fresh'}")
        return Answered.of(self.entry, self.value, now, asked=False, failure=failure)


def serve_offline(copy: Copy[T] | None, question: Question[T]) -> Answered[T]:
    """The copy, if `--stale-ok` covers it. Raises Offline."""
    if copy is None:
        raise Offline(
            f"--offline sends nothing, and {question.label} is not in the cache",
            hint="run it once without --offline",
        )
    if _covers(copy.entry, question):
        return copy.serve(question, failure="--offline sends nothing")
    age = copy.entry.age_at(question.runtime.now())
    if age is None:
        raise Offline(
            f"nobody knows how old the copy of {question.label} is: the clock was set back",
            hint="run it once without --offline",
        )
    raise Offline(
        f"the copy of {question.label} is {span(age)} old and past its freshness, and --offline sends nothing",
        hint=f"{_enough(age)} lets it serve",
    )


def serve_stale(copy: Copy[T] | None, question: Question[T], error: NetworkError) -> Answered[T]:
    """The copy, if `--stale-ok` covers it. Raises `error`, with that hint where the option would have helped."""
    if copy is None or (isinstance(error, HttpStatus) and error.status in _FINAL):
        raise error
    if _covers(copy.entry, question):
        question.say(f"the server failed: {error.message}")
        return copy.serve(question, failure=error.message)
    age = copy.entry.age_at(question.runtime.now())
    if age is not None:
        error.hint = f"{_enough(age)} would use the copy in the cache, {span(age)} old"
    raise error


def _covers(entry: Entry, question: Question[T]) -> bool:
    age, limit = entry.age_at(question.runtime.now()), question.network.stale_ok
    return age is not None and limit is not None and age <= limit


def cached(entry: Entry, now: int) -> str:
    """How long ago it was cached, for people."""
    age = entry.age_at(now)
    if age is None:
        return "cached at a moment that is still to come"
    return f"cached {span(age)} ago" if age else "cached just now"


def span(seconds: int) -> str:
    """How long, in one unit, rounded down: "4 min"."""
    return relative(seconds, now=0).removeprefix("in ") if seconds else "0 s"


def _enough(seconds: int) -> str:
    """The option that lets a copy of that age serve."""
    hours = seconds // 3600 + 1
    return f"--stale-ok {hours}h" if hours <= _HOURS else f"--stale-ok {hours // 24 + 1}d"
