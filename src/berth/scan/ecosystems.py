"""The names under which advisories are looked up: from a system, from what OSV writes, and from one to the other.

    os-release ──of──> Debian:12 · Red Hat:enterprise_linux:9 · ... ──looked_up──> keys of the advisory file
                                                                                        ^
    an advisory's own `Red Hat:enterprise_linux:9::baseos` ──placed──> that key, and the variant `baseos`

A release that nobody listed here is still looked up under its own number: when there are advisories for it they are
found, and when there are none it has no data, which is told. It is never taken for another release.
"""

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import NamedTuple

from berth.scan import modules
from berth.scan.inventory import OperatingSystem

LANGUAGES = {
    "pypi": "PyPI",
    "npm": "npm",
    "composer": "Packagist",
    "nuget": "NuGet",
    "golang": "Go",
    "maven": "Maven",
    "gem": "RubyGems",
    "cargo": "crates.io",
    "pub": "Pub",
}
"""By the type of a package URL."""

SYSTEMS = {
    "Debian": "deb",
    "Ubuntu": "deb",
    "Alpine": "apk",
    "Wolfi": "apk",
    "Chainguard": "apk",
    "AlmaLinux": "rpm",
    "Rocky Linux": "rpm",
    "Red Hat": "rpm",
    "SUSE": "rpm",
    "openSUSE": "rpm",
    "CentOS": "rpm",
    "Oracle Linux": "rpm",
    "Amazon Linux": "rpm",
    "Photon OS": "rpm",
}
"""With the type of their packages."""

LONGEST_NAME = 100
"""Characters of a system's name by which it is looked up; a column has room for it."""
EDGE = "Alpine:edge"
LAST_REBUILT_CENTOS = 8
"""Up to here CentOS was Red Hat's system built anew, and Red Hat's advisories hold for it."""

_LANGUAGES = frozenset(LANGUAGES.values())
_UBUNTU = re.compile(r"(?:(?P<before>Pro(?::.+)?):)?(?P<release>\d\d\.\d\d(?::LTS)?)(?::(?P<after>.+))?")
_RED_HAT = re.compile(r"enterprise_linux:(?P<major>\d+)(?:\.\d+)?(?:::?(?P<content>.*))?")
_SUSE = re.compile(r"(?P<maker>SUSE|openSUSE) (?P<product>[\w.-]+(?: [\w.-]+){0,9})")
_SUSE_MODULE = re.compile(r"Linux Enterprise Module for (?P<module>.+) (?P<release>\d+(?: SP\d+)?)")
_ALPINE = re.compile(r"Alpine:v(\d+)\.(\d+)")


class Place(NamedTuple):
    """Where the file keeps what an advisory says of an ecosystem."""

    ecosystem: str
    variant: str
    """What is built for some only: `Pro` of Ubuntu, the content set of Red Hat; empty for most."""


def base(ecosystem: str) -> str:
    """`Debian` of `Debian:12`."""
    return ecosystem.partition(":")[0]


def with_module(ecosystem: str, label: str) -> str:
    """`Rocky Linux:9/nodejs:18`, where packages of that stream are apart from the others of the system."""
    return f"{ecosystem}/{label}" if modules.is_label(label) else ecosystem


def module_apart(ecosystem: str) -> tuple[str, str]:
    """The ecosystem, and the label of a module or nothing."""
    whole, _, label = ecosystem.partition("/")
    return whole, label


@lru_cache(maxsize=64)  # it is asked for every package
def of(os: OperatingSystem) -> str | None:
    """The ecosystem of a system's own packages; None where none can be named, as for Debian sid."""
    named = _OF.get(os.id.lower())
    return named(os) if named is not None else None


def _plain(name: str) -> Callable[[OperatingSystem], str | None]:
    return lambda _: name


def _by_major(name: str, prefix: str = "") -> Callable[[OperatingSystem], str | None]:
    def named(os: OperatingSystem) -> str | None:
        major = re.match(r"[0-9]{1,4}(?![0-9])", os.version)
        return f"{name}:{prefix}{major[0]}" if major is not None else None

    return named


def _ubuntu(os: OperatingSystem) -> str | None:
    release = re.match(r"([0-9]{2})\.([0-9]{2})(?![0-9])", os.version)
    if release is None:
        return None
    year, month = release.groups()
    # Every second April has long support, and has had since 2008.
    long_support = month == "04" and int(year) % 2 == 0
    return f"Ubuntu:{year}.{month}" + (":LTS" if long_support else "")


def _alpine(os: OperatingSystem) -> str | None:
    release = re.match(r"([0-9]{1,4})\.([0-9]{1,4})(?![0-9])", os.version)
    if "edge" in f"{os.name} {os.version}".lower() or "_alpha" in os.version:
        return EDGE
    return f"Alpine:v{release[1]}.{release[2]}" if release is not None else None


def _amazon(os: OperatingSystem) -> str | None:
    # The first one is numbered by year and month, as 2018.03.
    if re.fullmatch(r"201[0-9]\.[0-9]{2}", os.version):
        return "Amazon Linux:1"
    return _by_major("Amazon Linux")(os)


def _photon(os: OperatingSystem) -> str | None:
    return f"Photon OS:{os.version}" if re.fullmatch(r"\d{1,4}(?:\.\d{1,4}){0,2}", os.version) else None


