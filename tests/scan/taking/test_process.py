"""A parent of a scan never waits for its child longer than it wants to."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from berth.scan import frames
from berth.scan.failed import ScanFailed
from berth.scan.process import Canceled, Child

LONGEST: dict[bytes, int] = {frames.FOUND: 1000, frames.READ: 16}


@pytest.fixture(autouse=True)
def tests_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


@contextmanager
def child(does: str, seconds: float = 20, cancel: threading.Event | None = None) -> Iterator[Child]:
    with Child("tests.scan.taking.misbehaving", seconds, cancel) as started:
        started.send(frames.ORDER, does.encode())
        yield started


def failure(does: str, seconds: float = 20) -> str:
    with pytest.raises(ScanFailed) as failed, child(does, seconds) as started:
        listen(started)
    return failed.value.code


def listen(to: Child) -> None:
    while True:
        to.receive(LONGEST)


@pytest.mark.parametrize("does", ["nothing", "half", "stubborn", "complains_forever", "asks_forever"])
def test_one_that_never_comes_to_an_end_is_ended_when_time_is_over(does: str) -> None:
    started = time.monotonic()
    assert failure(does, seconds=1) == "LIMIT_TIME"
    assert time.monotonic() - started < 10


def test_one_that_does_not_read_is_ended_when_time_is_over() -> None:
    with pytest.raises(ScanFailed, match="LIMIT_TIME"), child("nothing", seconds=1) as started:
        started.send(frames.DATA, bytes(10_000_000))


@pytest.mark.parametrize("does", ["complains", "crashes", "too_long", "unknown"])
def test_one_that_breaks_or_breaks_its_word_is_lost(does: str) -> None:
    assert failure(does) == "WORKER_LOST"


@pytest.mark.parametrize("does", ["eats_memory", "is_killed"])
def test_one_that_ends_for_memory_is_known_for_it(does: str) -> None:
    assert failure(does) == "LIMIT_MEMORY"


def test_one_that_ends_for_its_time_of_the_processor_is_known_for_it() -> None:
    assert failure("burns") == "LIMIT_TIME"


def test_what_it_complains_of_is_logged_to_its_end_and_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ScanFailed) as failed, child("complains") as started:
        started.receive(LONGEST)
    assert "the end of it" not in failed.value.text
    logged = "".join(capfd.readouterr())
    assert "the end of it" in logged
    assert len(logged) < 6000


def test_it_ends_when_it_is_wanted_no_more() -> None:
    cancel = threading.Event()
    timer = threading.Timer(0.5, cancel.set)
    timer.start()
    with pytest.raises(Canceled), child("nothing", cancel=cancel) as started:
        started.receive(LONGEST)
    timer.join()


def test_its_children_end_with_it() -> None:
    with child("has_a_child") as started:
        started.receive(LONGEST)
        group = started.pid
        assert len(members(group)) == 2
    for _ in range(1000):
        if not members(group):
            break
        time.sleep(0.01)  # The kernel takes a moment to bury the grandchild.
    assert not members(group)


def members(group: int) -> list[str]:
    """Processes of a group that have not ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = status.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(pgrp) == group and state not in "ZX":
            found.append(status.parent.name)
    return found


def test_it_gets_nothing_of_its_parents_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_SECRET", "x")
    monkeypatch.setenv("HOME", "/root")
    held = os.open("/dev/null", os.O_RDONLY)
    with child("tells_its_environment") as started:
        names, directory, leads, files = started.receive(LONGEST)[1].decode().split("|")
    os.close(held)
    assert set(names.split()) <= {"PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TMPDIR", "LC_CTYPE"}
    assert (directory, leads) == ("/", "True")
    assert int(files) <= 4, "the three pipes, and the directory that is listed"
