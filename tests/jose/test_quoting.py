from __future__ import annotations

import unicodedata

import pytest

from jwtool.jose.quoting import NOT_SHOWN, printable, quote, quote_public

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
RANDOM_BASE64URL = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
RANDOM_BASE64 = "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols="
RANDOM_HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
UUID = "72f988bf-86f1-41af-91ab-2d7cd011db47"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("plain text, [bold] 'quoted' \\n", "plain text, [bold] 'quoted' \\n"),
        ("grüße 日本語 😀", "grüße 日本語 😀"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x1b[2J\x07\x00\x7f", "\\x1b[2J\\x07\\x00\\x7f"),
        ("\x9b31m\x85", "\\x9b31m\\x85"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("a\u200bb\u200dc\ufeff", "a\\u200bb\\u200dc\\ufeff"),
        ("\xa0\xad\u2028\u2029\u3000", "\\xa0\\xad\\u2028\\u2029\\u3000"),
        ("\U000e0041\U000e007f", "\\U000e0041\\U000e007f"),
        ("\ud800\udcff", "\\ud800\\udcff"),
        ("\ue000\U0010ffff", "\\ue000\\U0010ffff"),
        ("x\ufe0f\u3164\u2800\U000e0100", "x\\ufe0f\\u3164\\u2800\\U000e0100"),
    ],
)
def test_printable(text: str, escaped: str) -> None:
    assert printable(text) == escaped


def test_printable_keeps_what_it_is_told_to() -> None:
    assert printable("a\nb\r\u202e", keep="\n") == "a\nb\\r\\u202e"


def test_nothing_of_the_dangerous_categories_survives() -> None:
    survivors = set(printable("".join(map(chr, range(0x110000)))))
    categories = {unicodedata.category(character) for character in survivors}
    assert categories.isdisjoint({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
    assert {character for character in survivors if character.isspace()} == {" "}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "15M",
        "P-999",
        "ES256",
        "correct horse",
        "2026-11-24T21:45:00Z",
        "api",
        "--totally-unknown-option-name-here",
        "urn:ietf:params:oauth:jwk-thumbprint",
        "MyVeryLongServiceNameProduction",
        "com.example.service.internal.region",
        "my-very-long-service-name.us-east-1.internal",
        "x86-64-linux-gnu-python311-abi3",
        "backup-2026-11-24-21-30-00-keys",
        "https://auth.example/very/long/path",
        "issuer:https://auth.example:8443/tenant",
        f"https://login.example/{UUID}/v2.0",
        "/home/user/keys/production/private-key.jwk",
        "../keys/2026-11-a.pem",
        "@keys/private.jwk",
        "C:\\Users\\Somebody\\keys\\private.jwk",
        "secret:@file",
        "secret:env:HOME",
        "secret:-",
        "hex:-",
        "base64:@key.txt",
        '{"sub":"user-42"}',
        "roles:=[1,2",
        "a.b.c",
        "token",
    ],
)
def test_ordinary_values_are_shown(value: str) -> None:
    assert quote(value) == f"'{value}'"


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        f"  {TOKEN}",
        f"Bearer {TOKEN}",
        f"--token={TOKEN}",
        TOKEN[:30],
        TOKEN[1:],
        "eyAiYWxnIjogIm5vbmUiIH0.e30.",
        "ewogICJhbGciOiAibm9uZSIKfQ.e30.",
        "ew0KICJhbGciOiJub25lIn0.e30.",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA",
        "MC4CAQAw\n-----END PRIVATE KEY-----",
        "BEGIN RSA PRIVATE KEY",
        '{"kty":"oct","k":"c2VjcmV0"}',
        '{ "d" : "x"}',
        '[{"alg":"HS256","k":"x"}]',
        "{'kty': 'oct'}",
        '{"access_token":"x"}',
        '{"client_secret":"x"}',
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
        "bearer abc",
        "Basic dXNlcjpwYXNz",
        "secret:hunter2",
        "SECRET:hunter2",
        "--key=secret:hunter2",
        "hex:00ff",
        "base64:AAAA",
        "--client-secret=hunter2",
        "password=hunter2",
        RANDOM_BASE64URL,
        RANDOM_BASE64,
        RANDOM_HEX,
        f"the key {RANDOM_HEX} is mine",
        f"issuer {RANDOM_BASE64URL}: https://auth.example",
        UUID,
        "x" * 121,
        f"/{RANDOM_BASE64}",
    ],
)
def test_what_looks_secret_is_not_shown(value: str) -> None:
    assert quote(value) == NOT_SHOWN


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://user:pw@auth.example/jwks", "https://…@auth.example/jwks"),
        ("https://user@auth.example/jwks", "https://…@auth.example/jwks"),
        ("https://user:pa/ss@auth.example/", "https://…@auth.example/"),
        ("https://user:pa?ss#x@auth.example/", "https://…@auth.example/"),
        ("https://user:my pass@auth.example/", "https://…@auth.example/"),
        ("https:user:pw@auth.example", "https:…@auth.example"),
        ("https:\\\\user:pw@auth.example", "https:\\\\…@auth.example"),
        ("issuer:HTTPS://user:pw@auth.example", "issuer:HTTPS://…@auth.example"),
        ("ftp://user:pw@auth.example", "ftp://…@auth.example"),
        ("https://auth.example/jwks?key=hunter2", "https://auth.example/jwks?…"),
        ("https://auth.example/jwks#kid-1", "https://auth.example/jwks#…"),
        ("https://auth.example?a=b#c", "https://auth.example?…"),
        (f"https://auth.example/cb?token={TOKEN}", "https://auth.example/cb?…"),
        (f"https://hooks.example/{RANDOM_BASE64URL}/x", "https://hooks.example/…/x"),
        ("https://auth.example/@scope/pkg", "https://auth.example/@scope/pkg"),
        (f"/nix/store/{RANDOM_HEX}/bin", "/nix/store/…/bin"),
        (f"@./{RANDOM_HEX}.jwk", "@./….jwk"),
    ],
)
def test_urls_and_paths_are_shown_without_their_secrets(value: str, shown: str) -> None:
    assert quote(value) == f"'{shown}'"


