"""Scenes on disks of their own, played by a process that may mount.

python -m tests.blobs.small_disks SCENE FOLDER
"""

import subprocess
import sys
from pathlib import Path

import pytest

from berth.blobs import DiskStore, UploadGone, key_of
from berth.words import digest
from tests import programs
from tests.blobs import filling


def _mount(folder: Path, options: str) -> None:
    subprocess.run([programs.need("mount"), "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)


def full(folder: Path) -> None:
    _mount(folder, "size=1m")
    store = DiskStore.at(folder)
    store.check()
    upload = filling.begin(store, b"begun")
    with store.append(upload) as part:
        with pytest.raises(OSError, match="No space left"):
            part.write(bytes(2 << 20))
        assert part.offset == store.size(upload) == len(b"begun")
        filler = _fill(store)
        with pytest.raises(OSError, match="No space left"):
            store.check()
        with pytest.raises(OSError, match="No space left"):
            part.write(bytes(1 << 16))
        with pytest.raises(OSError, match="No space left"):
            store.put(key_of(digest.of(bytes(1 << 16)), filling.new_id()), bytes(1 << 16))
        assert filling.names(store) == (set(), {upload, filler})
    store.discard(filler)
    store.check()
    assert filling.read(store, filling.push(store, b"fits again")) == b"fits again"


def _fill(store: DiskStore) -> str:
    upload = filling.begin(store)
    with store.append(upload) as part:
        try:
            while True:
                part.write(bytes(4096))
        except OSError:
            return upload


def no_names_left(folder: Path) -> None:
    """Room for the root, two folders, one upload and nothing else."""
    _mount(folder, "size=1m,nr_inodes=4")
    store = DiskStore.at(folder)
    upload = filling.begin(store, b"begun")
    with store.append(upload) as part, pytest.raises(OSError, match="No space left"):
        part.seal(key_of(digest.of(b"begun"), upload))
    with pytest.raises(OSError, match="No space left"):
        store.append(filling.new_id(), new=True)
    assert filling.names(store) == (set(), {upload})


def read_only(folder: Path) -> None:
    _mount(folder, "size=1m")
    store = DiskStore.at(folder)
    upload, key = filling.begin(store, b"begun"), filling.push(store, b"kept")
    _mount(folder, "remount,ro")
    for act in (
        store.check,
        lambda: store.append(upload),
        lambda: store.append(filling.new_id(), new=True),
        lambda: store.discard(upload),
        lambda: store.delete(key),
    ):
        with pytest.raises(OSError, match="Read-only"):
            act()
    assert filling.names(DiskStore.at(folder)) == ({key}, {upload})
    assert filling.read(store, key) == b"kept"
    with pytest.raises(UploadGone):
        store.append(filling.new_id())


if __name__ == "__main__":
    {"full": full, "no_names_left": no_names_left, "read_only": read_only}[sys.argv[1]](Path(sys.argv[2]))
