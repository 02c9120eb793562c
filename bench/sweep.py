"""`python -m bench.sweep`: how long a sweep of many blobs takes, and how slow pushes are meanwhile.

Berth runs as it comes, on SQLite. One image has held the blobs, each with a file, and nothing has needed them for
longer than the grace. Four clients push blobs of 64 KiB, first alone and then beside the sweep; with a name and
password, for a token would expire meanwhile.
"""

import argparse
import secrets
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import func, insert, select

from bench import acts, servers
from bench.client import Connection, Failed, Target
from bench.content import KIB, Small
from bench.servers import Server
from berth.blobs import key_of
from berth.db import Database
from berth.db.tables import blob, image, image_blob, job
from berth.registry.sweep import sweep
from berth.words.digest import Digest

CLIENTS = 4
LOOK = 0.2
ROWS = 5000
OLD = timedelta(days=30)
LONGEST = 1800


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sweep")
    parser.add_argument("--blobs", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20, help="of pushes before the sweep")
    parser.add_argument("--scratch", type=Path, help="folder for the data")
    return parser.parse_args()


def main() -> int:
    options = _options()
    try:
        with tempfile.TemporaryDirectory(prefix="berth-sweep-", dir=options.scratch) as folder:
            _measure(Path(folder) / "berth", options.blobs, options.seconds)
    except Failed as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


def _measure(folder: Path, blobs: int, seconds: float) -> None:
    with Server(servers.berth(None), folder) as server, closing(Database(_url(folder))) as database:
        with Connection(server.target) as connection:
            acts.push_small(connection, Small(64 * KIB))
        _fill(database, folder / "data" / "blobs" / "blobs", blobs)
        _said("alone", _pushes(server.basic, threading.Event(), seconds))
        over = threading.Event()
        with ThreadPoolExecutor(1) as threads:
            pushing = threads.submit(_pushes, server.basic, over, LONGEST)
            began = time.perf_counter()
            try:
                _sweep(database)
            finally:
                took = time.perf_counter() - began
                over.set()
            _said("beside the sweep", pushing.result())
        with database.read() as tx:
            left = tx.scalar(select(func.count()).where(blob.c.created_at < datetime.now(UTC) - OLD / 2))
        print(f"{blobs:,} blobs swept in {took:.0f} s; {left} rows left")


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'data' / 'berth.db'}"


def _fill(database: Database, folder: Path, count: int) -> None:
    """Blobs with their files, which an image holds and no manifest needs."""
    at = datetime.now(UTC) - OLD
    with database.read() as tx:
        image_id = tx.scalar(select(image.c.id).limit(1))
    for start in range(0, count, ROWS):
        rows = [_row(at) for _ in range(min(ROWS, count - start))]
        for row in rows:
            path = folder / str(row["key"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"-")
        with database.write(durable=False) as tx:
            tx.execute(insert(blob), rows)
            holds = [{"image_id": image_id, "digest": row["digest"], "renewed_at": at} for row in rows]
            tx.execute(insert(image_blob), holds)


def _row(at: datetime) -> dict[str, object]:
    content = Digest("sha256", secrets.token_hex(32))
    return {"digest": str(content), "size": 1, "key": key_of(content, str(uuid.uuid4())), "created_at": at}


def _pushes(target: Target, over: threading.Event, seconds: float) -> list[float]:
    """Milliseconds of each."""
    ends = time.perf_counter() + seconds

    def work() -> list[float]:
        taken, kind = [], Small(64 * KIB)
        with Connection(target) as connection:
            while time.perf_counter() < ends and not over.is_set():
                began = time.perf_counter()
                acts.push_small(connection, kind)
                taken.append((time.perf_counter() - began) * 1000)
        return taken

    with ThreadPoolExecutor(CLIENTS) as threads:
        return [each for done in [threads.submit(work) for _ in range(CLIENTS)] for each in done.result()]


def _sweep(database: Database) -> None:
    """Ask the worker for a sweep, and wait for its end. Raises `Failed`."""
    with database.write() as tx:
        sweep.put(tx, at=datetime.now(UTC))
    waiting = select(func.count()).where(job.c.name == sweep.name)
    ends = time.monotonic() + LONGEST
    while time.monotonic() < ends:
        with database.read() as tx:
            if not tx.scalar(waiting):
                return
        time.sleep(LOOK)
    raise Failed("the sweep has no end")


def _said(title: str, taken: list[float]) -> None:
    p95 = quantiles(taken, n=20)[-1]
    print(f"{title}: {len(taken):,} pushes, p50 {median(taken):.1f} ms, p95 {p95:.1f} ms, worst {max(taken):.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
