"""What every command of the tree writes: a line for each that writes OUT, and the folder that OUT is in."""

from __future__ import annotations

import errno
import json
import os
import shlex
from typing import TYPE_CHECKING, Any

from jwtool.cli import app
from jwtool.cli.complete import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.cli.conftest import Cli, Outcome

Place = tuple[str, str]
NOW = 1_795_556_400
# The commands by what they write, each with a line that writes OUT; what is edited in place begins as the file named.
MADE: dict[Place, str] = {
    ("completion", "--install"): "completion bash --install",  # its environment says where
    ("decrypt", "-o"): "decrypt -k recipient.jwk @token.jwe --force -o OUT",
    ("encrypt", "-o"): "encrypt -k recipient.jwk @token.jwe --force -o OUT",
    ("jwks build", "-o"): "jwks build k1.jwk --private --force -o OUT",
    ("jwks fetch", "-o"): "jwks fetch ISSUER/jwks.json --force -o OUT",
    ("key convert", "-o"): "key convert k1.jwk --to pem --force -o OUT",
    ("key new", "--public-out"): "key new --force --public-out OUT",
    ("key new", "-o"): "key new --force -o OUT",
    ("key public", "-o"): "key public k1.jwk --force -o OUT",
    ("sign", "-o"): "sign -k k1.jwk --force -o OUT",
    ("token get", "-o"): "token get -i ISSUER --client-id ci --client-secret @secret.txt --force -o OUT",
}
EDITED: Mapping[Place, tuple[str, str]] = {
    ("jwks add", "FILE"): ("jwks add OUT k2.jwk", "private.json"),
    ("jwks remove", "FILE"): ("jwks remove OUT k1", "private.json"),
    ("jwks rotate", "FILE"): ("jwks rotate OUT", "private.json"),
    ("jwks rotate", "--public-out"): ("jwks rotate private.json --public-out OUT", "public.json"),
    ("jwks serve", "--rotate"): ("jwks serve OUT --rotate --port 0", "private.json"),
}
# These are there while a server answers, and gone with it.
WHILE_SERVING: dict[Place, str] = {
    ("issuer serve", "--ready-file"): "issuer serve -k k1.jwk --port 0 --ready-file OUT",
    ("jwks serve", "--ready-file"): "jwks serve private.json --port 0 --ready-file OUT",
}
PLACES = [*MADE, *EDITED]
OPTIONS = {"-o", "--public-out", "--install", "--rotate", "--ready-file"}
FAULTS = {
    errno.ENOSPC: "no space is left on the disk",
    errno.EACCES: "no permission to write in that folder",
    errno.EROFS: "the file system is read-only",
    errno.EFBIG: "the limit on file sizes is reached",
}


def writers(node: Mapping[str, Any], path: str = "") -> Iterator[Place]:
    """Every command of the tree that writes a file, and the option or argument that names it."""
    for name, child in node.get("commands", {}).items():
        yield from writers(child, f"{path} {name}".strip())
    for option in node["options"]:
        yield from ((path, name) for name in option["names"] if name in OPTIONS)
    yield from ((path, "FILE") for argument in node["arguments"] if argument["value"] == "FILE")


def all_writers() -> list[Place]:
    """Those of the index, which a test holds to be that of the commands."""
    folder = os.path.dirname(str(app.__file__))
    with open(os.path.join(folder, INDEX), encoding="utf-8") as file:
        return sorted(writers(json.load(file)))


class Stage:
    """A folder `work` for OUT alone, beside the files that the lines name; OUT is where bash looks for completions."""

    def __init__(self, cli: Cli, folder: Path, url: str) -> None:
        self.cli = cli
        self.folder = folder
        self.url = url
        self.work = folder / "completions"
        self.work.mkdir()
        self.out = self.work / "jwtool"
        self.environ = {"BASH_COMPLETION_USER_DIR": str(folder)}

    def argv(self, place: Place) -> list[str]:
        """The command line; OUT is there, and what is edited can be."""
        line, before = EDITED.get(place) or ((MADE | WHILE_SERVING)[place], None)
        content = b"precious" if before is None else (self.folder / before).read_bytes()
        self.out.write_bytes(content)
        self.out.chmod(0o600)
        return [word.replace("OUT", str(self.out)).replace("ISSUER", self.url) for word in shlex.split(line)]

    def state(self) -> list[tuple[object, ...]]:
        """Everything in the folder: nothing may change or come."""
        found = [(path.name, path.lstat(), path.read_bytes()) for path in sorted(self.work.iterdir())]
        return [(name, status.st_ino, status.st_mtime_ns, status.st_mode, data) for name, status, data in found]

    def run(self, argv: list[str]) -> Outcome:
        return self.cli(*argv, now=NOW, env=self.environ)
