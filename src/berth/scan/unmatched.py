"""Packages that no advisory can speak of, though nobody meant to leave them out: told with a result, by why."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Literal

from berth.scan import components, versions
from berth.scan.inventory import Gap, Inventory, OperatingSystem, Package
from berth.scan.matches import Component
from berth.scan.versions import VersionInvalid

Why = components.Reason | Literal["order", "long"]

SHOWN = 5
"""Packages that are named of one reason."""
LONGEST = 60
"""Characters of a name with its version."""

_WORDS: Mapping[Why, str] = {
    "names": "their names or versions are none that packages have",
    "long": "their names and versions are too long",
    "manager": "another package manager than the system's has them",
    "maker": "others than the maker of the system built them",
    "type": "there are no advisories for their kind",
    "version": "they have no name or no version",
    "order": "their versions cannot be compared",
}


def gaps(inventory: Inventory) -> list[Gap]:
    """Of what our own scanner matches."""
    known: dict[Component, Why | None] = {}
    return _told(inventory, partial(_why, os=inventory.os, known=known))


def gaps_of_others(inventory: Inventory, component_of: Callable[[Package], Component | None]) -> list[Gap]:
    """Of what a scanner of others has matched: what is left out is too long to be kept."""
    return _told(inventory, lambda package: "long" if component_of(package) is None else None)


def _why(package: Package, os: OperatingSystem | None, known: dict[Component, Why | None]) -> Why | None:
    if components.left_out(package):
        return None
    component = components.of(package, os)
    if component is None:
        return components.missed(package, os)
    if component not in known:
        known[component] = _why_of(component)
    return known[component]


def _why_of(component: Component) -> Why | None:
    """Of one that cannot be compared still holds what advisories list to the letter, which few do."""
    if not components.fits(component):
        return "long"
    try:
        versions.key(component.ecosystem, component.version)
    except VersionInvalid:
        return "order"
    return None


def _told(inventory: Inventory, why: Callable[[Package], Why | None]) -> list[Gap]:
    found: dict[Why, dict[tuple[str, str], None]] = {}
    for package in inventory.packages:
        reason = why(package)
        if reason is not None:
            found.setdefault(reason, {})[package.name, package.version] = None
    return [Gap("unmatched", "".join(_sentence(reason, names))) for reason, names in sorted(found.items())]


def _sentence(reason: Why, names: Mapping[tuple[str, str], None]) -> Iterator[str]:
    count = len(names)
    yield f"{count} package{'s' if count > 1 else ''} could not be matched, for {_WORDS[reason]}: "
    yield ", ".join(_shown(name, version) for name, version in list(names)[:SHOWN])
    if count > SHOWN:
        yield f" and {count - SHOWN} more"


def _shown(name: str, version: str) -> str:
    """Without half characters, which no database takes."""
    text = f"{name} {version}".strip()
    return "".join(each if each.isprintable() else "\ufffd" for each in text[:LONGEST])
