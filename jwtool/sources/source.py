"""SOURCE: the one grammar of where data comes from. This file is what reads it, and then reads the data."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from jwtool.jose.errors import (
    BadUtf8,
    InputTooLarge,
    KeyUnrecognized,
    SecretOnCommandLine,
    SourceMalformed,
    UrlSchemeRefused,
    VariableNotSet,
)
from jwtool.jose.quoting import printable, quote
from jwtool.sources import files

if TYPE_CHECKING:
    from jwtool.sources.runtime import Runtime

SecretKind = Literal["secret", "hex", "base64"]
Kind = Literal["stdin", "file", "env", "url", "issuer", "text"] | SecretKind
Bare = Literal["file", "refused", "text"]

MAX_SECRET = 1024 * 1024
MAX_PRIVATE_TEXT = 256 * 1024
LONGEST_PATH = 32_767  # of Windows; no system has longer ones
_SECRET_KINDS: tuple[SecretKind, ...] = ("secret", "hex", "base64")
_PREFIX = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PREFIXES = ("env", "https", "http", "issuer", *_SECRET_KINDS)
_NEVER_FETCHED = {"file", "ftp", "ftps", "data", "javascript", "ldap", "ldaps", "ws", "wss", "s3", "gs", "urn", "blob"}


class Source(NamedTuple):
    """Where data comes from.

    `value` is the path, the name of the variable, the URL without its fragment (that of an issuer too), or the text
    itself; nothing for stdin. `inner` is where a secret comes from. `fragment` is the KID that was asked for. `label`
    names the source in messages and reports: printable, and never a secret, a token or the query of a URL.
    """

    kind: Kind
    value: str = ""
    fragment: str | None = None
    label: str = ""
    inner: Source | None = None

    def __repr__(self) -> str:
        """Only what may be shown: the value may be a token."""
        return f"<Source {self.kind} {self.label}>"


def parse_source(text: str, *, bare: Bare, what: str) -> Source:
    """The source that `text` names; `what` names the argument ("KEY", "--payload").

    `bare` says what a bare word is. "file": a file's path, and every form is understood. "text": the data
    itself; "refused": an error; with these two only `-`, `@PATH` and `env:NAME` are sources.
    Raises UsageError leaves, none of which quotes a bare word that could be a secret.
    """
    if bare == "file":
        return _parse_any(text, what)
    source = _parse_plain(text, what)
    if source is not None:
        return source
    if bare == "text":
        return Source("text", text, label="the command line")
    raise SourceMalformed(
        f"{what} takes -, @PATH or env:NAME, and found a bare word",
        hint=f"@{text}" if os.path.isfile(text) else "a file is written @PATH",
    )


def read_bytes(source: Source, runtime: Runtime, *, cap: int, what: str, patience: float = files.PATIENCE) -> bytes:
    """What the source holds, at most `cap` octets: of stdin, a file, a variable, or the text itself.

    `what` names it in messages ("key"), `patience` is that of `files.read`. Raises StdinTwice and InputError leaves.
    """
    if source.kind == "stdin":
        return files.read_stdin(runtime, cap=cap, for_what=what)
    if source.kind == "file":
        return files.read(source.value, cap=cap, what=what, patience=patience)
    text = _read_variable(source.value, runtime, what) if source.kind == "env" else source.value
    data = text.encode("utf-8", "surrogateescape")
    if len(data) > cap:
        raise InputTooLarge(f"can't read the {what}: {source.label} holds more than {files.describe_size(cap)}")
    return data


def read_secret(source: Source, runtime: Runtime, *, patience: float = files.PATIENCE) -> bytes:
    """The octets of an HMAC secret, decoded if the source says `hex:` or `base64:`.

    Of a file or stdin one trailing line break is dropped if the rest is printable text. Raises as `read_bytes`,
    and KeyUnrecognized where the text is not so encoded.
    """
    inner = source.inner or source
    data = read_bytes(inner, runtime, cap=MAX_SECRET, what="secret", patience=patience)
    if source.kind == "hex":
        return _decode_hex(data, source)
    if source.kind == "base64":
        return _decode_base64(data, source)
    return data if inner.kind == "env" else _without_line_break_after_text(data)


def parse_private(text: str, *, option: str) -> Source:
    """Where the secret of `option` comes from. Raises SecretOnCommandLine for a bare word, which may be it itself."""
    source = _parse_plain(text, option)
    if source is None:
        raise SecretOnCommandLine(
            f"{option} takes -, @PATH or env:NAME: a secret on the command line is seen by others",
            hint=f"{option} env:NAME",
        )
    return source


def read_private_text(text: str, runtime: Runtime, *, option: str) -> str:
    """A passphrase, an access token or a code, for `option` ("--passphrase"); never taken from the command line.

    Text of a file or stdin loses one trailing line break. Raises BadUtf8, and as `parse_private` and `read_bytes`.
    """
    source = parse_private(text, option=option)
    data = read_bytes(source, runtime, cap=MAX_PRIVATE_TEXT, what=f"text for {option}")
    try:
        private = data.decode()
    except UnicodeDecodeError:
        raise BadUtf8(f"the text for {option} is not UTF-8") from None
    return private if source.kind == "env" else re.sub(r"\r?\n\Z", "", private)


def _parse_plain(text: str, what: str) -> Source | None:
    """One of `-`, `@PATH`, `env:NAME`, or None."""
    if not text:
        raise SourceMalformed(f"{what} is empty", hint="a source is -, @PATH or env:NAME")
    if text == "-":
        return Source("stdin", label="stdin")
    if text.startswith("@"):
        return _file(text[1:], what)
    if text.startswith("env:"):
        return _variable(text[4:], what)
    return None


def _file(path: str, what: str, fragment: str | None = None) -> Source:
    if not path:
        raise SourceMalformed(f"{what} names no file after the '@'", hint="@PATH")
    return Source("file", path, fragment, label=printable(path))


def _variable(name: str, what: str, fragment: str | None = None) -> Source:
    if not re.fullmatch(r"[^=\x00-\x20\x7f]+", name):
        raise SourceMalformed(f"{what} names no environment variable after 'env:'", hint="env:NAME")
    return Source("env", name, fragment, label=f"env:{printable(name)}")


def _parse_any(text: str, what: str) -> Source:
    prefix = _PREFIX.match(text)
    scheme = prefix[1].lower() if prefix else ""
    for kind in _SECRET_KINDS:
        if scheme == kind:
            return _secret(kind, text[len(kind) + 1 :], what)
    if scheme in {"https", "http", "issuer"}:
        return _issuer(text[len("issuer:") :], what) if scheme == "issuer" else _url(text, what)
    if prefix and not text.startswith("env:") and not os.path.lexists(text):
        _refuse_unknown_prefix(scheme, text[prefix.end() :], what)
    head, fragment = _split_fragment(text, what)
    if head == "-":
        return Source("stdin", fragment=fragment, label="stdin")
    if head.startswith("@"):
        return _file(head[1:], what, fragment)
    if head.startswith("env:"):
        return _variable(head[4:], what, fragment)
    if not head:
        raise SourceMalformed(f"{what} is empty", hint="a source is PATH, -, @PATH, env:NAME or https://…")
    return _file(head, what, fragment)


def _refuse_unknown_prefix(scheme: str, rest: str, what: str) -> None:
    """Raise for what is meant as a source and is none; a path may hold a colon."""
    if rest.startswith("//") or scheme in _NEVER_FETCHED:
        raise UrlSchemeRefused(
            f"a URL of the scheme '{scheme}' is never fetched", hint="https:// is; a file is named by its path"
        )
    from difflib import get_close_matches

    near = get_close_matches(scheme, _PREFIXES, n=1)
    if near:
        raise SourceMalformed(f"{what} begins with '{scheme}:', which is no source", hint=f"did you mean {near[0]}:?")


def _split_fragment(text: str, what: str) -> tuple[str, str | None]:
    """The source and its KID. A path with `#` that exists as written is the file."""
    at = "@" if text.startswith("@") else ""
    if "#" not in text or os.path.lexists(text.removeprefix(at)):
        return text, None
    cut = min(len(text), LONGEST_PATH)
    while (cut := text.rfind("#", 0, cut)) >= 0:
        if os.path.lexists(text[:cut].removeprefix(at)):
            break
    else:
        cut = text.index("#")
    return text[:cut], _kid(text[cut + 1 :], what)


def _kid(text: str, what: str) -> str:
    if not text:
        raise SourceMalformed(f"{what} names no key after the '#'", hint="SET#KID")
    return text


def _url(text: str, what: str) -> Source:
    from jwtool.sources.urls import parse_url

    url = parse_url(text)
    fragment = None if url.fragment is None else _kid(url.fragment, what)
    return Source("url", url.text, fragment, label=url.label)


def _issuer(text: str, what: str) -> Source:
    from jwtool.sources.urls import parse_issuer

    url, _hash, kid = text.partition("#")
    if not url:
        raise SourceMalformed(f"{what} names no issuer after 'issuer:'", hint="issuer:https://…")
    issuer = parse_issuer(url)
    fragment = _kid(kid, what) if _hash else None
    return Source("issuer", issuer.text, fragment, label=issuer.label)


def _secret(kind: SecretKind, text: str, what: str) -> Source:
    try:
        inner = _parse_plain(text, f"{what} after '{kind}:'")
    except SourceMalformed as error:
        raise SourceMalformed(error.message, hint=f"{kind}:@PATH or {kind}:env:NAME") from None
    if inner is None:
        raise SecretOnCommandLine(
            f"a secret on the command line is seen by others; '{kind}:' takes -, @PATH or env:NAME",
            hint=f"{kind}:env:NAME or {kind}:@FILE",
        )
    return Source(kind, inner.value, label=f"{kind}:{_as_typed(inner)}", inner=inner)


def _as_typed(source: Source) -> str:
    return {"stdin": "-", "file": f"@{source.label}"}.get(source.kind, source.label)


def _read_variable(name: str, runtime: Runtime, what: str) -> str:
    value = runtime.environ.get(name)
    if value is not None:
        return value
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(runtime.environ), n=1)
    raise VariableNotSet(
        f"can't read the {what}: the environment variable {quote(name)} is not set",
        hint=f"did you mean env:{printable(near[0])}?" if near else "is it exported? a shell keeps others to itself",
    )


def _without_line_break_after_text(data: bytes) -> bytes:
    rest = data.removesuffix(b"\n").removesuffix(b"\r") if data.endswith(b"\n") else data
    try:
        text = rest.decode()
    except UnicodeDecodeError:
        return data
    return rest if all(character.isprintable() or character in "\t\r\n" for character in text) else data


def _decode_hex(data: bytes, source: Source) -> bytes:
    try:
        return bytes.fromhex("".join(data.decode("ascii").split()))
    except ValueError:
        raise KeyUnrecognized(
            f"the secret of {source.label} is not hexadecimal: pairs of 0-9 and a-f",
            hint="secret: takes the bytes as they are",
        ) from None


def _decode_base64(data: bytes, source: Source) -> bytes:
    import base64
    import binascii

    text = b"".join(data.split()).rstrip(b"=")
    alphabet = b"-_" if b"-" in text or b"_" in text else b"+/"
    try:
        decoded = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=alphabet, validate=True)
    except (binascii.Error, ValueError):
        decoded = None
    if decoded is None or base64.b64encode(decoded, altchars=alphabet).rstrip(b"=") != text:
        raise KeyUnrecognized(
            f"the secret of {source.label} is not base64, in either alphabet",
            hint="secret: takes the bytes as they are; was it copied whole?",
        )
    return decoded
