"""`many_verifiers.py COUNT ROUNDS AT URL PATH`: processes that verify one token with the set at a URL, all at once.

They have imported everything already, and begin when a pipe is closed. Each verifies as `jwtool verify -k URL @PATH`
does, ROUNDS times, without the time that it takes to build a command line. Prints the exit code of each.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from jwtool.cli.exits import exit_code
from jwtool.jose.errors import JwtoolError
from jwtool.jose.token import UnverifiedToken, parse
from jwtool.jose.verify import Policy
from jwtool.operations.trusted import KeySource, Trusted
from jwtool.operations.verify_token import verify_token
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime

for late in ("httpx", "jwtool.sources.exchange", "jwtool.sources.jwks_uri", "jwtool.sources.atomic"):
    import_module(late)


def verify(token: UnverifiedToken, url: str, at: int) -> int:
    """The exit code of one verification."""
    trusted = Trusted((KeySource(url),), (), ())
    try:
        done = verify_token(
            token, trusted, Policy(), Runtime.of_this_process(), network=Network(60), passphrase=None, at=at
        )
    except JwtoolError as error:
        return exit_code(error)
    return 0 if done.verification.valid else 1


def main(count: int, rounds: int, at: int, url: str, path: str) -> None:
    token = parse(Path(path).read_text().strip())
    gate, opener = os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os.close(opener)
            os.read(gate, 1)
            os._exit(max(verify(token, url, at) for _ in range(rounds)))
        children.append(child)
    os.close(opener)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.stdout.write(" ".join(map(str, codes)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
