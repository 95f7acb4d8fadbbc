"""The hostile tokens of worst.py: payloads, forms and headers at their caps, and claims that are dear to judge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url
from jwtool.jose.token import MAX_HEADER, MAX_TOKEN
from tests.bench.worst_case import RENDERINGS, case, filled, numbered, signed

if TYPE_CHECKING:
    from pathlib import Path

VERIFY = ("verify", "-k", "secret:@secret.txt")


def token_cases(folder: Path) -> list[dict[str, Any]]:
    """Tokens through decode and verify."""
    return [*payload_cases(folder), *form_cases(folder), *header_cases(folder), *demand_cases(folder)]


def payloads() -> dict[str, bytes]:
    """The worst that JSON can be, in the payload of a token."""
    deep = '{"a":' * 62 + "0" + "}" * 62
    return {
        "64 levels, wide": filled(f",{deep}", f'{{"a":[{deep}', "]}"),
        "empty lists": filled("[],", '{"a":[', "0]}"),
        "40-digit numbers": filled(f",{'9' * 40}", '{"a":[0', "]}"),
        "small numbers": filled("1,", '{"a":[', "1]}"),
        "floats": filled("1e300,", '{"a":[', "1]}"),
        "members": numbered('"{}":0', 100_000),
        "members that hide": numbered('"\u200b\\u0007{}":"\u202e"', 100_000),
        "one member of control characters": filled("\\u001b", '{"a":"', '"}'),
        "one name of control characters": filled("\u0085", '{"', '":0}'),
        "escaped quotes": filled('\\"', '{"a":"', '"}'),
        "escaped quotes, not closed": filled('\\"', '{"a":"'),
        "backslashes, not closed": filled("\\\\", '{"a":"', "\\"),
        "surrogate pairs": filled("\\ud83d\\ude00", '{"a":"', '"}'),
        "a lone surrogate at the end": filled("\\ud83d\\ude00", '{"a":"', '\\ud800"}'),
        "invalid UTF-8 at the end": filled("é", '{"a":"') + b'\xff"}',
        "brackets": filled("["),
        "a number of digits": filled("9"),
        "line breaks": filled("\n"),
        "no JSON": filled("\u0007"),
        "octets": bytes(range(256)) * (750),
        "astral characters": filled("\U0001f600", '{"a":"', '"}'),
        "one member twice": numbered('"{}":0', 18_000)[:-1] + b',"0":1}',
        "times": filled("1,", f'{{"exp":{"9" * 40},"nbf":-{"9" * 40},"iat":1e308,"a":[', "1]}"),
    }


def payload_cases(folder: Path) -> list[dict[str, Any]]:
    """Every payload through decode in its three renderings, and through verify with the right key."""
    cases = []
    for number, (name, payload) in enumerate(payloads().items()):
        file = f"payload{number}.jwt"
        (folder / file).write_text(signed(payload), "utf-8")
        cases += [case(f"decode{how}: {name}", "decode", f"@{file}", *more) for how, more in RENDERINGS.items()]
        cases += [case(f"verify{how}: {name}", *VERIFY, f"@{file}", *more) for how, more in RENDERINGS.items()]
    return cases


def form_cases(folder: Path) -> list[dict[str, Any]]:
    """Tokens whose outer form is the worst."""
    payload = base64url.encode(filled("1,", '{"a":[', "1]}", 150_000))
    protected = base64url.encode(b'{"alg":"RS256"}')
    one = {"protected": protected, "signature": "AA"}
    header = {f"h{number}": number for number in range(1000)}
    mega = MAX_TOKEN * 4
    forms = {
        "dots": "." * MAX_TOKEN,
        "tildes": signed(b"{}") + "~" * (MAX_TOKEN - 100),
        "blanks": " " * mega,
        "blanks within": "a " * (MAX_TOKEN // 2),
        "percent": "%252" * (MAX_TOKEN // 4),
        "letters": "A" * MAX_TOKEN,
        "letters over the cap": "A" * mega,
        "Bearer again and again": "bearer " * (mega // 7),
        "quotes": '"' * mega,
        "not ASCII": "é" * (MAX_TOKEN // 2),
        "signature": f"{protected}.e30.{'A' * (MAX_TOKEN - 100)}",
        "JWE": f"{protected}.{'AAAA' * 20_000}.AAAA.{'AAAA' * 20_000}.{'AAAA' * 20_000}",
        "16 signatures": json.dumps({"payload": payload, "signatures": [one] * 16}),
        "5,000 signatures": json.dumps({"payload": "e30", "signatures": [one] * 5_000}),
        "16 recipients": json.dumps({"ciphertext": "AAAA" * 40_000, "recipients": [{"header": header}] * 5}),
        "16 unprotected headers": json.dumps(
            {"payload": "e30", "signatures": [{"header": header, "signature": ""}] * 16}
        ),
        "JSON with 90,000 members": numbered('"a{}":"b"', 90_000, mega).decode(),
        "JSON, deep": filled("[", '{"access_token":', "", mega).decode(),
    }
    cases = []
    for number, (name, text) in enumerate(forms.items()):
        file = f"form{number}.jwt"
        (folder / file).write_text(text, "utf-8")
        cases += [case(f"decode{how}: {name}", "decode", f"@{file}", *more) for how, more in RENDERINGS.items()]
        cases.append(case(f"verify: {name}", *VERIFY, f"@{file}"))
        cases.append(case(f"verify, 1,000 keys: {name}", "verify", "-k", "rsa2048.jwks", f"@{file}"))
    return cases


def header_cases(folder: Path) -> list[dict[str, Any]]:
    """Headers at 16 KiB, through decode and verify."""
    size = MAX_HEADER - 10
    names = ",".join(f'"{number}"' for number in range(1800))
    headers = {
        "kid": filled("k", '{"alg":"HS256","kid":"', '"}', size),
        "kid of control characters": filled("\x85", '{"alg":"HS256","kid":"', '"}', size),
        "kid like a token": filled("eyJhbGciOiJ.", '{"alg":"HS256","kid":"', '"}', size),
        "alg": filled("a", '{"alg":"', '"}', size),
        "crit": f'{{"alg":"HS256","crit":[{names}]}}'.encode(),
        "crit of b64": filled('"b64",', '{"alg":"HS256","b64":true,"crit":[', '"b64"]}', size),
        "typ": filled("APPLICATION/", '{"alg":"HS256","typ":"', '"}', size),
        "members": numbered('"{}":0', 5_000, size)[:-1] + b',"alg":"HS256"}',
        "x5c": filled('"AAAA",', '{"alg":"HS256","x5c":[', '""]}', size),
        "over the cap": filled("k", '{"alg":"HS256","kid":"', '"}', 100_000),
    }
    cases = []
    for number, (name, header) in enumerate(headers.items()):
        file = f"header{number}.jwt"
        (folder / file).write_text(signed(filled("1,", '{"a":[', "1]}", 120_000), header.decode()), "utf-8")
        cases.append(case(f"decode: header with {name}", "decode", f"@{file}"))
        cases += [
            case(f"verify{how}: header with {name}", *VERIFY, "-k", "rsa2048.jwks", f"@{file}", *more)
            for how, more in RENDERINGS.items()
        ]
    return cases


def demand_cases(folder: Path) -> list[dict[str, Any]]:
    """Claims that are dear to judge, under many demands."""
    claims = {
        "aud": filled(',"ap"', '{"aud":["ap"', "]}"),
        "scope": filled(" s", '{"scope":"s', '"}'),
        "roles": filled(',"x"', '{"roles":["x"', "]}"),
        "objects": filled(',{"x":0}', '{"roles":[{"x":0}', "]}"),
        "text": filled("a", '{"roles":"', '"}'),
        "text4096": ('{"roles":"' + "a" * 4095 + '!"}').encode(),
        "issuer": filled("a", '{"iss":"https://', '","sub":"x","nonce":"y"}'),
        "members": numbered('"{}":0', 100_000),
    }
    for name, payload in claims.items():
        (folder / f"{name}.jwt").write_text(signed(payload), "utf-8")
    verify = (*VERIFY, "--json")
    many = range(100)
    deep = "a" + "[b]" * 60
    return [
        case("100 audiences of a list of 39,000", *verify, "@aud.jwt", *(f"-a=api{n}" for n in many)),
        case("100 scopes of 98,000", *verify, "@scope.jwt", *(f"--scope=w{n}" for n in many)),
        case(
            "20 requirements of a list of 49,000", *verify, "@roles.jwt", *(f"--require=roles=y{n}" for n in range(20))
        ),
        case(
            "20 requirements of a list of objects",
            *verify,
            "@objects.jwt",
            *(f'--require=roles:={{"x":{n + 1}}}' for n in range(20)),
        ),
        case("100 requirements of 20,000 members", *verify, "@members.jwt", *(f"--require={n}:=1" for n in many)),
        case("2,000 requirements that are absent", *verify, "@members.jwt", *(f"--require=x{n}" for n in range(2000))),
        case("a deep requirement", *verify, "@members.jwt", f"--require={deep}=x"),
        case("a regex on 196 KiB", *verify, "@text.jwt", "--require=roles~=a*b"),
        case("a regex that backtracks", *verify, "@text4096.jwt", "--require=roles~=(a+)+"),
        case("a regex that backtracks twice", *verify, "@text4096.jwt", "--require=roles~=(a|a)*b"),
        case("a regex that is long", *verify, "@text4096.jwt", f"--require=roles~={'(?:a|b)?' * 12_000}"),
        case("an issuer", *verify, "@issuer.jwt", *(f"-i=https://A{n}" for n in many), "--sub=y", "--nonce=z"),
        case("a field of 20,000 members", *VERIFY, "@members.jwt", "-f", "x." * 20_000),
    ]
