"""Which tags a tried policy would stand against, page by page, and who has pulled their digests lately."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select

from berth.db.pages import Found, Key
from berth.db.tables import manifest, pulled_by, tag
from berth.registry import reach
from berth.restriction import judging
from berth.restriction.preview.trying import AGAINST, REFUSED, Held, Trial
from berth.restriction.verdict import Outcome, Verdict
from berth.words.errors import FieldInvalid

FEW = 2000
"""So many digests are looked up one by one; of more of them tags are gone through in order until a page is full."""
NAMED = 10
"""Of those who pulled a digest."""
SUMMED = 20
LOOKED_AT = 2000
"""Digests, the last pushed first, of which it is summed up who pulled them."""


@dataclass(frozen=True)
class Puller:
    principal: str
    last_day: date
    digests: int = 1


@dataclass(frozen=True)
class Stopped:
    """A tag that rules would stand against."""

    image: str
    tag: str
    digest: str
    verdict: Verdict
    now: Outcome
    pulled_at: datetime | None
    pulled_by: tuple[Puller, ...]


@dataclass(frozen=True)
class _Named:
    tag: str
    natural: str
    manifest_id: int


class Paged:
    """A page of tags, in the order of images, and in each as people count. Images are added in that order."""

    def __init__(
        self, tx: Connection, trial: Trial, *, since: date, at: datetime, limit: int, after: Key | None
    ) -> None:
        """Raises `FieldInvalid` for a key that is none."""
        self._tx, self._trial, self._since, self._at = tx, trial, since, at
        self._image, self._natural = _key(after)
        self._left = limit
        self._items: list[Stopped] = []
        self._last: Key | None = None
        self._more = False

    def add(self, held: Held) -> None:
        if self._more or held.name < self._image:
            return
        stopped = _against(held, self._trial, self._at, AGAINST)
        if not stopped:
            return
        natural = self._natural if held.name == self._image else ""
        some = list(islice(_tags(self._tx, held, stopped, natural), self._left + 1))
        self._more = len(some) > self._left
        self._show(held, some[: self._left])

    def found(self) -> Found[Stopped]:
        return Found(self._items, self._last if self._more else None)

    def _show(self, held: Held, shown: Sequence[_Named]) -> None:
        if not shown:
            return
        ids = {each.manifest_id for each in shown}
        facts, pulled = _facts(self._tx, ids), _pulled(self._tx, ids, self._since)
        tried, now = _verdicts(self._tx, held, self._trial, ids, self._at)
        self._items += [
            Stopped(
                held.name,
                each.tag,
                facts[each.manifest_id][0],
                tried[each.manifest_id],
                now[each.manifest_id].outcome,
                facts[each.manifest_id][1],
                pulled.get(each.manifest_id, ()),
            )
            for each in shown
        ]
        self._left -= len(shown)
        self._last = (held.name, shown[-1].natural)


class Pulled:
    """Digests that would be refused and were pulled lately, those pushed last; and by whom."""

    def __init__(self, trial: Trial, *, at: datetime) -> None:
        self._trial, self._at = trial, at
        self._lately: list[int] = []
        self._more = False

    def add(self, held: Held) -> None:
        lately = sorted([*self._lately, *(_against(held, self._trial, self._at, REFUSED) & held.census.lately)])
        self._more = self._more or len(lately) > LOOKED_AT
        self._lately = lately[-LOOKED_AT:]

    def found(self, tx: Connection, since: date) -> tuple[list[Puller], bool]:
        """Those who pulled most first; and whether some may be missing."""
        by_name: dict[str, Puller] = {}
        for some in reach.batches(self._lately):
            query = (
                select(pulled_by.c.principal, func.max(pulled_by.c.day), func.count(pulled_by.c.manifest_id.distinct()))
                .where(pulled_by.c.manifest_id.in_(some), pulled_by.c.day >= since)
                .group_by(pulled_by.c.principal)
            )
            for who, day, digests in tx.execute(query):
                known = by_name.get(who, Puller(who, day, 0))
                by_name[who] = Puller(who, max(day, known.last_day), digests + known.digests)
        found = sorted(by_name.values(), key=lambda each: (-each.digests, each.principal))
        return found[:SUMMED], self._more or len(found) > SUMMED


def _tags(tx: Connection, held: Held, stopped: Collection[int], natural: str) -> Iterator[_Named]:
    query = select(tag.c.name, tag.c.natural, tag.c.manifest_id)
    beyond = (tag.c.natural > natural) & tag.c.fallback_of.is_(None)
    if len(stopped) <= FEW:
        rows: list[Any] = []  # Any: rows
        for some in reach.batches(stopped):
            rows += tx.execute(query.where(tag.c.manifest_id.in_(some), beyond))
        yield from (_Named(*row) for row in sorted(rows, key=lambda row: row.natural))
        return
    ordered = query.where(tag.c.image_id == held.id, beyond).order_by(tag.c.natural)
    for row in tx.execute(ordered, execution_options={"yield_per": 1000}):
        if row.manifest_id in stopped:
            yield _Named(*row)


def _against(held: Held, trial: Trial, at: datetime, which: Collection[Outcome]) -> set[int]:
    outcomes = held.outcomes(trial.rules(held.own), at=at)
    groups = {group for group, outcome in enumerate(outcomes) if outcome in which}
    return {number for number, group in held.census.members.items() if group in groups} if groups else set()


def _verdicts(
    tx: Connection, held: Held, trial: Trial, ids: Collection[int], at: datetime
) -> tuple[dict[int, Verdict], dict[int, Verdict]]:
    """Tried and as it is now, with the reasons."""
    tried = judging.shown(tx, held.id, ids, at=at, rules=trial.rules(held.own))
    return tried, judging.shown(tx, held.id, ids, at=at, rules=held.own)


def _facts(tx: Connection, ids: Collection[int]) -> dict[int, tuple[str, datetime | None]]:
    query = select(manifest.c.id, manifest.c.digest, manifest.c.pulled_at).where(manifest.c.id.in_(ids))
    return {number: (digest, at) for number, digest, at in tx.execute(query)}


def _pulled(tx: Connection, ids: Collection[int], since: date) -> dict[int, tuple[Puller, ...]]:
    """The last first."""
    query = (
        select(pulled_by.c.manifest_id, pulled_by.c.principal, func.max(pulled_by.c.day))
        .where(pulled_by.c.manifest_id.in_(ids), pulled_by.c.day >= since)
        .group_by(pulled_by.c.manifest_id, pulled_by.c.principal)
    )
    found: dict[int, list[Puller]] = {}
    for number, who, day in tx.execute(query):
        found.setdefault(number, []).append(Puller(who, day))
    return {
        number: tuple(sorted(each, key=lambda one: (-one.last_day.toordinal(), one.principal))[:NAMED])
        for number, each in found.items()
    }


def _key(after: Key | None) -> tuple[str, str]:
    match after:
        case None:
            return "", ""
        case (str() as image, str() as natural) if natural.isascii() and "\0" not in natural:
            return image, natural
    raise FieldInvalid("cursor", "it is none that this list has given out")
