"""`jwtool verify`: the exact boundaries of the times, through the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli

NOW = 1_795_556_400


@pytest.fixture
def codes(cli: Cli, keys: Path, issue: Issue) -> Any:
    """The codes of the failed checks of a token with these claims, judged at NOW; the exit code agrees with them."""

    def judge(claims: dict[str, Any], *options: str, now: int = NOW) -> set[str]:
        done = cli("verify", "--json", "-k", keys / "es256.public.jwk", *options, issue(claims), now=now)
        assert done.exit == (1 if done.codes else 0)
        assert done.document["ok"] is not bool(done.codes)
        return done.codes

    return judge


@pytest.mark.parametrize(
    ("exp", "leeway", "failed"),
    [
        (NOW + 1, "0s", set()),
        (NOW, "0s", {"token_expired"}),
        (NOW - 1, "0s", {"token_expired"}),
        (NOW - 59, "1m", set()),
        (NOW - 60, "1m", {"token_expired"}),
        (NOW + 0.5, "0s", set()),
        (NOW - 0.5, "0s", {"token_expired"}),
        (NOW + 1e0, "0s", set()),
        (0, "0s", {"token_expired"}),
        (-1, "0s", {"token_expired"}),
        (10**15, "0s", set()),
        (1e300, "0s", set()),
        (NOW * 1000, "0s", set()),
    ],
)
def test_exp_is_good_before_and_not_at(codes: Any, exp: float, leeway: str, failed: set[str]) -> None:
    assert codes({"exp": exp}, "--leeway", leeway) == failed


@pytest.mark.parametrize(
    ("nbf", "leeway", "failed"),
    [
        (NOW, "0s", set()),
        (NOW + 1, "0s", {"token_not_yet_valid"}),
        (NOW + 60, "60s", set()),
        (NOW + 61, "60s", {"token_not_yet_valid"}),
        (NOW + 0.5, "0s", {"token_not_yet_valid"}),
        (10**15, "0s", {"token_not_yet_valid"}),
    ],
)
def test_nbf_is_good_from_it_on(codes: Any, nbf: float, leeway: str, failed: set[str]) -> None:
    assert codes({"nbf": nbf}, "--leeway", leeway) == failed


@pytest.mark.parametrize(
    ("iat", "options", "failed"),
    [
        (NOW + 86_400, (), set()),
        (NOW - 86_400 * 365, (), set()),
        (NOW - 300, ("--max-age", "5m"), set()),
        (NOW - 301, ("--max-age", "5m"), {"token_too_old"}),
        (NOW - 310, ("--max-age", "5m", "--leeway", "10s"), set()),
        (NOW - 311, ("--max-age", "5m", "--leeway", "10s"), {"token_too_old"}),
        (NOW, ("--max-age", "0s"), set()),
        (NOW + 1, ("--max-age", "5m"), {"iat_in_future"}),
        (NOW + 10, ("--max-age", "5m", "--leeway", "10s"), set()),
        (NOW + 11, ("--max-age", "5m", "--leeway", "10s"), {"iat_in_future"}),
        (None, ("--max-age", "5m"), {"claim_missing"}),
        (None, (), set()),
    ],
)
def test_the_age_is_judged_where_one_is_demanded(
    codes: Any, iat: int | None, options: tuple[str, ...], failed: set[str]
) -> None:
    assert codes({} if iat is None else {"iat": iat}, *options) == failed


@pytest.mark.parametrize(
    ("auth_time", "leeway", "failed"),
    [
        (NOW - 3600, "0s", set()),
        (NOW - 3601, "0s", {"auth_too_old"}),
        (NOW - 3605, "5s", set()),
        (NOW - 3606, "5s", {"auth_too_old"}),
        (NOW + 1, "0s", {"auth_time_in_future"}),
        (NOW + 5, "5s", set()),
        (None, "0s", {"claim_missing"}),
        ("x", "0s", {"claim_bad_type"}),
    ],
)
def test_max_auth_age_is_of_auth_time(codes: Any, auth_time: Any, leeway: str, failed: set[str]) -> None:
    claims = {"iat": NOW - 86_400} if auth_time is None else {"iat": NOW - 86_400, "auth_time": auth_time}
    assert codes(claims, "--max-auth-age", "1h", "--leeway", leeway) == failed


@pytest.mark.parametrize(
    ("claims", "leeway", "failed"),
    [
        ({"exp": NOW + 300}, "0s", set()),
        ({"exp": NOW + 299}, "0s", {"ttl_too_short"}),
        ({"exp": NOW + 299}, "10m", {"ttl_too_short"}),
        ({}, "0s", set()),
        ({"exp": NOW - 1}, "0s", {"token_expired", "ttl_too_short"}),
    ],
)
def test_min_ttl_knows_no_leeway(codes: Any, claims: dict[str, Any], leeway: str, failed: set[str]) -> None:
    assert codes(claims, "--min-ttl", "5m", "--leeway", leeway) == failed


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ["1795556400", True, None, [NOW], {}])
def test_a_time_that_is_no_number_fails(codes: Any, name: str, value: object) -> None:
    assert codes({name: value}) == {"claim_bad_type"}


@pytest.mark.parametrize(
    ("at", "failed"),
    [
        ("now", {"token_expired"}),
        (str(NOW - 1), set()),
        (str(NOW), {"token_expired"}),
        ("-1s", set()),
        ("1h", {"token_expired"}),
        ("2026-11-24T22:39:59+01:00", set()),
        ("2026-11-24T21:40:00Z", {"token_expired"}),
    ],
)
def test_at_judges_at_another_time(codes: Any, at: str, failed: set[str]) -> None:
    assert NOW == 1_795_556_400
    assert codes({"exp": NOW}, "--at", at) == failed


def test_checked_at_is_the_time_of_judgement(cli: Cli, keys: Path) -> None:
    verify = ("verify", "--json", "-k", keys / "jwks.json", f"@{keys}/token.jwt")
    assert cli(*verify).document["checked_at"] == NOW
    assert cli(*verify, "--at", "-1h").document["checked_at"] == NOW - 3600


@pytest.mark.parametrize(
    ("claims", "options", "row"),
    [
        ({"exp": NOW - 7200}, (), "expiry      FAILED  expired 2 h ago, 2026-11-24 19:40:00 UTC"),
        (
            {"exp": NOW - 30},
            ("--leeway", "1m"),
            "expiry      ok  expired 30 s ago, 2026-11-24 21:39:30 UTC, within the leeway of 1m",
        ),
        ({"exp": NOW}, (), "expiry      FAILED  expired now, 2026-11-24 21:40:00 UTC"),
        ({}, (), "expiry      absent  never expires"),
        ({"exp": NOW * 1000}, (), "expiry      ok  expires in 56879 y, 1795556400000; milliseconds?"),
        ({"nbf": NOW + 90}, (), "not before  FAILED  valid in 1 min, 2026-11-24 21:41:30 UTC"),
        ({"iat": NOW + 90}, (), "issued at   ok  issued in 1 min, 2026-11-24 21:41:30 UTC: ahead of this clock"),
        ({"exp": 10**15}, (), "expiry      ok  expires in over 1000000 y, 1000000000000000"),
        ({"exp": "x"}, (), "expiry      FAILED  must be a number of seconds, found a string"),
    ],
)
def test_the_report_says_when(
    cli: Cli, keys: Path, issue: Issue, claims: dict[str, Any], options: tuple[str, ...], row: str
) -> None:
    lines = cli("verify", "-k", keys / "es256.public.jwk", *options, issue(claims)).stdout.splitlines()
    squeezed = [" ".join(line.split()) for line in lines]
    assert squeezed.count(" ".join(row.split())) == 1


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (("--leeway", "15"), "'15' is not a duration", "for 15 seconds write 15s"),
        (("--leeway", "-5s"), "'-5s' is not a duration", "for 5 seconds write 5s"),
        (("--max-age", "1M"), "'1M' is not a duration", "for 1 minute write 1m"),
        (("--max-auth-age", ""), "'' is not a duration", "write it as in 90s, 15m, 12h, 7d or 1h30m"),
        (("--min-ttl", "1m1h"), "'1m1h' is not a duration", "write 1h1m"),
        (
            ("--at", "yesterday"),
            "'yesterday' is not a time",
            "a TIME is now, 15m, -5m, Unix seconds, or like 2026-11-24T21:45:00Z",
        ),
        (("--at", "1795556400000"), "'1795556400000' is not a time", "milliseconds? in seconds it is 1795556400"),
        (("--at", "2026-11-24"), "'2026-11-24' is not a time", "add the time of day and a zone: 2026-11-24T00:00:00Z"),
    ],
)
def test_a_time_that_cannot_be_read_is_a_usage_error(
    cli: Cli, keys: Path, options: tuple[str, ...], message: str, hint: str
) -> None:
    done = cli("verify", "-k", keys / "jwks.json", *options, f"@{keys}/token.jwt")
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == f"jwtool: error: {message}\nhint: {hint}\n"