def _suse(os: OperatingSystem) -> str | None:
    """By the name it shows: `SUSE Linux Enterprise Server 15 SP5`, `openSUSE Leap 15.5`."""
    if os.id.lower() == "opensuse-tumbleweed":
        return "openSUSE:Tumbleweed"
    shown = _SUSE.fullmatch(os.name.strip())
    return f"{shown['maker']}:{shown['product']}" if shown is not None and len(shown[0]) <= LONGEST_NAME else None


_OF: dict[str, Callable[[OperatingSystem], str | None]] = {
    "debian": _by_major("Debian"),
    "ubuntu": _ubuntu,
    "alpine": _alpine,
    "wolfi": _plain("Wolfi"),
    "chainguard": _plain("Chainguard"),
    "almalinux": _by_major("AlmaLinux"),
    "rocky": _by_major("Rocky Linux"),
    "rhel": _by_major("Red Hat", "enterprise_linux:"),
    "centos": _by_major("CentOS"),
    "ol": _by_major("Oracle Linux"),
    "amzn": _amazon,
    "photon": _photon,
    "sles": _suse,
    "sled": _suse,
    "sles_sap": _suse,
    "sle-micro": _suse,
    "sl-micro": _suse,
    "suse": _suse,
    "opensuse": _suse,
    "opensuse-leap": _suse,
    "opensuse-tumbleweed": _suse,
}


@lru_cache(maxsize=4096)
def placed(written: str) -> Place | None:
    """Where an advisory's ecosystem is kept; None for one that no image is matched in (Android, Hex, ...)."""
    family, _, rest = written.partition(":")
    if family in _LANGUAGES:
        return Place(family, rest)
    if family not in SYSTEMS:
        return None
    if family == "Ubuntu":
        return _placed_ubuntu(rest)
    if family == "Red Hat":
        return _placed_red_hat(written, rest)
    if family == "SUSE" and (module := _SUSE_MODULE.fullmatch(rest)) is not None:
        # What a server installs from a module is a part of that server.
        return Place(f"SUSE:Linux Enterprise Server {module['release']}", "")
    return Place(written, "")


def _placed_ubuntu(rest: str) -> Place | None:
    release = _UBUNTU.fullmatch(rest)
    if release is None:
        return None
    variant = ":".join(part for part in (release["before"], release["after"]) if part)
    return Place(f"Ubuntu:{release['release']}", variant)


def _placed_red_hat(written: str, rest: str) -> Place:
    """Content sets (`baseos`, `appstream`) are one; what only paying customers get (`rhel_aus`) stays apart."""
    product = _RED_HAT.fullmatch(rest)
    if product is None:
        return Place(written, "")
    return Place(f"Red Hat:enterprise_linux:{product['major']}", product["content"] or "")


def applies(variant: str, ecosystem: str, version: str) -> bool:
    """Whether what is said of a variant holds for an installed version.

    Advisories of Ubuntu Pro name versions that others cannot install; they hold for what shows that it is from there.
    """
    if not variant or base(ecosystem) != "Ubuntu":
        return True
    lower = version.lower()
    return "esm" in lower and ("FIPS" not in variant.upper() or "fips" in lower)


def looked_up(ecosystem: str, there: Collection[str]) -> tuple[str, ...]:
    """The keys under which a component's advisories are found, of those that are there."""
    ecosystem, _ = module_apart(ecosystem)
    wanted = (newest_alpine(there),) if ecosystem == EDGE else (ecosystem, _rebuilt_from(ecosystem))
    return tuple(each for each in wanted if each is not None and each in there)


def reached(key: str, there: Collection[str]) -> tuple[str, ...]:
    """The other way: the ecosystems of components that are looked up under a key, of whichever module."""
    family, _, rest = key.rpartition(":")
    if family == "Red Hat:enterprise_linux" and rest.isdecimal() and int(rest) <= LAST_REBUILT_CENTOS:
        return (key, f"CentOS:{rest}")
    if base(key) == "Alpine" and key == newest_alpine(there):
        return (key, EDGE) if key != EDGE else (key,)
    return (key,)


def newest_alpine(there: Collection[str]) -> str | None:
    """Edge itself where advisories speak of it, else the release that is nearest to it."""
    if EDGE in there:
        return EDGE
    releases = [(int(found[1]), int(found[2]), each) for each in there if (found := _ALPINE.fullmatch(each))]
    return max(releases)[2] if releases else None


def _rebuilt_from(ecosystem: str) -> str | None:
    family, _, major = ecosystem.partition(":")
    if family != "CentOS" or not major.isdecimal() or int(major) > LAST_REBUILT_CENTOS:
        return None
    return f"Red Hat:enterprise_linux:{major}"


def plain_name(ecosystem: str, name: str) -> str:
    """The one spelling of a name for which an ecosystem takes several."""
    if ecosystem == "PyPI":
        return re.sub(r"[-_.]+", "-", name).lower()
    if ecosystem in {"NuGet", "Packagist"}:
        return name.lower()
    return name


def spellings(name: str) -> set[str]:
    """A name as whichever ecosystem would have it."""
    return {plain_name(each, name) for each in _LANGUAGES}
