"""Packages of RHEL and its kin, SUSE, Amazon Linux and Photon: three databases with the same headers in them."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from berth.scan.catalog import gathered, language_paths, rpm_berkeley, rpm_header, rpm_ndb, rpm_sqlite
from berth.scan.catalog.gathered import Damaged, Deadline
from berth.scan.catalog.rpm_header import Header
from berth.scan.inventory import Gap, Package
from berth.scan.reading import Contents, Reader

SECONDS = 60.0
LIMIT = 512 * 2**20
MOST_LOST = 1_000
"""So many headers of one database may be damaged before it is given up."""

_FOLDERS = ("var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/")
_DISTRIBUTORS = (
    "AlmaLinux",
    "Amazon",
    "CentOS",
    "Fedora",
    "openSUSE",
    "Oracle America",  # others of Oracle build MySQL
    "Red Hat",
    "Rocky",
    "SUSE",
    "VMware",
)
"""How vendors begin whose packages the advisories of a system speak of."""

Blobs = Callable[[BinaryIO, Deadline], Iterator[bytes]]


def _reader(name: str, file: str, blobs: Blobs) -> Reader:
    paths = frozenset(folder + file for folder in _FOLDERS)

    def read(path: str, file: BinaryIO) -> Contents:
        return gathered.contents(path, _told(path, blobs(file, deadline := Deadline(SECONDS)), deadline))

    return Reader(name, lambda path, _: path in paths, LIMIT, read)


def _told(path: str, blobs: Iterator[bytes], deadline: Deadline) -> Iterator[Package | str]:
    lost, reason = 0, ""
    for blob in blobs:
        deadline.check()
        try:
            yield from _of(path, Header(blob))
        except Damaged as error:
            lost, reason = lost + 1, str(error)
            if lost >= MOST_LOST:
                break
    if lost:
        raise Damaged(f"{lost} of its packages cannot be read ({reason})")


def _of(path: str, header: Header) -> Iterator[Package | str]:
    """A package and what it owns. Keys of publishers lie among the packages and are none."""
    package = _package(path, header)
    if package.name == "gpg-pubkey":
        return
    if not package.name or package.version.startswith("-"):
        raise Damaged("a header lacks a name or a version")
    yield package
    if package.vendor.startswith(_DISTRIBUTORS):
        yield from _owned(header)


def _package(path: str, header: Header) -> Package:
    epoch = header.number(rpm_header.EPOCH)
    before = f"{epoch}:" if epoch else ""
    version = f"{header.text(rpm_header.VERSION)}-{header.text(rpm_header.RELEASE)}"
    source_name, source_version = _source(header.text(rpm_header.SOURCE_RPM))
    return Package(
        kind="os",
        type="rpm",
        name=header.text(rpm_header.NAME),
        version=before + version,
        source_name=source_name,
        source_version=before + source_version if source_version else "",
        arch=header.text(rpm_header.ARCH),
        path=path,
        license=header.text(rpm_header.LICENSE),
        vendor=header.text(rpm_header.VENDOR),
        module=":".join(header.text(rpm_header.MODULARITY).split(":")[:2]),
    )


def _source(file: str) -> tuple[str, str]:
    """Name and version of `bash-5.1.8-6.el9.src.rpm`. Its epoch is not there; nearly always it is the package's."""
    name, *version = file.removesuffix(".rpm").rpartition(".")[0].rsplit("-", 2)
    return (name, "-".join(version)) if len(version) == 2 else ("", "")  # noqa: PLR2004  version and release


def _owned(header: Header) -> Iterator[str]:
    for path in header.files():
        owned = path.decode("utf-8", "replace")
        if language_paths.tells(owned):
            yield owned


def _read_log(path: str, file: BinaryIO) -> Contents:
    """Changes that were not written into the database when the image was made lie in a log beside it."""
    if not file.read(1):
        return Contents()
    return Contents(gaps=(Gap("unread", f"{path} has changes of the packages that are not read."),))


_LOGS = frozenset(f"{folder}rpmdb.sqlite-wal" for folder in _FOLDERS)

READERS = (
    _reader("rpm-sqlite", "rpmdb.sqlite", rpm_sqlite.blobs),
    _reader("rpm-berkeley", "Packages", rpm_berkeley.blobs),
    _reader("rpm-ndb", "Packages.db", rpm_ndb.blobs),
    Reader("rpm-log", lambda path, _: path in _LOGS, LIMIT, _read_log),
)
