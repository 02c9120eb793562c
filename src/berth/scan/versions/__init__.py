"""Which of two versions is the older, by the rules of the ecosystem they are from.

Each comparator makes a key of one version, once; whoever compares a version with many, or sorts, asks for the key.
Versions come from images and advisories, so they are bounded before anything looks at them, and what is no version
is said to be none: advisories then still hold by the versions that they list.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from berth.scan.versions import apk, composer, dotted, dpkg, gem, golang, maven, python, rpm, semver
from berth.scan.versions.ordered import Key, VersionInvalid

__all__ = ["MAX_LENGTH", "Key", "VersionInvalid", "compare", "key"]

MAX_LENGTH: Final = 1_000
MAX_DIGITS: Final = 200
KEPT: Final = 4_096
"""Keys: the versions of an advisory are compared with those of many components, one after the other."""
LONGEST_KEPT: Final = 64
"""Characters: the key of a version that somebody made as long as may be takes 100 KB."""

_NUMBER_TOO_LONG = re.compile(rf"[0-9]{{{MAX_DIGITS + 1}}}")

_ECOSYSTEMS: dict[Callable[[str], Key], tuple[str, ...]] = {
    dpkg.key: ("Debian", "Ubuntu", "Echo"),
    rpm.key: (
        *("AlmaLinux", "CentOS", "Fedora", "Mageia", "Red Hat", "Rocky Linux", "SUSE", "openEuler", "openSUSE"),
        *("Amazon", "Amazon Linux", "Azure Linux", "Oracle", "Oracle Linux", "Photon", "Photon OS"),
    ),
    apk.key: ("Alpaquita", "Alpine", "BellSoft Hardened Containers", "Chainguard", "MinimOS", "Wolfi"),
    semver.key: ("Bitnami", "Hex", "Julia", "SwiftURL", "crates.io", "npm"),
    semver.nuget: ("NuGet",),
    semver.pub: ("Pub",),
    golang.key: ("Go",),
    composer.key: ("Packagist",),
    python.key: ("PyPI",),
    maven.key: ("Maven",),
    gem.key: ("RubyGems",),
    dotted.cran: ("CRAN",),
    dotted.hackage: ("Hackage",),
}
_KEYS = {name: make for make, names in _ECOSYSTEMS.items() for name in names}


def compare(ecosystem: str, a: str, b: str) -> int:
    """Negative when `a` is the older, 0 when they are equal, positive when `b` is the older.

    Raises `VersionInvalid` for what is no version of that ecosystem, which OSV writes as `Debian:12` or `npm`.
    """
    ours, theirs = key(ecosystem, a), key(ecosystem, b)
    return -1 if ours < theirs else int(theirs < ours)


def key(ecosystem: str, version: str) -> Key:
    """What the version is sorted by among those of its ecosystem. Raises `VersionInvalid`."""
    return _kept(ecosystem, version) if len(version) <= LONGEST_KEPT else _made(ecosystem, version)


@lru_cache(maxsize=KEPT)
def _kept(ecosystem: str, version: str) -> Key:
    return _made(ecosystem, version)


def _made(ecosystem: str, version: str) -> Key:
    make = _KEYS.get(ecosystem.partition(":")[0])
    if make is None:
        raise VersionInvalid(version, f"the order of versions of {ecosystem[:80]!r} is not known")
    if not 0 < len(version) <= MAX_LENGTH or _NUMBER_TOO_LONG.search(version):
        raise VersionInvalid(
            version, f"it is empty, longer than {MAX_LENGTH} or has a number of over {MAX_DIGITS} digits"
        )
    # For rpm alone, all that is not ASCII is one more mark between segments.
    if not version.isprintable() or " " in version or not (version.isascii() or make is rpm.key):
        raise VersionInvalid(version, "it has a character that no version has")
    return make(version)
