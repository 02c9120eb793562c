"""Blobs as files of one folder, all of it on one file system.

    uploads/<id>                       grows; who holds its flock may append to it and seal it. Or what is put at once
                                       and on its way, under a name that nobody else knows
    blobs/sha256/ab/<hex>.<upload id>  an object: complete, durable, never changed

Sealing fsyncs the file, renames it into place and fsyncs the folder it came to; that folder was made durable itself
when this process first needed it. So whatever `blobs` holds is complete, and a crash leaves nothing but uploads.
Files are 0600 and folders 0700. Other names in these folders are not ours, and are left alone.
"""

# Paths are text here: a push would spend more time in pathlib than in the kernel.
# ruff: noqa: PTH104, PTH108, PTH116

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Self

from berth.blobs import folders, keys
from berth.blobs.store import Stored, UploadGone, UploadInUse
from berth.words.digest import LENGTHS

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
_MODE = 0o600
_PIECE = 1 << 20
_BLOCK = bytes(4096)


class DiskStore:
    def __init__(self, folder: Path) -> None:
        """For a folder that is complete; `at` makes one so."""
        self._uploads = f"{folder}/uploads"
        self._blobs = f"{folder}/blobs"
        self._objects = _Objects(folder / "blobs")

    @classmethod
    def at(cls, path: str | Path) -> Self:
        """The store in this folder, which is made where it is missing."""
        folder = Path(path).absolute()
        folders.make(folder / "uploads")
        folders.make(folder / "blobs")
        return cls(folder)

    def append(self, upload: str, *, new: bool = False) -> "_DiskPart":
        keys.check_upload(upload)
        path = f"{self._uploads}/{upload}"
        file = _open_to_append(path, upload, new=new)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _DiskPart(upload, file, path, self._objects)
        except BlockingIOError:
            os.close(file)
            raise UploadInUse(upload) from None
        except BaseException:
            os.close(file)
            raise

    def put(self, key: str, data: bytes) -> None:
        """Without a flock, for nobody else knows the name that the file has on its way."""
        path = f"{self._uploads}/{keys.upload_of(key)}"
        self._objects.prepare(key)
        file = os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, _MODE)
        try:
            try:
                _write(file, data)
                os.fsync(file)
            finally:
                os.close(file)
            self._objects.take(path, key)
        except OSError:
            _remove(path, self._objects.path(key))
            raise

    def size(self, upload: str) -> int:
        keys.check_upload(upload)
        try:
            return os.stat(f"{self._uploads}/{upload}").st_size
        except FileNotFoundError:
            raise UploadGone(upload) from None

    def pieces(self, upload: str) -> Iterator[bytes]:
        keys.check_upload(upload)
        try:
            file = FileIO(f"{self._uploads}/{upload}")
        except FileNotFoundError:
            raise UploadGone(upload) from None
        with file:
            while piece := file.read(_PIECE):
                yield piece

    def discard(self, upload: str) -> None:
        keys.check_upload(upload)
        with suppress(FileNotFoundError):
            os.unlink(f"{self._uploads}/{upload}")

    def open(self, key: str) -> "_DiskReadable":
        keys.check_key(key)
        try:
            return _DiskReadable(FileIO(self._objects.path(key)))
        except FileNotFoundError:
            raise KeyError(key) from None

    def delete(self, key: str) -> None:
        keys.check_key(key)
        with suppress(FileNotFoundError):
            os.unlink(self._objects.path(key))

    def link(self, key: str, seconds: int) -> str | None:  # noqa: ARG002  the promise has it; a folder has no address
        keys.check_key(key)
        return None

    def objects(self) -> Iterator[Stored]:
        for algorithm in LENGTHS:
            for branch in _entries(f"{self._blobs}/{algorithm}"):
                prefix = f"{algorithm}/{branch.name}/"
                found = (_stored(prefix + entry.name, entry) for entry in _entries(branch.path))
                yield from (each for each in found if each is not None and keys.is_key(each.name))

    def uploads(self) -> Iterator[Stored]:
        found = (_stored(entry.name, entry) for entry in _entries(self._uploads))
        yield from (each for each in found if each is not None and keys.is_upload(each.name))

    def check(self) -> None:
        with tempfile.TemporaryFile(dir=self._uploads, buffering=0) as file:
            file.write(_BLOCK)


