"""Stores that must be empty, and closed, when the test ends."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from berth.blobs import BlobStore, DiskStore, MemoryStore
from tests.blobs import filling


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest) -> BlobStore:
    """The test runs once with every store there is."""
    chosen: BlobStore = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def memory() -> Iterator[MemoryStore]:
    store = MemoryStore()
    yield store
    assert filling.names(store) == (set(), set()), "the test left something behind"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where `disk` is."""
    return tmp_path / "store"


@pytest.fixture
def disk(folder: Path) -> Iterator[DiskStore]:
    store = DiskStore.at(folder)
    yield store
    assert filling.names(store) == (set(), set()), "the test left something behind"
    assert not [path for path in folder.rglob("*") if not path.is_dir()], "there is a file that no list shows"
    assert not _open_files(folder), "a part or an object was left open"


def _open_files(folder: Path) -> list[Path]:
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            path = descriptor.readlink()
            if path.is_relative_to(folder):
                found.append(path)
    return found
