"""Where tests keep their files: in memory, where there is much of it.

Berth flushes what it acknowledges to the disk, and to wait for a disk takes longer than most of what is tested.
"""

import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  the tests' folders in it are as private as those elsewhere
ENOUGH = 4 << 30


def choose() -> None:
    """For this process and all that it starts, unless TMPDIR says where."""
    if "TMPDIR" not in os.environ and _is_good(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # somebody may have asked already


def _is_good(folder: Path) -> bool:
    """Whether much fits, and programs in it may be run."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize > ENOUGH
