"""From a package to the component that advisories speak of.

What is left out here on purpose never becomes a finding, so each reason stands with its rule.
"""

import re

from berth.scan import ecosystems
from berth.scan.inventory import OperatingSystem, Package
from berth.scan.matches import Component

MAX_TEXT = 512
"""Characters of a name or a version; what is longer is no package's."""

# They hold headers of the kernel and nothing that runs, but are built from its source and so draw all its flaws.
_KERNEL_HEADERS = re.compile(
    r"linux-libc-dev(?:-.+)?"  # Debian, Ubuntu
    r"|linux(?:-.+)?-headers(?:-.+)?"  # Debian, Ubuntu, Alpine
    r"|linux-(?:kbuild|compiler)-.+"  # Debian
    r"|kernel(?:-.+)?-(?:headers|devel)(?:-.+)?"  # rpm
    r"|linux-glibc-devel"  # SUSE
)


def of(package: Package, os: OperatingSystem | None, *, kernel_headers: bool = False) -> Component | None:
    """What a package is matched as; None where it is matched as nothing.

    That is: a language package that a package of the system brought (its distribution mends it under another
    version), headers of the kernel unless they are asked for, a system or a type for which no ecosystem is known, and
    a package without a version that says something.
    """
    if package.owned or not _says_something(package) or (not kernel_headers and _is_kernel_headers(package)):
        return None
    component = _of_system(package, os) if package.kind == "os" else _of_language(package)
    return component if component is not None and component.name and component.version else None


def _says_something(package: Package) -> bool:
    """Whether its names and versions can be any, which half a character or a page of text cannot."""
    texts = (package.name, package.version, package.source_name, package.source_version)
    return all(text.isprintable() and len(text) <= MAX_TEXT for text in texts)


def _is_kernel_headers(package: Package) -> bool:
    return package.kind == "os" and _KERNEL_HEADERS.fullmatch(package.name) is not None


def _of_system(package: Package, os: OperatingSystem | None) -> Component | None:
    ecosystem = ecosystems.of(os) if os is not None else None
    # A dpkg database in an Alpine image tells of packages that are not Alpine's.
    if ecosystem is None or ecosystems.SYSTEMS[ecosystems.base(ecosystem)] != package.type:
        return None
    # Of the makers of rpm packages only that of Photon speaks of the sources that they are built from.
    if package.type == "rpm" and ecosystems.base(ecosystem) != "Photon OS":
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
