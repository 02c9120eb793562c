"""`python -m bench.size`: how the time of a question grows with what there is. `README.md` above says more."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

from bench.client import Failed
from bench.size import asking, filled
from bench.size.asking import Door
from bench.size.filled import Numbers
from bench.size.questions import QUESTIONS, Question
from bench.table import printed
from tests import postgres

SMALL = Numbers(tags=100, digests=5_100)
"""A page of images is full here too."""
HEAD = ("question", "100 tags: p50 ms", "p95", "at size: p50 ms", "p95", "ratio p50", "ratio p95")
WARM_UP = 5
BAR = 2.0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.size")
    parser.add_argument("--tags", type=int, default=100_000, help="in one image")
    parser.add_argument("--digests", type=int, default=1_000_000, help="in all")
    parser.add_argument("--times", type=int, default=40, help="how often each question is asked")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--only", action="append", help="questions whose name begins so")
    parser.add_argument("--scratch", type=Path, help="folder for the data")
    return parser.parse_args()


def main() -> int:
    options = _options()
    try:
        for kind in options.database or ["sqlite", "postgresql"]:
            with tempfile.TemporaryDirectory(prefix="berth-size-", dir=options.scratch) as folder, ExitStack() as stack:
                small, large = stack.enter_context(_databases(kind, Path(folder)))
                _filled("small", small, SMALL)
                _filled("large", large, Numbers(options.tags, options.digests))
                doors = [
                    stack.enter_context(asking.served(_folder(Path(folder), name), url))
                    for name, url in (("small", small), ("large", large))
                ]
                asked = [q for q in QUESTIONS if not options.only or q.name.startswith(tuple(options.only))]
                rows: list[tuple[str, ...]] = []
                try:
                    rows.extend(_row(question, *_times(question, doors, options.times)) for question in asked)
                finally:
                    print(f"\n{kind}: {options.tags:,} tags in one image, {options.digests:,} digests in all\n")
                    print(printed(rows, HEAD), flush=True)
    except Failed as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    if kind == "sqlite":
        yield tuple(f"sqlite:///{_folder(folder, name)}/berth.sqlite" for name in ("small", "large"))  # type: ignore[misc]  # two
        return
    with postgres.server(BIG) as server:
        server.run("CREATE DATABASE small", "CREATE DATABASE large")
        yield server.url("small"), server.url("large")


BIG = {"shared_buffers": "1GB", "max_wal_size": "8GB", "fsync": "on", "synchronous_commit": "on", "autovacuum": "on"}
"""As a server is set that is to hold so much."""


def _folder(within: Path, name: str) -> Path:
    (within / name).mkdir(exist_ok=True)
    return within / name


def _filled(title: str, url: str, numbers: Numbers) -> None:
    began = time.monotonic()
    filled.fill(url, numbers, lambda said: print(f"\r{title}: {said}", end="", file=sys.stderr, flush=True))
    print(f" in {time.monotonic() - began:.0f} s", file=sys.stderr)


def _times(question: Question, doors: list[Door], times: int) -> list[list[float]]:
    """Both servers in turns, so that what else the machine does meets both."""
    print(f"{question.name} ...", file=sys.stderr, flush=True)
    asks = [(door, question.begin(door)) for door in doors]
    count, warm = (question.times, 0) if question.times is not None else (times, WARM_UP)
    taken: list[list[float]] = [[] for _ in asks]
    for turn in range(warm + count):
        for place, (door, ask) in enumerate(asks):
            began = time.perf_counter()
            ask(door)
            if turn >= warm:
                taken[place].append((time.perf_counter() - began) * 1000)
    return taken


def _row(question: Question, small: list[float], large: list[float]) -> tuple[str, ...]:
    figures = [median(small), _p95(small), median(large), _p95(large)]
    ratios = [figures[2] / figures[0], figures[3] / figures[1]]
    last = f"{ratios[1]:.2f}" + ("" if ratios[0] <= BAR else " ABOVE")
    return (question.name, *(f"{figure:.1f}" for figure in figures), f"{ratios[0]:.2f}", last)


def _p95(taken: list[float]) -> float:
    return quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]


if __name__ == "__main__":
    sys.exit(main())
