"""Link-local addresses: this file is the rule that nothing is fetched from them, for clouds keep credentials there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.network_errors import LinkLocalRefused

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

_NAT64 = 0x64FF9B << 96  # RFC 6052 §2.1: an IPv4 address follows


def refuse_link_local(address: str, who: str) -> None:
    """Raise LinkLocalRefused if `address` is one of 169.254.0.0/16 or fe80::/10, in whatever spelling; names pass.

    `who` is the host that the user asked for.
    """
    import ipaddress

    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return
    if parsed.is_link_local or _is_link_local_within(parsed):
        which = "a link-local address" if address in who else f"at the link-local address {address}"
        raise LinkLocalRefused(
            f"{who} is {which}, where clouds keep credentials, and that is refused",
            hint="--allow-link-local connects nevertheless",
        )


def _is_link_local_within(address: IPv4Address | IPv6Address) -> bool:
    """Whether an IPv6 address stands for a link-local one of IPv4: mapped, or behind NAT64."""
    import ipaddress

    if isinstance(address, ipaddress.IPv4Address):
        return False
    inner = address.ipv4_mapped
    if inner is None and int(address) >> 32 == _NAT64 >> 32:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner is not None and inner.is_link_local
