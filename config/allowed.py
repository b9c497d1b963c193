"""Which addresses on a network may be asked: those that the settings list, and of the services of `config.pull_services`.

An address is judged by what its name resolves to, never by its text (`127.1` and `2130706433` are this machine). Public networks
are open to what is listed; networks of one's own only when they are listed too. What no list opens: link-local addresses, where
clouds keep their credentials, and the ports of Loadstar itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = {"http": 80, "https": 443}
# Python takes these for public (multicast, protocol assignments, IPv4 within IPv6): other addresses hide in them.
_NEVER = tuple(map(ip_network, ("224.0.0.0/4", "192.0.0.0/24", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "ff00::/8")))


def origin(address: str) -> str:
    """Scheme, host and port of an address: what a list names.

    >>> origin("https://API.example.org/v1?zone=DE")
    'https://api.example.org:443'

    Raises:
        ValueError: not http or https, without a host, or with an account in it.
    """
    parts = urlsplit(address)
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or any(each.isspace() for each in address):
        raise ValueError("an address begins with http:// or https://, a host and perhaps a port, such as https://api.example.org")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host.rstrip('.')}:{parts.port or PORTS[parts.scheme]}"


def origins(listed: str | None) -> frozenset[str]:
    """The origins of a list with commas between them; raises as `origin`, and for paths, which are not looked at."""
    found = set()
    for each in (part.strip() for part in (listed or "").split(",")):
        if each and urlsplit(each).path not in ("", "/"):
            raise ValueError(f"{each}: a path, or what follows one, is not looked at: list the host alone")
        if each:
            found.add(origin(each))
    return frozenset(found)


def networks(listed: str | None) -> tuple[Network, ...]:
    """The networks of a list with commas between them.

    Raises:
        ValueError: one is no network, such as 192.168.1.0/24.
    """
    return tuple(ip_network(each.strip()) for each in (listed or "").split(",") if each.strip())


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be asked. `ours` are addresses of this machine, `own_ports` the ports of Loadstar's processes there."""

    origins: frozenset[str]
    networks: tuple[Network, ...] = ()
    ours: frozenset[str] = frozenset()
    own_ports: frozenset[int] = frozenset()

    def lists(self, address: str) -> bool:
        """Whether an address is on the list."""
        try:
            return origin(address) in self.origins
        except ValueError:
            return False

    def admits(self, resolved: Iterable[str], port: int) -> bool:
        """Whether all that a name resolves to may be connected to: one that may not is enough to be turned away."""
        found = [_plain(ip_address(each.partition("%")[0])) for each in resolved]
        return bool(found) and all(self._admits(each, port) for each in found)

    def _admits(self, address: Address, port: int) -> bool:
        if address.is_link_local or address.is_multicast or address.is_unspecified or any(address in each for each in _NEVER):
            return False
        if (address.is_loopback or str(address) in self.ours) and port in self.own_ports:
            return False
        return address.is_global or any(address in each for each in self.networks)


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
