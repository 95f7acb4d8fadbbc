"""Rotation, another time and outages on demand, by programs on this machine and by nobody else."""

from __future__ import annotations

import json
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url
from jwtool.server import issuer_admin
from jwtool.server.issuer_admin import names_this_machine, refuse_stranger
from jwtool.server.issuer_keys import MAX_KEYS
from jwtool.server.messages import Request

if TYPE_CHECKING:
    from tests.server.conftest import Issuer

NOW = 1_795_556_400
SET = "/.well-known/jwks.json"
OPENID = "/.well-known/openid-configuration"


def kids(issuer: Issuer) -> list[str]:
    return [key["kid"] for key in issuer.ask("GET", SET)[2]["keys"]]


def signed_by(issuer: Issuer) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(base64url.decode(issuer.token()[2]["access_token"].split(".")[0]))
    return header


def is_active(issuer: Issuer, token: str) -> bool:
    form = [("client_id", "a"), ("client_secret", "b"), ("token", token)]
    active: bool = issuer.post("/introspect", form)[2]["active"]
    return active


def test_after_a_rotation_the_new_key_signs_and_old_tokens_live_on(issuer: Issuer) -> None:
    old = issuer.token()[2]["access_token"]
    etag = issuer.ask("GET", SET)[1]["etag"]
    status, fields, document = issuer.ask("POST", "/admin/rotate")
    assert (status, fields["cache-control"], document["alg"]) == (200, "no-store", "ES256")
    assert document["keys"] == kids(issuer) == [document["kid"], "k1"]
    assert signed_by(issuer)["kid"] == document["kid"]
    assert is_active(issuer, old)
    assert issuer.ask("GET", SET, If_None_Match=etag)[0] == 200


def test_a_rotation_may_change_the_algorithm_and_drop_the_old_keys(issuer: Issuer) -> None:
    old = issuer.token()[2]["access_token"]
    document = issuer.post("/admin/rotate", {"alg": "EdDSA", "drop": "yes"})[2]
    assert (document["alg"], document["keys"], kids(issuer)) == ("EdDSA", [document["kid"]], [document["kid"]])
    assert signed_by(issuer)["alg"] == "EdDSA"
    assert not is_active(issuer, old)
    assert issuer.ask("GET", OPENID)[2]["id_token_signing_alg_values_supported"] == ["EdDSA", "RS256"]


def test_a_key_may_be_published_before_it_signs(issuer: Issuer) -> None:
    document = issuer.post("/admin/rotate", {"publish-before": "30s", "alg": "EdDSA", "drop": "yes"})[2]
    new = document["kid"]
    assert document == {"kid": new, "alg": "EdDSA", "signs_from": NOW + 30, "keys": ["k1", new]}
    assert (kids(issuer), signed_by(issuer)["kid"]) == (["k1", new], "k1")
    issuer.post("/admin/time", {"at": "29s"})
    assert signed_by(issuer)["kid"] == "k1"
    issuer.post("/admin/time", {"at": "30s"})
    issuer.post("/admin/time", {"at": "now"})  # once it signs it goes on
    assert (kids(issuer), signed_by(issuer)["kid"]) == ([new], new)


def test_a_rotation_overtakes_one_that_waits(issuer: Issuer) -> None:
    waits = issuer.post("/admin/rotate", {"publish-before": "30s"})[2]["kid"]
    signs = issuer.post("/admin/rotate", {})[2]["kid"]
    issuer.post("/admin/time", {"at": "1h"})
    assert (kids(issuer), signed_by(issuer)["kid"]) == ([signs, "k1", waits], signs)


def test_the_oldest_key_goes_for_one_more_than_there_is_room_for(issuer: Issuer) -> None:
    for _ in range(MAX_KEYS):
        assert issuer.post("/admin/rotate", {"drop": "no"})[0] == 200
    assert (len(kids(issuer)), "k1" in kids(issuer)) == (MAX_KEYS, False)


