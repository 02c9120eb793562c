"""What a tree of processes costs: CPU seconds and memory, as the kernel counts them in `/proc`."""

import os
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
SAMPLE_SECONDS = 0.1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def tree(root: int) -> list[int]:
    """A process and its descendants, parents before children."""
    found = [root]
    for pid in found:
        with suppress(OSError):
            for task in (PROC / str(pid) / "task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(root: int) -> float:
    """CPU time of the tree, with that of its children that have ended."""
    return sum(_ticks(pid) for pid in tree(root)) * TICK


def _ticks(pid: int) -> int:
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))


@dataclass
class Peak:
    """The most memory one process held, in MiB."""

    rss: float = 0
    pss: float = 0
    """Pages shared with other processes count in part."""


@dataclass
class Watch:
    """Looks at processes several times a second, for as long as the block runs."""

    every: ClassVar[float] = SAMPLE_SECONDS

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def processes(self) -> Iterable[int]:
        raise NotImplementedError

    def look(self, pid: int) -> None:
        """An `OSError` is a process that has ended."""
        raise NotImplementedError

    def _watch(self) -> None:
        while not self._over.wait(self.every):
            for pid in self.processes():
                with suppress(OSError):
                    self.look(pid)


@dataclass
class MemoryWatch(Watch):
    """Looks at every process of a tree."""

    root: int
    peaks: dict[int, Peak] = field(default_factory=dict)

    def processes(self) -> Iterable[int]:
        return tree(self.root)

    def look(self, pid: int) -> None:
        peak = self.peaks.setdefault(pid, Peak())
        # The kernel keeps the highest resident size itself; the shared size has to be sampled.
        peak.rss = max(peak.rss, highest(pid))
        peak.pss = max(peak.pss, _mebibytes(PROC / str(pid) / "smaps_rollup", "Pss:"))


def highest(pid: int) -> float:
    """The most memory that a process has held, in MiB. Raises `OSError` when it has ended."""
    return _mebibytes(PROC / str(pid) / "status", "VmHWM:")


def _mebibytes(file: Path, name: str) -> float:
    for line in file.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0
