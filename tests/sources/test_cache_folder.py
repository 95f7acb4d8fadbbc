"""The files of the cache: for this user alone, and whatever else lies there is ignored and replaced."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.errors import JwtoolError
from jwtool.sources import cache_folder
from jwtool.sources.network import Network

if TYPE_CHECKING:
    from tests.sources.conftest import World

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
BEGAN = 1_795_556_400
SECRET = "s3cret-bearer"
FIVE = Network(5)


def test_files_are_for_this_user_alone(world: World) -> None:
    old = os.umask(0)
    try:
        world.get()
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (world.folder / "http").iterdir()}
    assert set(modes.values()) == {0o600}
    assert (world.folder / "http").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_enter_is_closed(world: World) -> None:
    (world.folder / "http").mkdir(parents=True)
    (world.folder / "http").chmod(0o777)
    world.get()
    assert (world.folder / "http").stat().st_mode & 0o777 == 0o700
    assert world.get().asked is False


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _swap(old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new))

    return change


@pytest.mark.parametrize(
    ("harm", "replaced"),
    [
        (lambda path: path.write_bytes(b""), True),
        (lambda path: path.write_bytes(b"\xff\n"), True),
        (lambda path: path.write_bytes(b"[" * 100_000), True),
        (lambda path: path.write_bytes(b"null\none"), True),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), True),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), True),
        (lambda path: path.write_bytes(path.read_bytes() + b"x" * cache_folder.MAX_ENTRY), True),
        (_swap(b'"form": 1', b'"form": 2'), True),
        (_swap(b'"at": 1795556400', b'"at": "1795556400"'), True),
        (_swap(b'"at": 1795556400', b'"at": 1795556400.5'), True),
        (_swap(b'"age": 0', b'"age": -1000000'), True),
        (_swap(b'"lifetime": 300', b'"lifetime": true'), True),
        (_swap(b"/set", b"/net"), True),
        (_swap(b'"mark"', b'"MARK"'), True),
        (_swap(b'"content-type": "', b'"content-type": "\\u001b'), True),
        (_swap(b"one", b"bad"), True),
        (_flip, True),
        (_link, True),
        (_fifo, True),
        (_folder, False),
        (lambda path: path.chmod(0o620), True),
        (lambda path: path.chmod(0o602), True),
    ],
)
def test_a_file_that_is_not_sound_is_ignored_and_replaced(
    world: World, harm: Callable[[Path], None], replaced: bool
) -> None:
    world.get()
    harm(world.entry)
    world.body = "two"
    answered = world.get()
    assert (answered.value, answered.asked) == ("two", True)
    assert world.get().asked is not replaced


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_ignored_and_replaced(world: World) -> None:
    world.get()
    os.chown(world.entry, 65534, 65534)
    world.body = "two"
    assert world.get().value == "two"
    assert world.entry.stat().st_uid == 0
    assert world.get().asked is False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_used(world: World) -> None:
    world.get()
    os.chown(world.folder / "http", 65534, 65534)
    assert world.get().asked
    assert world.said[-1] == "http: not kept: there is no cache that can be written"


def test_a_lifetime_in_the_file_is_no_longer_than_any(world: World) -> None:
    world.get()
    _swap(b'"lifetime": 300', b'"lifetime": 99999999')(world.entry)
    assert world.get().fresh_for == 24 * 60 * 60


@pytest.mark.parametrize("place", ["/dev/null", "/proc/nowhere", "\0", "file"])
def test_a_cache_that_can_not_be_written_is_no_error(world: World, place: str, in_folder: Path) -> None:
    (in_folder / "file").write_text("")
    world.folder = Path(place)
    assert [world.get().value, world.get().value, len(world.asked)] == ["one", "one", 2]


def test_without_a_home_there_is_no_cache() -> None:
    assert cache_folder.find_folder({}) is None
    assert cache_folder.find_folder({"JWTOOL_CACHE_DIR": ""}) is None


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="other systems keep caches elsewhere")
@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"HOME": "/home/a"}, "/home/a/.cache/jwtool/http"),
        ({"HOME": "/home/a", "XDG_CACHE_HOME": "/var/c"}, "/var/c/jwtool/http"),
        ({"HOME": "/home/a", "XDG_CACHE_HOME": "relative"}, "/home/a/.cache/jwtool/http"),
        ({"HOME": "relative"}, None),
        ({"HOME": "/home/a", "JWTOOL_CACHE_DIR": "/c"}, "/c/http"),
    ],
)
def test_the_folder(environ: dict[str, str], folder: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same that platformdirs says, which is dear to import."""
    import platformdirs

    assert cache_folder.find_folder(environ) == folder
    if folder is not None and "JWTOOL_CACHE_DIR" not in environ and "relative" not in environ.values():
        for name in ("HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert f"{platformdirs.user_cache_dir('jwtool', appauthor=False)}/http" == folder


@pytest.mark.parametrize("harm", ["symlink", "folder", "others"])
def test_a_lock_that_can_not_be_trusted_is_replaced(world: World, harm: str, tmp_path: Path) -> None:
    world.get()
    (lock,) = (world.folder / "http").glob("*.lock")
    lock.unlink()
    if harm == "symlink":
        (tmp_path / "precious").write_text("precious")
        lock.symlink_to(tmp_path / "precious")
    elif harm == "folder":
        lock.mkdir()
    else:
        lock.touch()
        lock.chmod(0o666)
    world.now += 301
    assert world.get().asked
    assert harm != "symlink" or (tmp_path / "precious").read_text() == "precious"
    assert lock.is_dir() if harm == "folder" else lock.stat().st_mode & 0o777 == 0o600


def test_old_files_are_removed(world: World) -> None:
    world.get()
    old = world.entry
    os.utime(old, (time.time() - 31 * 86400,) * 2)
    lock = old.with_suffix(cache_folder.LOCK)
    os.utime(lock, (time.time() - 3700,) * 2)
    world.get(path="/other")
    assert not old.exists()
    assert not lock.exists()


def test_urls_that_never_answer_well_leave_few_locks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", bytes)
    folder = str(world.folder / "http")
    for number in range(3):
        with cache_folder.open_lock(folder, f"{number}"):
            pass
        os.utime(os.path.join(folder, f"{number}{cache_folder.LOCK}"), (time.time() - 3700,) * 2)
    assert len(os.listdir(folder)) == 1
