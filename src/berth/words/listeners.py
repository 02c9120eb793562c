"""Listeners: addresses beside the main one on which Berth takes connections, each with a name.

An endpoint of a registry may have one to itself; then what comes in by it is for that registry, whatever its `Host`.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address

_WRITTEN = re.compile(r"(?P<name>[^=]+)=(?:\[(?P<six>[^\]]+)\]|(?P<four>[^:\[\]]+)):(?P<port>[0-9]{1,5})")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
MAX_PORT = 65535


@dataclass(frozen=True)
class Listener:
    name: str
    address: str
    port: int

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.name}={address}:{self.port}"

    def took(self, address: str, port: int | None) -> bool:
        """Whether a connection to this address and port of the machine came in here."""
        return port == self.port and (self.address == address or ip_address(self.address).is_unspecified)


def parse(text: str) -> tuple[Listener, ...]:
    """Read `name=address:port,...`. Raises `ValueError`, which says what is wrong with which."""
    found = tuple(_one(part.strip()) for part in text.split(",") if part.strip())
    for what in ("name", "port"):
        seen = [getattr(each, what) for each in found]
        if len(seen) != len(set(seen)):
            raise ValueError(f"two listeners have the same {what}")
    return found


def _one(text: str) -> Listener:
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} does not read name=address:port")
    name, address, port = match["name"], match["six"] or match["four"], int(match["port"])
    if not _NAME.fullmatch(name):
        raise ValueError(f"the name {name!r} is not up to 32 lower-case letters, digits and '-'")
    if not 0 < port <= MAX_PORT:
        raise ValueError(f"{text!r} has no port of 1 to {MAX_PORT}")
    try:
        return Listener(name, str(ip_address(address)), port)
    except ValueError:
        raise ValueError(f"{address!r} is not an IP address") from None
