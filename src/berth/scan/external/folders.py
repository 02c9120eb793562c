"""The folder that a scanner's binary has to itself: for what it writes, and gone when it has ended.

It may run as another user, who must not lead us to other files by it. So it lies in a folder that stays ours, and what
is read from it is a plain file with one name.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from berth.scan.failed import ScanFailed

log = structlog.get_logger("berth.scan")

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_BLOCK = 512
"""In which `st_blocks` counts."""
_DEPTH = 100
"""Of folders in folders; each costs a descriptor to look into."""


@contextmanager
def own(owner: tuple[int, int] | None) -> Iterator[Path]:
    """One that belongs to a user and a group, or to us."""
    ours = Path(tempfile.mkdtemp(prefix="berth-scan-"))
    try:
        ours.chmod(0o711)
        folder = ours / "own"
        folder.mkdir(mode=0o700)
        if owner is not None:
            os.chown(folder, *owner)
        yield folder
    finally:
        _remove(ours)


def size(folder: Path) -> int:
    """The disk that everything below it takes. Raises `ScanFailed` for folders in folders without an end."""
    used = 0
    for path, _, names, here in os.fwalk(folder):
        if path.count("/") - str(folder).count("/") > _DEPTH:
            raise ScanFailed("SCANNER_OUTPUT", f"it makes more than {_DEPTH} folders in each other")
        for name in names:
            with suppress(FileNotFoundError):
                used += os.stat(name, dir_fd=here, follow_symlinks=False).st_blocks * _BLOCK
    return used


def read(path: Path, most: int) -> bytes:
    """A file that a binary wrote. Raises `ScanFailed`."""
    try:
        opened = os.open(path, _READ)
    except OSError as error:
        raise ScanFailed("SCANNER_OUTPUT", f"it wrote no report: {error.strerror}") from None
    try:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise ScanFailed("SCANNER_OUTPUT", "what it wrote as its report is no plain file")
        with open(opened, "rb", closefd=False) as file:
            body = file.read(most + 1)
    finally:
        os.close(opened)
    if len(body) > most:
        raise ScanFailed("SCANNER_OUTPUT", f"its report has more than {most} bytes")
    return body


def _remove(ours: Path) -> None:
    try:
        for _, _, _, here in os.fwalk(ours):
            os.fchmod(here, 0o700)  # or else what lies in one that is read-only stays
        shutil.rmtree(ours)
    except (RecursionError, OSError) as error:
        log.warning("folder of a scanner not removed", folder=str(ours), reason=str(error))
