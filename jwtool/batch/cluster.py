"""A cluster: chunks judged by Dask's `distributed`. This file is what sends judge and chunks to its workers.

The judge goes to each worker once, also to one that joins later, as a plugin: keys are not sent with every chunk. What
goes is public: a private key by its public half, and a secret only if the user said so, for the way there may be plain
TCP. A worker that dies costs a retry, which the scheduler makes. Importing this file needs `distributed`.
"""

from __future__ import annotations

import logging
import pickle
import threading
import uuid
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from distributed import Client, WorkerPlugin, get_worker

from jwtool.jose.errors import JwtoolError, SecretShippingRefused, UsageError
from jwtool.jose.keys.public import public_half
from jwtool.jose.network_errors import ClusterFailed
from jwtool.jose.quoting import quote_public

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from jwtool.jose.keyset import KeySet
    from jwtool.jose.policy import ClaimPolicy
    from jwtool.jose.selection import OfferedSet
    from jwtool.operations.lines import Answered, Chunk, Judge

PATIENCE = 10  # seconds for the scheduler to answer
RETRIES = 3
AHEAD = 4  # chunks for each thread between the one that is written next and the last one that was sent

_own = threading.local()  # of a thread of a worker: the judge that it has unpacked, and whose it is


class JudgePlugin(WorkerPlugin):
    """What each worker is given once: a judge, pickled, under a name that no other run has."""

    def __init__(self, name: str, judge: bytes) -> None:
        self.name = name
        self.judge = judge


def judge_there(name: str, chunk: Chunk) -> Answered:
    """Judge a chunk; what a worker does. Each of its threads has a judge of its own."""
    if getattr(_own, "name", None) != name:
        plugin: Any = get_worker().plugins[name]
        _own.judge = pickle.loads(plugin.judge)  # noqa: S301  who sends work to a worker can run anything there
        _own.name = name
    answered: Answered = _own.judge.judge(chunk)
    return answered


def cluster_answers(judge: Judge, chunks: Iterator[Chunk], address: str) -> Generator[Answered, None, None]:
    """The answers for all chunks, in their order, by the cluster whose scheduler is at `address`.

    Raises ClusterFailed where it can't be reached, or gives up.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what fails is said here, once
    name = f"jwtool-{uuid.uuid4()}"
    pending: deque[Any] = deque()
    connect: Any = Client  # it has hardly any types
    with _said_of(address):
        client = connect(address, timeout=PATIENCE, set_as_default=False)
    try:
        with _said_of(address):
            client.register_plugin(JudgePlugin(name, pickle.dumps(judge)), name=name)
            threads = max(sum(client.nthreads().values()), 1)
            executor = client.get_executor(pure=False, retries=RETRIES)
        for chunk in chunks:
            pending.append(executor.submit(judge_there, name, chunk))
            if len(pending) >= AHEAD * threads:
                yield _result(pending, address)
        while pending:
            yield _result(pending, address)
    finally:
        for future in pending:
            future.cancel()
        with suppress(Exception):  # it may be gone, and the answers are there
            client.unregister_worker_plugin(name)
        with suppress(Exception):
            client.close()


def shippable(offered: Sequence[OfferedSet], claims: ClaimPolicy, *, ship_secrets: bool) -> list[OfferedSet]:
    """The keys as they may leave this machine: by their public halves; secrets only if the user said so.

    Raises SecretShippingRefused, and UsageError for patterns, which a cluster would not stop in time.
    """
    if any(one.operator == "matches" for one in claims.required):
        raise UsageError("--require with a pattern has a limit of time, and a cluster has none", hint="leave one out")
    secrets = [("what --access-token holds", claims.access_token), ("what --code holds", claims.code)]
    held = [what for what, value in secrets if value is not None]
    held += [f"the secret of {one.source}" for one in offered if any(key.kty == "oct" for key in one.keyset.keys)]
    if held and not ship_secrets:
        raise SecretShippingRefused(f"{held[0]} would leave this machine", hint="--allow-secret-shipping")
    return [one._replace(keyset=_public(one.keyset)) for one in offered]


def _public(keyset: KeySet) -> KeySet:
    return keyset._replace(keys=tuple(key if key.kty == "oct" else public_half(key) for key in keyset.keys))


def _result(pending: deque[Any], address: str) -> Answered:
    with _said_of(address):
        answered: Answered = pending[0].result()
    pending.popleft()
    return answered


@contextmanager
def _said_of(address: str) -> Iterator[None]:
    """Whatever `distributed` raises, as one error; its own words may hold what it was sent."""
    try:
        yield
    except JwtoolError:
        raise
    except Exception as error:
        raise ClusterFailed(
            f"the cluster at {quote_public(address)} failed: {type(error).__name__}",
            hint="is its scheduler there, and is this version of jwtool installed on its workers?",
        ) from error
