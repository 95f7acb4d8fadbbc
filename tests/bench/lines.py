"""`verify --lines` beside the bare primitive and beside other libraries, interleaved: the table of `just bench-lines`.

Everything is a process of its own that reads 100,000 tokens of about 600 octets and writes a document for each to
/dev/null. `openssl speed -multi 2` is the raw rate of the primitive; PyJWT, joserfc and jwcrypto verify in a loop on
one core, with keys that are loaded once, the usual claims judged, and a document like ours written. Rates are tokens a
second without the start of the process, which is measured too and shown. Exits 1 where a bound is missed.

`python tests/bench/lines.py LIBRARY FILE JWKS` is one of those loops: it prints the seconds that it took.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROUNDS = 3
DISTINCT, COPIES = 5_000, 20
TOKENS = DISTINCT * COPIES
PEER_COPIES = 4
NOW = 1_795_556_400
ISSUER, AUDIENCE = "https://auth.example", "api"
LENGTH = 600
PRIMITIVES = {"RS256": ("rsa2048", 0.50), "ES256": ("ecdsap256", 0.75), "Ed25519": ("ed25519", 0.80)}
PEERS = {"PyJWT": 2.0, "joserfc": 1.3, "jwcrypto": None}
CORES = 2
LEAST_SPEEDUP, MOST_GROWTH, MEMORY = 1.7, 10.5, 0.10


class Timed(NamedTuple):
    """How long a process took, in seconds, and the most memory that it or a worker of it held, in megabytes."""

    seconds: float
    megabytes: float


class Figures:
    """The lines of the table, and whether a bound was missed."""

    def __init__(self) -> None:
        self.missed = False

    def show(self, name: str, value: str, ratio: float, bound: float | None, *, most: bool = False) -> None:
        """Print one line; a `bound` is the least that `ratio` may be, or the most."""
        failed = bound is not None and (ratio > bound if most else ratio < bound)
        self.missed = self.missed or failed
        sign = "" if bound is None else f"{'≤' if most else '≥'} {bound:g}"
        print(f"{name:<44}{value:>16}{ratio:>9.2f}{sign:>9}{'  missed' if failed else ''}", flush=True)


def main() -> int:
    """Measure, print the table, and say whether every bound holds."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for alg in PRIMITIVES:
            prepare(alg, folder)
        print(f"{TOKENS:,} tokens, {ROUNDS} rounds, medians{'':<15}{'tokens/s':>16}{'ratio':>9}{'bound':>9}")
        for alg, (primitive, bound) in PRIMITIVES.items():
            against_openssl(alg, primitive, bound, folder, figures)
        against_peers(folder, figures)
        grow(folder, figures)
    return 1 if figures.missed else 0


def against_openssl(alg: str, primitive: str, bound: float, folder: Path, figures: Figures) -> None:
    """Two processes of ours beside two of openssl."""
    raw, own, whole = [], [], []
    for _ in range(ROUNDS):
        raw.append(openssl(primitive))
        start, taken = verify(alg, folder, 0, CORES).seconds, verify(alg, folder, 1, CORES).seconds
        own.append(TOKENS / (taken - start))
        whole.append(TOKENS / taken)
    ratios = [mine / theirs for mine, theirs in zip(own, raw, strict=True)]
    with_start = [mine / theirs for mine, theirs in zip(whole, raw, strict=True)]
    median = statistics.median
    figures.show(f"openssl speed -multi {CORES} {primitive}", f"{median(raw):,.0f}", 1, None)
    figures.show(f"jwtool --jobs {CORES}, {alg}", f"{median(own):,.0f}", median(ratios), bound)
    figures.show("  with its start", f"{median(whole):,.0f}", median(with_start), None)


def against_peers(folder: Path, figures: Figures) -> None:
    """One process of ours beside the same loop over other libraries, and beside two of ours."""
    rates: dict[str, list[float]] = {name: [] for name in ("one", "two", *PEERS)}
    for _ in range(ROUNDS):
        for name, jobs in (("one", 1), ("two", CORES)):
            start, taken = verify("RS256", folder, 0, jobs).seconds, verify("RS256", folder, 1, jobs).seconds
            rates[name].append(TOKENS / (taken - start))
        for peer in PEERS:
            done = subprocess.run(
                [sys.executable, __file__, peer, str(folder / "RS256.few"), str(folder / "RS256.jwks")],
                check=True,
                capture_output=True,
                text=True,
            )
            rates[peer].append(DISTINCT * PEER_COPIES / float(done.stdout))
    median = statistics.median
    figures.show("jwtool --jobs 1, RS256", f"{median(rates['one']):,.0f}", 1, None)
    for peer, bound in PEERS.items():
        ratios = [mine / theirs for mine, theirs in zip(rates["one"], rates[peer], strict=True)]
        figures.show(f"  {peer}: how often ours", f"{median(rates[peer]):,.0f}", median(ratios), bound)
    ratios = [two / one for two, one in zip(rates["two"], rates["one"], strict=True)]
    figures.show(
        f"jwtool --jobs {CORES}: how often --jobs 1", f"{median(rates['two']):,.0f}", median(ratios), LEAST_SPEEDUP
    )


def grow(folder: Path, figures: Figures) -> None:
    """Ten times as many tokens by a pipe: ten times the time, and no more memory."""
    small, large = verify("RS256", folder, 1, CORES), verify("RS256", folder, 10, CORES)
    growth = large.seconds / small.seconds
    figures.show(
        f"{TOKENS * 10:,} tokens: how often the time",
        f"{TOKENS * 10 / large.seconds:,.0f}",
        growth,
        MOST_GROWTH,
        most=True,
    )
    ratio = large.megabytes / small.megabytes
    figures.show("  how often the memory", f"{large.megabytes:.0f} MB", ratio, 1 + MEMORY, most=True)


