"""GET with a memory: this file is the cache of good answers, shared by all processes of this user.

What a URL answered serves again while it is fresh, without a packet and without httpx; then it is asked for again,
conditionally. Only an answer that its reader finds good is kept, so that nothing that a server does later harms it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from jwtool.jose.errors import JwtoolError, NetworkError
from jwtool.sources.cache_entry import Entry, Place, find_place
from jwtool.sources.cache_folder import COOL_DOWN, open_lock
from jwtool.sources.cached_answer import Answered, Copy, Question, cached, serve_offline, serve_stale, span

if TYPE_CHECKING:
    from jwtool.sources.cache_folder import Lock

__all__ = ["Answered", "Question", "get", "get_again"]

T = TypeVar("T")
A_MOMENT = 1  # second: clocks count whole ones
_NOT_MODIFIED = 304
_PAUSES = (0.01, 0.02, 0.04, 0.08, 0.1)  # seconds between two looks at a lock; the last one repeats


def get(question: Question[T]) -> Answered[T]:
    """What the URL answers: out of the cache while that is fresh, else from the server.

    Processes that ask the same at the same time wait for the first of them. Raises what `http.fetch` and the reader
    of the question raise, and Offline where nothing may be sent; both unless `--stale-ok` covers the copy at hand.
    """
    network = question.network
    place = find_place(question.url, network, question.runtime.environ)
    copy = _read(place, question)
    if copy is not None and not network.refresh and _is_fresh(copy, question):
        return copy.serve(question)
    if network.offline:
        return serve_offline(copy, question)
    if copy is not None:
        reason = "--refresh asks again" if network.refresh else "no longer fresh"
        question.say(f"{cached(copy.entry, question.runtime.now())}, {reason}")
    if network.refresh:
        return _ask(place, copy, question, anew=True)
    return _ask_first_or_wait(place, copy, question)


def get_again(question: Question[T], previous: Answered[T]) -> Answered[T] | None:
    """A newer answer than `previous`, in which something was missed; None for none, and while none may be asked for.

    All processes of this user together ask again at most once in COOL_DOWN seconds, whatever comes of it. Raises what
    `http.fetch` and the reader of the question raise; the good copy stays.
    """
    now = question.runtime.now()
    vain = _would_be_vain(question, previous, now)
    if vain is not None:
        question.say(f"not asked again: {vain}")
        return None
    question = question._replace(network=question.network._replace(stale_ok=None))
    place = find_place(question.url, question.network, question.runtime.environ)
    with open_lock(place.folder, place.name) as lock:
        if not lock.try_alone():
            found = _wait(lock, place, question, known=previous.mark)
            return None if found is None else found.serve(question)
        copy = _read(place, question)
        if copy is not None and copy.entry.mark != previous.mark:
            question.say("another process has asked again already")
            return copy.serve(question)
        if not lock.may_ask_again(now):
            question.say(f"not asked again: that was done less than {COOL_DOWN} s ago")
            return None
        question.say("something is missing from it, so it is asked for again")
        return _ask(place, copy, question, anew=True)


def _would_be_vain(question: Question[T], previous: Answered[T], now: int) -> str | None:
    """Why nothing newer can be had, if so: what was found out a moment ago still holds, and took its time."""
    if question.network.offline:
        return "--offline"
    if not 0 <= now - previous.moment <= A_MOMENT:
        return None
    return "the answer is new" if previous.asked else "the server has just failed" if previous.stale else None


def _ask_first_or_wait(place: Place, copy: Copy[T] | None, question: Question[T]) -> Answered[T]:
    began = time.monotonic()
    with open_lock(place.folder, place.name) as lock:
        if lock.try_alone():
            newer = _read(place, question)
            if newer is not None and _is_fresh(newer, question):
                return newer.serve(question)
            return _ask(place, newer, question)
        found = _wait(lock, place, question, known=None)
    if found is not None:
        return found.serve(question)
    left = max(0.1, round(question.network.timeout - (time.monotonic() - began), 1))
    return _ask(place, copy, question._replace(network=question.network._replace(timeout=left)))


def _is_fresh(copy: Copy[T], question: Question[T]) -> bool:
    return copy.entry.fresh_for(question.runtime.now()) > 0


def _read(place: Place, question: Question[T]) -> Copy[T] | None:
    entry = place.read()
    if entry is None:
        return None
    try:
        return Copy(entry, question.judge(entry.body))
    except JwtoolError:
        question.say("the copy in the cache can't be read, and is forgotten")
        return None


def _wait(lock: Lock, place: Place, question: Question[T], *, known: str | None) -> Copy[T] | None:
    """What the process that asks now finds, once it is there; None if that is nothing, or takes too long.

    `known` is the mark of the answer that is no news; without it only a fresh one is wanted.
    """
    question.say("another process is asking already")
    until = time.monotonic() + question.network.timeout
    turn = 0
    while True:
        is_free = lock.is_free()
        copy = _read(place, question)
        if copy is not None and (copy.entry.mark != known if known else _is_fresh(copy, question)):
            return copy
        if is_free or time.monotonic() >= until:
            return None
        time.sleep(_PAUSES[min(turn, len(_PAUSES) - 1)])
        turn += 1


def _ask(place: Place, copy: Copy[T] | None, question: Question[T], *, anew: bool = False) -> Answered[T]:
    """Ask the server, with `anew` past the caches on the way; the answer is kept if it is good."""
    from jwtool.sources.http import fetch

    network, runtime, now = question.network, question.runtime, question.runtime.now()
    asking = {"Cache-Control": "no-cache"} if anew else {}
    if copy is not None and not network.refresh:
        asking |= copy.entry.validators()
    try:
        response = fetch(
            question.url,
            network=network,
            environ=runtime.environ,
            trace=runtime.trace,
            accept=question.accept,
            asking=asking,
        )
        if copy is not None and response.status == _NOT_MODIFIED:
            entry, value = copy.entry.renewed(response.headers, now), copy.value
        else:
            entry = Entry.of(response.body, response.headers, now)
            value = question.judge(entry.body)
    except NetworkError as error:
        return serve_stale(copy, question, error)
    _store(place, entry, value, question)
    return Answered.of(entry, value, runtime.now(), asked=True)


def _store(place: Place, entry: Entry, value: T, question: Question[T]) -> None:
    if not entry.kept:
        place.forget()
        question.say("not kept: the server says no-store")
    elif not question.keep(value):
        question.say("not kept: nothing in it is of use")
    elif place.write(entry):
        question.say(f"kept, fresh for {span(entry.fresh_for(entry.at))}")
    else:
        question.say("not kept: there is no cache that can be written")
