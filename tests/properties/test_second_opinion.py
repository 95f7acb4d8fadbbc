"""A thousand tokens judged by jwtool, PyJWT and jwcrypto: where they disagree, disagreements.toml says why.

A case is usual in all respects but some. Where a peer answers otherwise than jwtool, the class of the disagreement is
what must be unusual for that: found by making the case as usual as it can be without them agreeing.
"""

from __future__ import annotations

import base64
import json
import re
import tomllib
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from jwtool.jose.algorithms import for_key
from jwtool.jose.errors import JwtoolError
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet, usable
from jwtool.jose.policy import ClaimPolicy
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from tests.properties.cases import Case, Trial

SEED, CASES = 4, 1000
LISTED = tomllib.loads(Path(__file__).with_name("disagreements.toml").read_text("utf-8"))


def ask_jwtool(trial: Trial, now: int) -> str:
    """`yes`, or what is said against the token."""
    claims = ClaimPolicy(issuers=trial.issuers, audiences=trial.audiences, leeway=trial.leeway)
    try:
        keys = usable(KeySet((parse_jwk(trial.jwk),), is_set=False))
        answer = verify(parse(trial.token), [OfferedSet(keys, "x")], Policy(claims, trial.algs), now=now)
    except JwtoolError as error:
        return error.code
    return " ".join(f"{check.name}: {check.code}" for check in answer.checks if check.verdict == "failed") or "yes"


def allowed(trial: Trial) -> list[str]:
    """The algorithms that a careful user of a peer would allow: there no key says it."""
    octets = len(trial.jwk.get("k", "")) * 3 // 4
    return list(trial.algs or for_key(trial.jwk["kty"], trial.jwk.get("crv"), max(octets, 32)))


def ask_pyjwt(trial: Trial) -> str:
    names = [name for name in allowed(trial) if name in jwt.algorithms.get_default_algorithms()]
    jwk = jwt.PyJWK(dict(trial.jwk), None if "alg" in trial.jwk else names[0] if names else "EdDSA")
    key = jwk.key.public_key() if hasattr(jwk.key, "public_key") else jwk.key
    jwt.decode(
        trial.token,
        jwk if "alg" in trial.jwk else key,
        algorithms=allowed(trial),
        audience=trial.audiences or None,
        issuer=trial.issuers or None,
        leeway=trial.leeway,
    )
    return "yes"


def ask_jwcrypto(trial: Trial) -> str:
    """It takes one issuer at most, and judges exp and nbf beside other demands only if these are demanded too."""
    payload = trial.token.split(".")[1]
    try:
        found = json.loads(base64.urlsafe_b64decode(payload + "=="))
    except ValueError:
        found = None
    there = found if isinstance(found, dict) else {}
    demands: dict[str, Any] = {"aud": list(trial.audiences)} if trial.audiences else {}
    refusal = None
    for issuer in trial.issuers or (None,):
        wanted = demands if issuer is None else {**demands, "iss": issuer}
        wanted |= {name: None for name in ("exp", "nbf") if wanted and name in there}
        read = JWT(algs=allowed(trial), check_claims=wanted or None, expected_type="JWS")
        read.leeway = trial.leeway
        try:
            read.deserialize(trial.token, JWK(**trial.jwk))
        except Exception as error:  # noqa: BLE001  it raises much
            refusal = error
        else:
            return "yes"
    assert refusal is not None
    raise refusal


PEERS: dict[str, Callable[[Trial], str]] = {"pyjwt": ask_pyjwt, "jwcrypto": ask_jwcrypto}


def ask(peer: str, trial: Trial) -> str:
    """`yes`, or the exception that the peer refuses with: any means no."""
    try:
        return PEERS[peer](trial)
    except Exception as error:  # noqa: BLE001  TypeError, KeyError and more are among its ways to refuse
        return f"{type(error).__name__}: {error}"


