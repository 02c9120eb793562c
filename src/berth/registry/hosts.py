"""At which hosts and listeners a registry is reached: what its endpoints are made of, and no more of it."""

from dataclasses import dataclass

from sqlalchemy import RowMapping

from berth.db.tables import registry


@dataclass(frozen=True)
class Hosts:
    private_host: str | None
    public_host: str | None
    private_listener: str | None
    public_listener: str | None
    public_endpoint: bool

    def own(self, host: str) -> bool:
        """Whether this host is the registry's alone, and names there begin with the repository; as `gate` finds it."""
        return host == self.private_host or (self.public_endpoint and host == self.public_host)


COLUMNS = tuple(registry.c[name] for name in Hosts.__dataclass_fields__)


def of(row: RowMapping) -> Hosts:
    """Of a row that has COLUMNS."""
    return Hosts(**{name: row[name] for name in Hosts.__dataclass_fields__})