def verify(alg: str, folder: Path, times: int, jobs: int) -> Timed:
    """`jwtool verify --lines` of the tokens, so many times over; of none at all for its start."""
    command = [sys.executable, "-m", "jwtool", "verify", "--lines", "--jobs", str(jobs), "--at", str(NOW)]
    command += ["-k", str(folder / f"{alg}.jwks"), "-i", ISSUER, "-a", AUDIENCE]
    files = [str(folder / f"{alg}.txt")] * times
    with subprocess.Popen(["cat", *files] if times > 1 else ["true"], stdout=subprocess.PIPE) as cat:
        begun = time.perf_counter()
        argument = "-" if times > 1 else f"@{files[0] if files else os.devnull}"
        process = subprocess.Popen([*command, argument], stdin=cat.stdout, stdout=subprocess.DEVNULL)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"jwtool said {process.returncode}")
    return Timed(seconds, usage.ru_maxrss / 1024)


def openssl(primitive: str) -> float:
    """Verifications a second by two processes of openssl."""
    command = ["openssl", "speed", "-multi", str(CORES), "-seconds", "1", primitive]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(re.split(r"\s+", done.stdout.strip().splitlines()[-1].strip())[-1])


def prepare(alg: str, folder: Path) -> None:
    """A key, its set, and files of tokens that it signed in the last hour."""
    from jwtool.jose.keys.generate import generate
    from jwtool.jose.keys.public import to_jwk
    from jwtool.jose.sign import build_header, compact, encode_claims

    key = generate(alg)
    header = build_header(key, alg)
    tokens = []
    filling = ""
    for number in range(DISTINCT):
        issued = NOW - 3_000 + number * 2_900 // DISTINCT
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": f"user-{number}", "iat": issued, "exp": issued + 3_600}
        claims |= {"jti": str(uuid.UUID(int=number)), "scope": f"read write{filling}"}
        token = compact(encode_claims(claims), header, key, alg)
        if number == 0 and len(token) < LENGTH:
            filling = " " + "x" * ((LENGTH - len(token)) * 3 // 4)
            token = compact(encode_claims(claims | {"scope": f"read write{filling}"}), header, key, alg)
        tokens.append(f"{token}\n")
    (folder / f"{alg}.jwks").write_text(json.dumps({"keys": [to_jwk(key, private=False)]}))
    for ending, copies in (("txt", COPIES), ("few", PEER_COPIES)):  # by the time of their issue, as a log has them
        (folder / f"{alg}.{ending}").write_text("".join(token * copies for token in tokens))


def loop(judge: Callable[[str], tuple[Mapping[str, Any], Mapping[str, Any]]], tokens: Sequence[str]) -> float:
    """Seconds to judge all tokens and to write what was found, as we do."""
    checks = [{"name": name, "verdict": "ok"} for name in ("signature", "exp", "nbf", "iat", "iss", "aud")]
    begun = time.perf_counter()
    with Path(os.devnull).open("wb") as out:
        written = []
        for number, token in enumerate(tokens, 1):
            header, claims = judge(token)
            document = {"schema": "x/1", "ok": True, "line": number, "checked_at": NOW, "alg": header["alg"]}
            document |= {"key": {"kid": header["kid"]}, "checks": checks, "header": header, "claims": claims}
            written.append(json.dumps(document, separators=(",", ":")))
            if len(written) == 400:
                out.write("\n".join(written).encode())
                written = []
    return time.perf_counter() - begun


def by_pyjwt(jwk: str) -> Callable[[str], tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """A judge by PyJWT. Its clock is the system's, so the times are judged after it."""
    import jwt

    key = jwt.PyJWK(json.loads(jwk)).key

    def judge(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        found = jwt.decode_complete(
            token,
            key,
            algorithms=["RS256"],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        if not found["payload"]["iat"] <= NOW < found["payload"]["exp"]:
            sys.exit("a token was refused")
        return found["header"], found["payload"]

    return judge


def by_joserfc(jwk: str) -> Callable[[str], tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """A judge by joserfc."""
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    key = RSAKey.import_key(json.loads(jwk))
    registry = jwt.JWTClaimsRegistry(
        now=NOW, iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE}
    )

    def judge(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        found = jwt.decode(token, key, algorithms=["RS256"])
        registry.validate(found.claims)
        return found.header, found.claims

    return judge


def by_jwcrypto(jwk: str) -> Callable[[str], tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """A judge by jwcrypto. Its clock is the system's too."""
    from jwcrypto.jwk import JWK
    from jwcrypto.jws import JWS

    key = JWK.from_json(jwk)

    def judge(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        found = JWS.from_jose_token(token)
        found.verify(key, alg="RS256")
        claims = json.loads(found.payload)
        if not (claims["iat"] <= NOW < claims["exp"] and claims["iss"] == ISSUER and claims["aud"] == AUDIENCE):
            sys.exit("a token was refused")
        return json.loads(found.objects["protected"]), claims

    return judge


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    _, library, path, key_set = sys.argv
    makers = {"PyJWT": by_pyjwt, "joserfc": by_joserfc, "jwcrypto": by_jwcrypto}
    (only,) = json.loads(Path(key_set).read_text("utf-8"))["keys"]
    print(loop(makers[library](json.dumps(only)), Path(path).read_text("utf-8").splitlines()))
