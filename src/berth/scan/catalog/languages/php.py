"""Packages of PHP: `installed.json`, in which Composer keeps what it has installed.

Composer 1 wrote a list, Composer 2 writes an object with that list in `packages`.
"""

from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import gathered
from berth.scan.catalog.gathered import Damaged
from berth.scan.catalog.languages import documents, found
from berth.scan.inventory import Package
from berth.scan.reading import Contents, Reader

_LIMIT = 16 * 2**20


def _wants(path: str, _: bytes) -> bool:
    """The folder above is called `vendor` unless a project says otherwise."""
    return path.endswith("/composer/installed.json")


def _read(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _told(path, file))


def _told(path: str, file: BinaryIO) -> Iterator[Package]:
    document = documents.read(file, _LIMIT)
    packages = document.get("packages") if isinstance(document, dict) else document
    if not isinstance(packages, list):
        raise Damaged("it has no list of packages")
    lacking = 0
    for each in packages:
        package = _package(path, each) if isinstance(each, dict) else None
        if package is None:
            lacking += 1
        else:
            yield package
    if lacking:
        raise Damaged(f"{lacking} of its packages lack a name or a version")


def _package(path: str, fields: dict[str, object]) -> Package | None:
    name, version, license_ = fields.get("name"), fields.get("version"), fields.get("license")
    if not isinstance(name, str) or not isinstance(version, str):
        return None
    licenses = license_ if isinstance(license_, list) else [license_]
    return found.package("composer", path, name.lower(), _version(version), found.any_of(licenses))


def _version(version: str) -> str:
    """As Packagist shows it: `v6.2.1` is 6.2.1."""
    return version[1:] if version[:1] in {"v", "V"} and version[1:2].isdigit() else version


READER = Reader("php", _wants, _LIMIT, _read)
