"""How a test drives the local issuer: a new key, another time, an outage. Only for programs on this machine.

The peer must be loopback, and so must the Host that it asked for: a web page whose name was rebound to 127.0.0.1 asks
for its own name. A browser says where a request of a page comes from, and none of those is let through.
"""

from __future__ import annotations

import ipaddress
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose.numeric_date import parse_duration
from jwtool.server.issuer_keys import rotated
from jwtool.server.messages import Request, Response, plain
from jwtool.server.oauth import OAuthError, answer_json, one, read_form
from jwtool.sources.grammar import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtool.server.issuer_keys import Ring

PLACES = ("discovery", "jwks", "token", "introspect")
MAX_DELAY = 60
MAX_REQUESTS = 1_000_000
_FROM_ELSEWHERE = ("origin", "forwarded", "x-forwarded-for", "x-forwarded-host", "via")
_PARAMETERS = {
    "rotate": ("alg", "drop", "publish-before"),
    "time": ("at",),
    "fail": ("status", "delay", "set", "where", "requests", "for"),
}


class Fault(NamedTuple):
    """What goes wrong: an error `status`, a `delay` in seconds, a `broken` key set."""

    status: HTTPStatus | None = None
    delay: int = 0
    broken: bool = False


NO_FAULT = Fault()
REBOUND = "the Host must be localhost, 127.0.0.1 or [::1]: another name may have been rebound to this machine"
NOW = "0s"


class Stage:
    """What a test can change about the issuer while it runs. `now` is the clock of this machine."""

    def __init__(self, ring: Ring, now: Callable[[], int]) -> None:
        self._ring = ring
        self._next: tuple[int, Ring] | None = None
        self._now = now
        self._shift = 0
        self._fault = NO_FAULT
        self._where: tuple[str, ...] = ()
        self._left: int | None = None
        self._until: float | None = None

    @property
    def ring(self) -> Ring:
        """The keys as they are now, by the clock of the issuer."""
        self._advance()
        return self._ring

    def _advance(self) -> None:
        """Let the key that was published ahead sign, once its time has come; it stays so if the clock goes back."""
        if self._next is not None and self.clock() >= self._next[0]:
            self._ring, self._next = self._next[1], None

    def clock(self) -> int:
        """The time that it is for the issuer, in Unix seconds."""
        return self._now() + self._shift

    def take_fault(self, place: str) -> Fault:
        """What goes wrong with this request to `place`; it counts as one of those that shall fail."""
        over = self._left == 0 or (self._until is not None and time.monotonic() >= self._until)
        if over:
            self._fault = NO_FAULT
        if self._fault == NO_FAULT or place not in self._where:
            return NO_FAULT
        if self._left is not None:
            self._left -= 1
        return self._fault

    def act(self, action: str, request: Request) -> Response:
        """Do what a POST to /admin/ACTION asks for.

        Raises OAuthError, and JwtoolError for a value that can't be meant.
        """
        refusal = refuse_stranger(request)
        if refusal is not None:
            return plain(HTTPStatus.FORBIDDEN, refusal)
        form = read_form(request, repeatable=("where",), is_oauth=False)
        for name in form:
            if name not in _PARAMETERS[action]:
                known = ", ".join(_PARAMETERS[action])
                raise OAuthError("invalid_request", f"/admin/{action} takes {known}, found {name[:40]}")
        return answer_json({"rotate": self._rotate, "time": self._time, "fail": self._fail}[action](form))

    def _rotate(self, form: dict[str, list[str]]) -> Mapping[str, Any]:
        drop = _choice(form, "drop", ("yes", "no")) == "yes"
        at = self.clock() + parse_duration(one(form, "publish-before") or NOW)
        before, after = rotated(self.ring, alg=one(form, "alg"), drop=drop)
        self._ring, self._next = before, (at, after)
        published = [key.kid for key in self.ring.keys]
        return {"kid": after.signer.kid, "alg": after.alg, "signs_from": at, "keys": published}

    def _time(self, form: dict[str, list[str]]) -> Mapping[str, Any]:
        at = one(form, "at")
        if at is None:
            raise OAuthError(
                "invalid_request", "at is missing: at=1h, at=-5m, at=2026-11-24T21:45:00Z; at=now undoes it"
            )
        self._shift = parse_time(at, self._now()) - self._now()
        self._advance()
        return {"now": self.clock(), "shift": self._shift}

    def _fail(self, form: dict[str, list[str]]) -> Mapping[str, Any]:
        status = _number(form, "status", 400, 599)
        delay = parse_duration(form["delay"][0]) if "delay" in form else 0
        if delay > MAX_DELAY:
            raise OAuthError("invalid_request", f"a delay is at most {MAX_DELAY}s")
        where = tuple(form.get("where", PLACES))
        for place in where:
            if place not in PLACES:
                raise OAuthError("invalid_request", f"where takes {', '.join(PLACES)}")
        try:
            code = None if status is None else HTTPStatus(status)
        except ValueError:
            raise OAuthError("invalid_request", f"{status} is no status of HTTP") from None
        requests = _number(form, "requests", 1, MAX_REQUESTS)
        lasts = parse_duration(form["for"][0]) if "for" in form else None
        self._fault = Fault(code, delay, _choice(form, "set", ("broken",)) is not None)
        self._where = ("jwks",) if self._fault == Fault(broken=True) else where
        self._left = requests
        self._until = None if lasts is None else time.monotonic() + lasts
        if self._fault == NO_FAULT:
            return {"failing": False}
        return {
            "failing": True,
            "status": status,
            "delay": delay,
            "broken_set": self._fault.broken,
            "where": list(self._where),
            "requests": requests,
            "seconds": lasts,
        }


def refuse_stranger(request: Request) -> str | None:
    """Why this request may not change anything, or None for one by a program on this machine."""
    if not _is_loopback(request.peer):
        return "only this machine may do that"
    if not names_this_machine(request):
        return REBOUND
    if any(name in request.fields for name in _FROM_ELSEWHERE):
        return "no web page and no proxy may do that"
    if request.fields.get("sec-fetch-site", ["none"]) != ["none"]:
        return "no web page may do that"
    return None


def names_this_machine(request: Request) -> bool:
    """Whether the Host is one that no name server can point here: a loopback address, or localhost (RFC 6761 §6.3)."""
    host = named_host(request)
    return host.endswith(".localhost") or host == "localhost" or _is_loopback(host.removeprefix("[").removesuffix("]"))


def named_host(request: Request) -> str:
    """The host that the request asks for, without its port; IPv6 in brackets."""
    return re.sub(r":[0-9]+\Z", "", (request.fields.get("host") or [""])[0]).lower()


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)  # how an IPv6 socket names an IPv4 peer
    return bool((mapped or found).is_loopback)


def _choice(form: dict[str, list[str]], name: str, allowed: tuple[str, ...]) -> str | None:
    value = one(form, name)
    if value is not None and value not in allowed:
        raise OAuthError("invalid_request", f"{name} takes {' or '.join(allowed)}")
    return value


def _number(form: dict[str, list[str]], name: str, least: int, most: int) -> int | None:
    value = one(form, name)
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
        raise OAuthError("invalid_request", f"{name} takes a number from {least} to {most}")
    return int(value)
