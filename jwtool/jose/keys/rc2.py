"""RC2 in CBC mode (RFC 2268), for reading only: old PKCS#12 files encrypt their certificates with 40 bits of it.

The library has RC2 with 128 bits alone. Nothing is kept secret by this cipher, and nothing is written with it.
"""

from __future__ import annotations

import struct
from itertools import chain

BLOCK = 8
_SHIFTS = (1, 2, 3, 5)
_ROUNDS = (5, 6, 5)

# RFC 2268 §2: a permutation of all octets, out of the digits of pi.
_PI = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32"
    "bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a"
    "961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e"
    "c5f3db47e5a59c770aa62068fe7fc1ad"
)


def decrypt_cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """The plaintext with its padding; `data` is whole blocks, and all bits of `key` count."""
    words = _expand(key)
    plain, before = [], iv
    for at in range(0, len(data), BLOCK):
        block = data[at : at + BLOCK]
        plain.append(bytes(a ^ b for a, b in zip(_decrypt(words, block), before, strict=True)))
        before = block
    return b"".join(plain)


def _expand(key: bytes) -> tuple[int, ...]:
    """The 64 words of the key schedule (§2), with as many effective bits as the key has."""
    octets = bytearray(key)
    size = len(key)
    while len(octets) < 128:  # noqa: PLR2004  the length of the schedule in octets
        octets.append(_PI[(octets[-1] + octets[-size]) & 0xFF])
    octets[128 - size] = _PI[octets[128 - size]]
    for index in range(127 - size, -1, -1):
        octets[index] = _PI[octets[index + 1] ^ octets[index + size]]
    return struct.unpack("<64H", octets)


def _decrypt(words: tuple[int, ...], block: bytes) -> bytes:
    r = list(struct.unpack("<4H", block))
    schedule = iter(range(63, -1, -1))
    for number, rounds in enumerate(_ROUNDS):
        for i in chain.from_iterable((3, 2, 1, 0) for _ in range(rounds)):
            shift = _SHIFTS[i]
            turned = r[i] >> shift | r[i] << (16 - shift)
            chosen = (r[i - 1] & r[i - 2]) + (~r[i - 1] & r[i - 3])
            r[i] = (turned - words[next(schedule)] - chosen) & 0xFFFF
        if number < len(_ROUNDS) - 1:
            for i in (3, 2, 1, 0):
                r[i] = (r[i] - words[r[i - 1] & 63]) & 0xFFFF
    return struct.pack("<4H", *r)
