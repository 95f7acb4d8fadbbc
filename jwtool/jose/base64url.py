"""Strict base64url, without padding (RFC 4648 §5, RFC 7515 §2).

Every value has exactly one spelling here: what decodes, encodes back to the same text. Python's own
decoder skips foreign characters, takes padding and ignores stray bits, so three spellings of a signature
would pass for one.
"""

from __future__ import annotations

import binascii

from jwtool.jose.errors import BadBase64url

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/...")  # what is foreign stays foreign, and is refused by the decoder
_PADDING = (b"", b"", b"==", b"=")
_TO_URL = bytes.maketrans(b"+/", b"-_")

# The last character of a group of 2 or 3 carries 4 or 2 bits that no octet takes: they must be zero.
_CLEAN_ENDS = (_ALPHABET, b"", _ALPHABET[::16], _ALPHABET[::4])

_KNOWN_STRANGERS = {
    "=": "padding ('=')",
    "+": "'+' of the standard base64 alphabet",
    "/": "'/' of the standard base64 alphabet",
    "%": "'%', as in percent-encoding",
    ".": "a dot",
    "~": "a tilde",
    '"': "a quotation mark",
    "'": "a quotation mark",
    " ": "a blank",
    "\t": "a tab",
    "\n": "a line break",
    "\r": "a line break",
}


def decode(text: str | bytes, *, what: str = "the value") -> bytes:
    """The octets that `text` stands for; `what` names it in messages ("the signature").

    Raises BadBase64url for padding, blanks, any other foreign character, stray bits at the end, and a
    length that no octets have. The message says what is wrong and at which offset, counted from 0, and
    never repeats the text.
    """
    raw = text.encode("ascii", "replace") if isinstance(text, str) else text
    length = len(raw) % 4
    if raw and raw[-1] not in _CLEAN_ENDS[length]:
        raise _fault(text, raw, what)
    try:
        return binascii.a2b_base64(raw.translate(_TO_STANDARD) + _PADDING[length], strict_mode=True)
    except binascii.Error:
        raise _fault(text, raw, what) from None


def encode(data: bytes) -> str:
    """The one base64url text for `data`, without padding."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL).decode("ascii")


def _fault(text: str | bytes, raw: bytes, what: str) -> BadBase64url:
    """What is wrong with a text that can't be decoded."""
    if raw.translate(None, _ALPHABET):
        return BadBase64url(f"{what} is not base64url: {_describe_stranger(text)}")
    if len(raw) % 4 == 1:
        return BadBase64url(
            f"{what} is not base64url: no octets have a length of {len(raw)} characters",
            hint="a character is missing or too many; copy the whole value again",
        )
    return BadBase64url(f"{what} is not base64url: stray bits in the last character, at offset {len(raw) - 1}")


def _describe_stranger(text: str | bytes) -> str:
    """Name the first character outside the alphabet, and its offset."""
    characters = text if isinstance(text, str) else text.decode("latin-1")
    alphabet = _ALPHABET.decode("ascii")
    offset = next(offset for offset, character in enumerate(characters) if character not in alphabet)
    character = characters[offset]
    if isinstance(text, bytes) and not character.isascii():
        return f"a byte outside ASCII at offset {offset}"
    name = _KNOWN_STRANGERS.get(character, f"character U+{ord(character):04X}")
    return f"{name} at offset {offset}"
