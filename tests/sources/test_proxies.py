from __future__ import annotations

from collections.abc import Callable

import pytest

from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import JwksUnreachable
from jwtool.sources.proxies import Proxy, find_proxy
from jwtool.sources.urls import parse_url

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]

URL = parse_url("https://auth.example/jwks")
P = "http://proxy.example:3128"


def found(environ: dict[str, str], url: str = URL.text) -> str | None:
    proxy = find_proxy(parse_url(url), environ)
    return None if proxy is None else proxy.url


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, None),
        ({"HTTPS_PROXY": P}, P),
        ({"https_proxy": P, "HTTPS_PROXY": "http://other"}, P),
        ({"https_proxy": "", "HTTPS_PROXY": P}, P),
        ({"ALL_PROXY": "http://other", "HTTPS_PROXY": P}, P),
        ({"all_proxy": P}, P),
        ({"HTTP_PROXY": P, "http_proxy": P, "FTP_PROXY": P}, None),
        ({"HTTPS_PROXY": "proxy.example:3128"}, P),
        ({"HTTPS_PROXY": f" {P}/ "}, f"{P}/"),
        ({"HTTPS_PROXY": "https://[2001:db8::1]:8443"}, "https://[2001:db8::1]:8443"),
    ],
)
def test_which_proxy(environ: dict[str, str], url: str | None) -> None:
    assert found(environ) == url


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://localhost:8443/", "https://[::1]/", "http://127.9.9.9/"]
)
def test_none_for_loopback(url: str) -> None:
    assert found({"HTTPS_PROXY": P, "ALL_PROXY": P}, url) is None


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_exempt"),
    [
        ("*", "https://auth.example/", True),
        ("auth.example", "https://auth.example/", True),
        ("AUTH.Example", "https://auth.example/", True),
        ("example", "https://auth.example/", True),
        (".example", "https://auth.example/", True),
        ("a, auth.example ,b", "https://auth.example/", True),
        ("a b auth.example", "https://auth.example/", True),
        ("auth.example:443", "https://auth.example/", True),
        ("auth.example:8443", "https://auth.example/", False),
        ("ample", "https://auth.example/", False),
        ("auth", "https://auth.example/", False),
        ("www.auth.example", "https://auth.example/", False),
        ("192.0.2.0/24", "https://192.0.2.7/", True),
        ("192.0.2.0/24", "https://192.0.3.7/", False),
        ("192.0.2.0/24", "https://auth.example/", False),
        ("192.0.2.7", "https://192.0.2.7/", True),
        ("2001:db8::/32", "https://[2001:db8::1]/", True),
        ("[2001:db8::1]", "https://[2001:db8::1]/", True),
        ("a/b", "https://192.0.2.7/", False),
        ("", "https://auth.example/", False),
        (",", "https://auth.example/", False),
    ],
)
def test_exceptions(no_proxy: str, url: str, *, is_exempt: bool) -> None:
    expected = None if is_exempt else P
    assert found({"HTTPS_PROXY": P, "NO_PROXY": no_proxy}, url) == expected
    assert found({"HTTPS_PROXY": P, "no_proxy": no_proxy, "NO_PROXY": "other"}, url) == expected


def test_a_password_is_neither_shown_nor_said() -> None:
    proxy = find_proxy(URL, {"HTTPS_PROXY": "http://user:hunter2@proxy.example:3128"})
    assert proxy == Proxy("http://user:hunter2@proxy.example:3128", "proxy.example:3128", "HTTPS_PROXY")
    assert repr(proxy) == "Proxy(label='proxy.example:3128', variable='HTTPS_PROXY')"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("socks5://u:hunter2@p:1080", "is of the kind 'socks5', and only http and https ones are used"),
        ("SOCKS5H://p:1080", "is of the kind 'socks5h', and only http and https ones are used"),
        ("http://", "can't be read: no http://HOST:PORT"),
        ("http://a b", "can't be read: no http://HOST:PORT"),
        ("http://u:hunter2@", "can't be read: no http://HOST:PORT"),
        ("http://p:1/path", "can't be read: no http://HOST:PORT"),
    ],
)
def test_proxies_that_can_not_be_used(value: str, problem: str, refusal: Refusal) -> None:
    assert refusal(find_proxy, URL, {"ALL_PROXY": value}) == (
        JwksUnreachable,
        f"can't reach auth.example: the proxy in ALL_PROXY {problem}",
        "or reach it without a proxy: NO_PROXY=auth.example",
    )