class _Objects:
    """The folder of what is complete."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._branches = folders.Branches(folder)

    def path(self, key: str) -> str:
        return f"{self._folder}/{key}"

    def prepare(self, key: str) -> None:
        """Make the folder that it needs."""
        self._branches.need(key.rpartition("/")[0])

    def take(self, path: str, key: str) -> None:
        """Give a file that has been fsynced its lasting name, durably. Raises `UploadGone` when it is not there."""
        branch = key.rpartition("/")[0]
        try:
            os.rename(path, self.path(key))
        except FileNotFoundError:
            # Somebody tidied an empty folder away, or discarded the upload while it was being written out.
            self._branches.renew(branch)
            _rename(path, self.path(key))
        folders.sync(f"{self._folder}/{branch}")


class _DiskPart:
    """An upload whose flock is held through `file`, a descriptor, and let go of with it.

    Each call of the kernel lets another thread go first, so there are no more of them than it takes.
    """

    def __init__(self, upload: str, file: int, path: str, objects: _Objects) -> None:
        self._upload = upload
        self._file = file
        self._path = path
        self._objects = objects
        self._open = True
        self._status = os.fstat(file)
        self._must_be_named()
        self.offset = self._status.st_size

    def write(self, data: bytes | memoryview) -> None:
        self._must_be_open()
        try:
            written = _write(self._file, data)
        except OSError:
            os.ftruncate(self._file, self.offset)
            raise
        self.offset += written

    def seal(self, key: str) -> None:
        keys.check_key(key, upload=self._upload)
        self._must_be_open()
        target = self._objects.path(key)
        self._must_be_named()
        if os.access(target, os.F_OK):
            raise FileExistsError(f"{key} is written already")
        self._objects.prepare(key)
        try:
            os.utime(self._file)
            os.fsync(self._file)
            self._objects.take(self._path, key)
        except OSError:
            # What the kernel failed to write it may forget, and the next fsync would succeed: the bytes are lost.
            _remove(self._path, target)
            raise
        finally:
            self.close()

    def close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _must_be_open(self) -> None:
        """The number of a closed descriptor may be somebody else's by now."""
        if not self._open:
            raise ValueError("the part is closed")

    def _must_be_named(self) -> None:
        """Raises `UploadGone` when the file has lost its name: discarded, or sealed before the flock was had."""
        try:
            named = os.stat(self._path)
        except FileNotFoundError:
            raise UploadGone(self._upload) from None
        if not os.path.samestat(self._status, named):
            raise UploadGone(self._upload)


class _DiskReadable:
    def __init__(self, file: FileIO) -> None:
        self._file = file
        self.fd: int | None = file.fileno()
        self.size = os.fstat(file.fileno()).st_size

    def read(self, offset: int, count: int) -> bytes:
        return os.pread(self._file.fileno(), count, offset)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _open_to_append(path: str, upload: str, *, new: bool) -> int:
    if new:
        return os.open(path, _APPEND | os.O_CREAT, _MODE)
    try:
        return os.open(path, _APPEND)
    except FileNotFoundError:
        raise UploadGone(upload) from None


def _write(file: int, data: bytes | memoryview) -> int:
    """All of it; returns how many bytes there were."""
    left = memoryview(data).cast("B")
    size = left.nbytes
    while left:
        left = left[os.write(file, left) :]
    return size


def _rename(path: str, target: str) -> None:
    try:
        os.rename(path, target)
    except FileNotFoundError:
        raise UploadGone(path.rpartition("/")[2]) from None


def _remove(*paths: str) -> None:
    for path in paths:
        with suppress(OSError):
            os.unlink(path)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """What a folder holds, read while it is listed; a folder that is missing holds nothing."""
    try:
        found = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    with found:
        yield from found


def _stored(name: str, entry: os.DirEntry[str]) -> Stored | None:
    """None when the file went away since its name was read."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Stored(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
