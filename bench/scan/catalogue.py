"""Packages, versions and advisories that are made up, so many of each that a large registry has no more.

A package has a few versions that images use. Its advisory says in which of them its flaw is mended; with a change of
advisories some flaws are found in more versions or in fewer, some advisories are withdrawn, and some are new.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from berth.scan.inventory import Kind, OperatingSystem, Package
from berth.scan.matches import Component

NAMES = 20_000
VERSIONS = 6
UNTOLD = 2_000
"""Of so many packages, the last ones, no advisory speaks before the change."""
CHANGED = 1_000
EVERYWHERE = VERSIONS + 1
"""The package that all images have, in one version. Its flaw is found with the change."""
BASES = 400
"""Sets of packages of a system that images begin with, as they begin with the base images of others."""
OF_SYSTEM, OF_LANGUAGE = 70, 30
"""Packages of one image."""
DEBIAN = OperatingSystem("debian", "12", "Debian GNU/Linux 12 (bookworm)", "bookworm")
_URGENCIES = ("unimportant", "low", "medium", "high", "not yet assigned")


@dataclass(frozen=True)
class Image:
    packages: tuple[Package, ...]

    @property
    def components(self) -> list[Component]:
        return [component(each) for each in self.packages]


def components() -> Iterator[Component]:
    return (Component(_ecosystem(name), called(name), _version(each), _kind(name)) for name, each in _all())


def component(package: Package) -> Component:
    ecosystem = "Debian:12" if package.kind == "os" else "PyPI"
    return Component(ecosystem, package.name, package.version, package.kind)


def images(count: int) -> Iterator[Image]:
    chance = random.Random(1)  # noqa: S311  the same in every run
    bases = [_some(chance, EVERYWHERE + 1, NAMES // 2, OF_SYSTEM) for _ in range(BASES)]
    for _ in range(count):
        own = _some(chance, NAMES // 2, NAMES, OF_LANGUAGE)
        yield Image((_package(EVERYWHERE, 0), *chance.choice(bases), *own))


def before() -> Iterator[tuple[str, bytes]]:
    return (_record(name, _mended(name)) for name in range(NAMES - UNTOLD))


def changed() -> Iterator[tuple[str, bytes]]:
    """One advisory of each changed package."""
    chance = random.Random(2)  # noqa: S311  the same in every run
    known = chance.sample(range(EVERYWHERE + 1, NAMES - UNTOLD), CHANGED - CHANGED // 5 - 1)
    for place, name in enumerate([known[0], EVERYWHERE, *known[1:]]):
        yield _record(name, (_mended(name) + 1 + place % 3) % (VERSIONS + 1), withdrawn=place % 4 == 0)
    for name in chance.sample(range(NAMES - UNTOLD, NAMES), CHANGED // 5):
        yield _record(name, _mended(name))


def flaw(name: int) -> str:
    return f"CVE-2026-{10_000 + name}"


def _all() -> Iterator[tuple[int, int]]:
    return ((name, each) for name in range(NAMES) for each in range(VERSIONS))


def _some(chance: random.Random, first: int, end: int, count: int) -> tuple[Package, ...]:
    names = chance.sample(range(first, end), count)
    return tuple(_package(name, chance.randrange(VERSIONS)) for name in names)


def _package(name: int, version: int) -> Package:
    is_os = _kind(name) == "os"
    return Package(
        _kind(name),
        "deb" if is_os else "pypi",
        called(name),
        _version(version),
        arch="amd64" if is_os else "",
        path="var/lib/dpkg/status" if is_os else f"usr/lib/python3/site-packages/{called(name)}.dist-info/METADATA",
        layer=f"sha256:{name % 97:064x}",
    )


def called(name: int) -> str:
    return f"lib{name}-dev" if _kind(name) == "os" else f"python-{name}"


def _kind(name: int) -> Kind:
    return "os" if name < NAMES // 2 else "language"


def _ecosystem(name: int) -> str:
    return "Debian:12" if _kind(name) == "os" else "PyPI"


def _version(number: int) -> str:
    return f"1.{number}"


def _mended(name: int) -> int:
    """The number of the version in which it is; none is affected at 0, and all are at VERSIONS, which nobody has."""
    return name % (VERSIONS + 1)


def _record(name: int, mended: int, *, withdrawn: bool = False) -> tuple[str, bytes]:
    source = "Debian" if _kind(name) == "os" else "PyPI"
    events = [{"introduced": "0"}, *([{"fixed": _version(mended)}] if mended < VERSIONS else [])]
    listed: dict[str, Any] = {  # Any: JSON values
        "package": {"ecosystem": _ecosystem(name), "name": called(name)},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
        "ecosystem_specific": {"urgency": _URGENCIES[name % len(_URGENCIES)]},
    }
    document = {
        "id": f"DEBIAN-{flaw(name)}" if source == "Debian" else f"PYSEC-2026-{name}",
        "modified": "2026-01-01T00:00:00Z",
        "upstream" if source == "Debian" else "aliases": [flaw(name)],
        "summary": f"{called(name)} reads beyond the end of what it was given",
        "details": "A crafted document lets whoever wrote it read memory of the process. " * 8,
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
        "references": [{"type": "ADVISORY", "url": f"https://security.example.org/{flaw(name)}"}],
        "affected": [listed],
    }
    return source, json.dumps(document | ({"withdrawn": "2026-02-01T00:00:00Z"} if withdrawn else {})).encode()
