"""Package URLs: names of packages that other tools understand.

Beside what the specification asks of each type, packages of a system carry `distro` and `upstream`, by which Grype
finds the advisories of the source package.
"""

import re
from urllib.parse import quote

from packageurl import PackageURL

from berth.scan.inventory import OperatingSystem, Package
from berth.words.digest import Digest

_TYPE = re.compile(r"[a-z][a-z0-9.-]*")


def of(package: Package, os: OperatingSystem | None) -> str:
    """Empty where a package has a name that no package URL can say, as only a hostile image has."""
    namespace, name = split(package)
    if not _TYPE.fullmatch(package.type) or "/" in name or not name.strip():
        return ""
    if package.kind == "language":
        return _text(package.type, namespace, name, package.version, {})
    _, version = epoch_apart(package)
    return _text(package.type, os.id if os is not None else "", name, version, _qualifiers(package, os))


def of_image(name: str, digest: Digest) -> str:
    """Of an image, by the last part of its name and its digest."""
    return f"pkg:oci/{quote(_clean(name.rpartition('/')[2].lower()), safe='')}@{quote(str(digest), safe='')}"


def split(package: Package) -> tuple[str, str]:
    """The namespace and the name of a language package, `("org.apache.logging.log4j", "log4j-core")`."""
    separator = {"maven": ":", "npm": "/", "composer": "/", "golang": "/"}.get(package.type)
    if separator is None or package.kind == "os":
        return "", package.name
    namespace, _, name = package.name.rpartition(separator)
    return namespace, name


def epoch_apart(package: Package) -> tuple[str, str]:
    """The epoch and the rest of the version of an rpm, whose package URL says them apart; of others all is version."""
    epoch, colon, rest = package.version.partition(":")
    return (epoch, rest) if package.type == "rpm" and colon and epoch.isdecimal() else ("", package.version)


def _qualifiers(package: Package, os: OperatingSystem | None) -> dict[str, str]:
    return {
        "arch": package.arch,
        "distro": _distro(os),
        "epoch": epoch_apart(package)[0],
        "modularitylabel": package.module,
        "upstream": _upstream(package),
    }


def _distro(os: OperatingSystem | None) -> str:
    if os is None:
        return ""
    return f"{os.id}-{os.version}" if os.version else os.id


def _upstream(package: Package) -> str:
    """The source package, as Syft says it: `name`, `name@version`, and of an rpm the name of its file."""
    name = package.source_name or package.name
    if package.type == "rpm":
        return f"{name}-{_without_epoch(package)}.src.rpm" if package.source_name else ""
    if package.source_version and package.source_version != package.version:
        return f"{name}@{package.source_version}"
    return name if name != package.name else ""


def _without_epoch(package: Package) -> str:
    return (package.source_version or package.version).rpartition(":")[2]


def _text(kind: str, namespace: str, name: str, version: str, qualifiers: dict[str, str]) -> str:
    qualifiers = {key: _clean(value) for key, value in qualifiers.items()}
    return PackageURL(kind, _clean(namespace), _clean(name), _clean(version), qualifiers).to_string()


def _clean(text: str) -> str:
    """Without what UTF-8 cannot say: halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()
