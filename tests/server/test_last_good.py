"""A key set whose file changes, breaks, goes and comes back."""

from __future__ import annotations

import hashlib
import threading

import pytest

from jwtool.jose.errors import FileNotFound
from jwtool.server import last_good
from jwtool.server.last_good import LastGoodSet

KEPT = "the key set can't be read, the last good one is still served: "
FRESH = "the key set was read again and is served from now on"


class File:
    """A file that a test can change, break or take away."""

    def __init__(self) -> None:
        self.body = b"one"
        self.stamp = 1
        self.error: Exception | None = None
        self.stamp_error: Exception | None = None
        self.loads = 0
        self.said: list[str] = []

    def load(self) -> bytes:
        self.loads += 1
        if self.error is not None:
            raise self.error
        return self.body

    def fingerprint(self) -> int:
        if self.stamp_error is not None:
            raise self.stamp_error
        return self.stamp

    def watch(self) -> LastGoodSet:
        return LastGoodSet(self.load, self.fingerprint, self.said.append)


@pytest.fixture
def file() -> File:
    return File()


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_good, "AGAIN_SECONDS", 0.0)


def test_the_etag_is_the_hash_of_the_body(file: File) -> None:
    assert file.watch().current() == (b"one", f'"{hashlib.sha256(b"one").hexdigest()}"')


def test_an_unchanged_stamp_loads_once(file: File) -> None:
    watched = file.watch()
    assert [watched.current().body for _ in range(5)] == [b"one"] * 5
    assert (file.loads, file.said) == (1, [])


def test_another_stamp_is_read_at_once(file: File) -> None:
    watched = file.watch()
    file.body, file.stamp = b"two", 2
    assert [watched.current().body for _ in range(3)] == [b"two"] * 3
    assert (file.loads, file.said) == (2, [FRESH])


def test_another_stamp_of_the_same_set_is_no_news(file: File) -> None:
    watched = file.watch()
    file.stamp = 2
    assert (watched.current().body, file.loads, file.said) == (b"one", 2, [])


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFound("no file 'set.jwks'"), "no file 'set.jwks'"),
        (PermissionError(13, "Permission denied"), "permission denied"),
        (OSError(), "oserror"),
    ],
)
def test_a_failure_leaves_the_last_good_set(file: File, error: Exception, reason: str) -> None:
    watched = file.watch()
    file.error, file.stamp = error, 2
    assert [watched.current().body for _ in range(3)] == [b"one"] * 3
    assert (file.loads, file.said) == (2, [KEPT + reason])
    file.error, file.stamp, file.body = None, 3, b"two"
    assert watched.current().body == b"two"
    assert file.said == [KEPT + reason, FRESH]


def test_each_reason_is_said_once(file: File) -> None:
    watched = file.watch()
    for stamp, sentence in enumerate(["bad", "bad", "worse", "bad"], start=2):
        file.stamp, file.error = stamp, FileNotFound(sentence)
        assert watched.current().body == b"one"
    assert file.said == [KEPT + "bad", KEPT + "worse", KEPT + "bad"]


@pytest.mark.usefixtures("_at_once")
def test_a_failed_reading_is_repeated_though_the_stamp_stays(file: File) -> None:
    watched = file.watch()
    file.error, file.stamp, file.body = PermissionError(13, "Permission denied"), 2, b"two"
    assert [watched.current().body, watched.current().body] == [b"one", b"one"]
    file.error = None
    assert watched.current().body == b"two"
    assert file.said == [f"{KEPT}permission denied", FRESH]


@pytest.mark.usefixtures("_at_once")
def test_a_rewrite_that_keeps_its_stamp_is_found_by_a_second_reading(file: File) -> None:
    watched = file.watch()
    file.stamp = 2
    assert watched.current().body == b"one"
    file.body = b"two"
    assert [watched.current().body for _ in range(4)] == [b"two"] * 4
    assert file.loads == 3


@pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file or directory"), FileNotFound("gone")])
def test_a_file_gone_and_back_unchanged(file: File, error: Exception) -> None:
    watched = file.watch()
    file.stamp_error = error
    assert [watched.current().body, watched.current().body] == [b"one", b"one"]
    file.stamp_error = None
    assert watched.current().body == b"one"
    reason = "gone" if isinstance(error, FileNotFound) else "no such file or directory"
    assert file.said == [KEPT + reason, FRESH]


def test_without_a_log_it_is_silent(file: File) -> None:
    watched = LastGoodSet(file.load, file.fingerprint, None)
    file.stamp, file.error = 2, FileNotFound("gone")
    assert (watched.current().body, file.said) == (b"one", [])


def test_the_first_failure_is_the_callers(file: File) -> None:
    file.error = FileNotFound("gone")
    with pytest.raises(FileNotFound):
        file.watch()


def test_a_bug_is_not_hidden_and_does_not_lock(file: File) -> None:
    watched = file.watch()
    file.error, file.stamp = RuntimeError("bug"), 2
    with pytest.raises(RuntimeError):
        watched.current()
    file.error, file.stamp, file.body = None, 3, b"two"
    assert watched.current().body == b"two"


def test_while_one_thread_reads_the_others_get_the_set_before() -> None:
    reading, go_on = threading.Event(), threading.Event()
    bodies = iter([b"one", b"two"])
    stamps = iter([1, 2, 2])

    def load() -> bytes:
        body = next(bodies)
        if body == b"two":
            reading.set()
            assert go_on.wait(10)
        return body

    watched = LastGoodSet(load, lambda: next(stamps), None)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(watched.current().body))
    reader.start()
    assert reading.wait(10)
    assert watched.current().body == b"one"
    go_on.set()
    reader.join(10)
    assert (found, watched.current().body) == ([b"two"], b"two")
