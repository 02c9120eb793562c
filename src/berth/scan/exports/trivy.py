"""How Trivy speaks of systems and packages (pkg/sbom/core/bom.go), so that it reads what it would have found itself."""

import re
from collections.abc import Iterator

from berth.scan.inventory import OperatingSystem, Package

_FAMILIES = {
    "rhel": "redhat",
    "almalinux": "alma",
    "amzn": "amazon",
    "ol": "oracle",
    "opensuse": "opensuse-leap",
}
"""By the `ID` of os-release; others it names the same."""
_LANGUAGES = {
    "pypi": "python-pkg",
    "npm": "node-pkg",
    "gem": "gemspec",
    "golang": "gobinary",
    "maven": "jar",
}
"""By type of package; others it names the same."""

_EPOCH = re.compile(r"([0-9]{1,9}):")
"""A longer one would make Trivy refuse the whole document."""


def family(os: OperatingSystem) -> str:
    return _FAMILIES.get(os.id, os.id)


def properties(package: Package, os: OperatingSystem | None) -> Iterator[tuple[str, str]]:
    """Names without their prefix, and values that may be empty."""
    yield "PkgID", f"{package.name}@{package.version}"
    yield "FilePath", package.path
    yield "LayerDigest", package.layer
    if package.kind == "language":
        yield "PkgType", _LANGUAGES.get(package.type, package.type)
        return
    yield "PkgType", family(os) if os is not None else package.type
    epoch, version, release = _parts(package)
    yield "SrcName", package.source_name or package.name
    yield "SrcVersion", version
    yield "SrcRelease", release
    yield "SrcEpoch", epoch
    yield "Modularitylabel", package.module


def _parts(package: Package) -> tuple[str, str, str]:
    """Epoch, version and release of the source package; of apk all is version."""
    stated = package.source_version or package.version
    if package.type not in {"deb", "rpm"}:
        return "", stated, ""
    epoch = match[1] if (match := _EPOCH.match(stated)) else ""
    rest = stated[match.end() :] if match else stated
    version, hyphen, release = rest.rpartition("-")
    return (epoch, version, release) if hyphen else (epoch, rest, "")
