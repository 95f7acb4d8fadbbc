from __future__ import annotations

from collections.abc import Callable

import pytest

from jwtool.jose.errors import JwtoolError, UrlMalformed, UrlSchemeRefused
from jwtool.sources.urls import Url, parse_url

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]

BROKEN = "the URL holds blanks, backslashes or control characters"
NO_SCHEME = "the URL has no scheme, wanted https://"
LOOPBACK = "write https://; http:// is for 127.0.0.0/8, [::1] and localhost only"


def test_the_parts_of_a_url() -> None:
    assert parse_url("HTTPS://Auth.Example:8443/a/../jwks.json?key=s3cret#kid#2") == Url(
        text="HTTPS://Auth.Example:8443/a/../jwks.json?key=s3cret",
        scheme="https",
        host="auth.example",
        port=8443,
        fragment="kid#2",
        label="https://Auth.Example:8443/a/../jwks.json",
    )


@pytest.mark.parametrize(
    ("text", "host", "host_label", "is_loopback"),
    [
        ("https://auth.example", "auth.example", "auth.example", False),
        ("https://auth.example:443/", "auth.example", "auth.example", False),
        ("https://auth.example.:444/", "auth.example.", "auth.example.:444", False),
        ("https://192.0.2.1/", "192.0.2.1", "192.0.2.1", False),
        ("https://[2001:db8::1]:8443/", "2001:db8::1", "[2001:db8::1]:8443", False),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "xn--bcher-kva.example", False),
        ("https://a_b.example/", "a_b.example", "a_b.example", False),
        ("http://127.0.0.1/", "127.0.0.1", "127.0.0.1", True),
        ("http://127.255.255.254:80/", "127.255.255.254", "127.255.255.254", True),
        ("http://LOCALHOST:8080/", "localhost", "localhost:8080", True),
        ("http://[::1]:8080/", "::1", "[::1]:8080", True),
        ("http://[0:0:0:0:0:0:0:1]/", "0:0:0:0:0:0:0:1", "[0:0:0:0:0:0:0:1]", True),
        ("https://127.0.0.1/", "127.0.0.1", "127.0.0.1", True),
    ],
)
def test_hosts(text: str, host: str, host_label: str, *, is_loopback: bool) -> None:
    url = parse_url(text)
    assert (url.host, url.host_label, url.is_loopback) == (host, host_label, is_loopback)


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.1",
        "169.254.169.254",
        "auth.example",
        "localhost.example",
        "localhost.",
        "127.0.0.1.example",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "::ffff:127.0.0.1",
    ],
)
def test_http_is_for_loopback_only(host: str, refusal: Refusal) -> None:
    bracketed = f"[{host}]" if ":" in host else host
    message = f"http to '{host}' is refused: without TLS anyone on the way can change the keys"
    assert refusal(parse_url, f"http://{bracketed}/") == (UrlSchemeRefused, message, LOOPBACK)


@pytest.mark.parametrize("scheme", ["ftp", "file", "ws", "gopher", "data", "javascript"])
def test_other_schemes(scheme: str, refusal: Refusal) -> None:
    refused = (UrlSchemeRefused, f"a URL of the scheme '{scheme}' is never fetched", "https:// is")
    assert refusal(parse_url, f"{scheme}://auth.example/") == refused


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", NO_SCHEME, "https://HOST/PATH"),
        ("auth.example", NO_SCHEME, "https://HOST/PATH"),
        ("https://auth.example/a b", BROKEN, None),
        ("https://auth.example/\n", BROKEN, None),
        ("https://auth.example/\x7f", BROKEN, None),
        ("https://auth.example/\xa0", BROKEN, None),
        ("https://auth.example\\@evil.example/", BROKEN, None),
        ("https://auth.example/\udcff", BROKEN, None),
        ("https:auth.example", NO_SCHEME, "https://HOST/PATH"),
        ("https:", "the URL names no host", "https://HOST/PATH"),
        ("https://", "the URL names no host", "https://HOST/PATH"),
        ("https:///jwks", "the URL names no host", "https://HOST/PATH"),
        ("https://?x", "the URL names no host", "https://HOST/PATH"),
        ("https://:443/", "the URL's host and port can't be read: ':443'", None),
        ("https://auth.example:/", "the URL's host and port can't be read: 'auth.example:'", None),
        ("https://auth.example:x/", "the URL's host and port can't be read: 'auth.example:x'", None),
        ("https://auth.example:123456/", "the URL's host and port can't be read: 'auth.example:123456'", None),
        ("https://auth.example:0/", "the URL's port is 0, and ports go from 1 to 65535", None),
        ("https://auth.example:65536/", "the URL's port is 65536, and ports go from 1 to 65535", None),
        ("https://::1/", "the URL's host and port can't be read: '::1'", None),
        ("https://[::1/", "the URL's host and port can't be read: '[::1'", None),
        ("https://[::g]/", "the URL's host and port can't be read: '[::g]'", None),
        ("https://[::1%25eth0]/", "the URL's host and port can't be read: '[::1%25eth0]'", None),
        ("https://[1:2]/", "the URL's host is no name and no address: '1:2'", None),
        ("https://ex%41mple/", "the URL's host and port can't be read: 'ex%41mple'", None),
        ("https://a..b/", "the URL's host is no name and no address: 'a..b'", None),
        ("https://-a/", "the URL's host is no name and no address: '-a'", None),
        (f"https://{'a' * 64}/", f"the URL's host is no name and no address: '{'a' * 64}'", None),
        ("https://bücher.example/", "the URL's host 'bücher.example' is not ASCII", "write it in its xn-- form"),
        ("https://a\u202eb.example/", "the URL's host 'a\\u202eb.example' is not ASCII", "write it in its xn-- form"),
    ],
)
def test_malformed_urls(text: str, message: str, hint: str | None, refusal: Refusal) -> None:
    assert refusal(parse_url, text) == (UrlMalformed, message, hint)


@pytest.mark.parametrize("user", ["user", "user:hunter2", ":hunter2", "", "a@b", "https://x:hunter2"])
def test_user_information_is_refused_and_not_repeated(user: str, refusal: Refusal) -> None:
    message = "the URL holds a user name or a password before an '@'"
    if "/" in user:
        user = user.removeprefix("https://")
    refused = (UrlMalformed, message, "leave it out: a URL is seen by others")
    assert refusal(parse_url, f"https://{user}@auth.example/") == refused


def test_long_urls(refusal: Refusal) -> None:
    start = "https://auth.example/"
    longest = start + "x" * (8192 - len(start))
    assert parse_url(longest).text == longest
    too_long = (UrlMalformed, "the URL has 8193 characters, wanted at most 8192", None)
    assert refusal(parse_url, f"{longest}x") == too_long


def test_a_label_can_drive_no_terminal() -> None:
    assert parse_url("https://auth.example/\u202ek").label == "https://auth.example/\\u202ek"
