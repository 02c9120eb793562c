"""Packages of Debian, Ubuntu and their kin: `var/lib/dpkg/status`, and the files of `status.d` in distroless images."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import gathered, language_paths, lines, stanzas
from berth.scan.catalog.gathered import Damaged
from berth.scan.inventory import Package
from berth.scan.reading import Contents, Reader

_STATUS = "var/lib/dpkg/status"
_DISTROLESS = re.compile(r"var/lib/dpkg/status\.d/[^/]+")
_NO_STANZA = (".md5sums", ".list", ".preinst", ".postinst", ".prerm", ".postrm", ".conffiles", ".triggers")
_FILES = re.compile(r"var/lib/dpkg/(?:info/[^/]+\.list|status\.d/[^/]+\.md5sums)")
_FIELDS = frozenset({"package", "status", "version", "architecture", "source"})
_SOURCE = re.compile(r"(\S+)(?:\s+\((\S+)\))?")
_ELSEWHERE = ("opt/", "usr/local/")
"""Where no package of Debian itself has files (Debian Policy 9.1); no advisory speaks of what lies there."""
_GONE = frozenset({"not-installed", "config-files"})
"""The states in which no file but a setting is left of a package (dpkg(1))."""


def _is_distroless(path: str) -> bool:
    return _DISTROLESS.fullmatch(path) is not None and not path.endswith(_NO_STANZA)


def _read_status(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _packages(path, file, ended=True))


def _read_distroless(path: str, file: BinaryIO) -> Contents:
    """What builds these images writes them as it likes, often without the end of the last line."""
    return gathered.contents(path, _packages(path, file, ended=False))


def _packages(path: str, file: BinaryIO, *, ended: bool) -> Iterator[Package]:
    lacking = 0
    for fields in stanzas.read(file, _FIELDS, ended=ended):
        if not _is_installed(fields):
            continue
        if not fields.get("package") or not fields.get("version"):
            lacking += 1
            continue
        yield _package(path, fields)
    if lacking:
        raise Damaged(f"{lacking} of its entries lack a name or a version")


def _is_installed(fields: dict[str, str]) -> bool:
    """Whatever dpkg has unpacked counts, whether or not it was set up. Distroless images state nothing."""
    return fields.get("status", "").rpartition(" ")[2] not in _GONE


def _package(path: str, fields: dict[str, str]) -> Package:
    name, version = fields["package"], fields["version"]
    source = _SOURCE.fullmatch(fields.get("source", ""))
    source_name, source_version = source.groups() if source else (name, version)
    return Package(
        kind="os",
        type="deb",
        name=name,
        version=version,
        source_name=source_name,
        source_version=source_version or version,
        arch=fields.get("architecture", ""),
        path=path,
    )


def _read_files(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _owned(path, file))


def _owned(path: str, file: BinaryIO) -> Iterator[str]:
    """A list has an absolute path in every line, a list of sums a sum before each path."""
    for line in lines.read(file):
        listed = line.rstrip(b"\r\n")
        if path.endswith(".md5sums"):
            listed = listed.partition(b" ")[2].strip()
        owned = listed.decode("utf-8", "replace").removeprefix("./").lstrip("/")
        if language_paths.tells(owned) and not owned.startswith(_ELSEWHERE):
            yield owned


READERS = (
    Reader("dpkg", lambda path, _: path == _STATUS, 64 * 2**20, _read_status),
    Reader("dpkg-distroless", lambda path, _: _is_distroless(path), 2**20, _read_distroless),
    Reader("dpkg-files", lambda path, _: _FILES.fullmatch(path) is not None, 16 * 2**20, _read_files),
)
