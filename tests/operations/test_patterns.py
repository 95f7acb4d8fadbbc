"""`jwtool.operations.patterns`: a match, and the time that it may take."""

from __future__ import annotations

import re
import signal
import threading
import time

import pytest

from jwtool.operations import patterns

HOSTILE = (r"(\w+\.?)+!", "a" * 60)


def test_a_match_is_a_full_match() -> None:
    assert patterns.Matcher()("a+", "aaa") is True
    assert patterns.Matcher()("a+", "aaa\n") is False
    with pytest.raises(re.error):
        patterns.Matcher()("(", "a")


def test_a_pattern_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.05)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        patterns.Matcher()(*HOSTILE)
    assert time.monotonic() - began < 5


def test_many_patterns_share_the_time_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.05)
    fullmatch = patterns.Matcher()
    with pytest.raises(TimeoutError):
        fullmatch(*HOSTILE)
    assert fullmatch.left <= 0
    for _ in range(3):
        with pytest.raises(TimeoutError):
            fullmatch("a", "a")


def test_the_alarm_of_others_is_put_back() -> None:
    handler, timer = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    assert patterns.Matcher()("a", "a")
    assert signal.getsignal(signal.SIGALRM) == handler
    assert (signal.getitimer(signal.ITIMER_REAL)[0] > 0) == (timer[0] > 0)


def test_where_there_is_no_alarm_it_is_matched_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(patterns.Matcher()("a", "a")))
    thread.start()
    thread.join(5)
    monkeypatch.delattr(signal, "setitimer")
    found.append(patterns.Matcher()("a", "b"))
    assert found == [True, False]
