"""The builds that are kept: the one in force, and the one before it.

    advisories/
        in-force                      JSON: which build is, and which was before
        advisories-<build>.sqlite     two of them
        advisories-<build>.part       one that is being made, or was when the machine went down
        lock                          held by whoever makes one

Whoever reads opens the file that is in force at that moment and keeps what it opened, whatever happens after.
"""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from berth.scan.advisories import layout
from berth.words import time

IN_FORCE = "in-force"
STEM = "advisories-"
PART = ".part"


class BuildBusy(Exception):
    """Somebody else makes a build at this moment."""


class NothingBefore(Exception):
    """There is no build to go back to."""


@dataclass(frozen=True, slots=True)
class Making:
    """A build that is being made."""

    build: str
    path: Path


def in_force(folder: Path) -> Path | None:
    return _there(folder, _pointer(folder)[0])


def before(folder: Path) -> Path | None:
    """The one to go back to."""
    return _there(folder, _pointer(folder)[1])


def roll_back(folder: Path) -> Path:
    """Put the build before in force; doing it again undoes it. Raises `NothingBefore`."""
    previous = before(folder)
    if previous is None:
        raise NothingBefore(str(folder))
    use(folder, previous)
    return previous


def use(folder: Path, file: Path) -> None:
    """Put a build that lies in the folder in force, whoever decided that. The one that was is kept as the one before.

    Raises `BuildBusy`, and `AdvisoriesUnreadable` when it is damaged.
    """
    with _lock(folder):
        now, _ = _pointer(folder)
        build = file.stem.removeprefix(STEM)
        if build != now:
            layout.check_whole(path(folder, build))
            _point(folder, build, now)


@contextlib.contextmanager
def making(folder: Path) -> Iterator[Making]:
    """Make a build at the path that is given. It is in force after the block, unless that raises.

    Raises `BuildBusy`, and `AdvisoriesUnreadable` when what was made is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder):
        _clear(folder)
        build = f"{time.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        part = folder / f"{STEM}{build}{PART}"
        try:
            yield Making(build, part)
            _put_in_force(folder, part, build)
        finally:
            part.unlink(missing_ok=True)


def _put_in_force(folder: Path, part: Path, build: str) -> None:
    layout.check_whole(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(path(folder, build))
    _point(folder, build, _pointer(folder)[0])
    _clear(folder)


def _clear(folder: Path) -> None:
    """Remove what is neither of the two, as a build that was interrupted."""
    kept = {path(folder, build) for build in _pointer(folder) if build}
    for file in folder.glob(f"{STEM}*"):
        if file not in kept and file.suffix in {".sqlite", PART}:
            file.unlink(missing_ok=True)


def _pointer(folder: Path) -> tuple[str, str]:
    """Empty: none. A pointer that cannot be read points to nothing."""
    try:
        given = json.loads((folder / IN_FORCE).read_text())
        return str(given["build"]), str(given["before"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", ""


def _point(folder: Path, build: str, previous: str) -> None:
    new = folder / f"{IN_FORCE}.new"
    with new.open("w") as file:
        json.dump({"build": build, "before": previous}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / IN_FORCE)
    _sync(folder)


def _sync(folder: Path) -> None:
    """A name that was changed is so only when its folder has been written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _there(folder: Path, build: str) -> Path | None:
    file = path(folder, build)
    return file if build and file.is_file() else None


def path(folder: Path, build: str) -> Path:
    return folder / f"{STEM}{build}.sqlite"


def _lock(folder: Path) -> contextlib.AbstractContextManager[None]:
    folder.mkdir(parents=True, exist_ok=True)
    return alone(folder / "lock", str(folder))


@contextlib.contextmanager
def alone(lock: Path, busy: str) -> Iterator[None]:
    """Nobody else on this machine is in a block with this lock; it ends also when the process is killed.

    It is let go of by name: a child that another thread is just starting has the file too, until it runs its program.
    Raises `BuildBusy`, with what is said.
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BuildBusy(busy) from None
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
