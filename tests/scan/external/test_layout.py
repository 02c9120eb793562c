"""An image laid out for a scanner to read."""

import errno
import json
import os
import threading
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from berth.blobs import keys
from berth.blobs.disk import DiskStore
from berth.blobs.memory import MemoryStore
from berth.blobs.store import BlobStore, Readable
from berth.scan.external import layout
from berth.scan.failed import ScanFailed
from berth.scan.process import Canceled
from berth.words import digest
from berth.words.digest import Digest
from berth.words.manifest import OCI_MANIFEST

MANIFEST = b'{"schemaVersion": 2}'
LAYER, CONFIG = b"layer" * 1_000_000, b"{}"


def stored(store: BlobStore, content: bytes) -> tuple[Digest, Callable[[], Readable]]:
    name = digest.of(content)
    upload = str(uuid.uuid4())
    key = keys.key_of(name, upload)
    with store.append(upload, new=True) as part:
        part.write(content)
        part.seal(key)
    return name, partial(store.open, key)


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return DiskStore.at(tmp_path / "store") if request.param == "disk" else MemoryStore()


def document(path: Path) -> dict[str, Any]:  # Any: JSON
    read: dict[str, Any] = json.loads(path.read_bytes())  # Any: JSON
    return read


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_layout_is_the_manifest_its_blobs_and_an_index_of_one(tmp_path: Path, store: BlobStore) -> None:
    folder = tmp_path / "layout"
    layout.write(folder, MANIFEST, OCI_MANIFEST, [stored(store, CONFIG), stored(store, LAYER)])
    assert document(folder / "oci-layout") == {"imageLayoutVersion": "1.0.0"}
    assert document(folder / "index.json")["manifests"] == [
        {"mediaType": OCI_MANIFEST, "digest": str(digest.of(MANIFEST)), "size": len(MANIFEST)}
    ]
    contents = {f"blobs/sha256/{digest.of(each).hex}": each for each in (MANIFEST, CONFIG, LAYER)}
    assert files(folder) == {"oci-layout", "index.json", *contents}
    assert {name: (folder / name).read_bytes() for name in contents} == contents


def test_a_layer_that_stands_twice_is_there_once(tmp_path: Path, store: BlobStore) -> None:
    blob = stored(store, CONFIG)
    layout.write(tmp_path / "layout", MANIFEST, OCI_MANIFEST, [blob, blob], most=len(CONFIG))
    assert len(files(tmp_path / "layout" / "blobs")) == 2


def test_a_blob_on_the_same_disk_takes_no_room(tmp_path: Path) -> None:
    name, opening = stored(DiskStore.at(tmp_path / "store"), LAYER)
    layout.write(tmp_path / "layout", MANIFEST, OCI_MANIFEST, [(name, opening)], most=0)
    assert (tmp_path / "layout" / "blobs" / "sha256" / name.hex).stat().st_nlink == 2
    with opening() as readable:
        assert readable.read(0, 5) == b"layer"


def test_for_another_user_everything_is_copied_and_may_be_read(tmp_path: Path) -> None:
    name, opening = stored(DiskStore.at(tmp_path / "store"), LAYER)
    layout.write(tmp_path / "layout", MANIFEST, OCI_MANIFEST, [(name, opening)], for_others=True)
    blob = tmp_path / "layout" / "blobs" / "sha256" / name.hex
    assert blob.stat().st_nlink == 1
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "layout").rglob("*") if path.is_file()}
    assert modes == {0o644}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "layout").rglob("*") if path.is_dir()} == {0o755}


def test_an_image_that_takes_too_much_room_is_not_laid_out(tmp_path: Path) -> None:
    store = MemoryStore()
    blobs = [stored(store, CONFIG), stored(store, LAYER)]
    with pytest.raises(ScanFailed) as failed:
        layout.write(tmp_path / "layout", MANIFEST, OCI_MANIFEST, blobs, most=len(LAYER))
    assert failed.value.code == "LIMIT_LAYER_SIZE"


def test_a_blob_that_is_gone_is_told(tmp_path: Path, store: BlobStore) -> None:
    name = digest.of(LAYER)
    gone = partial(store.open, keys.key_of(name, str(uuid.uuid4())))
    with pytest.raises(ScanFailed) as failed:
        layout.write(tmp_path / "layout", MANIFEST, OCI_MANIFEST, [(name, gone)])
    assert failed.value.code == "BLOB_MISSING"
    assert name.hex in failed.value.text


def test_nobody_waits_for_an_image_that_is_not_wanted_any_more(tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Canceled):
        layout.write(tmp_path / "layout", MANIFEST, OCI_MANIFEST, [stored(MemoryStore(), LAYER)], cancel=cancel)


def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    def full() -> Readable:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ScanFailed) as failed:
        layout.write(tmp_path / "layout", MANIFEST, OCI_MANIFEST, [(digest.of(LAYER), full)])
    assert failed.value.code == "LIMIT_LAYER_SIZE"


def test_a_digest_of_another_kind_has_a_folder_of_its_own(tmp_path: Path, store: BlobStore) -> None:
    _, opening = stored(store, CONFIG)
    name = digest.of(CONFIG, "sha512")
    layout.write(tmp_path / "layout", MANIFEST, OCI_MANIFEST, [(name, opening)])
    assert (tmp_path / "layout" / "blobs" / "sha512" / name.hex).read_bytes() == CONFIG
