"""The rows of a tags list (SPEC 10): each is a digest with its names.

At the top level stand digests with tags, and those without that no index lists and whose subject is not there;
children and referrers unfold below theirs. However many there are, a page costs a handful of indexed reads.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    TextClause,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    text,
    union_all,
)

from berth.db import pages
from berth.db.pages import Found, Wanted
from berth.db.tables import UNTAGGED, manifest, manifest_edge, manifest_platform, scan_result, tag
from berth.registry import images, locks, reach, search
from berth.registry.images import Image
from berth.registry.kinds import Kind
from berth.words.digest import Digest
from berth.words.errors import Locked
from berth.words.lock import Lock

SORTS = {
    "name": (manifest.c.first_tag, manifest.c.id),
    "pushed_at": (manifest.c.created_at, manifest.c.id),
    "size": (manifest.c.total_size, manifest.c.id),
    "pulls": (manifest.c.pulls, manifest.c.id),
    "pulled_at": (manifest.c.pulled_at, manifest.c.id),
}
"""By name means by the first one as people count; untagged digests come after all names. Never pulled comes last."""

MAX_NAMES = 20
"""Names that a row shows; it says whether there are more."""

AFTER_HEX = "g"
"""Greater than every digit of a digest."""

AT_ONCE = 100
"""Digests whose names are looked up together; SQLite joins up to 500 selects."""

FEW = 500
"""So many digests that a filter leaves are looked up one by one and sorted; of more, a page is full before long."""


@dataclass(frozen=True)
class Filters:
    name: str = ""
    """Part of a tag, in whatever case."""
    kind: Kind | None = None
    tagged: bool | None = None
    locked: bool | None = None
    platform: str = ""
    state: str | None = None
    digest: str = ""
    """How it begins, with its algorithm."""
    everything: bool = False
    """Children and referrers too, each as a row of its own."""
    among: frozenset[int] | None = None
    """These digests alone, however many they are; None: all."""

    def within(self, ids: frozenset[int]) -> "Filters":
        """Of what they leave these digests alone."""
        return replace(self, among=ids if self.among is None else self.among & ids)


@dataclass(frozen=True)
class ScanResult:
    """What a list shows of a result of a scan; `scan` knows how to read it."""

    id: int
    tally: list[int]
    secrets: dict[str, int]
    gaps: list[dict[str, str]]
    os: dict[str, Any] | None  # Any: what an inventory makes of it
    scanner: str
    taken_at: datetime
    evaluated_at: datetime
    advisories_at: datetime | None


@dataclass(frozen=True)
class Row:
    id: int
    digest: str
    tags: list[str]
    more_tags: bool
    kind: Kind
    media_type: str
    artifact_type: str | None
    config_type: str | None
    subject: str | None
    platforms: list[str]
    size: int
    """With all it holds."""
    pulls: int
    pulled_at: datetime | None
    description: str
    scan_state: str
    """`queued`, `running`, `done`, `failed`; empty: nobody has asked for a scan."""
    scan_code: str
    """Of a failure, or of what a scan waits for."""
    scan_reason: str
    result: ScanResult | None
    """Of the last good scan."""
    quarantined_at: datetime | None
    """None: it is in no quarantine."""
    quarantined_by: str
    quarantine_reason: str
    state: str
    state_reason: str
    lock: Locked | None
    """The one in force: the image's, its own, or that of an index above it."""
    own_lock: Lock | None
    """Its own alone, as it was read; it may be over."""
    children: int
    referrers: int
    restored_at: datetime | None
    untagged_at: datetime | None
    """When it lost its last name."""
    version: int
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime


NONE = Filters()


def page(
    tx: Connection,
    found: Image,
    wanted: Wanted,
    *,
    at: datetime,
    filters: Filters = NONE,
    where: Sequence[ColumnElement[bool]] = (),
) -> Found[Row]:
    """With `where` those alone of which that is true too, for rooms that know more of digests.

    Raises `FieldInvalid` for an order that is none of SORTS, and for a key that does not fit it.
    """
    few, among = _few(tx, found, filters, at), filters.among
    if few is not None and among is not None:
        few = [number for number in few if number in among]
    if few == []:
        return Found([])
    # Told of the image too, SQLite would go through all that it holds.
    query = _rows(found) if few is None else _columns(found).where(manifest.c.id.in_(few))
    query = query.where(*_chosen(found, filters, at), *where)
    if few is not None or among is None:
        page = _sorted(tx, query, wanted)
    else:
        page = pages.sifted(lambda part: _sorted(tx, query, part), wanted, lambda row: row["id"] in among)
    return Found(_dressed(tx, found, page.items, at), page.next)


