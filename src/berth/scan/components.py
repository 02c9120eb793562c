"""From a package to the component that advisories speak of.

What is left out here on purpose never becomes a finding, so each reason stands with its rule.
"""

import re
from typing import Literal

from berth.scan import ecosystems
from berth.scan.inventory import OperatingSystem, Package
from berth.scan.matches import Component

Reason = Literal["names", "manager", "maker", "type", "version"]
"""What keeps a package from being matched that should be: its names, that another package manager has it than the
system's, or that somebody else built it; a type of which there are no advisories; that it has no version."""

MAX_TEXT = 512
"""Characters of a name or a version; what is longer is no package's."""
LONGEST_KEY = 1000
"""Bytes of a component."""

# They hold headers of the kernel and nothing that runs, but are built from its source and so draw all its flaws.
_KERNEL_HEADERS = re.compile(
    r"linux-libc-dev(?:-.+)?"  # Debian, Ubuntu
    r"|linux(?:-.+)?-headers(?:-.+)?"  # Debian, Ubuntu, Alpine
    r"|linux-(?:kbuild|compiler)-.+"  # Debian
    r"|kernel(?:-.+)?-(?:headers|devel)(?:-.+)?"  # rpm
    r"|linux-glibc-devel"  # SUSE
)
_LIKE_RED_HAT = ("AlmaLinux", "CentOS", "Oracle America", "Red Hat", "Rocky")
_LIKE_SUSE = ("openSUSE", "SUSE")
_MAKERS = {
    **dict.fromkeys(("AlmaLinux", "CentOS", "Oracle Linux", "Red Hat", "Rocky Linux"), _LIKE_RED_HAT),
    **dict.fromkeys(("SUSE", "openSUSE"), _LIKE_SUSE),
    "Amazon Linux": ("Amazon",),
    "Photon OS": ("Broadcom", "VMware"),
}
"""How those begin who, by what an rpm says, built what the advisories of a system speak of. Systems that are built from
the same sources are moved from one to the other with their packages."""


def of(package: Package, os: OperatingSystem | None, *, kernel_headers: bool = False) -> Component | None:
    """What a package is matched as; None where it is matched as nothing.

    That is: a language package that a package of the system brought (its distribution mends it under another
    version), headers of the kernel unless they are asked for, a system or a type for which no ecosystem is known, an
    rpm that was not built by who speaks of the system's, and a package without a version that says something.
    """
    if package.owned or (not kernel_headers and _is_kernel_headers(package)) or missed(package, os) is not None:
        return None
    component = _of_system(package, os) if package.kind == "os" else _of_language(package)
    return component if component is not None and component.name and component.version else None


def left_out(package: Package) -> bool:
    """Whether it is matched as nothing on purpose, for others speak of it or nothing of it runs."""
    return package.owned or _is_kernel_headers(package)


def missed(package: Package, os: OperatingSystem | None) -> Reason | None:
    """Why a package is matched as nothing, where nobody meant that and nothing else tells it.

    That a system as a whole is not known, or has no advisories, is told of the system.
    """
    if not _says_something(package):
        return "names"
    if package.kind == "language":
        return _missed_language(package)
    ecosystem = ecosystems.of(os) if os is not None else None
    if ecosystem is None:
        return None
    system = ecosystems.base(ecosystem)
    # A dpkg database in an Alpine image tells of packages that are not Alpine's.
    if ecosystems.SYSTEMS[system] != package.type:
        return "manager"
    if package.type == "rpm" and package.vendor and not package.vendor.startswith(_MAKERS[system]):
        return "maker"
    return None if package.name and package.version else "version"


def fits(component: Component) -> bool:
    """What is longer fits into no index of PostgreSQL, and no advisory speaks of it."""
    return len(f"{component.ecosystem}{component.name}{component.version}".encode()) <= LONGEST_KEY


def _says_something(package: Package) -> bool:
    """Whether its names and versions can be any, which half a character or a page of text cannot."""
    texts = (package.name, package.version, package.source_name, package.source_version)
    return all(text.isprintable() and len(text) <= MAX_TEXT for text in texts)


def _is_kernel_headers(package: Package) -> bool:
    return package.kind == "os" and _KERNEL_HEADERS.fullmatch(package.name) is not None


def _missed_language(package: Package) -> Reason | None:
    """What Go calls `(devel)` is the program itself, of which nobody speaks."""
    if package.type not in ecosystems.LANGUAGES:
        return "type"
    return None if package.name and package.version else "version"


def _of_system(package: Package, os: OperatingSystem | None) -> Component | None:
    ecosystem = ecosystems.of(os) if os is not None else None
    if ecosystem is None:
        return None
    # Of the makers of rpm packages only that of Photon speaks of the sources that they are built from.
    if package.type == "rpm" and ecosystems.base(ecosystem) != "Photon OS":
        ecosystem = ecosystems.with_module(ecosystem, package.module)
        return Component(ecosystem, package.name, package.version, package.kind)
    name, version = package.source_name or package.name, package.source_version or package.version
    return Component(ecosystem, name, version, package.kind)


def _of_language(package: Package) -> Component | None:
    ecosystem = ecosystems.LANGUAGES.get(package.type)
    if ecosystem is None:
        return None
    version = _go_version(package) if ecosystem == "Go" else package.version
    return Component(ecosystem, ecosystems.plain_name(ecosystem, package.name), version, package.kind)


def _go_version(package: Package) -> str:
    """As advisories write it: without `v`, and `go` before the version of the standard library. Empty: `(devel)`."""
    if package.version.startswith("("):
        return ""
    return package.version.removeprefix("go").removeprefix("v")
