"""`jwtool verify --lines` and `decode --lines`: a document a line, in order, and the summary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.batch.tally import MAX_NAMED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Outcome

NOW = 1_795_556_400
TOO_LONG = 1024 * 1024 + 1


@pytest.fixture
def good(keys: Path) -> str:
    return (keys / "token.jwt").read_text().strip()


@pytest.fixture
def verify(cli: Cli, keys: Path) -> Any:
    def call(*argv: str, stdin: bytes | str = b"", **more: Any) -> Outcome:
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        return cli("verify", "-k", keys / "es256.public.jwk", "--lines", *argv, stdin=data, **more)

    return call


def documents(outcome: Outcome) -> list[Any]:
    return [json.loads(line) for line in outcome.stdout.splitlines()]


def test_each_line_is_answered_as_the_command_answers_it_alone(verify: Any, cli: Cli, keys: Path, good: str) -> None:
    done = verify(stdin=f"{good}\n\n \t\nx.y.z\nBearer {good}\r\n{good[:-4]}AAAA\n{good}")
    assert (done.exit, done.stderr) == (1, "")
    found = documents(done)
    assert [(one["line"], one["ok"]) for one in found] == [
        *((1, True), (4, False), (5, True), (6, False), (7, True)),
    ]
    for document, token in zip(found, (good, "x.y.z", good, f"{good[:-4]}AAAA", good), strict=True):
        alone = cli("verify", "--json", "-k", keys / "es256.public.jwk", stdin=token.encode()).document
        assert document == alone | {"line": document["line"]}


def test_all_good(verify: Any, good: str) -> None:
    assert verify(stdin=f"{good}\n{good}\n").exit == 0
    assert (verify().exit, verify().stdout) == (0, "")
    assert verify(stdin="\n\n").exit == 0


def test_json_changes_nothing_but_the_summary(verify: Any, good: str) -> None:
    lines = f"{good}\nx\n"
    assert verify("--json", stdin=lines).raw == verify(stdin=lines).raw
    done = verify("--json", "--summary", stdin=lines)
    assert done.stderr == ""
    assert documents(done)[:2] == documents(verify(stdin=lines))
    assert documents(done)[2] == {
        "schema": "jwtool.lines/1",
        "ok": False,
        "lines": 2,
        "blank": 0,
        "passed": 1,
        "failed": 1,
        "reasons": {"token_malformed": 1},
        "kids": [{"kid": "k1", "passed": 1, "failed": 0}, {"kid": None, "passed": 0, "failed": 1}],
        "issuers": [
            {"iss": "https://auth.example", "passed": 1, "failed": 0},
            {"iss": None, "passed": 0, "failed": 1},
        ],
    }


def test_the_summary_for_people_is_beside_the_documents(verify: Any, good: str) -> None:
    done = verify("-a", "web", "--summary", stdin=f"{good}\n\n{good}\nx\n")
    assert len(documents(done)) == 3
    assert done.stderr == (
        "4 lines  0 ok, 3 failed, 1 blank\n"
        "\n"
        "reason           lines\n"
        "aud_mismatch     2\n"
        "token_malformed  1\n"
        "\n"
        "kid   ok  failed\n"
        "k1    0   2\n"
        "none  0   1\n"
        "\n"
        "issuer                ok  failed\n"
        "https://auth.example  0   2\n"
        "none                  0   1\n"
    )


def test_quiet_leaves_the_summary_alone(verify: Any, good: str) -> None:
    done = verify("-q", stdin=f"{good}\nx\n\n")
    assert (done.exit, done.stdout, done.stderr) == (1, "3 lines  1 ok, 1 failed, 1 blank\n", "")
    done = verify("-q", "--summary", stdin=f"{good}\n")
    assert done.stdout.startswith("1 line  1 ok, 0 failed\n\nkid ")
    (only,) = documents(verify("-q", "--json", stdin=f"{good}\n"))
    assert (only["schema"], only["ok"], only["passed"]) == ("jwtool.lines/1", True, 1)


def test_only(verify: Any, good: str) -> None:
    lines = f"{good}\nx\n{good}\n"
    assert [one["line"] for one in documents(verify("--only", "ok", stdin=lines))] == [1, 3]
    done = verify("--only", "failed", stdin=lines)
    assert (done.exit, [one["line"] for one in documents(done)]) == (1, [2])
    assert verify("--only", "ok", stdin=lines).exit == 1


def test_records(verify: Any, good: str) -> None:
    """The token in a log record, and what of the record is kept."""
    records = [
        {"ts": 1, "request": {"auth": f"Bearer {good}", "id": "r1"}, "who": None},
        {"ts": 2, "request": {"id": "r2"}},
        {"ts": 3, "request": {"auth": 7}},
        {"ts": 4, "request.auth": good},
    ]
    lines = "".join(f"{json.dumps(record)}\n" for record in records) + f"{good}\nnot json\n"
    keep = ("--keep", "ts", "--keep", "request.id", "--keep", "who", "--keep", "gone")
    found = documents(verify("--member", "request.auth", *keep, stdin=lines))
    assert [one["ok"] for one in found] == [True, False, False, True, False, False]
    assert found[0]["record"] == {"ts": 1, "request.id": "r1", "who": None}
    assert found[1]["error"]["message"] == "the JSON object has no member 'request.auth'"
    assert found[2]["error"]["message"] == "the member 'request.auth' is a number, wanted a string"
    assert found[3]["record"] == {"ts": 4}
    assert {one["error"]["code"] for one in found if not one["ok"]} == {"token_malformed"}
    (plain,) = documents(verify("--keep", "a", stdin=json.dumps({"access_token": good, "a": "\u202e"})))
    assert (plain["ok"], plain["record"]) == (True, {"a": "\u202e"})


def test_a_field_is_a_bare_line_and_reasons_are_aside(verify: Any, good: str) -> None:
    done = verify("-f", "sub", stdin=f"{good}\nx\n{good[:-4]}AAAA\n{good}\n")
    assert (done.exit, done.stdout) == (1, "user-42\nuser-42\n")
    assert done.stderr == (
        "line 2: the token has one segment, wanted three (JWS) or five (JWE), with dots between them\n"
        "line 3: not valid: signature_invalid\n"
    )
    quiet = verify("-q", "-f", "sub", stdin=f"{good}\nx\n")
    assert (quiet.exit, quiet.stdout, quiet.stderr) == (1, "user-42\n", "")
    gone = verify("-f", "gone", stdin=f"{good}\n")
    assert (gone.exit, gone.stdout, gone.stderr) == (1, "", "line 1: the token has no such member\n")


def test_a_line_too_long_is_a_no_and_the_stream_goes_on(verify: Any, good: str) -> None:
    done = verify(stdin=f"{good}\n{'x' * TOO_LONG}\n{good}\n{'y' * 300_000}\n{good}\n")
    found = documents(done)
    assert [(one["line"], one["ok"]) for one in found] == [(1, True), (2, False), (3, True), (4, False), (5, True)]
    assert [one["error"]["message"] for one in found if not one["ok"]] == [
        "the line holds more than 1 MiB",
        "the token holds more than 256 KiB",
    ]


def test_what_is_said_of_keys_is_said_once(cli: Cli, keys: Path, good: str) -> None:
    document = json.loads((keys / "jwks.json").read_text())
    document["keys"].append({"kty": "RSA", "kid": "broken"})
    (keys / "two.json").write_text(json.dumps(document))
    done = cli("verify", "--lines", "-k", keys / "two.json", stdin=f"{good}\n{good}\n".encode())
    assert done.exit == 0
    assert done.stderr.count("note: ") == 1
    quiet = cli("verify", "--lines", "--json", "--summary", "-k", keys / "two.json", stdin=f"{good}\n".encode())
    assert quiet.stderr == ""
    assert len(documents(quiet)[1]["notes"]) == 1


def test_a_pattern_has_its_time_for_each_line(verify: Any, cli: Cli, keys: Path) -> None:
    slow = cli("sign", "-k", keys / "es256.jwk", "-i", "a" * 40 + "!").stdout.strip()
    fast = cli("sign", "-k", keys / "es256.jwk", "-i", "aa").stdout.strip()
    found = documents(verify("--require", r"iss~=(\w+\.?)+", stdin=f"{slow}\n{fast}\n"))
    assert [one["ok"] for one in found] == [False, True]


def test_each_line_is_judged_at_the_moment_it_was_read_unless_at_says_another(verify: Any, good: str) -> None:
    (now,) = documents(verify(stdin=good, now=NOW + 10))
    assert now["checked_at"] == NOW + 10
    (later,) = documents(verify("--at", str(NOW + 86_400), stdin=good))
    assert (later["ok"], later["checked_at"]) == (False, NOW + 86_400)


def test_a_detached_token_has_its_own_reason(verify: Any, cli: Cli, keys: Path) -> None:
    token = cli("sign", "-k", keys / "es256.jwk", "--payload", "x", "--detached").stdout.strip()
    (document,) = documents(verify(stdin=token))
    assert (document["ok"], document["error"]["code"]) == (False, "payload_missing")


def test_the_number_of_names_in_a_summary_is_bounded(cli: Cli) -> None:
    """Whoever writes tokens can make up a kid for each."""
    from jwtool.jose import base64url

    tokens = [
        f"{base64url.encode(json.dumps({'alg': 'ES256', 'kid': f'{number}'}).encode())}.e30.AAAA"
        for number in range(MAX_NAMED + 50)
    ]
    done = cli("decode", "--lines", "-q", "--json", stdin="\n".join(tokens).encode())
    (document,) = documents(done)
    assert len(document["kids"]) == MAX_NAMED
    assert document["other_kids"] == {"passed": 50, "failed": 0}
    table = cli("decode", "--lines", "-q", "--summary", stdin="\n".join(tokens).encode())
    assert f"and {MAX_NAMED + 1 - 20} more\n" in table.stdout


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (("--only", "bad"), "--only takes ok or failed, found 'bad'", "--only failed"),
        (("--jobs", "0"), "--jobs takes 1 to 256, found 0", "--jobs 2"),
        (("--keep", ""), "--keep is empty, and a member's name is wanted", "--keep request_id"),
        (("--payload", "x"), "--payload is about one token, and --lines reads many", "leave --payload out"),
        (("--dpop", "@x"), "--dpop is about one token, and --lines reads many", "leave --dpop out"),
        (("--decrypt-key", "x"), "--decrypt-key is about one token, and --lines reads many", "leave --decrypt-key out"),
        (("--allow-secret-shipping",), "--allow-secret-shipping needs --cluster", "leave it out"),
        (
            ("eyJ.e30.",),
            "with --lines the input is -, @FILE or env:NAME, and a bare word was found",
            "without --lines for one token",
        ),
    ],
)
def test_what_makes_no_sense(verify: Any, argv: tuple[str, ...], message: str, hint: str) -> None:
    done = verify(*argv)
    assert (done.exit, done.stdout, done.stderr) == (2, "", f"jwtool: error: {message}\nhint: {hint}\n")


@pytest.mark.parametrize("option", [("--jobs", "2"), ("--only", "ok"), ("--summary",), ("--keep", "a")])
def test_options_that_need_lines(cli: Cli, option: tuple[str, ...]) -> None:
    done = cli("decode", *option, "x")
    assert (done.exit, done.stderr) == (2, f"jwtool: error: {option[0]} needs --lines\nhint: --lines {option[0]}\n")


def test_decode(cli: Cli, good: str) -> None:
    done = cli("decode", "--lines", stdin=f"{good}\n\nx\n".encode())
    assert done.exit == 1
    first, second = documents(done)
    assert first == cli("decode", "--json", stdin=good.encode()).document | {"line": 1}
    assert (second["line"], second["error"]["code"]) == (3, "token_malformed")
    fields = cli("decode", "--lines", "-f", "header.alg", stdin=f"{good}\n{good}\n".encode())
    assert (fields.exit, fields.stdout, fields.stderr) == (0, "ES256\nES256\n", "")


def test_secrets_are_not_sent_to_a_cluster(cli: Cli, good: str) -> None:
    env = {"SECRET": "a secret of sixty-four octets, that is long enough for all of them"}
    done = cli("verify", "--lines", "-k", "secret:env:SECRET", "--cluster", "x:1", stdin=good.encode(), env=env)
    assert (done.exit, done.stdout) == (4, "")
    assert done.stderr == (
        "jwtool: error: the secret of secret:env:SECRET would leave this machine\nhint: --allow-secret-shipping\n"
    )
