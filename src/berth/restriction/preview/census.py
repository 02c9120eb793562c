"""All digests of an image by what they are judged by. However many there are, they come to few groups.

Of a tally only Critical and High findings are judged, and of a digest without a good result only that there is none.
An index is judged by the groups that its images are in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Integer, Select, Text, and_, case, cast, func, null, select

from berth.db.tables import manifest, manifest_edge, scan_result, tag
from berth.registry import reach
from berth.registry.kinds import Kind
from berth.restriction.preview.packed import JUDGED
from berth.restriction.verdict import Facts, Quarantine, Spared
from berth.scan.tally import CELLS, Tally

_judged = itemgetter(*JUDGED)
NO_CELLS = ("0",) * len(JUDGED)
AT_ONCE = 5000


Spareds = Mapping[int, Spared]
"""Findings that do not count, by days of grace: without any those that are waived. Empty: there are none."""
NOTHING: Spareds = {}


@dataclass(frozen=True, slots=True)
class Group:
    facts: Facts
    spared: Spareds = field(default_factory=dict)
    children: tuple[int, ...] = ()
    """Of an index, the groups of its images."""


@dataclass(slots=True)
class Size:
    digests: int = 0
    tags: int = 0
    pulled: int = 0
    """Tags of digests that were pulled lately."""

    def add(self, tags: int, *, lately: bool) -> None:
        self.digests += 1
        self.tags += tags
        if lately:
            self.pulled += tags


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

    sparing: Sparing
    at: datetime
    census: Census = field(default_factory=Census)
    _facts: list[Facts] = field(default_factory=list)
    _by_text: dict[tuple[Any, ...], int] = field(default_factory=dict)  # Any: kind, quarantine, tally as text
    _by_cells: dict[tuple[Any, ...], int] = field(default_factory=dict)  # Any: the same with cells as text
    _by_key: dict[tuple[Any, ...], int] = field(default_factory=dict)  # Any: what tells groups apart

    def of(
        self, number: int, kind: Kind, put_out: int, result_id: int | None, since: datetime | None, tally: str | None
    ) -> int:
        facts = self._by_text.get((kind, put_out, tally))
        if facts is None:
            facts = self._by_text[kind, put_out, tally] = self._judged(kind, put_out, tally)
        spared = self.sparing(number, result_id, since)
        known = self._by_key.get((facts, id(spared)))
        return self._made((facts, id(spared)), Group(self._facts[facts], spared)) if known is None else known

    def _judged(self, kind: Kind, put_out: int, tally: str | None) -> int:
        cells = None if tally is None else _cells(tally)
        facts = self._by_cells.get((kind, put_out, cells))
        if facts is None:
            facts = self._by_cells[kind, put_out, cells] = len(self._facts)
            quarantine = Quarantine("", self.at, "") if put_out else None
            self._facts.append(Facts(kind, _tally(cells), quarantine=quarantine))
        return facts

    def of_index(self, number: int, children: tuple[int, ...]) -> int:
        return self._made((number, children), Group(self.census.groups[number].facts, children=children))

    def _made(self, key: tuple[Any, ...], made: Group) -> int:  # Any: see above
        number = self._by_key.get(key)
        if number is None:
            number = self._by_key[key] = len(self.census.groups)
            self.census.groups.append(made)
            self.census.sizes.append(Size())
        return number


def take(
    tx: Connection,
    image_id: int,
    *,
    since: datetime,
    at: datetime,
    sparing: Sparing = lambda _manifest_id, _result_id, _since: NOTHING,
    graced: bool = False,
) -> Census:
    """Of the digests that can be pulled now. `since`: from when on a pull was lately.

    `graced`: whether `sparing` wants to know when a digest first passed.
    """
    counting = _Counting(sparing, at)
    census, tagged = counting.census, {}
    listed = _listed(tx, image_id)
    for rows in tx.execute(_digests(image_id, since, graced=graced)).partitions(AT_ONCE):
        for number, kind, put_out, result_id, first, tally, tags, lately in rows:
            group = counting.of(number, kind, put_out, result_id, first, tally)
            census.members[number] = group
            if lately:
                census.lately.add(number)
            if number in listed:
                tagged[number] = tags
            else:
                census.sizes[group].add(tags, lately=bool(lately))
    for number, tags in tagged.items():
        below = tuple(sorted(census.members[child] for child in listed[number] if child in census.members))
        group = census.members[number] = counting.of_index(census.members[number], below)
        census.sizes[group].add(tags, lately=number in census.lately)
    return census


def _digests(image_id: int, since: datetime, *, graced: bool) -> Select[Any]:  # Any: columns of different types
    good = case((scan_result.c.evaluated_at.is_not(None), cast(scan_result.c.tally, Text)))
    named = (tag.c.manifest_id == manifest.c.id) & tag.c.fallback_of.is_(None)
    tags = select(func.count()).where(named).scalar_subquery()
    lately = and_(manifest.c.pulled_at.is_not(None), manifest.c.pulled_at >= since)
    return (
        select(
            manifest.c.id,
            manifest.c.kind,
            cast(manifest.c.quarantined_at.is_not(None), Integer).label("put_out"),
            manifest.c.result_id,
            manifest.c.first_result_at if graced else null(),
            good.label("tally"),
            tags.label("tags"),
            cast(lately, Integer).label("lately"),
        )
        .outerjoin_from(manifest, scan_result, scan_result.c.id == manifest.c.result_id)
        .where(manifest.c.image_id == image_id, manifest.c.state == "active")
    )


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


def _cells(tally: str) -> tuple[str, ...]:
    """Those that are judged, each still the text that it is: of all digests few are different in these."""
    cells = tally.split(",")
    return _judged(cells) if len(cells) == CELLS else NO_CELLS


def _tally(cells: tuple[str, ...] | None) -> Tally | None:
    if cells is None:
        return None
    whole = [0] * CELLS
    for place, count in zip(JUDGED, cells, strict=True):
        whole[place] = int(count.strip("[ ]"))
    return Tally(tuple(whole))
