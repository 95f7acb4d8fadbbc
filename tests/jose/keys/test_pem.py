from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported
from jwtool.jose.keys.pem import MAX_BLOCKS, parse_encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from jwtool.jose.keys.key import Key

    Natives = dict[str, Any]
    Openssl = Callable[..., bytes]
    Reader = Callable[[bytes], dict[str, Any]]

KINDS = ["RSA", "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "X25519", "X448"]


def nobody() -> bytes | None:
    raise AssertionError("no passphrase is needed")


def parse(data: bytes) -> list[Key]:
    return parse_encoded(data, passphrase=nobody)


def one(data: bytes) -> Key:
    (key,) = parse(data)
    return key


def refusal(data: bytes) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        parse(data)
    return type(caught.value), caught.value.message


def private_pem(native: PrivateKeyTypes) -> bytes:
    return native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(native: PrivateKeyTypes) -> bytes:
    return native.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("kind", KINDS)
def test_keys_by_cryptography(kind: str, natives: Natives, other_reader: Reader) -> None:
    native = natives[kind]
    for encoding, form in ((Encoding.PEM, "pem"), (Encoding.DER, "der")):
        private = one(native.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption()))
        public = one(native.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))
        assert private.members == other_reader(private_pem(native))
        assert public.members == other_reader(public_pem(native))
        assert (private.form, private.private, private.certificates) == (form, True, ())
        assert (public.form, public.private, public.certificates) == (form, False, ())