def test_a_token_in_the_path_of_a_url_is_not_shown() -> None:
    assert quote(f"https://auth.example/{TOKEN}") == NOT_SHOWN


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("abcdefgh", "'abcdefgh'"),
        ("abcdefghi", "'abcdefg…'"),
        ("abcd\x1b", "'abcd\\x1b'"),
        ("abcde\x1b", "'abcde…'"),
        ("abc\x1bdef", "'abc\\x1b…'"),
        ("\U000e0041", "'…'"),
    ],
)
def test_a_cut_counts_what_is_shown_and_never_halves_an_escape(value: str, shown: str) -> None:
    assert quote(value, limit=8) == shown
    assert quote_public(value, limit=8) == shown


def test_quote_cuts_at_64_characters() -> None:
    words = "word " * 100
    assert quote(words) == f"'{words[:63]}…'"


def test_a_long_path_is_cut_and_shown() -> None:
    path = "/very/long" * 40
    assert quote(path) == f"'{path[:254]}…'"


def test_a_value_of_a_megabyte_is_judged_by_its_beginning() -> None:
    assert quote("a " * 500_000) == f"'{'a ' * 31}a…'"


@pytest.mark.parametrize("value", [RANDOM_BASE64URL, RANDOM_HEX[:64], UUID, "2026-11-a", "x\x00y"])
def test_published_names_are_shown(value: str) -> None:
    assert quote_public(value) == f"'{printable(value)}'"


@pytest.mark.parametrize("value", [TOKEN, "-----BEGIN PRIVATE KEY-----", '{"k":"x"}'])
def test_published_names_that_are_tokens_or_keys_are_not_shown(value: str) -> None:
    assert quote_public(value) == NOT_SHOWN
