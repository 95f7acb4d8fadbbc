"""PKCS#12 becomes keys: private ones with their certificates, or certificates alone (RFC 7292)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtool.jose.errors import KeyMalformed, KeyRefused, KeyUnsupported, PassphraseWrong
from jwtool.jose.keys.ber import to_der
from jwtool.jose.keys.der import OCTET_STRING, DerFault, Element, algorithm, children, oid, only, read
from jwtool.jose.keys.der_key import parse_structure, read_key
from jwtool.jose.keys.pkcs12_cipher import WHAT, check_mac_cost, decrypt, mac_is_right, passwords
from jwtool.jose.keys.protection import of_scheme
from jwtool.jose.keys.public import PUBLIC_MATERIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jwtool.jose.keys.der import Structure
    from jwtool.jose.keys.key import Key
    from jwtool.jose.keys.pkcs12_cipher import Password
    from jwtool.jose.keys.protection import Protection
    from jwtool.jose.keys.unlock import Unlock

    Certificate = tuple[bytes, Structure]

MAX_BAGS = 200
_DATA, _ENCRYPTED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_BAGS = "1.2.840.113549.1.12.10.1."
_X509 = "1.2.840.113549.1.9.22.1"
_CONTEXT_0_PRIMITIVE = 0x80


def read_pkcs12(data: bytes, unlock: Unlock, *, of_certificates: Callable[..., list[Key]]) -> list[Key]:
    """The keys of the file, at least one. A private key has its certificate and those that issued it, in order.

    Where there is no private key, `of_certificates` makes keys of the certificates, with the rules of PEM. The
    passphrase may be empty. Raises KeyMalformed, KeyUnsupported, PassphraseMissing and PassphraseWrong.
    """
    try:
        keys, certificates = _File(data, unlock).bags()
    except (IndexError, ValueError, OverflowError):  # a DerFault, or fewer elements than belong there
        raise KeyMalformed(f"the {WHAT} is damaged") from None
    if not keys and not certificates:
        raise KeyMalformed(f"the {WHAT} holds neither a key nor a certificate")
    if not keys:
        return [replace(key, form="pkcs12") for key in of_certificates(certificates, unlock)]
    publics = [_public(one, unlock) for one in certificates]
    return [replace(key, form="pkcs12", certificates=_chain(key, certificates, publics)) for key in keys]


class _File:
    """A file that is being opened: what was found in it so far, and the password once it is known."""

    def __init__(self, data: bytes, unlock: Unlock) -> None:
        self.unlock = unlock
        self.keys: list[Key] = []
        self.certificates: list[Certificate] = []
        self.left = MAX_BAGS
        self.candidates: list[Password] = []
        fields = children(read(to_der(data)))
        name, content = _content_info(fields[1])
        if name != _DATA or content is None:
            raise KeyUnsupported(f"a {WHAT} that is signed instead of protected by a passphrase is not supported")
        self.content = only(content, OCTET_STRING)
        self.mac = fields[2] if len(fields) > 2 else None  # noqa: PLR2004  version and content stand before it

    def bags(self) -> tuple[list[Key], list[Certificate]]:
        """The private keys and the certificates, each in the order of the file."""
        if self.mac is not None:
            self._check_mac(self.mac)
        for info in children(_opened(self.content), most=MAX_BAGS):
            name, content = _content_info(info)
            if content is None:
                raise DerFault
            if name == _DATA:
                self._read_bags(only(content, OCTET_STRING), depth=0)
            elif name == _ENCRYPTED:
                self._read_bags(self._decrypted_data(content), depth=0)
            else:
                raise KeyUnsupported(f"a {WHAT} with content that is encrypted for a key is not supported")
        return self.keys, self.certificates

    def _check_mac(self, mac: Element) -> None:
        check_mac_cost(mac)
        right = (one for one in self._passwords() if mac_is_right(mac, self.content, one, self.unlock))
        password = next(right, None)
        if password is None:
            raise PassphraseWrong(f"the passphrase does not open the {WHAT}")
        self.candidates = [password]

    def _passwords(self) -> list[Password]:
        if not self.candidates:
            self.candidates = passwords(self.unlock.passphrase(WHAT, may_be_empty=True))
        return self.candidates

    def _decrypted(self, scheme: Element, content: bytes) -> bytes:
        for password in self._passwords():
            plain = decrypt(scheme, content, password, self.unlock)
            if plain is not None and plain[:1] == b"\x30":
                self.candidates = [password]
                return plain
        raise PassphraseWrong(f"the passphrase does not open the {WHAT}")

    def _decrypted_data(self, content: Element) -> bytes:
        """What is in an EncryptedData (RFC 5652 §8)."""
        kind, scheme, sealed = children(children(content)[1])
        if oid(kind) != _DATA:
            raise DerFault
        whole = sealed.body
        if sealed.tag != _CONTEXT_0_PRIMITIVE:
            whole = b"".join(only(piece, OCTET_STRING) for piece in children(sealed, most=MAX_BAGS))
        return self._decrypted(scheme, whole)

    def _read_bags(self, data: bytes, *, depth: int) -> None:
        for bag in children(_opened(data), most=MAX_BAGS):
            self.left -= 1
            if self.left < 0 or depth > 1:
                raise KeyMalformed(f"the {WHAT} has more than {MAX_BAGS} entries, or entries in entries")
            fields = children(bag)
            name, value = oid(fields[0]), children(fields[1])[0]
            match name.removeprefix(_BAGS):
                case "1":
                    self._add_key(value.encoded)
                case "2":
                    scheme, sealed = children(value)
                    plain = self._decrypted(scheme, only(sealed, OCTET_STRING))
                    self._add_key(plain, protection=of_scheme(scheme, WHAT.removesuffix(" file")))
                case "3":
                    self._add_certificate(value)
                case "6":
                    self._read_bags(value.encoded, depth=depth + 1)

    def _add_key(self, data: bytes, *, protection: Protection | None = None) -> None:
        structure = parse_structure(data)
        if structure.kind != "PKCS#8 private key":
            raise DerFault
        key = read_key(data, structure, form="der", unlock=self.unlock)
        self.keys.append(replace(key, protection=protection))

    def _add_certificate(self, value: Element) -> None:
        kind, wrapped = children(value)
        if oid(kind) != _X509:
            return
        data = only(children(wrapped)[0], OCTET_STRING)
        structure = parse_structure(data)
        if structure.kind != "X.509 certificate":
            raise DerFault
        self.certificates.append((data, structure))


def _opened(data: bytes) -> Element:
    return read(to_der(data))


def _content_info(element: Element) -> tuple[str, Element | None]:
    """The type of a ContentInfo and what is in it (RFC 5652 §3)."""
    name, wrapped = algorithm(element)
    return name, None if wrapped is None else children(wrapped)[0]


def _public(certificate: Certificate, unlock: Unlock) -> tuple[str, ...] | None:
    """What is public of the key in a certificate, None for a key that is not read: it may be that of an authority."""
    try:
        return _material(read_key(*certificate, form="der", unlock=unlock))
    except KeyRefused:
        return None


def _material(key: Key) -> tuple[str, ...]:
    return tuple(key.members[name] for name in ("kty", *PUBLIC_MATERIAL[key.kty]))


def _chain(key: Key, certificates: Sequence[Certificate], publics: Sequence[object]) -> tuple[bytes, ...]:
    """The certificate that is for the key and those above, as far as the file has them."""
    if _material(key) not in publics:
        return ()
    first = certificates[publics.index(_material(key))]
    chain, rest = [first[0]], [one for one in certificates if one is not first]
    wanted = _above(first[1])
    while wanted is not None:
        above = next((one for one in rest if one[1].names[1] == wanted), None)
        if above is None:
            break
        chain.append(above[0])
        rest.remove(above)
        wanted = _above(above[1])
    return tuple(chain)


def _above(structure: Structure) -> bytes | None:
    """The name of who issued a certificate, None for one that issued itself."""
    issuer, subject = structure.names
    return None if issuer == subject else issuer
