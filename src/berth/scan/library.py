"""The advisories in force: which build that is, and the copy of it on this machine.

A row says which build is in force, for all workers. Where the database is not embedded the file lies in the blob
store too, and each machine fetches a copy of its own when it first needs one.
"""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

import structlog
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from berth.blobs import keys
from berth.db.tables import advisory_file
from berth.registry import tickets
from berth.scan.advisories import kept, layout
from berth.scan.advisories.layout import AdvisoriesUnreadable
from berth.scan.advisories.opened import Advisories
from berth.site import Site
from berth.words import digest as digests

CURRENT, PREVIOUS, GIVEN = "current", "previous", "given"
PIECE = 1 << 20
HERE_ALONE = ""
"""The key of a build that lies in the folder alone."""

log = structlog.get_logger("berth.scan")


@dataclass(frozen=True)
class Build:
    id: str
    records: int
    covered: dict[str, str]
    """By ecosystem the time at which it left its source; empty for one that is there."""
    sources: list[dict[str, Any]]  # Any: JSON values
    made_at: datetime
    made_by: str
    key: str


def folder(site: Site) -> Path:
    return site.settings.data / "advisories"


def current(tx: Connection) -> Build | None:
    return _in_state(tx, CURRENT)


def previous(tx: Connection) -> Build | None:
    return _in_state(tx, PREVIOUS)


class AdvisoriesLost(Exception):
    """Of the build in force there is no file any more that can be read: somebody has to import it again."""


@contextlib.contextmanager
def opened(site: Site) -> Iterator[Advisories | None]:
    """The build in force; None while there is none. It stays readable when another comes into force meanwhile.

    Raises `AdvisoriesLost`.
    """
    with site.db.read() as tx:
        build = current(tx)
    if build is None:
        yield None
        return
    path = here(site, build)
    try:
        advisories = Advisories.open(path)
    except AdvisoriesUnreadable as error:
        raise AdvisoriesLost(str(error)) from error
    with contextlib.closing(advisories):
        yield advisories


def put_in_force(tx: Connection, build: Build) -> list[str]:
    """From now on it is this one; returns the keys of those that are not kept any more.

    The one before is kept. Their objects go when this is committed.
    """
    mine = advisory_file.c.id == build.id
    last = current(tx)
    if last is not None and last.id == build.id:
        return []
    of_builds = advisory_file.c.state.in_((CURRENT, PREVIOUS))
    gone = of_builds & ~mine if last is None else of_builds & ~mine & (advisory_file.c.id != last.id)
    old = list(tx.scalars(select(advisory_file.c.key).where(gone)))
    tx.execute(delete(advisory_file).where(gone))
    tx.execute(update(advisory_file).where(of_builds).values(state=PREVIOUS))
    tx.execute(delete(advisory_file).where(mine))
    tx.execute(insert(advisory_file).values(id=build.id, state=CURRENT, size=0, **_values(build)))
    return [key for key in old if key]


def described(advisories: Advisories, *, by: str, key: str) -> Build:
    """What a build says of itself, to be kept as a row."""
    sources = [
        {
            "ecosystem": each.ecosystem,
            "records": each.records,
            "last_modified": None if each.last_modified is None else each.last_modified.isoformat(),
            "attribution": each.attribution,
        }
        for each in advisories.sources
    ]
    covered = {
        name: "" if each.left_at is None else each.left_at.isoformat() for name, each in advisories.covered.items()
    }
    records = sum(each.records for each in advisories.sources)
    return Build(advisories.build, records, covered, sources, advisories.made_at, by, key)


def shared(site: Site, path: Path) -> str:
    """Put a build where other machines find it; returns its key, which is empty where there are no others."""
    if site.db.is_embedded:
        return HERE_ALONE
    with path.open("rb") as file:
        return put_object(site, file)


def put_object(site: Site, source: BinaryIO) -> str:
    """Keep bytes in the blob store; returns their key. The sweep leaves alone what a row of `advisory_file` names."""
    running = digests.new("sha256")
    upload = tickets.issue(site, 0, "", "sha256", at=site.now())
    with site.blobs.append(upload, new=True) as part:
        while piece := source.read(PIECE):
            running.update(piece)
            part.write(piece)
        key = keys.key_of(digests.Digest("sha256", running.hexdigest()), upload)
        part.seal(key)
    return key


def copied(site: Site, key: str, target: IO[bytes]) -> None:
    """Raises `KeyError` when there is no such object."""
    with site.blobs.open(key) as stored:
        offset = 0
        while piece := stored.read(offset, PIECE):
            target.write(piece)
            offset += len(piece)
    target.flush()


def here(site: Site, build: Build) -> Path:
    """The file of a build, fetched when it is not here. Raises `AdvisoriesLost`."""
    path = kept.path(folder(site), build.id)
    if path.is_file():
        return path
    if build.key == HERE_ALONE:
        raise AdvisoriesLost(f"the advisories {build.id} are gone from {path.parent}: import them again")
    log.info("fetching advisories", build=build.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.fetched")
    try:
        _fetch(site, build, part)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _fetch(site: Site, build: Build, to: Path) -> None:
    try:
        with to.open("wb") as file:
            copied(site, build.key, file)
        layout.check_whole(to)
    except KeyError:
        raise AdvisoriesLost(f"the advisories {build.id} are gone from the store: import them again") from None
    except AdvisoriesUnreadable as error:
        raise AdvisoriesLost(str(error)) from error


def _in_state(tx: Connection, state: str) -> Build | None:
    query = select(advisory_file).where(advisory_file.c.state == state).order_by(advisory_file.c.made_at.desc())
    row = tx.execute(query.limit(1)).mappings().first()
    return None if row is None else _build(row)


def _values(build: Build) -> dict[str, Any]:  # Any: column values
    said = {"sources": build.sources, "covered": build.covered}
    return {
        "records": build.records,
        "sources": said,
        "made_at": build.made_at,
        "made_by": build.made_by,
        "key": build.key,
    }


def _build(row: RowMapping) -> Build:
    said = row["sources"]
    same = {name: row[name] for name in ("id", "records", "made_at", "made_by", "key")}
    return Build(sources=said["sources"], covered=said["covered"], **same)
