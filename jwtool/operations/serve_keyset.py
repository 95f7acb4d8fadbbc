"""What a local JWKS URI serves: the public halves of a set, read again when its file changes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jwtool.jose import keyset as keysets
from jwtool.operations.build_keyset import build, encode
from jwtool.operations.resolve_keys import Passphrase, load_set, skipped_notes

if TYPE_CHECKING:
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime


class WatchedSet:
    """The source of a served set.

    Only a regular file is watched and read again; stdin, a pipe, a variable or a URL is read once. The passphrase of an
    encrypted key is asked for once.
    """

    def __init__(self, text: str, runtime: Runtime, *, network: Network, passphrase: str | None) -> None:
        from jwtool.sources.source import parse_source

        self._text = text
        self._runtime = runtime
        self._network = network
        self._passphrase = Passphrase(passphrase, runtime)
        source = parse_source(text, bare="file", what="SET")
        self._path = source.value if source.kind == "file" and os.path.isfile(source.value) else None
        self.count = 0
        self.notes: tuple[str, ...] = ()
        self._once: bytes | None = None

    def load(self) -> bytes:
        """The public set as JSON. Raises what is wrong with the source, or with a set without usable keys."""
        if self._path is None and self._once is not None:
            return self._once
        loaded = load_set(self._text, self._runtime, network=self._network, passphrase=self._passphrase, what="SET")
        usable = keysets.usable(loaded.keyset)
        if not usable.keys:
            raise keysets.refusal(usable, loaded.source)
        keys, document, remarks = build(usable.keys, private=False)
        self.count = len(keys)
        self.notes = (*loaded.notes, *skipped_notes(usable, loaded.source), *remarks)
        self._once = encode(document)
        return self._once

    def stamp(self) -> object:
        """What tells one state of the file from another: time, size and inode; constant where none is watched."""
        if self._path is None:
            return None
        facts = os.stat(self._path)
        return (facts.st_mtime_ns, facts.st_size, facts.st_ino)
