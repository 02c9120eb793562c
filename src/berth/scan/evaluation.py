"""What advisories say of the components of results, kept as rows, and counted.

A component is matched once for all results that have it. When advisories change those they speak of are matched
again; what that opens and closes is added to the tallies of the results that have them, without reading a layer.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, func, insert, select, update

from berth.db import insert_ignore
from berth.db.tables import component, component_match, result_component, scan_result, vulnerability
from berth.scan.inventory import Kind
from berth.scan.matches import Component, Match, Vulnerability
from berth.scan.results import EXTERNAL
from berth.scan.tally import CELLS, RANKS, Tally, cell
from berth.words.policies import Level

Matcher = Callable[[Component], Sequence[Match]]

AT_ONCE = 200
MAX_NEWS = 100
"""Vulnerabilities that are named of one result that was matched again."""

T = TypeVar("T")


@dataclass
class News:
    """What changed for one result."""

    cells: list[int] = field(default_factory=lambda: [0] * CELLS)
    opened: dict[str, Level] = field(default_factory=dict)
    closed: dict[str, Level] = field(default_factory=dict)


@dataclass(frozen=True)
class Matched:
    component: Component
    matches: Sequence[Match]


def unmatched(tx: Connection, result_id: int) -> dict[int, Component]:
    """The components of a result that nobody has matched yet."""
    mine = (result_component.c.result_id == result_id) & ~component.c.matched
    return _components(tx, _COMPONENTS.join(result_component).where(mine))


def named(tx: Connection, packages: Collection[tuple[str, str]], *, after: int = 0) -> dict[int, Component]:
    """The components of these ecosystems and names; `after` leaves out the older ones."""
    found: dict[int, Component] = {}
    for some in batches(sorted({name for _, name in packages})):
        found |= _components(tx, _COMPONENTS.where(component.c.name.in_(some), component.c.id > after))
    return {number: each for number, each in found.items() if (each.ecosystem, each.name) in packages}


def every(tx: Connection, *, after: int = 0) -> dict[int, Component]:
    """All components that we match; `after` leaves out the older ones."""
    ours = ~component.c.ecosystem.startswith(EXTERNAL)
    return _components(tx, _COMPONENTS.where(component.c.id > after, ours))


def keep(tx: Connection, matched: Mapping[int, Matched], *, at: datetime) -> dict[int, News]:
    """Take matches for what is true of these components now; returns by component what that changed."""
    flaws = {match.vulnerability.id: match.vulnerability for each in matched.values() for match in each.matches}
    numbers = _remember(tx, list(flaws.values()))
    before = _stored(tx, matched)
    changed: dict[int, News] = {}
    for component_id, each in matched.items():
        had, has = before.get(component_id, {}), {match.vulnerability.id: match for match in each.matches}
        _replace(tx, component_id, had, has, numbers, at=at)
        news = _compare(each.component.kind, had, has)
        if any(news.cells) or news.opened or news.closed:
            changed[component_id] = news
    for some in batches(sorted(matched)):
        tx.execute(update(component).where(component.c.id.in_(some)).values(matched=True))
    return changed


def count(tx: Connection, result_id: int) -> Tally:
    """All findings of a result."""
    fixed = component_match.c.fixed_version != ""
    query = (
        select(component.c.kind, fixed, component_match.c.level, func.sum(result_component.c.units))
        .join_from(result_component, component, component.c.id == result_component.c.component_id)
        .join(component_match, component_match.c.component_id == component.c.id)
        .where(result_component.c.result_id == result_id)
        .group_by(component.c.kind, fixed, component_match.c.level)
    )
    return Tally.of((kind, bool(has), Level(level), int(found)) for kind, has, level, found in tx.execute(query))


def evaluated(tx: Connection, result_id: int, *, at: datetime, advisories: str, advisories_at: datetime) -> Tally:
    """A result whose components are all matched has findings from now on."""
    tally = count(tx, result_id)
    when = {"evaluated_at": at, "advisories": advisories, "advisories_at": advisories_at}
    tx.execute(update(scan_result).where(scan_result.c.id == result_id).values(tally=tally.to_json(), **when))
    return tally


def spread(tx: Connection, changed: Mapping[int, News]) -> dict[int, News]:
    """Carry what changed for components to the tallies of the results that have them; returns that by result."""
    of_results: dict[int, News] = defaultdict(News)
    for some in batches(sorted(changed)):
        having = select(result_component).where(result_component.c.component_id.in_(some))
        for result_id, component_id, units in tx.execute(having):
            news, mine = changed[component_id], of_results[result_id]
            mine.cells = [cells + units * more for cells, more in zip(mine.cells, news.cells, strict=True)]
            mine.opened |= news.opened
            mine.closed |= news.closed
    for some in batches(sorted(of_results)):
        rows = tx.execute(select(scan_result.c.id, scan_result.c.tally).where(scan_result.c.id.in_(some))).all()
        added = [(row.id, Tally.from_json(row.tally) + Tally(tuple(of_results[row.id].cells))) for row in rows]
        tx.execute(_SET_TALLY, [{"of": result_id, "now": tally.to_json()} for result_id, tally in added])
    return dict(of_results)


def worst_first(vulnerabilities: Mapping[str, Level]) -> list[str]:
    """The names of the first of them, the worst first."""
    return sorted(vulnerabilities, key=lambda name: (-RANKS[vulnerabilities[name]], name))[:MAX_NEWS]


def batches(all_: Sequence[T]) -> Iterator[Sequence[T]]:
    for begins in range(0, len(all_), AT_ONCE):
        yield all_[begins : begins + AT_ONCE]


_SET_TALLY = update(scan_result).where(scan_result.c.id == bindparam("of")).values(tally=bindparam("now"))
_COMPONENTS = select(
    component.c.id, component.c.ecosystem, component.c.name, component.c.version, component.c.kind
).select_from(component)


def _components(tx: Connection, query: Select[Any]) -> dict[int, Component]:  # Any: columns of a component
    return {row[0]: Component(*row[1:]) for row in tx.execute(query)}


def _stored(tx: Connection, ids: Collection[int]) -> dict[int, dict[str, RowMapping]]:
    """The matches that are kept, by component and vulnerability."""
    found: dict[int, dict[str, RowMapping]] = defaultdict(dict)
    query = select(component_match, vulnerability.c.name).join(vulnerability)
    for some in batches(sorted(ids)):
        for row in tx.execute(query.where(component_match.c.component_id.in_(some))).mappings():
            found[row["component_id"]][row["name"]] = row
    return found


def _compare(kind: Kind, had: Mapping[str, RowMapping], has: Mapping[str, Match]) -> News:
    news = News(
        opened={name: match.level for name, match in has.items() if name not in had},
        closed={name: Level(row["level"]) for name, row in had.items() if name not in has},
    )
    for row in had.values():
        news.cells[cell(kind, Level(row["level"]), fixed=bool(row["fixed_version"]))] -= 1
    for match in has.values():
        news.cells[cell(kind, match.level, fixed=bool(match.fixed_version))] += 1
    return news


def _replace(
    tx: Connection,
    component_id: int,
    had: Mapping[str, RowMapping],
    has: Mapping[str, Match],
    numbers: Mapping[str, int],
    *,
    at: datetime,
) -> None:
    """What stays keeps the time at which it was found."""
    mine = component_match.c.component_id == component_id
    if had:
        tx.execute(delete(component_match).where(mine))
    rows = [
        {
            "component_id": component_id,
            "vulnerability_id": numbers[name],
            "level": match.level.value,
            "level_source": match.level_source[:60],
            "fixed_version": match.fixed_version[:512],
            "fix_state": match.fix_state,
            "records": list(match.records),
            "found_at": had[name]["found_at"] if name in had else at,
        }
        for name, match in has.items()
    ]
    for some in batches(rows):
        tx.execute(insert(component_match), some)


def _remember(tx: Connection, flaws: Sequence[Vulnerability]) -> dict[str, int]:
    """Keep what is said of vulnerabilities; returns their numbers by name."""
    for some in batches(flaws):
        insert_ignore(tx, vulnerability, [{"name": each.id, **_facts(each)} for each in some])
    numbers: dict[str, int] = {}
    for some in batches(flaws):
        rows = tx.execute(select(vulnerability).where(vulnerability.c.name.in_([each.id for each in some])))
        kept = {row["name"]: row for row in rows.mappings()}
        for each in some:
            row, facts = kept[each.id], _facts(each)
            numbers[each.id] = row["id"]
            if any(row[name] != value for name, value in facts.items()):
                tx.execute(update(vulnerability).where(vulnerability.c.id == row["id"]).values(**facts))
    return numbers


def _facts(flaw: Vulnerability) -> dict[str, Any]:  # Any: column values
    return {
        "aliases": list(flaw.aliases),
        "title": flaw.title,
        "description": flaw.description,
        "links": list(flaw.links),
        "vector": flaw.vector[:300],
        "score": flaw.score,
        "published": flaw.published,
        "modified": flaw.modified,
        "malware": flaw.malware,
    }
