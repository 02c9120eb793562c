"""What the folder of a disk store looks like, and what may happen to it."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from berth.blobs import DiskStore, UploadGone, UploadInUse, key_of
from berth.words import digest
from berth.words.digest import Digest
from tests.blobs import filling

ROOT = Path(__file__).parents[2]


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def _seal_as(store: DiskStore, claimed: Digest) -> str:
    """An object under the key of any digest: stores believe their callers."""
    upload = filling.new_id()
    key = key_of(claimed, upload)
    with store.append(upload, new=True) as part:
        part.seal(key)
    return key


def _modes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): oct(path.stat().st_mode & 0o7777) for path in folder.rglob("*")}


def test_uploads_and_objects_are_files_in_their_places(folder: Path, disk: DiskStore) -> None:
    upload = filling.begin(disk, b"an upload")
    key = filling.push(disk, b"an object")
    assert (folder / "uploads" / upload).read_bytes() == b"an upload"
    assert (folder / "blobs" / key).read_bytes() == b"an object"
    disk.discard(upload)
    disk.delete(key)


@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_no_one_else_may_look_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    folder = tmp_path / "deep" / "store"
    with _umask(mask):
        store = DiskStore.at(folder)
        upload = filling.begin(store)
        key = filling.push(store, b"")
    assert _modes(tmp_path) == {
        "deep": "0o700",
        "deep/store": "0o700",
        "deep/store/uploads": "0o700",
        f"deep/store/uploads/{upload}": "0o600",
        "deep/store/blobs": "0o700",
        "deep/store/blobs/sha256": "0o700",
        f"deep/store/blobs/{key.rpartition('/')[0]}": "0o700",
        f"deep/store/blobs/{key}": "0o600",
    }


def test_a_folder_that_was_there_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    DiskStore.at(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o750


def test_a_file_cannot_be_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        DiskStore.at(tmp_path / "file")


def test_the_folder_stays_the_same_when_the_process_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = DiskStore.at("store")
    monkeypatch.chdir("/")
    filling.push(store, b"x")
    assert len(list((tmp_path / "store" / "blobs").rglob("*.*"))) == 1


def test_an_open_object_is_a_plain_file_that_is_not_inherited(disk: DiskStore) -> None:
    key = filling.push(disk, b"0123456789")
    with disk.open(key) as stored:
        assert stored.fd is not None
        assert not os.get_inheritable(stored.fd)
        assert stored.read(5, 5) == b"56789"
        assert os.pread(stored.fd, 3, 0) == b"012"
        assert os.lseek(stored.fd, 0, os.SEEK_CUR) == 0
    disk.delete(key)


def test_an_upload_goes_on_in_the_next_process(folder: Path, disk: DiskStore) -> None:
    upload = filling.begin(disk, b"before ")
    later = DiskStore.at(folder)
    assert later.size(upload) == 7
    assert [each.name for each in later.uploads()] == [upload]
    key = key_of(digest.of(b"before after"), upload)
    with later.append(upload) as part:
        assert part.offset == 7
        part.write(b"after")
        part.seal(key)
    assert filling.read(disk, key) == b"before after"
    disk.delete(key)


HOLD = """
import sys
from berth.blobs import DiskStore
part = DiskStore.at(sys.argv[1]).append(sys.argv[2])
part.write(b" and held")
print("held", flush=True)
sys.stdin.read()
"""


def test_an_upload_is_held_against_other_processes_until_the_holder_dies(folder: Path, disk: DiskStore) -> None:
    upload = filling.begin(disk, b"begun")
    command = [sys.executable, "-c", HOLD, str(folder), upload]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UploadInUse):
            disk.append(upload)
        assert disk.size(upload) == len(b"begun and held")
        holder.kill()
    with disk.append(upload) as part:
        assert part.offset == len(b"begun and held")
    disk.discard(upload)


def test_no_byte_gets_into_an_object(folder: Path, disk: DiskStore) -> None:
    """Appenders that opened the file before it was sealed find out that it is gone."""
    for number in range(40):
        upload = filling.new_id()
        ended = threading.Event()

        def meddle(upload: str = upload, ended: threading.Event = ended) -> None:
            store = DiskStore.at(folder)
            while not ended.is_set():
                with suppress(UploadInUse, UploadGone), store.append(upload) as part:
                    part.write(b"!")

        content = b"%d" % number
        key = key_of(digest.of(content), upload)
        with ThreadPoolExecutor(2) as pool:
            with disk.append(upload, new=True) as part:
                pool.submit(meddle)
                pool.submit(meddle)
                part.write(content)
                part.seal(key)
            ended.set()
        assert filling.read(disk, key) == content
        disk.delete(key)


def test_many_uploads_of_one_digest_are_sealed_at_once_by_many_stores(folder: Path, disk: DiskStore) -> None:
    stores = [DiskStore.at(folder) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda number: filling.push(stores[number % 4], b"same"), range(80)))
    assert filling.names(disk) == (keys, set())
    assert all(filling.read(disk, key) == b"same" for key in keys)
    for key in keys:
        disk.delete(key)


def test_objects_are_listed_while_they_are_looked_for(disk: DiskStore) -> None:
    listed = disk.objects()
    late = filling.push(disk, b"put after the list was asked for")
    assert next(listed).name == late
    assert not list(listed)
    disk.delete(late)


def test_objects_and_folders_may_vanish_while_they_are_listed(folder: Path, disk: DiskStore) -> None:
    for number in range(20):
        _seal_as(disk, Digest("sha256", "aa" + f"{number:062x}"))
        _seal_as(disk, Digest("sha256", f"{number:02x}" * 32))
    listed = disk.objects()
    next(listed)
    shutil.rmtree(folder / "blobs")
    assert not list(listed)
    assert not list(disk.objects())


def test_uploads_may_vanish_while_they_are_listed(disk: DiskStore) -> None:
    uploads = [filling.begin(disk) for _ in range(20)]
    listed = disk.uploads()
    next(listed)
    for upload in uploads:
        disk.discard(upload)
    assert not list(listed)


def test_other_peoples_files_are_not_listed(tmp_path: Path) -> None:
    store = DiskStore.at(tmp_path)
    key = filling.push(store, b"ours")
    branch = (tmp_path / "blobs" / key).parent
    (branch / ".nfs000001").touch()
    (branch / key_of(digest.of(b"ours"), filling.new_id()).rpartition("/")[2]).mkdir()
    (tmp_path / "blobs" / "sha256" / "README").touch()
    (tmp_path / "blobs" / "lost+found").mkdir()
    (tmp_path / "uploads" / "tmp12345").touch()
    (tmp_path / "uploads" / filling.new_id()).symlink_to("/etc/passwd")
    assert filling.names(store) == ({key}, set())


def test_an_empty_folder_that_was_tidied_away_comes_back(folder: Path, disk: DiskStore) -> None:
    disk.delete(filling.push(disk, b"x"))
    shutil.rmtree(folder / "blobs" / "sha256")
    key = filling.push(disk, b"x")
    assert filling.read(disk, key) == b"x"
    disk.delete(key)


def test_a_folder_that_is_missing_is_no_refusal(tmp_path: Path) -> None:
    store = DiskStore.at(tmp_path)
    shutil.rmtree(tmp_path / "uploads")
    with pytest.raises(FileNotFoundError):
        store.append(filling.new_id(), new=True)
    with pytest.raises(FileNotFoundError):
        store.check()
