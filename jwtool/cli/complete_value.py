"""Candidates for the values of options: algorithm names, `env:` names, files. Cheap: nothing is opened.

A function takes what is typed so far and returns what it could become, alone or with a line of help. One that
takes nothing, or that stands in the module of a command, lists all values there are: `docs.py` writes them into
the index of commands.
"""

import os
from collections.abc import Callable, Mapping

Candidates = list[str] | list[tuple[str, str]]


def algorithm(incomplete: str) -> list[tuple[str, str]]:
    from jwtool.jose.algorithms import ALGORITHMS

    return [(name, row.summary) for name, row in ALGORITHMS.items() if name.startswith(incomplete)]


def management(incomplete: str) -> list[tuple[str, str]]:
    """The `alg` of encryption."""
    from jwtool.jose.encryption_algorithms import KEY_MANAGEMENT

    return [(name, row.summary) for name, row in KEY_MANAGEMENT.items() if name.startswith(incomplete)]


def content_encryption(incomplete: str) -> list[tuple[str, str]]:
    """The `enc` of encryption."""
    from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION

    return [(name, row.summary) for name, row in CONTENT_ENCRYPTION.items() if name.startswith(incomplete)]


def key_algorithm(incomplete: str) -> list[tuple[str, str]]:
    """Everything that a key can be made for."""
    return algorithm(incomplete) + management(incomplete) + content_encryption(incomplete)


def bad_kind() -> list[tuple[str, str]]:
    """What can be wrong with a token on purpose."""
    from jwtool.jose.bad import KINDS, SIGNED_KINDS

    return [(kind, KINDS[kind]) for kind in SIGNED_KINDS]


def path(incomplete: str) -> list[str]:
    """Files and folders that begin so; a folder ends in a slash."""
    folder, slash, start = incomplete.rpartition("/")
    try:
        with os.scandir(folder or slash or ".") as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []
    return [
        f"{folder}{slash}{entry.name}{'/' if _is_folder(entry) else ''}"
        for entry in entries
        if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith("."))
    ]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link into a folder that can't be read
        return False


def variable(incomplete: str) -> list[str]:
    """`env:NAME` for the variables of this shell; never a value."""
    start = incomplete.removeprefix("env:")
    return [
        f"env:{name}"
        for name in sorted(os.environ)
        if name.startswith(start) and name.isascii() and name.isidentifier() and not name.startswith("_JWTOOL_")
    ]


def private_text(incomplete: str) -> list[str]:
    """What `-`, `@PATH` and `env:NAME` can become."""
    if incomplete.startswith("@"):
        return [f"@{name}" for name in path(incomplete[1:])]
    if incomplete.startswith("env:"):
        return variable(incomplete)
    return [form for form in ("@", "env:") if form.startswith(incomplete)]


def token(incomplete: str) -> list[str]:
    return private_text(incomplete)


def key(incomplete: str) -> list[str]:
    """Every form of SOURCE that can be completed: a path, `@PATH`, `env:NAME`, and secrets out of these."""
    for prefix in ("secret:", "hex:", "base64:"):
        if incomplete.startswith(prefix):
            return [f"{prefix}{form}" for form in private_text(incomplete.removeprefix(prefix))]
    if incomplete.startswith(("@", "env:")):
        return private_text(incomplete)
    forms = ("env:", "secret:", "hex:", "base64:", "https://", "issuer:https://")
    return path(incomplete) + [form for form in forms if incomplete and form.startswith(incomplete)]


def claim(incomplete: str) -> list[str]:
    """The file of `name@=PATH` and `name:@=PATH`; what else a claim is nobody can guess."""
    name, operator, start = incomplete.partition("@=")
    return [f"{name}{operator}{found}" for found in path(start)] if operator else []


def curve() -> list[tuple[str, str]]:
    """The curves that an algorithm leaves open."""
    from jwtool.jose.algorithms import ALGORITHMS
    from jwtool.jose.encryption_algorithms import ECDH_CURVES

    signing = [name for row in ALGORITHMS.values() if len(row.curves) > 1 for name in row.curves]
    return [(name, "") for name in (*signing, *ECDH_CURVES)]


def key_format() -> list[tuple[str, str]]:
    return [("jwk", "JSON Web Key"), ("pem", "PKCS#8 or SPKI as text"), ("der", "PKCS#8 or SPKI as bytes")]


def any_format() -> list[tuple[str, str]]:
    return [*key_format(), ("ssh", "what OpenSSH reads")]


def use() -> list[tuple[str, str]]:
    return [("sig", "signatures"), ("enc", "encryption")]


def preset() -> list[tuple[str, str]]:
    from jwtool.operations.load_preset import NAMES

    return [(name, "") for name in NAMES]


def verify_preset() -> list[tuple[str, str]]:
    from jwtool.operations.load_preset import NAMES, PROVIDERS

    return [*((name, "") for name in NAMES), *((name, "provider") for name in PROVIDERS)]


def signatures() -> list[tuple[str, str]]:
    return [("any", "one that verifies is enough"), ("all", "each that the token has must verify")]


# What a metavar stands for, where an option or argument names no completer of its own.
BY_METAVAR: Mapping[str, Callable[..., Candidates]] = {
    "CLAIMS": private_text,
    "PAYLOAD": private_text,
    "CLAIM": claim,
    "CRV": curve,
    "FORMAT": key_format,
    "PRESET": preset,
    "any|all": signatures,
    "USE": use,
}
