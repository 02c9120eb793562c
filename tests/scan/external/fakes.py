"""Programs that stand in for Trivy and Grype. Each does one thing, well or badly."""

import json
import os
import select
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from berth.scan.external.configured import Program

PATIENCE_MS = 60_000

PRINTS_FOREVER = "while True: sys.stdout.buffer.write(b'x' * 65536)"
HANGS = "signal.pause()"
COMPLAINS = "sys.stderr.buffer.write(b'\\x1b[2J\\xff\\0' * 400_000 + b'\\nno such database'); sys.exit(3)"
LEAVES_A_CHILD = """
alive = os.open(FIFO, os.O_WRONLY)
if os.fork() == 0:
    signal.pause()
"""
SAYS_IT_LIVES = "os.write(os.open(FIFO, os.O_WRONLY), b'.')"


def program(path: Path, body: str, **names: Any) -> Program:  # Any: what the body knows by a name
    """A program of Python; `args` are its arguments."""
    lines = [f"#!{sys.executable} -IS", "import json, os, shutil, signal, sys, time", "args = sys.argv[1:]"]
    lines += [f"{name} = {(str(value) if isinstance(value, Path) else value)!r}" for name, value in names.items()]
    path.write_text("\n".join([*lines, body]))
    path.chmod(0o755)
    return Program(path)


@dataclass(frozen=True)
class Fifo:
    """By which a program shows that it lives: as long as it has it open."""

    path: Path
    reading: int

    @classmethod
    def at(cls, path: Path) -> "Fifo":
        os.mkfifo(path)
        return cls(path, os.open(path, os.O_RDONLY | os.O_NONBLOCK))

    def says_something(self) -> bool:
        """Waits for a program to begin."""
        return self._has(select.POLLIN)

    def is_let_go(self) -> bool:
        """Waits until nobody has it open any more, which the kernel tells."""
        return self._has(select.POLLHUP)

    def _has(self, event: int) -> bool:
        poll = select.poll()
        poll.register(self.reading, event)
        return any(happened & event for _, happened in poll.poll(PATIENCE_MS))


TRIVY_VERSION = {"Version": "0.58.1", "VulnerabilityDB": {"Version": 2, "UpdatedAt": "2026-10-01T06:12:32.123456789Z"}}


def trivy(path: Path, report: str, **names: Any) -> Program:  # Any: what the body knows by a name
    """A Trivy; `report` is what it does when it is to write a report to `output`."""
    body = f"""
if args[0] == "version":
    print({json.dumps(TRIVY_VERSION)!r})
else:
    output = args[args.index("--output") + 1]
    {report}
"""
    return program(path, body, **names)