@pytest.fixture(autouse=True)
def _same_clock_for_all(monkeypatch: pytest.MonkeyPatch, cases: ModuleType) -> Iterator[None]:
    """Peers look at the clock themselves; and what they warn of is not our subject."""
    stopped = SimpleNamespace(now=lambda tz: SimpleNamespace(timestamp=lambda: float(cases.NOW), tz=tz))
    monkeypatch.setattr("jwt.api_jwt.datetime", stopped)
    monkeypatch.setattr("jwcrypto.jwt.time", SimpleNamespace(time=lambda: cases.NOW))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Judges:
    """The answers to cases, and how they differ."""

    def __init__(self, cases: ModuleType) -> None:
        self._cases = cases

    def differ(self, peer: str, case: Case) -> str | None:
        """What the peer does that jwtool doesn't: `accepts`, `refuses`, or None."""
        trial = self._cases.trial_of(case)
        ours, theirs = ask_jwtool(trial, self._cases.NOW) == "yes", ask(peer, trial) == "yes"
        return None if ours == theirs else "accepts" if theirs else "refuses"

    def classes(self, peer: str, case: Case) -> Iterator[tuple[str, str]]:
        """What the peer does, and what alone makes it: each single reason, else the least set of them."""
        usual = self._cases.USUAL
        odd = [respect for respect in case if case[respect] != usual[respect]]
        alone = [(self.differ(peer, {**usual, respect: case[respect]}), respect) for respect in odd]
        if any(difference for difference, _respect in alone):
            for difference, respect in alone:
                if difference:
                    yield difference, f"{respect} {case[respect]}"
            return
        difference, least = self.differ(peer, case), dict(case)
        for respect in odd:
            simpler = {**least, respect: usual[respect]}
            if self.differ(peer, simpler) == difference:
                least = simpler
        if difference:
            yield difference, ", ".join(f"{name} {least[name]}" for name in least if least[name] != usual[name])

    def tell(self, case: Case) -> str:
        """The case and its answers, for a person."""
        trial = self._cases.trial_of(case)
        odd = {respect: label for respect, label in case.items() if label != self._cases.USUAL[respect]}
        answers = {"jwtool": ask_jwtool(trial, self._cases.NOW), **{peer: ask(peer, trial) for peer in PEERS}}
        return f"{odd}\n  {answers}\n  {trial.token!a}"


def listed(peer: str, does: str) -> dict[str, str]:
    """The classes of disagreement with a peer that are known, and why."""
    return {reason: entry["because"] for entry in LISTED[does] for reason in entry.get(peer, ())}


@pytest.mark.slow
@pytest.mark.parametrize("peer", PEERS)
def test_every_disagreement_is_listed_with_its_reason(cases: ModuleType, peer: str) -> None:
    judges = Judges(cases)
    found: dict[str, dict[str, Case]] = {"accepts": {}, "refuses": {}}
    for case in cases.random_cases(SEED, CASES):
        for does, reason in judges.classes(peer, case):
            found[does].setdefault(reason, case)
    unlisted = [
        f"{peer} {does}: {reason}\n  {judges.tell(case)}"
        for does, reasons in found.items()
        for reason, case in reasons.items()
        if reason not in listed(peer, does)
    ]
    assert not unlisted, "\n".join([f"{len(unlisted)} classes are not in disagreements.toml:", *unlisted])
    stale = [f"{peer} {does}: {reason}" for does in found for reason in listed(peer, does).keys() - found[does].keys()]
    assert stale == []


def test_strictness_has_its_section() -> None:
    for entry in LISTED["accepts"]:
        assert re.search(r"RFC \d{4} §\d", entry["because"]), entry
    assert all(entry["because"] for entry in LISTED["refuses"])


def test_a_thousand_cases_have_every_label(cases: ModuleType) -> None:
    met = {pair for case in cases.random_cases(SEED, CASES) for pair in case.items()}
    assert met == {(respect, label) for respect, labels in cases.RESPECTS.items() for label in labels}


def test_the_usual_is_accepted_by_all(cases: ModuleType) -> None:
    trial = cases.trial_of(cases.USUAL)
    assert [ask_jwtool(trial, cases.NOW), *(ask(peer, trial) for peer in PEERS)] == ["yes"] * 3
