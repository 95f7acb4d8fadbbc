"""Where a local server listens: an address and port bound, and how a URL names them.

The sentences for ports in use and foreign hosts are here; this file is what `http_server.py` starts from.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket

from jwtool.jose.network_errors import AddressUnavailable

MAX_PORT = 65535


def listen(host: str, port: int, *, backlog: int) -> socket.socket:
    """A listening socket on the first of a host's addresses that this machine has.

    Port 0 picks a free one. Raises AddressUnavailable: the port is taken, not allowed or none; the host is another's.
    """
    other_host = "--host 127.0.0.1 listens on this machine only"
    if not 0 <= port <= MAX_PORT:
        raise AddressUnavailable(f"{port} is no port; ports are 0 to {MAX_PORT}", hint="--port 0 picks a free one")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) if host else []
    except (OSError, UnicodeError):
        found = []
    reason = "no such address"
    for family, _kind, _protocol, _name, address in found:
        try:
            dualstack = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
            return socket.create_server(address, family=family, backlog=backlog, dualstack_ipv6=dualstack)
        except OSError as error:
            reason = os.strerror(error.errno).lower() if error.errno else type(error).__name__
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                sentence = f"can't listen on port {port} of {host!a}: {reason}"
                raise AddressUnavailable(sentence, hint="--port 0 picks a free one") from None
    raise AddressUnavailable(f"can't listen on host {host!a}: {reason}", hint=other_host)


def host_in_url(host: str) -> str:
    """How a URL names the host that was bound: IPv6 in brackets, and loopback for "all addresses"."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return "127.0.0.1" if address.is_unspecified else host
    return "[::1]" if address.is_unspecified else f"[{host.replace('%', '%25')}]"


def is_loopback(address: str) -> bool:
    """Whether that numeric address is one that only this machine reaches."""
    return ipaddress.ip_address(address).is_loopback
