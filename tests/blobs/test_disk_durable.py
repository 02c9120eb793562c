"""What a disk store tells the kernel, and in which order. The calls are written down and still made."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from berth.blobs import DiskStore, UploadGone, key_of
from berth.words import digest
from tests.blobs import filling

KEY_FOLDER = f"blobs/sha256/{digest.of(b'x').hex[:2]}"


class Calls:
    """The calls that make names and bytes durable, in order."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.made: list[str] = []
        fsync, rename, mkdir = os.fsync, os.rename, os.mkdir

        def note_fsync(descriptor: int) -> None:
            path = self._named(f"/proc/self/fd/{descriptor}", follow=True)
            fsync(descriptor)
            self.made.append(f"fsync {path}")

        def note_rename(source: str, target: str) -> None:
            rename(source, target)
            self.made.append(f"rename {self._named(source)} {self._named(target)}")

        def note_mkdir(path: str, mode: int = 0o777) -> None:
            mkdir(path, mode)
            self.made.append(f"mkdir {self._named(path)}")

        monkeypatch.setattr(os, "fsync", note_fsync)
        monkeypatch.setattr(os, "rename", note_rename)
        monkeypatch.setattr(os, "mkdir", note_mkdir)

    def _named(self, path: str, *, follow: bool = False) -> str:
        real = Path(path).readlink() if follow else Path(path)
        return real.relative_to(self.root).as_posix()


def _push(store: DiskStore) -> str:
    return filling.push(store, b"x")


def _names(key: str) -> tuple[str, str]:
    return f"uploads/{key.partition('.')[2]}", f"blobs/{key}"


def test_every_folder_that_is_made_is_durable_in_the_one_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(tmp_path, monkeypatch)
    DiskStore.at(tmp_path / "a" / "b")
    assert calls.made == [
        "mkdir a",
        "fsync .",
        "mkdir a/b",
        "fsync a",
        "mkdir a/b/uploads",
        "fsync a/b",
        "mkdir a/b/blobs",
        "fsync a/b",
    ]


def test_the_first_seal_makes_its_folders_durable_before_the_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DiskStore.at(tmp_path)
    calls = Calls(tmp_path, monkeypatch)
    upload, target = _names(_push(store))
    assert calls.made == [
        "mkdir blobs/sha256",
        "fsync blobs",
        f"mkdir {KEY_FOLDER}",
        "fsync blobs/sha256",
        f"fsync {upload}",
        f"rename {upload} {target}",
        f"fsync {KEY_FOLDER}",
    ]


def test_a_later_seal_does_nothing_but_fsync_rename_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DiskStore.at(tmp_path)
    _push(store)
    calls = Calls(tmp_path, monkeypatch)
    upload, target = _names(_push(store))
    assert calls.made == [f"fsync {upload}", f"rename {upload} {target}", f"fsync {KEY_FOLDER}"]


def test_what_is_put_at_once_is_made_durable_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DiskStore.at(tmp_path)
    calls = Calls(tmp_path, monkeypatch)
    key = key_of(digest.of(b"x"), filling.new_id())
    store.put(key, b"x")
    upload, target = _names(key)
    assert calls.made[-3:] == [f"fsync {upload}", f"rename {upload} {target}", f"fsync {KEY_FOLDER}"]
    assert calls.made[:-3] == ["mkdir blobs/sha256", "fsync blobs", f"mkdir {KEY_FOLDER}", "fsync blobs/sha256"]


def test_a_folder_of_another_process_is_made_durable_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process may have made it and not yet fsynced it."""
    _push(DiskStore.at(tmp_path))
    store = DiskStore.at(tmp_path)
    calls = Calls(tmp_path, monkeypatch)
    _push(store)
    assert calls.made[:2] == ["fsync blobs", "fsync blobs/sha256"]


def _break_fsync(monkeypatch: pytest.MonkeyPatch, broken: Callable[[Path], bool]) -> None:
    fsync = os.fsync

    def break_or_sync(descriptor: int) -> None:
        if broken(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", break_or_sync)


@pytest.mark.parametrize("broken", [Path.is_file, lambda path: path.parent.name == "sha256"], ids=["file", "folder"])
def test_bytes_that_could_not_be_made_durable_are_dropped(
    disk: DiskStore, monkeypatch: pytest.MonkeyPatch, broken: Callable[[Path], bool]
) -> None:
    """A second fsync would succeed without them, and the client would be told that all is well."""
    upload = filling.begin(disk, b"x")
    _break_fsync(monkeypatch, broken)
    with disk.append(upload) as part, pytest.raises(OSError, match="Input/output error"):
        part.seal(key_of(digest.of(b"x"), upload))
    assert filling.names(disk) == (set(), set())
    with pytest.raises(UploadGone):
        disk.append(upload)


@pytest.mark.parametrize("broken", [Path.is_file, lambda path: path.parent.name == "sha256"], ids=["file", "folder"])
def test_nothing_is_left_of_what_could_not_be_put_durably(
    disk: DiskStore, monkeypatch: pytest.MonkeyPatch, broken: Callable[[Path], bool]
) -> None:
    _break_fsync(monkeypatch, broken)
    with pytest.raises(OSError, match="Input/output error"):
        disk.put(key_of(digest.of(b"x"), filling.new_id()), b"x")
    assert filling.names(disk) == (set(), set())


def test_an_upload_that_is_discarded_while_it_is_written_out_is_gone(
    disk: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = filling.begin(disk, b"x")
    fsync = os.fsync

    def sync_and_discard(descriptor: int) -> None:
        fsync(descriptor)
        disk.discard(upload)

    monkeypatch.setattr(os, "fsync", sync_and_discard)
    with disk.append(upload) as part, pytest.raises(UploadGone):
        part.seal(key_of(digest.of(b"x"), upload))
    assert filling.names(disk) == (set(), set())


def test_an_upload_waits_when_a_folder_for_it_cannot_be_made(
    disk: DiskStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = filling.begin(disk, b"x")
    key = key_of(digest.of(b"x"), upload)
    with monkeypatch.context() as broken:
        _break_fsync(broken, lambda path: path == folder / "blobs")
        with disk.append(upload) as part, pytest.raises(OSError, match="Input/output error"):
            part.seal(key)
    assert filling.names(disk) == (set(), {upload})
    with disk.append(upload) as part:
        part.seal(key)
    disk.delete(key)
