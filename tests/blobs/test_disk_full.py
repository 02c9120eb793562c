"""A disk that is full or read-only. The disks are real and small where the kernel lets this user mount one."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from berth.blobs import DiskStore
from tests import programs
from tests.blobs import filling

ROOT = Path(__file__).parents[2]


@contextmanager
def _no_file_longer_than(size: int) -> Iterator[None]:
    """The kernel writes what still fits, then refuses: what a full disk does, too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_does_not_fit_leaves_the_upload_as_it_was(disk: DiskStore) -> None:
    upload = filling.begin(disk, b"12345")
    with disk.append(upload) as part:
        with _no_file_longer_than(1000), pytest.raises(OSError, match="File too large"):
            part.write(bytes(2000))
        assert part.offset == disk.size(upload) == 5
        part.write(b"678")
    assert b"".join(disk.pieces(upload)) == b"12345678"
    disk.discard(upload)


@pytest.mark.parametrize("scene", ["full", "no_names_left", "read_only"])
def test_on_a_disk_that_cannot_be_written_to_nothing_is_left_half_done(tmp_path: Path, scene: str) -> None:
    _run_with_mounts([sys.executable, "-m", "tests.blobs.small_disks", scene, str(tmp_path)])


def _run_with_mounts(command: list[str]) -> None:
    private = [programs.need("unshare"), "--map-root-user", "--mount"]
    if subprocess.run([*private, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("the kernel lets this user mount nothing")
    ended = subprocess.run([*private, *command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
