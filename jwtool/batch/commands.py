"""The commands that answer lines: this file is what makes their judges and opens what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.batch.run import answer_lines
from jwtool.jose.errors import UsageError
from jwtool.sources.lines import open_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jwtool.batch.settings import Settings
    from jwtool.jose.errors import JwtoolError
    from jwtool.jose.verify import OfferedSet, Policy
    from jwtool.operations.sign_token import Wanted as SignWanted
    from jwtool.operations.trusted import Trusted
    from jwtool.output.report import Lines, Report
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

    ExitCode = Callable[[JwtoolError], int]


def verify_lines(
    argument: str | None,
    settings: Settings,
    runtime: Runtime,
    *,
    trusted: Trusted,
    policy: Policy,
    network: Network,
    passphrase: str | None,
    at: int | None,
    exit_code: ExitCode,
) -> Iterator[Lines | Report]:
    """The answers of `verify --lines`, at the moment `at`, or at that at which a line was read.

    Raises at once what is wrong with a source of keys, or with what is to be read.
    """
    from jwtool.operations.resolve_keys import load_usable
    from jwtool.operations.rotated_keys import Renewal
    from jwtool.operations.verify_lines import VerifyLines
    from jwtool.operations.verify_token import offered_by

    loaded = (
        load_usable(
            [source.text for source in trusted.keys],
            runtime,
            network=network,
            passphrase=passphrase,
            allow_weak_secret=policy.allow_weak_key,
        )
        if trusted.keys
        else ()
    )
    notes = tuple(note for one in loaded for note in one.notes)
    for note in notes:
        runtime.warn(note)
    renewal = None  # on a cluster keys stay as they were sent: what finds others may hold secrets
    if settings.cluster is None and any(one.fetched is not None for one in loaded):
        renewal = Renewal(tuple(source.text for source in trusted.keys), network, policy.allow_weak_key, runtime)
    offered = offered_by(loaded, trusted.keys)
    if settings.cluster is not None:
        offered = _shippable(offered, policy, ship_secrets=settings.ship_secrets)
    judge = VerifyLines(settings.wanted(exit_code), offered, policy, renewal)
    source = open_lines(argument, runtime, what="tokens")
    return answer_lines(judge, source, settings, runtime, at=at, notes=notes if settings.as_json else ())


def _shippable(offered: list[OfferedSet], policy: Policy, *, ship_secrets: bool) -> list[OfferedSet]:
    try:
        from jwtool.batch.cluster import shippable
    except ImportError:
        raise UsageError("--cluster needs the library distributed", hint="pip install 'jwtool[cluster]'") from None
    return shippable(offered, policy.claims, ship_secrets=ship_secrets)


def decode_lines(
    argument: str | None, settings: Settings, runtime: Runtime, *, exit_code: ExitCode
) -> Iterator[Lines | Report]:
    """The answers of `decode --lines`. Raises at once what is wrong with what is to be read."""
    from jwtool.operations.decode_lines import DecodeLines

    judge = DecodeLines(settings.wanted(exit_code))
    return answer_lines(judge, open_lines(argument, runtime, what="tokens"), settings, runtime)


def sign_lines(
    argument: str | None,
    settings: Settings,
    runtime: Runtime,
    *,
    keys: Sequence[str],
    wanted: SignWanted,
    network: Network,
    passphrase: str | None,
    exit_code: ExitCode,
) -> Iterator[Lines | Report]:
    """The tokens of `sign --lines`. Raises at once what is wrong with keys and options, or with what is to be read."""
    from jwtool.operations.sign_lines import SignLines
    from jwtool.operations.sign_token import prepare_signing

    signing = prepare_signing(keys, wanted, runtime, network=network, passphrase=passphrase)
    for note in signing.notes:
        runtime.warn(note)
    judge = SignLines(settings.wanted(exit_code)._replace(silent=False, bare=not settings.as_json), signing)
    settings = settings._replace(quiet=False)  # tokens are the product
    return answer_lines(judge, open_lines(argument, runtime, what="claims"), settings, runtime)
