"""Policies tried on all digests of an image, without saving any of them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from berth.db.tables import image
from berth.registry import images
from berth.restriction import verdict
from berth.restriction.preview import census, sparable
from berth.restriction.preview.census import Census, Group, Size
from berth.restriction.verdict import Outcome, Rules, Verdict
from berth.words.policies import PullPolicy, ScanPolicy

REFUSED: tuple[Outcome, ...] = ("refused",)
AGAINST: tuple[Outcome, ...] = ("refused", "partly", "warned")
"""Some rule stands against it."""
SWITCHES = tuple(each.name for each in fields(PullPolicy))


@dataclass(frozen=True)
class Trial:
    """What is tried: instead of the policies that an image has, or beside them."""

    pull: PullPolicy | None = None
    """None: its own."""
    scan: ScanPolicy | None = None
    only: str = ""
    """One field of `pull` alone; empty: all of it."""

    def rules(self, own: Rules) -> Rules:
        pull = own.pull if self.pull is None else self.pull
        if self.only:
            pull = replace(own.pull, **{self.only: getattr(pull, self.only)})
        return Rules(pull, own.scan if self.scan is None else self.scan)


NOW = Trial()


@dataclass
class Sums:
    """How many tags, unless it says otherwise."""

    refused: int = 0
    partly: int = 0
    warned: int = 0
    more: int = 0
    """Refused, and not as it is now."""
    fewer: int = 0
    """The other way round."""
    pulled: int = 0
    """Refused, and pulled lately."""
    digests: int = 0
    """Refused, with those that have no tag."""

    def add(self, size: Size, outcome: Outcome, now: Outcome) -> None:
        refused, was = outcome == "refused", now == "refused"
        self.refused += size.tags * refused
        self.partly += size.tags * (outcome == "partly")
        self.warned += size.tags * (outcome == "warned")
        self.more += size.tags * (refused and not was)
        self.fewer += size.tags * (was and not refused)
        self.pulled += size.pulled * refused
        self.digests += size.digests * refused


@dataclass(frozen=True)
class Held:
    """An image with all its digests."""

    id: int
    name: str
    own: Rules
    census: Census
    _known: dict[tuple[Rules, datetime], list[Outcome]] = field(default_factory=dict)

    @property
    def tags(self) -> int:
        return sum(size.tags for size in self.census.sizes)

    def outcomes(self, rules: Rules, *, at: datetime) -> list[Outcome]:
        """By group."""
        if (rules, at) not in self._known:
            judged = [_judged(group, rules) for group in self.census.groups]
            whole = (
                verdict.together(found, [judged[child] for child in group.children])
                for group, found in zip(self.census.groups, judged, strict=True)
            )
            self._known[rules, at] = [each.outcome for each in whole]
        return self._known[rules, at]


def _judged(group: Group, rules: Rules) -> Verdict:
    return verdict.may_pull(group.within(rules.pull.grace_days), rules)


def owns(tx: Connection, repository_id: int, name: str = "") -> set[PullPolicy]:
    """What the images of a repository have, or one of them has, by name."""
    return {PullPolicy.from_json(row.policy_pull) for row in tx.execute(_images(repository_id, name))}


def holding(
    tx: Connection, repository_id: int, trials: Iterable[Trial], *, since: datetime, at: datetime, name: str = ""
) -> Iterator[Held]:
    """The images of a repository in the order of their names, or one of them, by name.

    Each has all its digests with it, so whoever goes through them lets one go before the next comes.
    """
    tried = tuple(trials)
    for row in sorted(tx.execute(_images(repository_id, name)).all(), key=lambda row: row.name):
        own = Rules(PullPolicy.from_json(row.policy_pull), ScanPolicy.from_json(row.policy_scan))
        yield _held(tx, row.id, row.name, own, tried, since, at)


def _images(repository_id: int, name: str) -> Select[Any]:  # Any: columns of different types
    mine = (image.c.repository_id == repository_id) & image.c.state.in_(images.VISIBLE) & image.c.born_at.is_not(None)
    query = select(image.c.id, image.c.name, image.c.policy_pull, image.c.policy_scan).where(mine)
    return query.where(image.c.name == name) if name else query


def _held(
    tx: Connection, image_id: int, name: str, own: Rules, trials: tuple[Trial, ...], since: datetime, at: datetime
) -> Held:
    graces = [trial.rules(own).pull.grace_days for trial in (NOW, *trials)]
    spare = sparable.of_image(tx, image_id, graces, at=at)
    found = census.take(
        tx, image_id, since=since, at=at, sparing=spare.of if spare.by_result else None, graced=bool(spare.learned)
    )
    return Held(image_id, name, own, found)


def differing(tried: PullPolicy, own: Collection[PullPolicy]) -> list[str]:
    """The fields in which a policy says something else than any of these."""
    return [name for name in SWITCHES if any(getattr(each, name) != getattr(tried, name) for each in own)]


def add(found: Sums, held: Held, trial: Trial, *, at: datetime) -> None:
    now = held.outcomes(held.own, at=at)
    rules = trial.rules(held.own)
    then = now if rules == held.own else held.outcomes(rules, at=at)
    for size, outcome, before in zip(held.census.sizes, then, now, strict=True):
        found.add(size, outcome, before)
