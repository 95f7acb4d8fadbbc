"""`jwtool jwks rotate`: what is due is done and written, and nothing else."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.rotation_plan import Schedule
from jwtool.operations.rotate_keyset import rotate
from jwtool.sources import in_place

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.commands.conftest import Stage
    from tests.cli.conftest import Cli

NOW = 1_795_556_400  # 2026-11-24 21:40:00 UTC
HOUR, DAY = 3_600, 86_400


def test_a_missing_file_is_made_its_first_key_active_at_once(stage: Stage) -> None:
    done = stage.rotate()
    (key,) = stage.keys()
    kid = key["kid"]
    assert (done.exit, done.stderr) == (0, "")
    assert done.stdout == (
        f"MADE  {stage.private}: its first key is active\n"
        f"wrote {stage.public} and {stage.private}\n"
        "\n"
        "kid                                          state   signs from  gone\n"
        f"{kid}  active  now         -\n"
        "\n"
        f"{kid[:11]}…                    |#########################################\n"
        "| now, 2026-11-24 21:40:00 UTC; a column is 24m; . published, # active, - retiring\n"
    )
    assert (key["alg"], key["nbf"], "exp" in key) == ("ES256", NOW, False)
    assert stage.kids() == ([kid], [kid])
    assert stat.S_IMODE(stage.private.stat().st_mode) == 0o600
    assert stage.signer() == kid
    assert key["d"] not in stage.public.read_text()


def test_the_life_of_a_key(stage: Stage) -> None:
    (first,) = [one["kid"] for one in stage.plan()["changes"]]
    stage.now = begun = NOW + 30 * DAY
    document = stage.plan("--every", "30d")
    second = document["changes"][0]["kid"]
    assert document["changes"] == [
        {"change": "added", "kid": second, "at": begun + HOUR, "utc": "2026-12-24T22:40:00Z"},
        {"change": "retires", "kid": first, "at": begun + 25 * HOUR, "utc": "2026-12-25T22:40:00Z"},
    ]
    assert [(key["kid"], key["state"]) for key in document["keys"]] == [(first, "active"), (second, "published")]
    assert document["keys"][0]["times"] == {
        "active": {"at": NOW, "utc": "2026-11-24T21:40:00Z"},
        "retiring": {"at": begun + HOUR, "utc": "2026-12-24T22:40:00Z"},
        "gone": {"at": begun + 25 * HOUR, "utc": "2026-12-25T22:40:00Z"},
    }
    assert document["next_rotation"]["at"] == begun + HOUR + 30 * DAY
    assert stage.kids() == ([first, second], [first, second])
    for later, signer, state in (
        (0, first, "active"),
        (HOUR - 1, first, "active"),
        (HOUR, second, "retiring"),
        (25 * HOUR - 1, second, "retiring"),
    ):
        stage.now = begun + later
        before = stage.state()
        document = stage.plan("--every", "30d")
        assert (document["changed"], document["written"], document["changes"]) == (False, [], [])
        assert document["keys"][0]["state"] == state
        assert (stage.state(), stage.signer()) == (before, signer)
    stage.now = begun + 25 * HOUR
    assert [one["change"] for one in stage.plan("--every", "30d")["changes"]] == ["expired"]
    assert (stage.kids(), stage.signer()) == (([second], [second]), second)


def test_the_public_set_has_no_times(stage: Stage) -> None:
    stage.plan()
    stage.plan()
    for private, public in zip(stage.keys(), json.loads(stage.public.read_text())["keys"], strict=True):
        assert public == {name: private[name] for name in private if name not in {"d", "nbf", "exp"}}
        assert "nbf" in private


def test_every_says_that_the_active_key_is_too_young(stage: Stage) -> None:
    stage.plan()
    stage.now += 30 * DAY - 1
    before = stage.state()
    done = stage.rotate("--every", "30d")
    assert done.stdout.splitlines()[0] == "NOTHING DUE  the next rotation is in 1 s, 2026-12-24 21:40:00 UTC"
    assert stage.state() == before
    assert stage.rotate("--every", "30d", "-q").stdout == ""
    stage.now += 1
    said = stage.rotate("--every", "30d", "-q")
    assert said.stdout == "rotated: a new key, active in 1 h, 2026-12-24 22:40:00 UTC\n"


class TestPublicOut:
    """Written first, and whenever it differs from what the private set implies."""

    @pytest.mark.parametrize("content", [None, "", "{", '{"keys":[]}', '{"keys":[{"kty":"oct","k":"AA"}]}'])
    def test_it_is_repaired(self, stage: Stage, content: str | None) -> None:
        stage.plan()
        (_, mtime, _, private), (*_, public) = stage.state()
        stage.public.unlink() if content is None else stage.public.write_text(content)
        done = stage.rotate("--every", "1d")
        assert done.stdout.splitlines()[:2] == [
            f"REPAIRED  {stage.public} was not what {stage.private} implies",
            f"wrote {stage.public}",
        ]
        (_, mtime_after, _, private_after), (*_, public_after) = stage.state()
        assert (mtime_after, private_after, public_after) == (mtime, private, public)

    def test_its_layout_is_its_own(self, stage: Stage) -> None:
        stage.plan()
        stage.public.write_text(json.dumps(json.loads(stage.public.read_text()), indent=7))
        before = stage.state()
        assert stage.plan("--every", "1d")["changed"] is False
        assert stage.state() == before

    @pytest.mark.parametrize("fault", ["public", "private"])
    def test_a_rerun_after_a_crash_repairs(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
        """Killed before or after the public set was written: the private one is as it was, and nothing is lost."""
        stage.plan()
        (first,) = stage.kids()[0]
        real = in_place.replace

        def crash(path: str, data: bytes, *, private: bool) -> None:
            if private or fault == "public":
                raise KeyboardInterrupt
            real(path, data, private=private)

        monkeypatch.setattr(in_place, "replace", crash)
        before = stage.state()
        assert stage.rotate().exit == 130
        assert stage.state()[0] == before[0]
        assert (stage.state()[1] == before[1]) is (fault == "public")
        monkeypatch.undo()
        stage.plan()
        private, public = stage.kids()
        assert (private[0], len(private), public) == (first, 2, private)

    def test_keys_that_the_private_set_never_had_are_named(self, cli: Cli, keys: Path, stage: Stage) -> None:
        """As where FILE was mistyped, and a new one was made."""
        assert cli("jwks", "build", keys / "es256.jwk", "-o", stage.public, "--force").exit == 0
        done = stage.rotate("-q")
        assert done.stderr == f"note: keys that {stage.private} doesn't have are no longer in {stage.public}: 'k1'\n"
        assert stage.rotate("-q", "--every", "1d", "--retire-after", "1h").stderr == ""

    def test_without_it_what_is_published_is_the_users_to_mend(self, stage: Stage) -> None:
        (kid,) = [one["kid"] for one in stage.plan()["changes"]]
        done = stage.rotate("--compromised", kid, public=False)
        assert done.stderr.splitlines()[0] == (
            "note: no --public-out was named: take the compromised key out of the set that you publish"
        )

    def test_not_over_the_private_set(self, stage: Stage) -> None:
        stage.plan()
        stage.public.unlink()
        stage.public.symlink_to(stage.private)
        done = stage.rotate()
        assert (done.exit, done.stderr) == (
            2,
            "jwtool: error: FILE and --public-out name the same file, and each set needs its own\n",
        )

    def test_a_secret_is_not_published(self, stage: Stage) -> None:
        assert stage.rotate("--alg", "HS256").exit == 4
        assert not stage.private.exists()
        assert not stage.public.exists()
        assert stage.rotate("--alg", "HS256", public=False).exit == 0
        assert stage.rotate("--json").codes == {"key_symmetric_in_public"}


class TestCompromised:
    """Dropped now; if it was the active key, a new one is active at once."""

    def test_the_active_key_in_the_middle_of_a_rotation(self, stage: Stage) -> None:
        stage.plan()
        stage.plan()
        (first, second), _ = stage.kids()
        done = stage.rotate("--compromised", first)
        private, public = stage.kids()
        third = private[1]
        assert (private, public, stage.signer()) == ([second, third], [second, third], third)
        assert done.stdout.splitlines()[0] == f"ROTATED  a new key, active at once; 1 key gone: '{first}'"
        assert done.stderr == "note: clients meet the new key before the copies of the set that they keep are renewed\n"
        stage.now += HOUR
        assert stage.signer() == second

    def test_by_its_thumbprint(self, stage: Stage) -> None:
        (old,) = [one["kid"] for one in stage.plan()["changes"]]
        document = stage.plan("--compromised", old)
        assert [one["change"] for one in document["changes"]] == ["compromised", "added"]

    def test_one_that_is_not_there(self, stage: Stage) -> None:
        stage.plan()
        before = stage.state()
        done = stage.rotate("--compromised", "nobody")
        (kid,) = stage.kids()[0]
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr == (f"jwtool: error: no key of {stage.private} is called 'nobody'; on offer: '{kid}'\n")
        assert stage.state() == before


def test_the_operation_for_a_server(tmp_path: Path) -> None:
    """`now` and paths in, what was done out; nothing of a command line."""
    private, public = tmp_path / "s.json", tmp_path / "p.json"
    schedule = Schedule(publish_before=60, retire_after=600)
    made = rotate(str(private), schedule, now=NOW, public_out=str(public))
    assert (made.made, made.written) == (True, (str(public), str(private)))
    assert made.jwks == json.loads(public.read_text())
    again = rotate(str(private), schedule, now=NOW + 1, public_out=str(public))
    assert [(one.what, one.at) for one in again.changes] == [("added", NOW + 61), ("retires", NOW + 661)]
    idle = rotate(str(private), schedule, now=NOW + 2, public_out=str(public))
    assert (idle.changes, idle.written) == ((), ())
