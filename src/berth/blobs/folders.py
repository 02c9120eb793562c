"""Folders that survive a loss of power: a name in a folder is durable once the folder has been fsynced."""

import os
from contextlib import suppress
from pathlib import Path

MODE = 0o700
"""Ours alone; the umask can only take away from it."""


def sync(folder: str | Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make(folder: Path) -> None:
    """Make a folder, with its parents where they are missing, and every one that was made durable."""
    if not folder.parent.exists():
        make(folder.parent)
    try:
        folder.mkdir(MODE)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        sync(folder.parent)


class Branches:
    """Folders below one trunk, named `a/b`: each is made when first needed, and known from then on."""

    def __init__(self, trunk: Path) -> None:
        self._trunk = trunk
        self._known: set[str] = set()

    def need(self, name: str) -> None:
        """Make it durable, once. One that is there may be another process's, made this instant and not yet so."""
        if name in self._known:
            return
        branch = self._trunk / name
        if "/" in name:
            self.need(name.rpartition("/")[0])
        with suppress(FileExistsError):
            branch.mkdir(MODE)
        sync(branch.parent)
        self._known.add(name)

    def renew(self, name: str) -> None:
        """Somebody took it away, and perhaps what it stands on."""
        self._known.difference_update((name, name.rpartition("/")[0]))
        self.need(name)
