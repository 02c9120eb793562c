"""What lists and searches take in an image of many digests with results, as a client sees it; and standings alone."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import select

from bench.client import Failed
from bench.scan import catalogue
from bench.size import asking, filled
from bench.size.asking import Door
from berth.db import Database
from berth.db.pages import Wanted
from berth.db.tables import image
from berth.registry import rows
from berth.registry.images import Image
from berth.scan import standing
from berth.words import time as words
from berth.words.names import ImagePath

DIGESTS = f"/api/v1/registries/main/repositories/apps/images/{filled.NAME}/-/digests?limit=50"
SEARCH = "/api/v1/vulnerabilities?limit=50"
RARE = 2 * catalogue.EVERYWHERE - 1
"""A package that few images have, and of which no version mends the flaw."""
ASKED = {
    "digests, newest, all are indexes": f"{DIGESTS}&sort=-pushed_at",
    "digests, by name": DIGESTS,
    "search, a vulnerability everywhere": f"{SEARCH}&vulnerability={catalogue.flaw(catalogue.EVERYWHERE)}",
    "search, a rare vulnerability": f"{SEARCH}&vulnerability={catalogue.flaw(RARE)}",
    "search, by another name of it": f"{SEARCH}&vulnerability=DEBIAN-{catalogue.flaw(RARE)}",
    "search, what nobody knows": f"{SEARCH}&vulnerability=CVE-1999-0001",
    "search, a package everywhere": f"{SEARCH}&package={catalogue.called(catalogue.EVERYWHERE)}",
    "digests with news": "/api/v1/advisories/news?limit=50",
}
ALONE = "standings of 50 rows alone, half are indexes"
TIMES = 40
WARM_UP = 5
BAR_MS = 50.0


@dataclass(frozen=True)
class Answered:
    question: str
    median: float
    late: float
    """The 95th percentile."""
    rows: int


def asked(folder: Path, url: str) -> list[Answered]:
    answers = [_alone(url)]
    with asking.served(folder, url) as door:
        for question, path in ASKED.items():
            answers.append(_timed(question, partial(_rows, door, path)))
    return answers


def _rows(door: Door, path: str) -> int:
    return len(door.ask("GET", path)["items"])


def _alone(url: str) -> Answered:
    with closing(Database(url)) as database, database.read() as tx:
        row = tx.execute(select(image.c.id, image.c.repository_id).where(image.c.name == filled.NAME)).one()
        found = Image(row.id, row.repository_id, ImagePath("main", "apps", filled.NAME), born=True)
        page = [
            *rows.page(tx, found, Wanted("-pushed_at", limit=25), at=words.now()).items,
            *rows.page(tx, found, Wanted("name", limit=25), at=words.now()).items,
        ]
        return _timed(ALONE, lambda: len(standing.of(tx, found, page, at=words.now())))


def _timed(question: str, ask: Callable[[], int]) -> Answered:
    taken, count = [], 0
    for turn in range(WARM_UP + TIMES):
        began = time.perf_counter()
        count = ask()
        if turn >= WARM_UP:
            taken.append((time.perf_counter() - began) * 1000)
    if count == 0 and "nobody" not in question:
        raise Failed(f"{question}: there is none")
    return Answered(question, median(taken), quantiles(taken, n=20)[-1], count)
