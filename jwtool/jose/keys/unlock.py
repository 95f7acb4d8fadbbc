"""What opens the encrypted keys of one file: its passphrase, and how much key derivation the file may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.errors import KeyMalformed, PassphraseMissing, PassphraseWrong

if TYPE_CHECKING:
    from collections.abc import Callable

    AskPassphrase = Callable[[], bytes | None]


class Unlock:
    """The passphrase of a file, asked for at most once, and the one budget that all its keys share."""

    def __init__(self, ask: AskPassphrase) -> None:
        self._ask = ask
        self._answers: list[bytes | None] = []
        self._spent = 0.0

    def spend(self, share: float) -> None:
        """Pay for one derivation, `share` of all that a file may ask for. Raises KeyMalformed where it is too much."""
        self._spent += share
        if self._spent > 1:
            raise KeyMalformed("the encrypted keys of the file ask for too much key derivation, all together")

    def passphrase(self, what: str = "private key", *, may_be_empty: bool = False) -> bytes:
        """What was given or typed. Raises PassphraseMissing where nobody could be asked, PassphraseWrong if empty.

        `what` is encrypted. An empty passphrase opens nothing but PKCS#12: elsewhere none of the tools writes it.
        """
        if not self._answers:
            self._answers.append(self._ask())
        (passphrase,) = self._answers
        if passphrase is None:
            raise PassphraseMissing(
                f"the {what} is encrypted and no passphrase was given", hint="--passphrase @FILE reads it from a file"
            )
        if not passphrase and not may_be_empty:
            raise PassphraseWrong("the passphrase is empty")
        return passphrase
