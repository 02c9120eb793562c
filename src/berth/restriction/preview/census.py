"""All digests of an image by what they are judged by. However many there are, they come to few groups.

Of a tally only Critical and High findings are judged, and of a digest without a good result only that there is none.
An index is judged by the groups that its images are in.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Select, Text, and_, case, cast, func, null, select

from berth.db.tables import manifest, manifest_edge, scan_result, tag
from berth.registry import reach
from berth.registry.kinds import Kind
from berth.restriction.preview import packed
from berth.restriction.verdict import Facts, Quarantine

AT_ONCE = 5000

Spareds = Mapping[int, int]
"""Findings that do not count (`packed`), by days of grace: without any those that are waived. Empty: there are none."""
NOTHING: Spareds = {}


@dataclass(frozen=True, slots=True)
class Group:
    facts: Mapping[int, Facts]
    """By days of grace, with what counts then. Without any it is what counts where no grace spares anything."""
    children: tuple[int, ...] = ()
    """Of an index, the groups of its images."""

    def within(self, grace_days: int) -> Facts:
        return self.facts[grace_days if grace_days in self.facts else 0]


@dataclass(slots=True)
class Size:
    digests: int = 0
    tags: int = 0
    pulled: int = 0
    """Tags of digests that were pulled lately."""

    def add(self, tags: int, *, lately: bool, digests: int = 1) -> None:
        """`tags`: of each digest."""
        self.digests += digests
        self.tags += tags * digests
        if lately:
            self.pulled += tags * digests


@dataclass(frozen=True)
class Census:
    groups: list[Group] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)
    members: dict[int, int] = field(default_factory=dict)
    """By digest its group."""
    lately: set[int] = field(default_factory=set)
    """Digests that were pulled lately."""


Sparing = Callable[[int, int | None, datetime | None], Spareds]
"""By a digest, its result and when it first passed; what is the same is one object, and stays."""


@dataclass
class _Counting:
    """Groups as they are found. Each digest passes here, so what is known is looked up by as little as tells it."""

    sparing: Sparing | None
    at: datetime
    census: Census = field(default_factory=Census)
    _by_text: dict[tuple[Any, ...], int] = field(default_factory=dict)  # Any: kind, quarantine, tally as text, spared
    _by_key: dict[tuple[Any, ...], int] = field(default_factory=dict)  # Any: what tells groups apart
    _packed: dict[str, int] = field(default_factory=dict)

    def of(
        self, number: int, kind: Kind, put_out: int, result_id: int | None, since: datetime | None, tally: str | None
    ) -> int:
        spared = NOTHING if self.sparing is None else self.sparing(number, result_id, since)
        text = (kind, put_out, tally, id(spared))
        group = self._by_text.get(text)
        if group is None:
            group = self._by_text[text] = self._judged(kind, put_out, tally, spared)
        return group

    def _judged(self, kind: Kind, put_out: int, tally: str | None, spared: Spareds) -> int:
        if tally is None:
            return self._made((kind, put_out), lambda: {0: self._facts(kind, put_out, None)})
        counted = self._packed.get(tally)
        if counted is None:
            counted = self._packed[tally] = packed.of_text(tally)
        left = {days: packed.less(counted, each) for days, each in spared.items()} or {0: counted}
        key = (kind, put_out, *left.items())
        return self._made(key, lambda: {days: self._facts(kind, put_out, each) for days, each in left.items()})

    def _facts(self, kind: Kind, put_out: int, left: int | None) -> Facts:
        quarantine = Quarantine("", self.at, "") if put_out else None
        return Facts(kind, None if left is None else packed.tally(left), quarantine=quarantine)

    def of_index(self, number: int, children: tuple[int, ...]) -> int:
        return self._made((number, children), lambda: self.census.groups[number].facts, children)

    def _made(
        self, key: tuple[Any, ...], facts: Callable[[], Mapping[int, Facts]], children: tuple[int, ...] = ()
    ) -> int:  # Any: see above
        number = self._by_key.get(key)
        if number is None:
            number = self._by_key[key] = len(self.census.groups)
            self.census.groups.append(Group(facts(), children))
            self.census.sizes.append(Size())
        return number


def take(
    tx: Connection,
    image_id: int,
    *,
    since: datetime,
    at: datetime,
    sparing: Sparing | None = None,
    graced: bool = False,
) -> Census:
    """Of the digests that can be pulled now. `since`: from when on a pull was lately.

    `graced`: whether `sparing` wants to know when a digest first passed.
    """
    counting = _Counting(sparing, at)
    census = counting.census
    listed = _listed(tx, image_id)
    digests = _digests(image_id, since, graced=graced)
    count = _count_alike if sparing is None else _count_each
    tagged = count(tx, digests, counting, listed)
    for number, tags in tagged.items():
        below = tuple(sorted(census.members[child] for child in listed[number] if child in census.members))
        group = census.members[number] = counting.of_index(census.members[number], below)
        census.sizes[group].add(tags, lately=number in census.lately)
    return census


def _count_each(
    tx: Connection, digests: Select[Any], counting: _Counting, listed: Collection[int]
) -> dict[int, int]:  # Any: see `_digests`
    """Returns how many tags those have that list others, which are counted when these are known."""
    census, tagged = counting.census, {}
    for rows in tx.execute(digests).partitions(AT_ONCE):
        for number, kind, put_out, result_id, first, tally, tags, lately in rows:
            group = counting.of(number, kind, put_out, result_id, first, tally)
            census.members[number] = group
            if lately:
                census.lately.add(number)
            if number in listed:
                tagged[number] = tags
            else:
                census.sizes[group].add(tags, lately=bool(lately))
    return tagged


def _count_alike(
    tx: Connection, digests: Select[Any], counting: _Counting, listed: Collection[int]
) -> dict[int, int]:  # Any: see `_digests`
    """As `_count_each` where nothing is spared, so that nothing else tells digests apart than a few columns."""
    census, tagged = counting.census, {}
    for kind, put_out, tally, tags, lately, ids in tx.execute(_alike(digests)):
        numbers = list(map(int, ids.split(",")))
        group = counting.of(0, kind, put_out, None, None, tally)
        census.members.update(dict.fromkeys(numbers, group))
        if lately:
            census.lately.update(numbers)
        indexes = [number for number in numbers if number in listed]
        tagged.update(dict.fromkeys(indexes, tags))
        census.sizes[group].add(tags, lately=bool(lately), digests=len(numbers) - len(indexes))
    return tagged


def _digests(image_id: int, since: datetime, *, graced: bool) -> Select[Any]:  # Any: columns of different types
    good = case((scan_result.c.evaluated_at.is_not(None), cast(scan_result.c.tally, Text)))
    named = (tag.c.image_id == image_id) & tag.c.fallback_of.is_(None)
    tags = select(tag.c.manifest_id, func.count().label("tags")).where(named).group_by(tag.c.manifest_id).subquery()
    lately = and_(manifest.c.pulled_at.is_not(None), manifest.c.pulled_at >= since)
    return (
        select(
            manifest.c.id,
            manifest.c.kind,
            cast(manifest.c.quarantined_at.is_not(None), Integer).label("put_out"),
            manifest.c.result_id,
            manifest.c.first_result_at if graced else null(),
            good.label("tally"),
            func.coalesce(tags.c.tags, 0).label("tags"),
            cast(lately, Integer).label("lately"),
        )
        .outerjoin_from(manifest, scan_result, scan_result.c.id == manifest.c.result_id)
        .outerjoin(tags, tags.c.manifest_id == manifest.c.id)
        .where(manifest.c.image_id == image_id, manifest.c.state == "active")
    )


def _alike(digests: Select[Any]) -> Select[Any]:  # Any: columns of different types
    """The ids of those that are alike in one text: to hand over a row for each takes longer than to do so."""
    column = digests.subquery().c
    alike = (column.kind, column.put_out, column.tally, column.tags, column.lately)
    return select(*alike, func.aggregate_strings(cast(column.id, Text), ",")).group_by(*alike)


def _listed(tx: Connection, image_id: int) -> dict[int, list[int]]:
    """Indexes with the images that they list, and indexes in them; one that lists none is not among them."""
    child = manifest.alias("child")
    query = (
        select(manifest_edge.c.parent_id, manifest_edge.c.child_id, child.c.kind)
        .join(manifest, manifest.c.id == manifest_edge.c.parent_id)
        .join(child, child.c.id == manifest_edge.c.child_id)
        .where(manifest.c.image_id == image_id, child.c.kind != "artifact")
    )
    found: dict[int, list[int]] = {}
    nested: set[int] = set()
    for parent, below, kind in tx.execute(query):
        if kind == "image":
            found.setdefault(parent, []).append(below)
        else:
            nested.add(parent)
    deep: dict[int, list[int]] = {}
    for some in reach.batches(nested):
        within = reach.listed(some)
        images = select(within.c.root, within.c.id).join(manifest, manifest.c.id == within.c.id)
        for parent, below in tx.execute(images.where(manifest.c.kind == "image")):
            deep.setdefault(parent, []).append(below)
    return found | deep
