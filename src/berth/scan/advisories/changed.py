"""What differs between two builds, and which packages that may concern: what is matched again, and nothing else."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from berth.scan import ecosystems
from berth.scan.advisories import layout
from berth.scan.advisories.layout import AdvisoriesUnreadable
from berth.scan.advisories.opened import Advisories


@dataclass(frozen=True, slots=True)
class Changes:
    ids: frozenset[str]
    """Advisories that are new, other than they were, withdrawn or gone."""
    packages: frozenset[tuple[str, str]]
    """Ecosystem and name of the components that they may concern."""


def affected_by(advisories: Advisories, ids: Iterable[str]) -> set[tuple[str, str]]:
    """The ecosystem and name of every component that these advisories, or what takes a level from them, speak of."""
    spoken_of = {package for each in ids for package in advisories.spoken_of(each)}
    return {(each, name) for key, name in spoken_of for each in ecosystems.reached(key, advisories.covered)}


def changes(old: Path, new: Path) -> Changes:
    """Of a file that is of an earlier schema, everything has changed. Raises `AdvisoriesUnreadable` for the new one."""
    with closing(Advisories.open(new)) as after:
        try:
            before = Advisories.open(old)
        except AdvisoriesUnreadable:
            return _everything(after)
        with closing(before):
            ids = frozenset(_changed(old, new))
            concerned = affected_by(before, ids) | affected_by(after, ids) | _moved(before, after)
            return Changes(ids, frozenset(concerned))


def _changed(old: Path, new: Path) -> Iterator[str]:
    with closing(layout.connect(new)) as db:
        db.execute("ATTACH ? AS old", (layout.uri(old),))
        yield from (name for (name,) in db.execute(_CHANGED))


def _everything(advisories: Advisories) -> Changes:
    return Changes(frozenset(advisories.ids()), frozenset(_of_ecosystems(advisories, advisories.covered)))


def _moved(before: Advisories, after: Advisories) -> set[tuple[str, str]]:
    """What is looked up elsewhere now: components of Alpine's edge, when a newer release has come or gone."""
    newest = {ecosystems.newest_alpine(before.covered), ecosystems.newest_alpine(after.covered)}
    if len(newest) == 1:
        return set()
    keys = [each for each in newest if each is not None]
    packages = {*before.packages(keys), *after.packages(keys)}
    return {(ecosystems.EDGE, name) for _, name in packages}


def _of_ecosystems(advisories: Advisories, keys: Iterable[str]) -> set[tuple[str, str]]:
    reached = {key: ecosystems.reached(key, advisories.covered) for key in keys}
    return {(each, name) for key, name in advisories.packages(keys) for each in reached[key]}


# By the sums of the records: some sources leave the time of a change as it was.
_CHANGED = """
SELECT n.id FROM main.advisory n LEFT JOIN old.advisory o ON o.id = n.id
WHERE o.id IS NULL OR o.sum <> n.sum
UNION
SELECT o.id FROM old.advisory o LEFT JOIN main.advisory n ON n.id = o.id WHERE n.id IS NULL
"""
