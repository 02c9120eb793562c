"""What advisories say of a component: the shape in which every scanner gives its findings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from berth.scan.inventory import Kind
from berth.words.policies import Level

FixState = Literal["fixed", "unfixed", "wont-fix", "deferred", "unknown"]


@dataclass(frozen=True, slots=True, order=True)
class Component:
    """What is matched: a package as advisories call it. Many packages of many images are one component."""

    ecosystem: str
    """As OSV writes it: `Debian:12`, `Alpine:v3.19`, `PyPI`, `npm`."""
    name: str
    """The source package for deb and apk; normalised for PyPI and NuGet."""
    version: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A flaw, whichever records tell of it."""

    id: str
    """A CVE where there is one, else the id of the record that is best known (GHSA, then others)."""
    aliases: tuple[str, ...] = ()
    """All its other names, sorted."""
    title: str = ""
    description: str = ""
    links: tuple[str, ...] = ()
    vector: str = ""
    """CVSS, the one that `score` was made from."""
    score: float | None = None
    published: datetime | None = None
    modified: datetime | None = None
    malware: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """That a component has a vulnerability."""

    vulnerability: Vulnerability
    level: Level
    level_source: str
    """Who rated it so: `debian`, `ubuntu`, `redhat`, `ghsa`, `cvss-v3`, ...; empty for an unknown level."""
    fixed_version: str = ""
    """The smallest version that is greater than the one installed and mends it; empty: there is none."""
    fix_state: FixState = "unknown"
    records: tuple[str, ...] = ()
    """Ids of the advisories that said so."""
