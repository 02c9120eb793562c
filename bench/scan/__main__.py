"""`python -m bench.scan`: an image, a change of advisories, lists and searches, each against its bar."""

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from bench.client import Failed
from bench.scan import catalogue, change, filled, image, questions
from bench.scan.change import Changed
from bench.scan.image import Scanned
from bench.scan.questions import Answered
from bench.table import printed
from tests import packages, postgres

RESULTS = 10_000
SECONDS, MEBIBYTES = 2.0, 150.0
"""Of one image."""
CHANGE_SECONDS = 5.0
BIG = {"shared_buffers": "1GB", "max_wal_size": "4GB", "fsync": "on", "synchronous_commit": "on", "autovacuum": "on"}
PARTS = ("image", "change", "questions")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scan")
    parser.add_argument("--results", type=int, default=RESULTS, help="digests with a result")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--only", choices=PARTS, action="append", help="may be given again")
    parser.add_argument("--scratch", type=Path, help="folder for the data")
    return parser.parse_args()


def main() -> int:
    options = _options()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    parts = options.only or PARTS
    try:
        with tempfile.TemporaryDirectory(prefix="berth-scan-", dir=options.scratch) as folder:
            if "image" in parts:
                print(_of_image(image.measured(_within(Path(folder), "image"))), flush=True)
            if set(parts) - {"image"}:
                for kind in options.database or kinds():
                    _of_database(kind, _within(Path(folder), kind), options.results, parts)
    except Failed as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


def kinds() -> list[str]:
    return ["sqlite", "postgresql"] if packages.find("postgres") else ["sqlite"]


def _of_database(kind: str, folder: Path, results: int, parts: Sequence[str]) -> None:
    with database(kind, folder) as url:
        began = time.monotonic()
        filled.fill(url, folder / "advisories", results, say)
        print(f" in {time.monotonic() - began:.0f} s", file=sys.stderr)
        print(f"\n{kind}: {results:,} digests, {catalogue.NAMES * catalogue.VERSIONS:,} components")
        if "change" in parts:
            print(_of_change(change.measured(url, folder / "advisories")), flush=True)
        if "questions" in parts:
            print(_of_questions(questions.asked(folder, url)), flush=True)
    shutil.rmtree(folder)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/berth.db"
        return
    with postgres.server(BIG) as server:
        server.run("CREATE DATABASE berth")
        yield server.url("berth")


def _of_image(found: Scanned) -> str:
    rows: list[tuple[str, ...]] = [
        ("seconds, from the queue to the findings", f"{found.seconds:.2f}", _bar(found.seconds, SECONDS)),
        ("of another image with the same layer", f"{found.again:.2f}", ""),
        ("gzip alone, for the same bytes", f"{found.gunzip:.2f}", f"{found.seconds / found.gunzip:.1f} x"),
        ("most memory of the child, MiB", f"{found.mebibytes:.0f}", _bar(found.mebibytes, MEBIBYTES)),
        ("findings", f"{found.findings}", ""),
    ]
    size = f"{found.packed / 1e6:.0f} MB, {found.unpacked / 1e6:.0f} MB unpacked"
    return printed(rows, (f"an image like a minimal Debian, {size}", "", "bar"))


def _of_change(found: Changed) -> str:
    rows: list[tuple[str, ...]] = [
        (
            "seconds, from the file of advisories to being in force",
            f"{found.seconds:.2f}",
            _bar(found.seconds, CHANGE_SECONDS),
        ),
        ("of the processor", f"{found.cpu:.2f}", ""),
        ("longest transaction, seconds", f"{found.longest:.2f}", ""),
        (f"longest of {found.others} small writes beside it, seconds", f"{found.waited:.2f}", ""),
        ("components matched again", f"{found.components:,}", ""),
        (f"results with news, of {found.results:,}", f"{found.news:,}", ""),
    ]
    return printed(rows, (f"{catalogue.CHANGED:,} changed advisories", "", "bar"))


def _of_questions(answers: Sequence[Answered]) -> str:
    rows: list[tuple[str, ...]] = [
        (each.question, f"{each.median:.1f}", f"{each.late:.1f}", str(each.rows), _bar(each.median, questions.BAR_MS))
        for each in answers
    ]
    return printed(rows, ("question", "p50 ms", "p95 ms", "rows", "bar"))


def _bar(figure: float, most: float) -> str:
    return f"{most:g}" + ("" if figure <= most else " ABOVE")


def _within(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def say(said: str) -> None:
    print(f"\r{said}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