def one(tx: Connection, found: Image, content: Digest, *, at: datetime) -> Row | None:
    rows = tx.execute(_rows(found).where(manifest.c.digest == str(content))).mappings().all()
    return next(iter(_dressed(tx, found, rows, at)), None)


def some(tx: Connection, found: Image, contents: Collection[Digest], *, at: datetime) -> list[Row]:
    """Those of these digests that are there, in the order asked for."""
    wanted = [str(content) for content in contents]
    stored = tx.execute(_rows(found).where(manifest.c.digest.in_(wanted))).mappings().all()
    return sorted(_dressed(tx, found, stored, at), key=lambda row: wanted.index(row.digest))


def by_id(tx: Connection, found: Image, ids: Collection[int], *, at: datetime) -> dict[int, Row]:
    stored: list[RowMapping] = []
    for some in reach.batches(ids):
        stored += tx.execute(_columns(found).where(manifest.c.id.in_(some))).mappings().all()
    return {row.id: row for row in _dressed(tx, found, stored, at)}


def _rows(found: Image) -> Select[Any]:  # Any: columns of different types
    return _columns(found).where(manifest.c.image_id == found.id)


def _columns(found: Image) -> Select[Any]:  # Any: columns of different types
    children = select(func.count()).where(manifest_edge.c.parent_id == manifest.c.id)
    other = manifest.alias("referrer")
    by_subject = select(func.count()).where(other.c.image_id == found.id, other.c.subject == manifest.c.digest)
    by_name = select(func.count()).where(tag.c.image_id == found.id, tag.c.fallback_of == manifest.c.digest)
    return select(
        manifest,
        *RESULT,
        children.correlate(manifest).scalar_subquery().label("children"),
        (by_subject.correlate(manifest).scalar_subquery() + by_name.correlate(manifest).scalar_subquery()).label(
            "referrers"
        ),
    ).outerjoin(scan_result, scan_result.c.id == manifest.c.result_id)


RESULT = [scan_result.c[name].label(f"result_{name}") for name in ScanResult.__dataclass_fields__ if name != "id"]


def _few(tx: Connection, found: Image, filters: Filters, at: datetime) -> list[int] | None:
    """The digests that one of the filters leaves, when there is one that leaves few."""
    if filters.among is not None and len(filters.among) <= FEW:
        return sorted(filters.among)
    for ids in _listed(found, filters, at):
        some = tx.scalars(ids.limit(FEW + 1)).all()
        if len(some) <= FEW:
            return sorted(set(some))
    return None


def _listed(found: Image, filters: Filters, at: datetime) -> Iterator[Select[Any]]:  # Any: ids
    """For each filter that may leave few: what it leaves, from an index."""
    mine = select(manifest.c.id).where(manifest.c.image_id == found.id)
    if filters.name:
        yield search.manifests(found.id, filters.name)
    if filters.platform:
        here = (manifest_platform.c.image_id == found.id) & (manifest_platform.c.platform == filters.platform)
        yield select(manifest_platform.c.manifest_id).where(here)
    if filters.kind is not None:
        yield mine.where(_is(filters.kind))
    if filters.locked and not (found.lock is not None and found.lock.holds(at)):
        yield _with_children(mine.where(manifest.c.locked_at.is_not(None)))
    if filters.tagged is False:
        yield mine.where(manifest.c.first_tag == UNTAGGED)


def _with_children(parents: Select[Any]) -> Select[Any]:  # Any: ids
    children = select(manifest_edge.c.child_id).where(manifest_edge.c.parent_id.in_(parents))
    return select(union_all(parents, children).subquery().c[0])


def _chosen(found: Image, filters: Filters, at: datetime) -> list[ColumnElement[bool]]:
    chosen = [] if filters.everything else [_top(found)]
    if filters.name:
        chosen.append(exists().where(tag.c.manifest_id == manifest.c.id, search.containing(filters.name)))
    if filters.kind is not None:
        chosen.append(_is(filters.kind))
    if filters.tagged is not None:
        chosen.append(manifest.c.first_tag != UNTAGGED if filters.tagged else manifest.c.first_tag == UNTAGGED)
    if filters.locked is not None:
        chosen.append(_locked(found, at) if filters.locked else ~_locked(found, at))
    if filters.digest:
        chosen.append((manifest.c.digest >= filters.digest) & (manifest.c.digest < filters.digest + AFTER_HEX))
    if filters.state is not None:
        chosen.append(manifest.c.state == filters.state)
    if filters.platform:
        here = (manifest_platform.c.manifest_id == manifest.c.id) & (manifest_platform.c.platform == filters.platform)
        chosen.append(exists().where(here))
    return chosen


