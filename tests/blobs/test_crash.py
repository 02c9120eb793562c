"""Processes that are killed while they push."""

import random
import subprocess
import sys
import time
from pathlib import Path

from berth.blobs import DiskStore, digest_of
from berth.words import digest
from tests.blobs import filling

ROUNDS = 8
LONGEST = 0.4
CHANCE = random.Random()  # noqa: S311  no secret is made of it
ROOT = Path(__file__).parents[2]


def _push_until_killed(folder: Path) -> set[str]:
    """The keys that the process said were sealed."""
    command = [sys.executable, "-m", "tests.blobs.pushing", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(CHANCE.uniform(0, LONGEST))
        process.kill()
        return {line.rstrip("\n") for line in [first, *process.stdout]}


def test_what_was_acknowledged_before_a_kill_is_whole_after_it(folder: Path, disk: DiskStore) -> None:
    acknowledged: set[str] = set()
    for _ in range(ROUNDS):
        acknowledged |= _push_until_killed(folder)
    store = DiskStore.at(folder)
    assert len(acknowledged) > ROUNDS
    objects, uploads = filling.names(store)
    assert acknowledged <= objects
    assert all(digest.of(filling.read(store, key)) == digest_of(key) for key in objects)
    for upload in uploads:
        with store.append(upload) as part:
            part.write(b"nobody holds what a dead process held")
        disk.discard(upload)
    for key in objects:
        disk.delete(key)