def test_the_clock_of_the_issuer_moves_and_comes_back(issuer: Issuer) -> None:
    assert issuer.post("/admin/time", {"at": "1h"})[2] == {"now": NOW + 3600, "shift": 3600}
    assert issuer.claims()["iat"] == NOW + 3600
    assert issuer.post("/admin/time", {"at": "-2d"})[2]["shift"] == -172_800
    assert issuer.post("/admin/time", {"at": "2026-11-24T21:45:00Z"})[2] == {"now": NOW + 300, "shift": 300}
    token = issuer.token()[2]["access_token"]
    assert is_active(issuer, token)
    issuer.post("/admin/time", {"at": "20m"})
    assert not is_active(issuer, token)
    assert issuer.post("/admin/time", {"at": "now"})[2] == {"now": NOW, "shift": 0}


def test_an_outage_of_so_many_requests(issuer: Issuer) -> None:
    document = issuer.post("/admin/fail", {"status": "503", "requests": "2"})[2]
    assert document == {
        "failing": True,
        "status": 503,
        "delay": 0,
        "broken_set": False,
        "where": ["discovery", "jwks", "token", "introspect"],
        "requests": 2,
        "seconds": None,
    }
    found = [issuer.ask("GET", SET), issuer.token(), issuer.ask("GET", SET), issuer.token()]
    assert [one[0] for one in found] == [503, 503, 200, 200]
    assert found[0][1]["cache-control"] == "no-store"


def test_an_outage_in_one_place_until_it_is_over(issuer: Issuer) -> None:
    issuer.post("/admin/fail", [("status", "429"), ("where", "jwks"), ("where", "discovery")])
    assert [issuer.ask("GET", SET)[0] for _ in range(3)] == [429] * 3
    assert (issuer.ask("GET", OPENID)[0], issuer.token()[0]) == (429, 200)
    assert issuer.ask("POST", "/admin/fail")[2] == {"failing": False}
    assert issuer.ask("GET", SET)[0] == 200