def _top(found: Image) -> ColumnElement[bool]:
    subject = manifest.alias("subject")
    there = exists().where(subject.c.image_id == found.id, subject.c.digest == manifest.c.subject)
    named = exists().where(
        tag.c.manifest_id == manifest.c.id, tag.c.fallback_of == subject.c.digest, subject.c.image_id == found.id
    )
    listed = exists().where(manifest_edge.c.child_id == manifest.c.id)
    return or_(manifest.c.first_tag != UNTAGGED, and_(~listed, ~there, ~named))


def _is(kind: Kind) -> ColumnElement[bool]:
    return manifest.c.kind == kind


def _locked(found: Image, at: datetime) -> ColumnElement[bool]:
    """By itself or by an index that lists it; where the image is locked all are."""
    if found.lock is not None and found.lock.holds(at):
        return ~false()
    parent = manifest.alias("parent")
    above = exists().where(
        manifest_edge.c.child_id == manifest.c.id,
        manifest_edge.c.parent_id == parent.c.id,
        parent.c.locked_at.is_not(None),
        or_(parent.c.lock_until.is_(None), parent.c.lock_until > at),
    )
    return locks.in_force_on(manifest, at) | above


def _sorted(tx: Connection, query: Select[Any], wanted: Wanted) -> Found[RowMapping]:  # Any: columns
    by_pull = wanted.sort.removeprefix("-") == "pulled_at"
    return _by_pull(tx, query, wanted) if by_pull else pages.fetch(tx, query, SORTS, wanted, _same)


def _by_pull(tx: Connection, query: Select[Any], wanted: Wanted) -> Found[RowMapping]:  # Any: columns
    """First what was pulled at some time, then what never was, whose key is its id alone."""
    never = wanted.after is not None and len(wanted.after) == 1
    page: Found[RowMapping] = Found([])
    if not never:
        page = pages.fetch(tx, query.where(manifest.c.pulled_at.is_not(None)), SORTS, wanted, _same)
        if page.next is not None:
            return page
    left = wanted.limit - len(page.items)
    rest = Wanted("-id", max(left, 1), wanted.after if never else None)
    more = pages.fetch(tx, query.where(manifest.c.pulled_at.is_(None)), {"id": (manifest.c.id,)}, rest, _same)
    if left:
        return Found([*page.items, *more.items], more.next)
    return Found(page.items, (LAST,) if more.items else None)


LAST = (1 << 62) - 1
"""Greater than every id: a key before the first of those that were never pulled."""


def _same(row: RowMapping) -> RowMapping:
    return row


def _dressed(tx: Connection, found: Image, rows: Sequence[RowMapping], at: datetime) -> list[Row]:
    """Rows with their names and locks."""
    ids = [row["id"] for row in rows]
    names, locked = first_names(tx, ids), locks.held(tx, ids, at=at) if ids else {}
    own = found.lock
    whole = locks.refusal(str(found.path), own) if own is not None and own.holds(at) else None
    return [_row(row, names.get(row["id"], []), whole or locked.get(row["id"])) for row in rows]


def first_names(tx: Connection, ids: Collection[int], limit: int = MAX_NAMES) -> dict[int, list[str]]:
    """By digest its first names in their natural order, and one more than `limit` where there are more."""
    found: dict[int, list[str]] = {}
    for some in reach.batches(ids, AT_ONCE):
        given = {f"of_{place}": manifest_id for place, manifest_id in enumerate(some)}
        for manifest_id, name in tx.execute(_first_names(len(some)), {**given, "most": limit + 1}):
            found.setdefault(manifest_id, []).append(name)
    return found


@lru_cache(maxsize=AT_ONCE)
def _first_names(count: int) -> TextClause:
    """One look into the index for each digest; as text, for to build it anew takes longer than to run it."""
    one = 'SELECT manifest_id, name, "natural" FROM tag WHERE manifest_id = :of_{0} ORDER BY "natural" LIMIT :most'
    each = (f"SELECT * FROM ({one.format(place)}) AS part_{place}" for place in range(count))  # noqa: S608  numbers
    together = " UNION ALL ".join(each)
    return text(f'SELECT manifest_id, name FROM ({together}) AS together ORDER BY "natural"')  # noqa: S608  numbers


def _row(row: RowMapping, names: list[str], lock: Locked | None) -> Row:
    made = {"tags", "more_tags", "lock", "own_lock", "size", "result"}
    same: dict[str, Any] = {field: row[field] for field in Row.__dataclass_fields__.keys() - made}  # Any: columns
    more = len(names) > MAX_NAMES
    own = {"tags": names[:MAX_NAMES], "more_tags": more, "lock": lock, "size": row["total_size"]}
    return Row(**own, own_lock=images.lock_of(row), result=result_of(row), **same)


def result_of(row: RowMapping) -> ScanResult | None:
    if row["result_evaluated_at"] is None:
        return None
    return ScanResult(**{name: row[f"result_{name}"] for name in ScanResult.__dataclass_fields__})
