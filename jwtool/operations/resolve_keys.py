"""KEY and SET arguments become keys: from files, variables, stdin, secrets and URLs, by the key policy."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import keyset as keysets
from jwtool.jose.errors import (
    InputError,
    KeyAmbiguous,
    KeyNotFound,
    KeyNotPrivate,
    KeyRefused,
    KeySymmetricInPublic,
    KeyUseMismatch,
    NetworkError,
)
from jwtool.jose.quoting import quote_public
from jwtool.jose.rotation import active_key
from jwtool.sources.network import Network

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.jose.keyset import KeySet
    from jwtool.sources.jwks_uri import Fetched
    from jwtool.sources.runtime import Runtime
    from jwtool.sources.source import Source

MAX_KEY_FILE = 1024 * 1024
SECRET_KINDS = ("secret", "hex", "base64")


class LoadedSet(NamedTuple):
    """The keys of one source: `source` is its name for people, `notes` what must be said of it.

    `fetched` is there for one at a URL, `kid` is the one key of it that was asked for.
    """

    keyset: KeySet
    source: str
    notes: tuple[str, ...] = ()
    fetched: Fetched | None = None
    kid: str | None = None


class Passphrase:
    """Where a passphrase comes from: the option, read once for all keys, else the terminal, asked once for each.

    Raises SecretOnCommandLine for an option that is the passphrase itself, also where no key is encrypted.
    """

    def __init__(self, option: str | None, runtime: Runtime) -> None:
        if option is not None:
            from jwtool.sources.source import parse_private

            parse_private(option, option="--passphrase")
        self.option = option
        self.runtime = runtime
        self.known: dict[str, bytes | None] = {}

    def __call__(self, label: str) -> bytes | None:
        """The passphrase for the key of the source `label`, or None where nobody can be asked."""
        place = label if self.option is None else ""
        if place not in self.known:
            self.known[place] = self._find(label)
        return self.known[place]

    def _find(self, label: str) -> bytes | None:
        if self.option is not None:
            from jwtool.sources.source import read_private_text

            return read_private_text(self.option, self.runtime, option="--passphrase").encode()
        if not self.runtime.stdin_is_terminal:
            return None
        try:
            return self.runtime.ask_secret(f"passphrase of {label}: ").encode()
        except EOFError:
            return None


def load_set(
    text: str,
    runtime: Runtime,
    *,
    network: Network | None = None,
    passphrase: str | Passphrase | None = None,
    what: str = "KEY",
) -> LoadedSet:
    """All keys of one SOURCE as they are, weak ones included; only `#KID` where the source names one.

    Raises the error of what is wrong: an unreadable source, unrecognised material, a refused key, a dead server.
    """
    from jwtool.sources.source import parse_source

    source = parse_source(text, bare="file", what=what)
    ask = passphrase if isinstance(passphrase, Passphrase) else Passphrase(passphrase, runtime)
    loaded = _load(source, runtime, network or Network(), ask)
    if source.fragment is None:
        return loaded
    with _said_of(source):
        return _only(source.fragment, loaded)


def _only(kid: str, loaded: LoadedSet) -> LoadedSet:
    """The set with that key alone; one at a URL that does not have it is asked for anew."""
    try:
        chosen = keysets.select(loaded.keyset, kid)
    except KeyNotFound:
        newer = None
        with suppress(NetworkError):  # the set at hand lacks the key, and that is what is wrong
            newer = load_again(loaded)
        if newer is None:
            raise
        loaded, chosen = newer, keysets.select(newer.keyset, kid)
    return loaded._replace(keyset=chosen, kid=kid)


def load_again(loaded: LoadedSet) -> LoadedSet | None:
    """A set at a URL anew, because it lacks a key, as it is; None where it may not be asked for again, or is no news.

    Raises NetworkError leaves.
    """
    if loaded.fetched is None:
        return None
    from jwtool.sources.jwks_uri import fetch_again

    fetched = fetch_again(loaded.fetched)
    return None if fetched is None else loaded._replace(keyset=fetched.keyset, notes=fetched.notes, fetched=fetched)


@contextmanager
def _said_of(source: Source) -> Iterator[None]:
    """Put the name of the source before what is said of its content: there may be several."""
    try:
        yield
    except (InputError, KeyRefused) as error:
        error.message = f"{source.label}: {error.message}"
        raise


def _load(source: Source, runtime: Runtime, network: Network, passphrase: Passphrase) -> LoadedSet:
    if source.kind in {"url", "issuer"}:
        from jwtool.operations.fetch_set import fetch_set

        fetched, label = fetch_set(source, network, runtime)
        return LoadedSet(fetched.keyset, label, fetched.notes, fetched)
    if source.kind in SECRET_KINDS:
        from jwtool.jose.keys.secret import secret_key
        from jwtool.sources.source import read_secret

        key = secret_key(read_secret(source, runtime, patience=network.timeout), where=source.label)
        return LoadedSet(keysets.KeySet(keys=(key,), skipped=(), is_set=False), source.label)
    from jwtool.jose.keys.load import load_keys
    from jwtool.sources.source import read_bytes

    data = read_bytes(source, runtime, cap=MAX_KEY_FILE, what="key", patience=network.timeout)
    with _said_of(source):
        return LoadedSet(load_keys(data, passphrase=lambda: passphrase(source.label)), source.label)


def load_usable(
    texts: Sequence[str],
    runtime: Runtime,
    *,
    network: Network,
    passphrase: str | Passphrase | None,
    allow_weak_secret: bool = False,
) -> tuple[LoadedSet, ...]:
    """The sets of several sources with only the keys that the policy lets through; the others are named in notes.

    Raises the first refusal where no key of any source is usable.
    """
    ask = passphrase if isinstance(passphrase, Passphrase) else Passphrase(passphrase, runtime)
    loaded: list[LoadedSet] = []
    refusal: KeyRefused | None = None
    for text in texts:
        try:
            found = load_set(text, runtime, network=network, passphrase=ask)
            one = only_usable(found, allow_weak_secret=allow_weak_secret)
            loaded.append(one)
            if not one.keyset.keys:
                refusal = refusal or keysets.refusal(one.keyset, one.source)
        except KeyRefused as error:
            refusal = refusal or error
            loaded.append(LoadedSet(keysets.KeySet((), (), is_set=False), text, (error.message,)))
    if refusal is not None and not any(one.keyset.keys for one in loaded):
        raise refusal
    return tuple(loaded)


def only_usable(found: LoadedSet, *, allow_weak_secret: bool) -> LoadedSet:
    """The set with only the keys that the policy lets through; the others are named in notes."""
    usable = keysets.usable(found.keyset, allow_weak_secret=allow_weak_secret)
    nothing = () if usable.keys or usable.skipped else (f"{found.source} holds no key",)
    return found._replace(keyset=usable, notes=(*found.notes, *nothing, *skipped_notes(usable, found.source)))


def skipped_notes(keyset: KeySet, source: str) -> tuple[str, ...]:
    """One sentence for each key of a set that is not used; published secrets were named when the set was fetched."""
    return tuple(
        f"a key of {source} is not used: {name_skipped(one)}: {one.reason}"
        for one in keyset.skipped
        if one.code != KeySymmetricInPublic.code
    )


def name_skipped(skipped: Any) -> str:
    """The kid of a skipped key, else its place in the set."""
    return f"kid {quote_public(skipped.kid)}" if skipped.kid is not None else f"number {skipped.index + 1}"


def load_all(
    texts: Sequence[str], runtime: Runtime, *, network: Network, passphrase: str | None
) -> tuple[LoadedSet, ...]:
    """The sets of several sources, each of which must hold keys, usable ones only: for building, not for verifying."""
    ask = Passphrase(passphrase, runtime)
    loaded = [load_set(text, runtime, network=network, passphrase=ask) for text in texts]
    for one in loaded:
        usable = keysets.usable(one.keyset)
        if usable.skipped or not usable.keys:
            raise keysets.refusal(usable, one.source)
    return tuple(loaded)


def refuse_weak(loaded: LoadedSet, *, allow_weak_secret: bool = False) -> None:
    """Raise the reason for which no key of the set may be used, if there is one: what is weak is not published."""
    usable = keysets.usable(loaded.keyset, allow_weak_secret=allow_weak_secret)
    if not usable.keys:
        raise keysets.refusal(usable, loaded.source)


def load_one(
    text: str, runtime: Runtime, *, network: Network | None = None, passphrase: str | None = None
) -> LoadedSet:
    """The set of a source that must hold exactly one key (weak or not): its only key, or the one `#KID` names."""
    loaded = load_set(text, runtime, network=network, passphrase=passphrase)
    if not loaded.keyset.keys:
        raise keysets.refusal(loaded.keyset, loaded.source)
    if len(loaded.keyset.keys) > 1:
        raise KeyAmbiguous(
            f"{loaded.source} holds {len(loaded.keyset.keys)} keys, and one is wanted: {_kids(loaded.keyset.keys)}",
            hint="name one with #KID after the source",
        )
    return loaded


def signing_key(text: str, runtime: Runtime, *, network: Network, passphrase: str | Passphrase | None) -> Key:
    """The key of a source that signs: private, strong, not marked for something else.

    With `#KID` that one, else the one that is active now.
    """
    from jwtool.sources.source import parse_source

    (loaded,) = load_usable([text], runtime, network=network, passphrase=passphrase)
    keys = [key for key in loaded.keyset.keys if key.private and key.use in {None, "sig"}]
    if keys and parse_source(text, bare="file", what="KEY").fragment is not None:
        return keys[0]
    if keys:
        return active_key(keys, now=runtime.now())
    only = loaded.keyset.keys[0]
    if only.private:
        raise KeyUseMismatch(f"the key of {loaded.source} is marked for use '{only.use}', and 'sig' is wanted")
    raise KeyNotPrivate(
        f"{loaded.source} holds no private key, and signing needs one", hint="jwtool key new -o private.jwk"
    )


def _kids(keys: Sequence[Key]) -> str:
    return ", ".join("one without a kid" if key.kid is None else quote_public(key.kid) for key in keys)
