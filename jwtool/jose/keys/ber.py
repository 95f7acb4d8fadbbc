"""BER as browsers and Java write it becomes DER: definite lengths, and strings in one piece (X.690 §8.1.3, §8.7)."""

from __future__ import annotations

from jwtool.jose.keys.der import OCTET_STRING, DerFault

_DEEPEST = 32
_MOST_ELEMENTS = 10_000
_CONSTRUCTED = 0x20
_INDEFINITE = 0x80
_LONG_TAG = 0x1F


def to_der(data: bytes) -> bytes:
    """The one element that `data` is, in definite form; DER comes back as it was. Raises DerFault."""
    reader = _Reader(data)
    der = reader.element(0)
    if reader.at != len(data):
        raise DerFault
    return der


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.left = _MOST_ELEMENTS

    def element(self, depth: int) -> bytes:
        """The next element, in definite form."""
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            raise DerFault
        tag = self._octet()
        if tag & _LONG_TAG == _LONG_TAG:
            raise DerFault
        length = self._length()
        if not tag & _CONSTRUCTED:
            if length is None:
                raise DerFault
            body = self._take(length)
            return _encoded(tag, body)
        parts = self._children(length, depth)
        if tag == OCTET_STRING | _CONSTRUCTED:
            return _encoded(OCTET_STRING, b"".join(map(_string_body, parts)))
        return _encoded(tag, b"".join(parts))

    def _children(self, length: int | None, depth: int) -> list[bytes]:
        parts = []
        if length is None:
            while self.data[self.at : self.at + 2] != b"\0\0":
                parts.append(self.element(depth + 1))
            self.at += 2
            return parts
        end = self.at + length
        while self.at < end:
            parts.append(self.element(depth + 1))
        if self.at != end or end > len(self.data):
            raise DerFault
        return parts

    def _length(self) -> int | None:
        first = self._octet()
        if first == _INDEFINITE:
            return None
        return first if first < _INDEFINITE else int.from_bytes(self._take(first & 0x7F))

    def _octet(self) -> int:
        return self._take(1)[0]

    def _take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) != size:
            raise DerFault
        self.at += size
        return taken


def _encoded(tag: int, body: bytes) -> bytes:
    if len(body) < _INDEFINITE:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([tag, _INDEFINITE | len(size)]) + size + body


def _string_body(part: bytes) -> bytes:
    """What is in a piece of a string, which is in definite form already."""
    if part[0] != OCTET_STRING:
        raise DerFault
    return part[2 + (part[1] & 0x7F if part[1] & _INDEFINITE else 0) :]
