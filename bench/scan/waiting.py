"""How long others wait who write while something large is written: small pushes, from a process of their own.

`python -m bench.scan.waiting <database>` writes every few milliseconds until its input ends, and then tells how long
each took, as a JSON list of milliseconds.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.client import Failed
from berth.db import Database, upsert
from berth.db.tables import scan_turn

EVERY = 0.02
NOBODY = -1


@dataclass
class Waited:
    milliseconds: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max(self.milliseconds)


@contextmanager
def others(url: str) -> Iterator[Waited]:
    """What they waited is told when the block has ended."""
    waited = Waited()
    command = [sys.executable, "-m", "bench.scan.waiting", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None or not process.stdout.readline():
            raise Failed("those who write beside it did not start")
        try:
            yield waited
        finally:
            process.stdin.close()
            waited.milliseconds = json.loads(process.stdout.read() or "[]")


def main() -> None:
    over = threading.Event()
    taken: list[float] = []
    with closing(Database(sys.argv[1])) as database:
        _write(database)
        print("ready", flush=True)
        threading.Thread(target=_end, args=(over,), daemon=True).start()
        while not over.wait(EVERY):
            began = time.perf_counter()
            _write(database)
            taken.append((time.perf_counter() - began) * 1000)
    print(json.dumps(taken))


def _end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def _write(database: Database) -> None:
    with database.write() as tx:
        upsert(tx, scan_turn, {"repository_id": NOBODY, "at": datetime.now(UTC)}, key=("repository_id",))


if __name__ == "__main__":
    main()
