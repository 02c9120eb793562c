"""One ecosystem's export: what of it is to be fetched.

    nothing known, or a week ago ──────────────────────────> all.zip
    else modified_id.csv ──┬── has not changed ────────────> nothing
                           ├── up to 2,000 records ────────> each by itself
                           └── more, or it is no such list > all.zip

Only the whole tells which records are gone, so it is fetched every week whatever the list says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from berth.scan.advisories import records as osv
from berth.scan.advisories import sources
from berth.scan.advisories.archives import SourceRefused
from berth.scan.advisories.records import RecordBroken
from berth.scan.advisories.sources import Records
from berth.scan.fetching import modified
from berth.scan.fetching.failures import Missing, NotFetched
from berth.scan.fetching.mirrors import Mirror
from berth.scan.fetching.modified import ListUnreadable, Modified

LIST, WHOLE = "modified_id.csv", "all.zip"
WEEK = timedelta(days=7)
MAX_SINGLE = 2_000
MAX_LIST = 64 * 1024 * 1024
MAX_WHOLE = 2 * 1024 * 1024 * 1024

Way = Literal["nothing", "changes", "whole"]


@dataclass(frozen=True)
class Known:
    """What is in force of an ecosystem, as far as it came from its export."""

    seen: datetime | None
    """Up to here its changes are known; None: up to its newest record."""
    whole_at: datetime
    list_tag: str = ""
    whole_tag: str = ""


@dataclass(frozen=True)
class Taken:
    """What was fetched. Its files are there for as long as the folder is."""

    ecosystem: str
    way: Way
    known: Known
    """What will be known once this is in force."""
    files: tuple[Path, ...] = ()

    def records(self) -> Records:
        # An archive of one ecosystem says nothing of another, whatever its folders are called.
        return ((self.ecosystem, body) for path in self.files for body in _bodies(path))


def take(mirror: Mirror, ecosystem: str, known: Known | None, there: int, folder: Path, *, at: datetime) -> Taken:
    """Fetch into an empty folder. `there` says how many records are known. Raises `NotFetched`."""
    if known is None or known.seen is None or at - known.whole_at >= WEEK:
        return _whole(mirror, ecosystem, known, there, folder, at=at)
    try:
        tag = mirror.fetch(f"{ecosystem}/{LIST}", folder / LIST, MAX_LIST, known.list_tag)
        if tag is None:
            return Taken(ecosystem, "nothing", known)
        rows = modified.since(folder / LIST, known.seen, MAX_SINGLE)
    except (Missing, ListUnreadable):
        return _whole(mirror, ecosystem, known, there, folder, at=at)
    if not rows:
        return Taken(ecosystem, "nothing", replace(known, list_tag=tag))
    if len(rows) > MAX_SINGLE:
        return _whole(mirror, ecosystem, known, there, folder, at=at)
    fresh = replace(known, seen=rows[0].at, list_tag=tag)
    return Taken(ecosystem, "changes", fresh, tuple(_changed(mirror, ecosystem, rows, folder)))


def _changed(mirror: Mirror, ecosystem: str, rows: list[Modified], folder: Path) -> Iterator[Path]:
    size = 0
    for number, row in enumerate(rows):
        path = folder / f"{number}.json"  # never by a name that came from outside
        try:
            mirror.fetch(f"{ecosystem}/{row.id}.json", path, osv.MAX_BYTES)
        except Missing:
            continue  # the list is older than the removal; the next whole removes it here
        size += path.stat().st_size
        if size > MAX_WHOLE:
            raise NotFetched(f"the changes of {ecosystem} have more than {MAX_WHOLE} bytes")
        yield path


def _whole(mirror: Mirror, ecosystem: str, known: Known | None, there: int, folder: Path, *, at: datetime) -> Taken:
    path = folder / WHOLE
    tag = mirror.fetch(f"{ecosystem}/{WHOLE}", path, MAX_WHOLE, known.whole_tag if known is not None else "")
    if tag is None and known is not None:
        return Taken(ecosystem, "nothing", replace(known, whole_at=at))
    count = _check(ecosystem, path)
    if count * 2 < there:
        raise NotFetched(f"{ecosystem}/{WHOLE} has {count} records where {there} are known: more than half are gone")
    return Taken(ecosystem, "whole", Known(None, at, whole_tag=tag or ""), (path,))


def _check(ecosystem: str, path: Path) -> int:
    """That it can be read to its end, before anything is built of it; returns how many records it has."""
    count, good = 0, False
    try:
        for _, body in sources.archive(path):
            count += 1
            good = good or _is_record(body)
    except SourceRefused as refused:
        raise NotFetched(f"{ecosystem}/{WHOLE}: {refused}") from None
    if not good:
        raise NotFetched(f"{ecosystem}/{WHOLE} has no record that can be read")
    return count


def _is_record(body: bytes) -> bool:
    try:
        osv.parse(body)
    except RecordBroken:
        return False
    return True


def _bodies(path: Path) -> Iterator[bytes]:
    if path.name == WHOLE:
        yield from (body for _, body in sources.archive(path))
    else:
        yield path.read_bytes()