def test_an_outage_for_a_time(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 5000.0
    monkeypatch.setattr(issuer_admin, "time", SimpleNamespace(monotonic=lambda: moment))
    assert issuer.post("/admin/fail", {"status": "500", "for": "30s"})[2]["seconds"] == 30
    moment += 29.9
    assert issuer.ask("GET", SET)[0] == 500
    moment += 0.1
    assert issuer.ask("GET", SET)[0] == 200


def test_a_delay_keeps_nobody_else_waiting(issuer: Issuer) -> None:
    issuer.post("/admin/fail", {"delay": "2s", "status": "503", "where": "token"})
    found: list[int] = []
    started = time.monotonic()
    late = threading.Thread(target=lambda: found.append(issuer.token()[0]))
    late.start()
    assert issuer.ask("GET", SET)[0] == 200
    assert found == []
    late.join()
    assert found == [503]
    assert time.monotonic() - started >= 2


def test_a_delay_alone_ends_well(issuer: Issuer) -> None:
    issuer.post("/admin/fail", {"delay": "1s", "requests": "1"})
    started = time.monotonic()
    assert issuer.ask("GET", SET)[0] == 200
    assert time.monotonic() - started >= 1
    assert issuer.post("/admin/fail", {})[2] == {"failing": False}


def test_a_broken_set_is_no_json_and_is_not_kept(issuer: Issuer) -> None:
    assert issuer.post("/admin/fail", {"set": "broken"})[2]["where"] == ["jwks"]
    with pytest.raises(json.JSONDecodeError):
        issuer.ask("GET", SET)
    assert issuer.token()[0] == 200
    issuer.post("/admin/fail", {})
    assert kids(issuer) == ["k1"]


@pytest.mark.parametrize(
    ("action", "form", "description"),
    [
        ("rotate", {"alg": "none"}, "'none' is not an algorithm that keys can be made for"),
        ("rotate", {"alg": "HS256"}, "an oct key is a shared secret and has no public half"),
        ("rotate", {"alg": "ECDH-ES"}, "'ECDH-ES' is not a signature algorithm"),
        ("rotate", {"drop": "perhaps"}, "drop takes yes or no"),
        ("rotate", {"at": "1h"}, "/admin/rotate takes alg, drop, publish-before, found at"),
        ("time", {}, "at is missing: at=1h, at=-5m, at=2026-11-24T21:45:00Z; at=now undoes it"),
        ("time", {"at": "15M"}, "'15M' is not a time"),
        ("fail", {"status": "200"}, "status takes a number from 400 to 599"),
        ("fail", {"status": "599"}, "599 is no status of HTTP"),
        ("fail", {"status": "x"}, "status takes a number from 400 to 599"),
        ("fail", {"delay": "2"}, "'2' is not a duration"),
        ("fail", {"delay": "1h"}, "a delay is at most 60s"),
        ("fail", {"where": "all"}, "where takes discovery, jwks, token, introspect"),
        ("fail", {"requests": "0"}, "requests takes a number from 1 to 1000000"),
        ("fail", {"set": "whole"}, "set takes broken"),
        ("fail", [("status", "500"), ("status", "501")], "the parameter status is given more than once"),
    ],
)
def test_what_is_not_understood_changes_nothing(issuer: Issuer, action: str, form: Any, description: str) -> None:
    status, _, answer = issuer.post(f"/admin/{action}", form)
    assert (status, answer["error"]) == (400, "invalid_request")
    assert answer["error_description"].startswith(description)
    assert (kids(issuer), issuer.claims()["iat"]) == (["k1"], NOW)


@pytest.mark.parametrize(
    ("action", "body", "member", "value"),
    [
        ("time", {"at": "1h"}, "shift", 3600),
        ("time", {"at": NOW + 5}, "shift", 5),
        ("fail", {"status": 503, "where": ["jwks", "token"], "delay": None}, "where", ["jwks", "token"]),
        ("rotate", {"drop": True, "alg": "EdDSA"}, "alg", "EdDSA"),
        ("fail", {}, "failing", False),
        ("time", {"at": ["1h", "2h"]}, "error_description", "the parameter at is given more than once"),
        ("time", {"at": {"b": 1}}, "error_description", "the member at is no single value"),
        ("time", [], "error_description", "the body is a list, wanted a JSON object"),
    ],
)
def test_a_test_may_speak_json(issuer: Issuer, action: str, body: Any, member: str, value: Any) -> None:
    answer = issuer.ask("POST", f"/admin/{action}", json.dumps(body).encode(), Content_Type="application/json")
    assert (answer[0], answer[2][member]) == (400 if member == "error_description" else 200, value)


def test_other_types_are_refused(issuer: Issuer) -> None:
    answer = issuer.ask("POST", "/admin/time", b"at=1h", Content_Type="text/plain")
    wanted = "the body must be application/x-www-form-urlencoded or application/json"
    assert (answer[0], answer[2]["error_description"]) == (400, wanted)


@pytest.mark.parametrize("action", ["rotate", "time", "fail"])
@pytest.mark.parametrize(
    "fields",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "10.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"X_Forwarded_For": "10.0.0.1"},
    ],
    ids=str,
)
def test_rebound_names_web_pages_and_proxies_are_refused(issuer: Issuer, action: str, fields: dict[str, str]) -> None:
    assert issuer.post(f"/admin/{action}", {"at": "1h"}, **fields)[0] == 403
    assert (kids(issuer), issuer.claims()["iat"]) == (["k1"], NOW)
    assert issuer.ask("GET", f"/admin/{action}", None, **fields)[0] == 405


@pytest.mark.parametrize("peer", ["10.0.0.1", "::2", "::ffff:10.0.0.1", "", "x"])
def test_other_machines_are_refused(peer: str) -> None:
    request = Request("POST", "/admin/rotate", {"host": ["127.0.0.1"]}, peer=peer)
    assert refuse_stranger(request) == "only this machine may do that"


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:80", "LOCALHOST:1", "a.localhost", "[::1]", "[::1]:80"])
def test_this_machine_is_let_in(peer: str, host: str) -> None:
    request = Request("POST", "/admin/rotate", {"host": [host], "sec-fetch-site": ["none"]}, peer=peer)
    assert refuse_stranger(request) is None


@pytest.mark.parametrize("host", ["", "localhost.evil.example", "evillocalhost", "[::2]", "2130706433", "0x7f.1"])
def test_names_that_are_not_this_machine(host: str) -> None:
    assert not names_this_machine(Request("POST", "/", {"host": [host]}))
