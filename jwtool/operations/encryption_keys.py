"""Keys and algorithms for encryption, as they were typed: `secret:` is a password here, and nothing is too short."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtool.jose import encrypt
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, REFUSED
from jwtool.jose.encryption_fit import PASSWORD
from jwtool.jose.errors import AlgorithmUnknown, KeyAmbiguous, KeyRefused, UsageError
from jwtool.jose.keyset import KeySet
from jwtool.jose.quoting import quote
from jwtool.operations.resolve_keys import LoadedSet, Passphrase, load_usable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime


def known_management(name: str) -> str:
    """The name, if it is an `alg` of encryption. Raises AlgorithmUnknown, with the nearest name as a hint."""
    return _known(name, KEY_MANAGEMENT, "encryption algorithm", option="--alg")


def known_content(name: str) -> str:
    """The name, if it is an `enc`. Raises AlgorithmUnknown, with the nearest name as a hint."""
    return _known(name, CONTENT_ENCRYPTION, "content encryption", option="--enc")


def known_key_algorithm(name: str) -> str:
    """The name, if keys can be made for it. Raises AlgorithmUnknown, with the nearest name as a hint."""
    from jwtool.jose.keys.generate import known
    from jwtool.operations.demand import known_algorithm

    if name in REFUSED:
        raise AlgorithmUnknown(f"'{name}' is refused: {REFUSED[name]}", hint="RSA-OAEP-256 is for the same keys")
    return name if name in known() else known_algorithm(name)


def _known(name: str, table: Collection[str], what: str, *, option: str) -> str:
    if name in table:
        return name
    if name in REFUSED:
        raise AlgorithmUnknown(f"'{name}' is refused: {REFUSED[name]}", hint="RSA-OAEP-256 is for the same keys")
    import difflib

    near = difflib.get_close_matches(name.upper(), table, n=1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(table)}"
    if "," in name:
        hint = f"for several algorithms repeat {option}"
    raise AlgorithmUnknown(f"{quote(name)} is no {what} that jwtool knows", hint=hint)


def keys_given(given: Sequence[str], runtime: Runtime, *, verb: str) -> tuple[str, ...]:
    """The sources of keys: those given, else JWTOOL_KEY. Raises UsageError for none; `verb` says what needs one."""
    if given:
        return tuple(given)
    value = runtime.environ.get("JWTOOL_KEY")
    if not value:
        raise UsageError(f"no key was given, and to {verb} takes one", hint=f"jwtool {verb} -k FILE")
    runtime.trace("JWTOOL_KEY names the key")
    return (value,)


def load_encryption_sets(
    texts: Sequence[str], runtime: Runtime, *, network: Network, passphrase: str | Passphrase | None
) -> tuple[LoadedSet, ...]:
    """The sets of several sources, as `load_usable`; short secrets stay, and one out of `secret:` is a password."""
    loaded = load_usable(texts, runtime, network=network, passphrase=passphrase, allow_weak_secret=True)
    return tuple(_as_password(one) if _is_password(text) else one for text, one in zip(texts, loaded, strict=True))


def _is_password(text: str) -> bool:
    return text.partition(":")[0].lower() == "secret"


def _as_password(loaded: LoadedSet) -> LoadedSet:
    keys = tuple(replace(key, form=PASSWORD) for key in loaded.keyset.keys)
    return loaded._replace(keyset=KeySet(keys, loaded.keyset.skipped, loaded.keyset.is_set))


def recipient_of(loaded: LoadedSet, allowed: Mapping[str, Sequence[str]]) -> Key:
    """The one key of a source that the token is encrypted for; `allowed` are the `algs` and `encs` of `choose`.

    Of several that could serve those meant for encryption by `use` or `alg` go before. Raises the reason of the
    first key where none can serve, and KeyAmbiguous where several could.
    """
    refusal: KeyRefused | None = None
    fitting = []
    for key in loaded.keyset.keys:
        try:
            encrypt.choose([key], **allowed)
        except KeyRefused as error:
            refusal = refusal or error
        else:
            fitting.append(key)
    if not fitting and refusal is not None:
        raise refusal
    meant = [key for key in fitting if key.use == "enc" or key.alg is not None] or fitting
    if len(meant) > 1:
        raise KeyAmbiguous(
            f"{loaded.source} holds {len(meant)} keys that can encrypt, and one is wanted",
            hint="name one with #KID after the source",
        )
    return meant[0]
