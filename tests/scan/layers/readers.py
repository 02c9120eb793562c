"""Readers so simple that a test sees through them."""

import tarfile
from typing import BinaryIO

from berth.scan.inventory import Gap, OperatingSystem, Package
from berth.scan.reading import Contents, Reader


def _lines(file: BinaryIO) -> list[str]:
    return file.read().decode().split()


def _system(path: str, file: BinaryIO) -> Contents:
    """A line is a package; with a slash at its beginning it is a file that belongs to one."""
    lines = _lines(file)
    return Contents(
        packages=tuple(Package("os", "deb", each, "1", path=path) for each in lines if not each.startswith("/")),
        owns=tuple(each[1:] for each in lines if each.startswith("/")),
    )


def _language(path: str, file: BinaryIO) -> Contents:
    return Contents(packages=tuple(Package("language", "npm", each, "1", path=path) for each in _lines(file)))


def _release(_: str, file: BinaryIO) -> Contents:
    name, version = _lines(file)
    return Contents(os=OperatingSystem(name, version))


def _breaks(path: str, _: BinaryIO) -> Contents:
    raise tarfile.ReadError(path)


def _length(path: str, file: BinaryIO) -> Contents:
    return Contents(gaps=(Gap("unread", f"{path} has {len(file.read())}"),))


SYSTEM = Reader("system", lambda path, _: path == "var/lib/dpkg/status", 1000, _system)
LANGUAGE = Reader("language", lambda path, _: path.endswith("package.json"), 1000, _language)
RELEASE = Reader("release", lambda path, _: path in {"etc/os-release", "usr/lib/os-release"}, 1000, _release)
MAGIC = Reader("magic", lambda _, head: head.startswith(b"\x7fELF"), 1000, lambda path, _: Contents(owns=(path,)))
BREAKS = Reader("breaks", lambda path, _: path.endswith(".broken"), 1000, _breaks)
LENGTH = Reader("length", lambda path, _: path.endswith(".long"), 100_000_000, _length)
ALL = (SYSTEM, LANGUAGE, RELEASE, MAGIC, BREAKS, LENGTH)
