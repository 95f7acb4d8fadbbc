"""`jwtool jwks rotate`: the new key, the schedule, dry runs, and what FILE may be."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.commands.conftest import Stage
    from tests.cli.conftest import Cli

NOW = 1_795_556_400  # 2026-11-24 21:40:00 UTC
HOUR, DAY = 3_600, 86_400


class TestTheNewKey:
    """Like the active one, unless --alg says otherwise."""

    @pytest.mark.parametrize(
        ("made", "options", "like"),
        [
            (("--alg", "EdDSA", "--curve", "Ed448"), (), {"alg": "EdDSA", "crv": "Ed448"}),
            (("--alg", "PS256", "--size", "3072"), (), {"alg": "PS256", "bits": 3072}),
            (("--alg", "RS256", "--size", "3072"), ("--alg", "PS512"), {"alg": "PS512", "bits": 3072}),
            (("--alg", "ES384", "--use", "sig"), (), {"alg": "ES384", "use": "sig"}),
            (("--alg", "ES384", "--use", "sig"), ("--alg", "ES256"), {"alg": "ES256", "use": "sig"}),
            (("--alg", "HS256", "--size", "512"), (), {"alg": "HS256", "bits": 512}),
            (("--alg", "HS256"), ("--alg", "HS512"), {"alg": "HS512", "bits": 512}),
        ],
    )
    def test_like_the_active_one(
        self, cli: Cli, stage: Stage, made: tuple[str, ...], options: tuple[str, ...], like: dict[str, Any]
    ) -> None:
        assert cli("key", "new", "--kid", "k1", *made, "-o", stage.private).exit == 0
        assert stage.rotate(*options, public=False).exit == 0
        shown = cli("jwks", "show", "--json", stage.private).document["keys"][1]
        assert {name: shown[name] for name in like} == like

    def test_without_an_alg_as_sign_would_choose(self, keys: Path, stage: Stage) -> None:
        jwk = json.loads((keys / "es256.jwk").read_text())
        jwk = {name: value for name, value in jwk.items() if name != "alg"} | {"key_ops": ["sign"]}
        stage.private.write_text(json.dumps({"keys": [jwk]}))
        stage.plan()
        assert (stage.keys()[1]["alg"], stage.keys()[1]["key_ops"]) == ("ES256", ["sign"])

    def test_two_equally_good_keys_that_differ(self, cli: Cli, stage: Stage, keys: Path) -> None:
        assert cli("key", "new", "--alg", "EdDSA", "--kid", "k2", "-o", keys / "b.jwk").exit == 0
        assert cli("jwks", "build", "--private", keys / "es256.jwk", keys / "b.jwk", "-o", stage.private).exit == 0
        done = stage.rotate(public=False)
        assert (done.exit, done.stderr) == (
            4,
            (
                "jwtool: error: 2 keys are active, and they differ: 'k1' and 'k2'; the new one should be like which?\n"
                "hint: --alg ES256\n"
            ),
        )
        assert stage.rotate("--alg", "EdDSA", public=False).exit == 0

    @pytest.mark.parametrize("alg", ["ES257", "none", "ECDH-ES", ""])
    def test_an_unknown_alg(self, stage: Stage, alg: str) -> None:
        assert stage.rotate("--alg", alg, "--json").exit == 2
        assert not stage.private.exists()


class TestWhenMayI:
    """The schedule has to fit what clients and tokens do."""

    @pytest.mark.parametrize(
        ("argv", "exit_code"),
        [
            (("--max-age", "1h", "--token-life", "24h"), 0),
            (("--max-age", "61m"), 2),
            (("--token-life", "25h"), 2),
            (("--max-age", "61m", "--publish-before", "61m"), 0),
            (("--token-life", "25h", "--retire-after", "25h"), 0),
            (("--max-age", "2h", "--token-life", "25h", "--force"), 0),
        ],
    )
    def test_refused_unless_forced(self, stage: Stage, argv: tuple[str, ...], exit_code: int) -> None:
        done = stage.rotate(*argv, "--json")
        assert done.exit == exit_code
        assert stage.private.exists() is (exit_code == 0)
        if exit_code:
            assert done.codes == {"rotation_too_fast"}

    def test_an_every_that_can_not_be_kept(self, stage: Stage) -> None:
        assert stage.plan("--every", "1d")["notes"] == [
            "a rotation takes 1d1h (--publish-before and --retire-after), so one every 1d can't be"
        ]


class TestDryRun:
    """Says what would be done, and writes nothing."""

    def test_it(self, stage: Stage) -> None:
        done = stage.rotate("--dry-run")
        assert done.stdout.splitlines()[:2] == [
            f"WOULD MAKE  {stage.private}: its first key is active",
            f"would write {stage.public} and {stage.private}",
        ]
        assert os.listdir(stage.private.parent) == []
        stage.plan()
        before = stage.state()
        document = stage.plan("--dry-run")
        assert (document["dry_run"], document["changed"], len(document["keys"])) == (True, True, 2)
        assert stage.state() == before

    def test_at_looks_ahead(self, stage: Stage) -> None:
        stage.plan()
        before = stage.state()
        assert stage.plan("--every", "30d", "--dry-run", "--at", "29d")["changed"] is False
        document = stage.plan("--every", "30d", "--dry-run", "--at", "2026-12-24T21:40:00Z")
        assert (document["now"], document["changed"]) == (NOW + 30 * DAY, True)
        assert stage.state() == before

    def test_a_folder_that_is_not_there(self, stage: Stage, cli: Cli) -> None:
        path = stage.private.parent / "missing" / "s.json"
        done = cli("jwks", "rotate", path)
        assert (done.exit, done.stderr.splitlines()[0]) == (6, f"jwtool: error: no such folder: '{path.parent}'")


class TestFile:
    """What FILE may be, and what is kept of it."""

    def test_without_private_keys(self, stage: Stage, cli: Cli, keys: Path) -> None:
        done = cli("jwks", "rotate", keys / "jwks.json")
        assert (done.exit, done.stderr) == (
            4,
            (
                f"jwtool: error: {keys}/jwks.json holds no private key, and what is rotated is a private set\n"
                "hint: the public set is named with --public-out\n"
            ),
        )
        stage.private.write_text('{"keys":[]}')
        assert stage.rotate("--json").codes == {"key_not_private"}

    def test_keys_for_encryption_only(self, cli: Cli, tmp_path: Path) -> None:
        assert cli("key", "new", "--alg", "ECDH-ES", "-o", tmp_path / "e.jwk").exit == 0
        assert cli("jwks", "rotate", tmp_path / "e.jwk", "--json").codes == {"key_use_mismatch"}

    def test_private_keys_that_are_not_understood_only(self, stage: Stage) -> None:
        stage.private.write_text('{"keys":[{"kty":"strange","kid":"s","priv":"AA"}]}')
        done = stage.rotate()
        assert (done.exit, done.stderr) == (
            4,
            (
                f"jwtool: error: no private key of {stage.private} can be used: the key type 'strange' is not "
                "supported, wanted RSA, EC, OKP, oct, AKP\n"
            ),
        )

    def test_a_key_that_waits_only(self, stage: Stage) -> None:
        stage.plan()
        stage.now -= HOUR
        document = stage.plan()
        assert (document["changed"], document["keys"][0]["state"]) == (False, "published")
        assert document["notes"] == ["no key signs at this moment: each waits for its nbf"]

    def test_a_single_jwk_becomes_a_set(self, stage: Stage, keys: Path) -> None:
        stage.private.write_bytes((keys / "es256.jwk").read_bytes())
        stage.plan()
        assert stage.kids()[0][0] == "k1"
        assert stage.signer() == "k1"

    def test_unknown_members_order_and_layout_are_kept(self, stage: Stage, keys: Path) -> None:
        jwk = {"x-note": "théâtre", **json.loads((keys / "es256.jwk").read_text())}
        strange = [{"kty": "strange", "kid": "pq", "priv": "AA"}, jwk]
        stage.private.write_text(json.dumps({"x-owner": [1.5, None], "keys": strange, "x-last": True}, indent="\t"))
        stage.private.chmod(0o640)
        document = stage.plan()
        after = json.loads(stage.private.read_text())
        assert list(after) == ["x-owner", "keys", "x-last"]
        assert (after["x-owner"], after["x-last"]) == ([1.5, None], True)
        assert after["keys"][:2] == [strange[0], {**jwk, "exp": NOW + 25 * HOUR}]
        assert stage.private.read_text().splitlines()[1].startswith('\t"x-owner": [')
        assert stat.S_IMODE(stage.private.stat().st_mode) == 0o600
        assert document["notes"] == [
            "the key 'pq' is not published: the key type 'strange' is not supported, wanted RSA, EC, OKP, oct, AKP"
        ]

    def test_absurd_times(self, stage: Stage) -> None:
        """Numbers from outside drive nothing: not the picture, and not what is written."""
        stage.plan()
        (key,) = stage.keys()
        far = {**key, "kid": "far", "nbf": 1e300, "exp": 1e301}
        keys = [{**key, "kid": "old\x1b[2J", "nbf": -1e300}, {**key, "kid": "c", "nbf": 1.5, "exp": 2e12}, far]
        stage.private.write_text(json.dumps({"keys": keys}))
        done = stage.rotate("--compromised", "c")
        assert (done.exit, max(map(len, done.stdout.splitlines()[2:])) < 120, "\x1b" in done.stdout) == (0, True, False)
        assert stage.plan("--every", "1d")["changed"] is False
        assert stage.keys()[-1]["exp"] == 1e300

    def test_a_link_is_followed(self, stage: Stage, tmp_path: Path) -> None:
        stage.plan()
        for path in (stage.private, stage.public):
            path.rename(tmp_path / f"real-{path.name}")
            path.symlink_to(f"real-{path.name}")
        stage.public.chmod(0o604)
        stage.plan()
        assert stage.private.is_symlink()
        assert stage.public.is_symlink()
        assert len(stage.keys()) == 2
        assert stat.S_IMODE(stage.public.stat().st_mode) == 0o604

    @pytest.mark.parametrize(
        ("content", "exit_code", "code"),
        [
            (b"", 3, "key_unrecognized"),
            (b"{", 3, "bad_json"),
            (b"[]", 4, "jwks_malformed"),
            (b'{"keys":{}}', 4, "jwks_malformed"),
            (b'{"a":1}', 4, "jwks_malformed"),
            (b"\xff\xfe", 3, "bad_utf8"),
            (b'{"keys":[],"keys":[]}', 3, "duplicate_member"),
        ],
    )
    def test_what_is_no_set(self, stage: Stage, content: bytes, exit_code: int, code: str) -> None:
        stage.private.write_bytes(content)
        done = stage.rotate("--json")
        assert (done.exit, done.codes) == (exit_code, {code})
        assert stage.private.read_bytes() == content

    def test_pem(self, cli: Cli, stage: Stage) -> None:
        assert cli("key", "new", "--format", "pem", "-o", stage.private).exit == 0
        done = stage.rotate()
        assert (done.exit, done.stderr) == (
            4,
            (
                f"jwtool: error: {stage.private}: this is in PEM or DER, and what is edited in place is a JWK set\n"
                f"hint: make one of it: jwtool jwks build '{stage.private}' -o jwks.json, with --private to keep the "
                "private parts\n"
            ),
        )

    def test_what_is_no_file(self, cli: Cli, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path, exit_code in ((tmp_path, 3), (tmp_path / "pipe", 3), ("/dev/null", 3), ("-", 3), ("", 3)):
            assert cli("jwks", "rotate", path).exit == exit_code, path
        for path in (tmp_path, tmp_path / "pipe", "/dev/null", "-", ""):
            assert cli("jwks", "rotate", tmp_path / "s.json", "--public-out", path).exit == 6, path
            assert not (tmp_path / "s.json").exists()
