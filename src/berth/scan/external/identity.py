"""Which bytes a program is, and which user it runs as."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from berth.scan.external.configured import Program
from berth.scan.failed import ScanFailed

_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    user: int
    group: int

    @classmethod
    def of(cls, name: str) -> Self | None:
        """None where it is who we are already. Raises `ScanFailed` where it cannot be become."""
        if not name:
            return None
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            raise ScanFailed("SCANNER_EXIT", f"this machine has no user {name!r} to run the scanner as") from None
        if entry.pw_uid == os.geteuid():
            return None
        if os.geteuid() != 0:
            raise ScanFailed("SCANNER_EXIT", f"only root can run the scanner as {name!r}")
        return cls(name, entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True, slots=True)
class Identity:
    sha256: str
    state: tuple[int, ...]
    """Of the file when it was hashed."""

    @classmethod
    def of(cls, program: Program) -> Self:
        """Raises `ScanFailed` where there is no such file, or another one than is pinned."""
        try:
            sha256, state = _hashed(program.path)
        except OSError as error:
            raise ScanFailed("SCANNER_EXIT", f"{program.path} cannot be read: {error.strerror}") from None
        if program.sha256 not in {"", sha256}:
            raise ScanFailed(
                "SCANNER_EXIT", f"{program.path} is not the program that is pinned: its sha256 is {sha256}"
            )
        return cls(sha256, state)

    def is_still(self, path: Path) -> bool:
        """Whether the file is the one that was hashed."""
        try:
            return _state(path.stat()) == self.state
        except OSError:
            return False


def _hashed(path: Path) -> tuple[str, tuple[int, ...]]:
    opened = os.open(path, _OPEN)
    try:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            raise ScanFailed("SCANNER_EXIT", f"{path} is no program")
        with open(opened, "rb", closefd=False) as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), _state(status)
    finally:
        os.close(opened)


def _state(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
