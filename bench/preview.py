"""`python -m bench.preview`: a pull policy tried on an image of 100,000 tags, each with a result of its own.

A preview is asked for as the API asks for it, in this process. What it costs is the CPU time of this process and of
PostgreSQL's, for on a machine that others use too the clock tells of them as well.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from bench.processes import cpu_seconds
from bench.scan import __main__ as scan
from bench.size import filled
from bench.size.filled import Numbers
from bench.table import printed
from berth.db import Database
from berth.db.tables import (
    component,
    component_match,
    image,
    manifest,
    result_component,
    scan_result,
    vulnerability,
    vulnerability_name,
    waiver,
)
from berth.restriction.preview import showing
from berth.restriction.preview.trying import Trial
from berth.scan.results import BUILTIN
from berth.scan.tally import Tally
from berth.words.policies import Level, PullPolicy

Values = dict[str, Any]  # Any: column values

TAGS = 100_000
TIMES = 7
BAR = 0.7
"""Seconds of CPU, of all processes together."""
AT_ONCE = 5000
COMPONENTS = 2000
"""Each has a Critical or High flaw of its own."""
EVERYWHERE = 12
"""Components of which each result has about half, so that results differ in what is waived of them."""
OTHERS = 18
"""Of each result."""
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SCANNED = NOW - timedelta(days=30)
FRESH = NOW - timedelta(days=3)
FOREVER = NOW + timedelta(days=300)
REPOSITORY = select(image.c.repository_id).where(image.c.name == filled.NAME)
TRIED = PullPolicy(restrict_unscanned=True, restrict_vulnerable=True, critical=3, high=3)


@dataclass(frozen=True)
class Case:
    title: str
    waived: range
    """By number of component."""
    policy: PullPolicy = TRIED


CASES = (
    Case("no waivers", range(0)),
    Case("50 waivers, each of few digests", range(EVERYWHERE, EVERYWHERE + 50)),
    Case("12 waivers, each of half of the digests", range(EVERYWHERE)),
    Case("a grace, and the same waivers", range(EVERYWHERE), PullPolicy(**{**vars(TRIED), "grace_days": 7})),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.preview")
    parser.add_argument("--tags", type=int, default=TAGS)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--scratch", type=Path, help="folder for the data")
    options = parser.parse_args()
    for kind in options.database or scan.kinds():
        with tempfile.TemporaryDirectory(prefix="berth-preview-", dir=options.scratch) as folder:
            with scan.database(kind, Path(folder)) as url:
                filled.fill(url, Numbers(options.tags, options.tags), scan.say)
                with closing(Database(url)) as database:
                    _fill(database)
                    rows = [_row(case, *_measured(database, case)) for case in CASES]
            print(f"\n{kind}: {options.tags:,} tags, each with a result of {OTHERS + EVERYWHERE // 2} components")
            print(printed(rows, ("a preview", "seconds", "CPU here", "CPU there", "refused", "bar")), flush=True)
    return 0


def _row(case: Case, taken: list[tuple[float, float, float]], refused: int) -> tuple[str, ...]:
    seconds, here, there = (median(each) for each in zip(*taken, strict=True))
    over = "" if here + there <= BAR else " ABOVE"
    return (case.title, f"{seconds:.2f}", f"{here:.2f}", f"{there:.2f}", f"{refused:,}", f"{BAR:g}{over}")


def _measured(database: Database, case: Case) -> tuple[list[tuple[float, float, float]], int]:
    with database.write() as tx:
        tx.execute(delete(waiver))
        if case.waived:
            tx.execute(insert(waiver), [_waiver(number) for number in case.waived])
    taken, refused = [], 0
    for _ in range(TIMES):
        with database.read() as tx:
            repository_id: int = tx.execute(
                select(image.c.repository_id).where(image.c.name == filled.NAME)
            ).scalar_one()
            other = _other(tx, database)
            began, here, there = time.perf_counter(), time.process_time(), other()
            found = showing.of(tx, repository_id, Trial(case.policy), at=NOW, days=7, limit=50, image=filled.NAME)
            taken.append((time.perf_counter() - began, time.process_time() - here, other() - there))
            refused = found.tried.refused
    return taken, refused


def _other(tx: Connection, database: Database) -> Callable[[], float]:
    """The CPU time of the process at the other end."""
    if database.is_embedded:
        return lambda: 0.0
    process: int = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return lambda: cpu_seconds(process)


def _waiver(number: int) -> Values:
    name = _flaw(number)
    made = {"created_by": "bench", "created_at": NOW, "edited_by": "bench", "edited_at": NOW}
    said = {"status": "affected", "reason": "bench", "owner": "bench", "expires_at": FOREVER}
    return {"registry_id": 1, "vulnerability": name, "name": name.lower(), **said, **made}


def _flaw(number: int) -> str:
    return f"CVE-2026-{number:05}"


def _level(number: int) -> Level:
    return Level.CRITICAL if number % 2 else Level.HIGH


def _fill(database: Database) -> None:
    numbers = range(COMPONENTS)
    flaws = [
        {"id": n + 1, "name": _flaw(n), "aliases": [], "title": "", "description": "", "links": []}
        | {"published": FRESH if n % 3 == 0 else SCANNED}
        for n in numbers
    ]
    found = {"fix_state": "unfixed", "records": [], "found_at": FRESH}
    with database.write() as tx:
        tx.execute(
            insert(component),
            [{"id": n + 1, "ecosystem": "npm", "name": f"c{n}", "version": "1", "kind": "language"} for n in numbers],
        )
        tx.execute(insert(vulnerability), flaws)
        tx.execute(insert(vulnerability_name), [{"name": _flaw(n).lower(), "vulnerability_id": n + 1} for n in numbers])
        matches = [
            {"component_id": n + 1, "vulnerability_id": n + 1, "level": _level(n).value, **found} for n in numbers
        ]
        tx.execute(insert(component_match), matches)
        rows = tx.execute(select(manifest.c.id, manifest.c.digest).where(manifest.c.kind == "image")).all()
    chosen = random.Random(1)  # noqa: S311  the same each time
    for begins in range(0, len(rows), AT_ONCE):
        some = [(row.id, row.digest, sorted(_components(chosen))) for row in rows[begins : begins + AT_ONCE]]
        with database.write(durable=False) as tx:
            tx.execute(insert(scan_result), [_result(number, digest, parts) for number, digest, parts in some])
            listed = [
                {"result_id": number, "component_id": part + 1, "units": 1}
                for number, _, parts in some
                for part in parts
            ]
            tx.execute(insert(result_component), listed)
        scan.say(f"{begins:,} results")
    with database.write() as tx:
        scanned = {"result_id": manifest.c.id, "scan_state": "done", "first_result_at": SCANNED}
        tx.execute(update(manifest).where(manifest.c.kind == "image").values(scanned))
    if not database.is_embedded:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))


def _components(chosen: random.Random) -> Iterator[int]:
    yield from (n for n in range(EVERYWHERE) if chosen.random() < 0.5)  # noqa: PLR2004  half of them
    yield from chosen.sample(range(EVERYWHERE, COMPONENTS), OTHERS)


def _result(number: int, digest: str, parts: list[int]) -> Values:
    tally = Tally.of(("language", False, _level(part), 1) for part in parts)
    at = {"taken_at": SCANNED, "evaluated_at": SCANNED, "advisories_at": SCANNED}
    what = {"scanner": BUILTIN, "scanner_version": "bench", "analyzer": 1, "advisories": "bench"}
    counts = {"packages": len(parts), "secrets": {}, "gaps": [], "tally": tally.to_json()}
    return {"id": number, "digest": digest, **what, **counts, **at}


if __name__ == "__main__":
    sys.exit(main())
