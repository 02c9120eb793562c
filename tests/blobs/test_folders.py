from pathlib import Path

import pytest

from berth.blobs import folders


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    folders.make(tmp_path / "a" / "b" / "c")
    folders.make(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        folders.make(tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        folders.make(tmp_path / "file" / "below")
    with pytest.raises(NotADirectoryError):
        folders.sync(tmp_path / "file")


def test_a_branch_that_another_process_made_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    folders.Branches(tmp_path).need("a/b")
