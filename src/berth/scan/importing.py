"""Importing advisories from a file that somebody gives: an export of OSV, or a bundle of another Berth.

    given ──put in the store──> job ──building──> a build ──reevaluation──> in force

An import that fails changes nothing, and its operation says why. One at a time; the others wait.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

import structlog
from sqlalchemy import Connection, delete, insert, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import advisory_file, operation
from berth.jobs import job
from berth.registry import operations
from berth.scan import library, reevaluation
from berth.scan.advisories import building, kept
from berth.scan.advisories.archives import SourceRefused
from berth.scan.advisories.building import NothingLearnt
from berth.scan.advisories.changed import changes
from berth.scan.advisories.kept import BuildBusy
from berth.scan.advisories.layout import AdvisoriesUnreadable
from berth.scan.advisories.opened import Advisories
from berth.scan.fetching import given
from berth.scan.library import GIVEN, AdvisoriesLost
from berth.scan.reevaluation import Outcome
from berth.site import Site
from berth.words.errors import NoAdvisories

KIND = "import advisories"
UPDATE = "update advisories"
BACK = "roll back advisories"
TARGET = "advisories"

log = structlog.get_logger("berth.scan")


def folder_of(site: Site) -> Path:
    """Where files lie while they are worked on; made when it is not there."""
    return _made(library.folder(site))


def last_failure(tx: Connection) -> str:
    """Why the last import or update failed; empty when it did not."""
    mine = operation.c.kind.in_((KIND, UPDATE)) & operation.c.state.in_(("done", "failed"))
    last = select(operation.c.reason).where(mine).order_by(operation.c.started_at.desc(), operation.c.id).limit(1)
    return tx.scalar(last) or ""


def ask_back(tx: Connection, actor: Actor, *, at: datetime) -> str:
    """Have the build before put in force; returns the id of the operation. Raises `NoAdvisories`."""
    build = library.previous(tx)
    if build is None:
        raise NoAdvisories
    operation_id = operations.start(tx, BACK, TARGET, actor, at=at, total=1)
    roll_back.put(tx, at=at, operation_id=operation_id, build=build.id)
    events.record(tx, actor, "advisories.roll-back", TARGET, at=at)
    return operation_id


def give(site: Site, source: BinaryIO) -> tuple[str, int]:
    """Keep a file for the job; returns its key and size. Call it outside of any transaction."""
    key = library.put_object(site, source)
    return key, source.tell()


def ask(tx: Connection, key: str, size: int, actor: Actor, *, at: datetime, whole: bool, ecosystem: str = "") -> str:
    """Have a file imported; returns the id of the operation. `ecosystem` is that of an archive which does not say.

    With `whole` it stands for all that its ecosystems have: what is not in it is forgotten.
    """
    operation_id = operations.start(tx, KIND, TARGET, actor, at=at, total=0)
    made = {"made_at": at, "made_by": actor.name}
    tx.execute(insert(advisory_file).values(id=operation_id, state=GIVEN, key=key, size=size, sources={}, **made))
    import_.put(tx, at=at, operation_id=operation_id, whole=whole, ecosystem=ecosystem)
    events.record(tx, actor, "advisories.import", TARGET, at=at, after={"bytes": size, "whole": whole})
    return operation_id


@job("scan.import_advisories")
def import_(site: Site, *, operation_id: str, whole: bool, ecosystem: str = "") -> None:
    with site.db.write() as tx:
        begun = operations.begin(tx, operation_id)
        key = tx.scalar(select(advisory_file.c.key).where(advisory_file.c.id == operation_id))
    if begun.ended or key is None:
        return
    reason = ""
    try:
        with tempfile.NamedTemporaryFile(dir=_made(library.folder(site)), prefix="given-") as file:
            _copy(site, key, file)
            with changing(site):
                _import(site, Path(file.name), operation_id, begun.started_by, whole=whole, ecosystem=ecosystem)
    except BuildBusy:
        raise  # whoever makes one ends some day: the job rests and runs again
    except (SourceRefused, NothingLearnt, AdvisoriesUnreadable, OSError, sqlite3.Error) as refused:
        reason = str(refused) or type(refused).__name__
    with site.db.write() as tx:
        tx.execute(delete(advisory_file).where(advisory_file.c.id == operation_id))
        operations.end(tx, operation_id, at=site.now(), reason=reason)
    site.blobs.delete(key)


@job("scan.roll_back_advisories")
def roll_back(site: Site, *, operation_id: str, build: str) -> None:
    """Put this build in force; running again it finds it there, and goes back no further."""
    with site.db.write() as tx:
        begun = operations.begin(tx, operation_id)
    if begun.ended:
        return
    reason = ""
    with changing(site):
        with site.db.read() as tx:
            current, previous = library.current(tx), library.previous(tx)
        if previous is not None and previous.id == build:
            try:
                put_in_force(site, library.here(site, previous), begun.started_by)
            except (AdvisoriesLost, AdvisoriesUnreadable, OSError, sqlite3.Error) as refused:
                reason = str(refused)
        elif current is None or current.id != build:
            reason = "other advisories have come into force meanwhile"
    with site.db.write() as tx:
        operations.end(tx, operation_id, at=site.now(), reason=reason)


def _copy(site: Site, key: str, to: IO[bytes]) -> None:
    try:
        library.copied(site, key, to)
    except KeyError:
        raise SourceRefused("the file that was given is gone from the store; give it again") from None


def _import(site: Site, file: Path, operation_id: str, by: str, *, whole: bool, ecosystem: str) -> None:
    """Make a build with what the file has, and put it in force. Raises what making it raises."""
    folder = here(site, whole=whole)
    names = {name for name, _ in given.records(file, ecosystem)} if whole else ()
    records = given.records(file, ecosystem)
    built = building.change(folder, records, whole=names, progress=_progress(site, operation_id))
    log.info("advisories built", build=built.build, read=built.tally.read, skipped=built.tally.skipped)
    put_in_force(site, built.path, by)


@contextmanager
def changing(site: Site) -> Iterator[None]:
    """Whoever changes advisories does so alone on this machine, from what it begins with to what it puts in force.

    Raises `BuildBusy`.
    """
    with kept.alone(folder_of(site) / "changing", "other advisories are being put in force"):
        yield


def here(site: Site, *, whole: bool = False) -> Path:
    """The folder of builds, with the one that is in force for all workers as the one that a change begins with.

    Where that is lost only what is `whole` may begin with nothing. Raises `SourceRefused`.
    """
    folder = folder_of(site)
    with site.db.read() as tx:
        last = library.current(tx)
    if last is not None:
        try:
            kept.use(folder, library.here(site, last))
        except (AdvisoriesLost, AdvisoriesUnreadable) as lost:
            if not whole:
                text = f"the advisories in force cannot be read ({lost}); import all of them anew, with --whole"
                raise SourceRefused(text) from None
    return folder


def put_in_force(site: Site, path: Path, by: str) -> Outcome:
    """Match again what a build that was made changes, and let it be in force for all workers."""
    kept.use(library.folder(site), path)
    key = library.shared(site, path)
    with site.db.read() as tx:
        last = library.current(tx)
    with closing(Advisories.open(path)) as advisories:
        build = library.described(advisories, by=by, key=key)
        return reevaluation.put_in_force(site, advisories, build, _changed(site, last, path))


def _changed(site: Site, last: library.Build | None, path: Path) -> reevaluation.Packages | None:
    """What may be matched otherwise; None where that cannot be told."""
    if last is None:
        return None
    before = kept.path(library.folder(site), last.id)
    return changes(before, path).packages if before.is_file() else None


def _progress(site: Site, operation_id: str) -> Callable[[int], None]:
    def told(read: int) -> None:
        with site.db.write(durable=False) as tx:
            tx.execute(update(operation).where(operation.c.id == operation_id).values(finished=read, total=read))

    return told


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