@pytest.mark.parametrize("kind", ["RSA", "P-256", "P-384", "P-521", "secp256k1"])
def test_traditional_private_keys(kind: str, natives: Natives, other_reader: Reader) -> None:
    for encoding in (Encoding.PEM, Encoding.DER):
        key = one(natives[kind].private_bytes(encoding, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
        assert key.members == other_reader(private_pem(natives[kind]))


def test_traditional_public_keys(natives: Natives, other_reader: Reader) -> None:
    for encoding in (Encoding.PEM, Encoding.DER):
        key = one(natives["RSA"].public_key().public_bytes(encoding, PublicFormat.PKCS1))
        assert key.members == other_reader(public_pem(natives["RSA"]))


@pytest.mark.parametrize(
    ("arguments", "described"),
    [
        (("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"), "RSA 2048"),
        (("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"), "EC P-256"),
        (("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"), "EC P-384"),
        (("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"), "EC P-521"),
        (("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"), "EC secp256k1"),
        (("-algorithm", "ED25519"), "OKP Ed25519"),
        (("-algorithm", "ED448"), "OKP Ed448"),
        (("-algorithm", "X25519"), "OKP X25519"),
        (("-algorithm", "X448"), "OKP X448"),
    ],
    ids=KINDS,
)
def test_keys_by_openssl(arguments: tuple[str, ...], described: str, openssl: Openssl, other_reader: Reader) -> None:
    pem = openssl("genpkey", *arguments)
    key = one(pem)
    assert (key.describe(), key.private, key.weakness) == (described, True, None)
    assert key.members == other_reader(pem)
    public = one(openssl("pkey", "-pubout", stdin=pem))
    assert public.members == other_reader(openssl("pkey", "-pubout", stdin=pem))
    assert one(openssl("pkey", "-outform", "DER", stdin=pem)).members == key.members
    assert one(openssl("pkey", "-pubout", "-outform", "DER", stdin=pem)).members == public.members


def test_curve_parameters_before_the_key_are_skipped(
    ec_traditional: bytes, openssl: Openssl, other_reader: Reader
) -> None:
    assert ec_traditional.startswith(b"-----BEGIN EC PARAMETERS-----")
    assert one(ec_traditional).members == other_reader(openssl("pkey", stdin=ec_traditional))


def test_curve_parameters_alone_are_no_key(openssl: Openssl) -> None:
    parameters = openssl("ecparam", "-name", "prime256v1")
    assert refusal(parameters) == (KeyUnsupported, "the PEM file holds curve parameters only, no key")


@pytest.mark.parametrize(
    "options", [("-conv_form", "compressed", "-pubout"), ("-no_public",), ("-no_public", "-outform", "DER")]
)
def test_points_left_out_or_compressed(
    options: tuple[str, ...], ec_traditional: bytes, openssl: Openssl, other_reader: Reader
) -> None:
    key = one(openssl("ec", *options, stdin=ec_traditional))
    full = other_reader(openssl("pkey", stdin=ec_traditional))
    assert key.members == {name: full[name] for name in full if key.private or name != "d"}


def test_pem_as_files_have_it(natives: Natives) -> None:
    pem = public_pem(natives["Ed25519"])
    begin, body, end, _ = pem.decode().split("\n")
    wanted = one(pem).members
    spellings = {
        "CRLF": pem.replace(b"\n", b"\r\n"),
        "CR": pem.replace(b"\n", b"\r"),
        "no last line break": pem.rstrip(),
        "text around": b"Bag Attributes\n    friendlyName: a - b -- c\n" + pem + b"\nthat was a key\n",
        "binary around": b"\xff\xfe\0" + pem + b"\0\x80",
        "indented": f"key: |\n  {begin}\n  {body}\n  {end}\n".encode(),
        "one line": f"{begin} {body} {end}".encode(),
        "no line breaks": f"{begin}{body}{end}".encode(),
        "short lines": "\n".join([begin, *body, end]).encode(),
        "quoted": f'"{begin}\n{body}\n{end}"'.encode(),
    }
    assert {name: one(text).members for name, text in spellings.items()} == dict.fromkeys(spellings, wanted)


def test_pem_that_is_damaged(natives: Natives) -> None:
    pem = public_pem(natives["Ed25519"])
    begin, body, end, _ = pem.decode().split("\n")
    no_base64 = KeyMalformed, "the PEM block 'PUBLIC KEY' does not hold sound base64"
    for hostile in (
        "",
        "=",
        body[:-1],
        body + "=",
        body + "AAAA" + "=",
        body[:-2] + "!" + body[-1],
        body[:9] + "-" + body[10:],
        "Comment: a\n" + body,
    ):
        assert refusal(f"{begin}\n{hostile}\n{end}".encode()) == no_base64
    assert refusal(pem[:-30]) == (KeyMalformed, "the PEM block 'PUBLIC KEY' has no END line: the file is cut short")
    assert refusal(pem[:-30] + pem) == no_base64
    assert refusal(pem.replace(b"END PUBLIC", b"END PRIVATE")) == (
        KeyMalformed,
        "the PEM block 'PUBLIC KEY' has no END line: the file is cut short",
    )
    for begin_line in (
        b"-----BEGIN ",
        b"-----BEGIN -----",
        b"-----BEGIN public key-----",
        b"-----BEGIN " + b"A" * 64 + b"-----",
    ):
        assert refusal(begin_line + b"\n") == (KeyMalformed, "a BEGIN line of the PEM file is damaged")


def test_stray_bits_in_the_base64_are_refused(ec_traditional: bytes, openssl: Openssl) -> None:
    head, padding, tail = openssl("ec", "-pubout", stdin=ec_traditional).partition(b"==")
    assert padding == b"=="
    assert head[-1:] in b"AQgw"
    for letter in b"BCDEFGHIJKLMNOPRSTUVWXYZabcdef":
        hostile = head[:-1] + bytes([letter]) + padding + tail
        assert refusal(hostile) == (KeyMalformed, "the PEM block 'PUBLIC KEY' does not hold sound base64")


def test_line_breaks_written_out_get_a_hint(natives: Natives) -> None:
    with pytest.raises(KeyMalformed) as caught:
        parse(public_pem(natives["Ed25519"]).replace(b"\n", rb"\n"))
    assert caught.value.message == "the PEM block 'PUBLIC KEY' does not hold sound base64"
    assert caught.value.hint == r"the line breaks are written as \n: printf '%b' turns them into real ones"


@pytest.mark.parametrize(
    ("label", "hint"),
    [
        ("CERTIFICATE REQUEST", "its public key: openssl req -in FILE -noout -pubkey"),
        ("PKCS7", "its certificates: openssl pkcs7 -in FILE -print_certs"),
        ("TRUSTED CERTIFICATE", "the plain certificate: openssl x509 -in FILE"),
        ("DSA PRIVATE KEY", None),
        ("DH PARAMETERS", None),
        ("X509 CRL", None),
        ("PGP PRIVATE KEY BLOCK", None),
        ("X9.42 DH PARAMETERS", None),
    ],
)
def test_other_blocks_are_refused_by_name(label: str, hint: str | None) -> None:
    with pytest.raises(KeyUnsupported) as caught:
        parse(f"-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n".encode())
    assert (caught.value.message, caught.value.hint) == (f"a PEM block '{label}' is not supported", hint)


def test_a_label_must_fit_what_it_labels(natives: Natives) -> None:
    spki, pkcs8 = public_pem(natives["P-256"]), private_pem(natives["P-256"])
    assert refusal(spki.replace(b"PUBLIC", b"PRIVATE")) == (
        KeyMalformed,
        "the PEM block 'PRIVATE KEY' holds something else: SPKI public key",
    )
    assert refusal(pkcs8.replace(b"PRIVATE", b"EC PRIVATE")) == (
        KeyMalformed,
        "the PEM block 'EC PRIVATE KEY' holds something else: PKCS#8 private key",
    )


def test_several_keys_keep_their_order(natives: Natives) -> None:
    names = ["X448", "RSA", "P-256", "Ed25519"]
    keys = parse(b"".join(public_pem(natives[name]) for name in names))
    assert [key.describe() for key in keys] == ["OKP X448", "RSA 2048", "EC P-256", "OKP Ed25519"]
    assert [key.private for key in keys] == [False] * 4


@pytest.mark.parametrize("private_first", [True, False])
def test_a_private_key_and_its_public_key_are_one(private_first: bool, natives: Natives, other_reader: Reader) -> None:
    blocks = [private_pem(natives["P-256"]), public_pem(natives["P-256"])]
    key = one(b"".join(blocks if private_first else reversed(blocks)))
    assert (key.private, key.members) == (True, other_reader(blocks[0]))


def test_the_number_of_blocks_is_bounded(natives: Natives) -> None:
    pem = public_pem(natives["X25519"])
    assert len(parse(pem * MAX_BLOCKS)) == 1
    assert refusal(pem * (MAX_BLOCKS + 1)) == (KeyMalformed, "the PEM file has more than 200 blocks")


def test_der_that_reads_like_pem_is_der(tlv: Callable[..., bytes]) -> None:
    """Found by tests/fuzz/fuzz_keys.py: a modulus may hold any text."""
    modulus = b"\x00\xcb" + b"-----BEGIN PUBLIC KEY-----" * 10 + b"\x01"
    der = tlv(0x30, tlv(2, modulus), tlv(2, b"\3"))
    assert one(der).number("n") == int.from_bytes(modulus)
    assert refusal(der + b"\n") == (KeyMalformed, "the PEM block 'PUBLIC KEY' has no END line: the file is cut short")


def test_the_cost_of_encrypted_keys_adds_up(openssl: Callable[..., bytes], ec_traditional: bytes) -> None:
    """Each may cost a second, but not each of two hundred."""
    rounds = ("-topk8", "-iter", "400000", "-passout", "pass:opensesame")
    locked = openssl("pkcs8", *rounds, stdin=ec_traditional)
    assert len(parse_encoded(locked * 2, passphrase=lambda: b"opensesame")) == 1
    with pytest.raises(KeyMalformed) as caught:
        parse_encoded(locked * 3, passphrase=lambda: b"opensesame")
    message = "the encrypted keys of the file ask for too much key derivation, all together"
    assert caught.value.message == message
