from pathlib import Path

import pytest

from berth.blobs import DiskStore, MemoryStore, open_store


def test_a_file_url_is_a_folder_that_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20c?d#e"
    assert isinstance(open_store(f"file://{folder}"), DiskStore)
    assert {entry.name for entry in folder.iterdir()} == {"uploads", "blobs"}


def test_memory_is_a_store_of_its_own_each_time() -> None:
    first, second = open_store("memory:"), open_store("memory:")
    assert isinstance(first, MemoryStore)
    assert first is not second


@pytest.mark.parametrize("url", ["", "/a/folder", "file:/a", "file://host/a", "file://", "s3://bucket", "memory:x"])
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not a storage URL"):
        open_store(url)
