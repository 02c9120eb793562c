"""What advisories say of the components of results, kept as rows, and counted.

A component is matched once for all results that have it. When advisories change those they speak of are matched
again; what that opens and closes is added to the tallies of the results that have them, without reading a layer.

PostgreSQL has many writers. So what a change depends on is held to its end, always in this order and then by number:

    the build in force ──> vulnerabilities ──> components ──> results
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, func, select, update

from berth.db import among, insert_many, update_many
from berth.db.tables import advisory_file, component, component_match, result_component, scan_result, vulnerability
from berth.registry import reach
from berth.scan import ecosystems, matching, vulnerabilities
from berth.scan.advisories.opened import Advisories
from berth.scan.hiding import RANKS
from berth.scan.inventory import Kind
from berth.scan.library import CURRENT
from berth.scan.matches import Component, Match
from berth.scan.results import EXTERNAL
from berth.scan.tally import Tally, cell
from berth.words.policies import Level

MAX_NEWS = 100
"""Vulnerabilities that are named of one result that was matched again."""

Had = Mapping[str, RowMapping]
"""The matches that are kept of a component, by vulnerability."""


@dataclass
class News:
    """What changed for one component, or for one result."""

    cells: dict[int, int] = field(default_factory=dict)
    """How many findings more, or fewer, there are in each cell of a tally."""
    opened: dict[str, Level] = field(default_factory=dict)
    closed: dict[str, Level] = field(default_factory=dict)


@dataclass(frozen=True)
class Matched:
    component: Component
    matches: Sequence[Match]


def matched(advisories: Advisories, components: Mapping[int, Component]) -> dict[int, Matched]:
    """What advisories say of these components."""
    found = matching.match_all(advisories, components)
    return {number: Matched(each, found[number]) for number, each in components.items()}


def under(tx: Connection, build: str) -> bool:
    """Whether this build is in force, as it then stays to the end of the transaction."""
    mine = (advisory_file.c.id == build) & (advisory_file.c.state == CURRENT)
    return tx.execute(select(advisory_file.c.id).where(mine).with_for_update(read=True)).first() is not None


def unmatched(tx: Connection, result_id: int) -> dict[int, Component]:
    """The components of a result that nobody has matched yet."""
    mine = (result_component.c.result_id == result_id) & ~component.c.matched
    return _components(tx, _COMPONENTS.join(result_component).where(mine))


def unmatched_of(tx: Connection, ids: Collection[int]) -> dict[int, Component]:
    """Those of these components that nobody has matched yet."""
    found: dict[int, Component] = {}
    for some in reach.batches(ids):
        found |= _components(tx, _COMPONENTS.where(among(tx, component.c.id, some), ~component.c.matched))
    return found


def named(tx: Connection, packages: Collection[tuple[str, str]]) -> dict[int, Component]:
    """The components of these ecosystems and names, of whichever module."""
    found: dict[int, Component] = {}
    for some in reach.batches(name for _, name in packages):
        found |= _components(tx, _COMPONENTS.where(component.c.name.in_(some)))
    return {number: each for number, each in found.items() if _package(each) in packages}


def _package(of: Component) -> tuple[str, str]:
    ecosystem, _ = ecosystems.module_apart(of.ecosystem)
    return ecosystem, of.name


def every(tx: Connection, *, but: Collection[int] = ()) -> dict[int, Component]:
    """All components that we match, other than these."""
    all_ = tx.scalars(select(component.c.id).where(~component.c.ecosystem.startswith(EXTERNAL)))
    found: dict[int, Component] = {}
    for some in reach.batches(set(all_).difference(but)):
        found |= _components(tx, _COMPONENTS.where(among(tx, component.c.id, some)))
    return found


def differing(tx: Connection, matched: Mapping[int, Matched]) -> dict[int, int]:
    """Those of them that are to be kept, for other matches or none are; and how many results have each.

    What is in the same results, as packages of one base image are, stands together.
    """
    kept = _kept(tx, matched)
    asked = {number for number, each in matched.items() if any(_difference(kept[number], each))}
    for some in reach.batches(matched):
        asked.update(tx.scalars(select(component.c.id).where(among(tx, component.c.id, some), ~component.c.matched)))
    mine, result_id = result_component.c.component_id, result_component.c.result_id
    having: dict[int, tuple[int, int]] = dict.fromkeys(asked, (0, 0))
    for some in reach.batches(asked):
        counted = select(mine, func.min(result_id), func.count()).where(among(tx, mine, some)).group_by(mine)
        having |= {number: (first, count_) for number, first, count_ in tx.execute(counted).all()}
    return {number: having[number][1] for number in sorted(asked, key=lambda each: (having[each], each))}


def keep(tx: Connection, matched: Mapping[int, Matched], *, at: datetime, but_matched: bool = False) -> dict[int, News]:
    """Take matches for what is true of these components now; returns by component what that changed.

    Passed over are those that were forgotten meanwhile, and with `but_matched` those that somebody has matched.
    """
    numbers = _remember(tx, matched)
    there = _hold(tx, matched, but_matched=but_matched)
    kept = _kept(tx, there)
    gone, fresh, changed = [], [], {}
    for component_id in there:
        each, had = matched[component_id], kept[component_id]
        less, more = _difference(had, each)
        gone += [{"of": component_id, "flaw": row["vulnerability_id"]} for row in less]
        fresh += [_row(component_id, numbers, match, had, at) for match in more]
        if less or more:
            changed[component_id] = _news(each.component.kind, less, more)
    if gone:
        tx.execute(_FORGET, gone)
    insert_many(tx, component_match, fresh)
    for some in reach.batches(there):
        tx.execute(update(component).where(among(tx, component.c.id, some), ~component.c.matched).values(matched=True))
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
    tx.execute(select(scan_result.c.id).where(scan_result.c.id == result_id).with_for_update(key_share=True))
    tally = count(tx, result_id)
    when = {"evaluated_at": at, "advisories": advisories, "advisories_at": advisories_at}
    tx.execute(update(scan_result).where(scan_result.c.id == result_id).values(tally=tally.to_json(), **when))
    return tally


def spread(tx: Connection, changed: Mapping[int, News]) -> dict[int, News]:
    """Carry what changed for components to the tallies of the results that have them; returns that by result.

    One that was never evaluated has no tally yet, and nothing to tell.
    """
    of_results: dict[int, News] = defaultdict(News)
    for some in reach.batches(changed):
        having = select(result_component).where(among(tx, result_component.c.component_id, some))
        for result_id, component_id, units in tx.execute(having).all():
            news, mine = changed[component_id], of_results[result_id]
            for place, more in news.cells.items():
                mine.cells[place] = mine.cells.get(place, 0) + units * more
            mine.opened.update(news.opened)
            mine.closed.update(news.closed)
    told: dict[int, News] = {}
    for some in reach.batches(of_results):
        tallies = _hold_tallies(tx, some)
        told |= {number: of_results[number] for number in tallies}
        altered = [number for number in tallies if of_results[number].cells]
        now = [{"id": each, "tally": _with(tallies[each], of_results[each].cells)} for each in altered]
        update_many(tx, scan_result, ["id"], now)
    return told


def worst_first(vulnerabilities_: Mapping[str, Level]) -> list[str]:
    """The names of the first of them, the worst first."""
    return sorted(vulnerabilities_, key=lambda name: (-RANKS[vulnerabilities_[name]], name))[:MAX_NEWS]


_FORGET = delete(component_match).where(
    component_match.c.component_id == bindparam("of"), component_match.c.vulnerability_id == bindparam("flaw")
)
_COMPONENTS = select(
    component.c.id, component.c.ecosystem, component.c.name, component.c.version, component.c.kind
).select_from(component)
_SAID = ("level", "level_source", "fixed_version", "fix_state", "records")


def _remember(tx: Connection, matched: Mapping[int, Matched]) -> dict[str, int]:
    """What is said of all these flaws; returns their numbers."""
    numbers: dict[str, int] = {}
    for outside in (False, True):
        flaws = (
            match.vulnerability
            for each in matched.values()
            if each.component.ecosystem.startswith(EXTERNAL) == outside
            for match in each.matches
        )
        numbers |= vulnerabilities.remember(tx, flaws, outside=outside)
    return numbers


def _components(tx: Connection, query: Select[Any]) -> dict[int, Component]:  # Any: columns of a component
    return {row[0]: Component(*row[1:]) for row in tx.execute(query)}


def _hold(tx: Connection, ids: Collection[int], *, but_matched: bool) -> list[int]:
    """Those that are there, which nobody else matches or forgets to the end of the transaction."""
    there: list[int] = []
    for some in reach.batches(ids):
        query = select(component.c.id).where(among(tx, component.c.id, some)).order_by(component.c.id)
        query = query.where(~component.c.matched) if but_matched else query
        there += tx.scalars(query.with_for_update(key_share=True))
    return there


def _hold_tallies(tx: Connection, ids: Collection[int]) -> dict[int, list[int]]:
    """Of those that have been evaluated; the others are held too, for one may be evaluated at this moment."""
    query = select(scan_result.c.id, scan_result.c.tally, scan_result.c.evaluated_at.is_not(None).label("counts"))
    mine = query.where(among(tx, scan_result.c.id, ids)).order_by(scan_result.c.id)
    rows = tx.execute(mine.with_for_update(key_share=True))
    return {number: tally for number, tally, counts in rows.all() if counts}


def _kept(tx: Connection, ids: Collection[int]) -> dict[int, dict[str, RowMapping]]:
    """The matches that are kept, by component and vulnerability."""
    found: dict[int, dict[str, RowMapping]] = {number: {} for number in ids}
    query = select(component_match, vulnerability.c.name).join(vulnerability)
    for some in reach.batches(ids):
        for row in tx.execute(query.where(among(tx, component_match.c.component_id, some))).mappings().all():
            found[row["component_id"]][row["name"]] = row
    return found


def _difference(had: Had, matched: Matched) -> tuple[list[RowMapping], list[Match]]:
    """What is kept and not so any more, and what is so and not kept."""
    has = {match.vulnerability.id: match for match in matched.matches}
    less = [row for name, row in had.items() if name not in has or _said(has[name]) != {k: row[k] for k in _SAID}]
    changed = {row["name"] for row in less}
    return less, [match for name, match in has.items() if name not in had or name in changed]


def _news(kind: Kind, less: Sequence[RowMapping], more: Sequence[Match]) -> News:
    had = {row["name"]: Level(row["level"]) for row in less}
    has = {match.vulnerability.id: match.level for match in more}
    news = News(
        opened={name: level for name, level in has.items() if name not in had},
        closed={name: level for name, level in had.items() if name not in has},
    )
    cells = Counter(cell(kind, match.level, fixed=bool(match.fixed_version)) for match in more)
    cells.subtract(cell(kind, Level(row["level"]), fixed=bool(row["fixed_version"])) for row in less)
    news.cells.update((place, count_) for place, count_ in cells.items() if count_)
    return news


def _row(component_id: int, numbers: Mapping[str, int], match: Match, had: Had, at: datetime) -> dict[str, Any]:
    """What is only told otherwise keeps the time at which it was found. Any: column values."""
    name = match.vulnerability.id
    found_at = had[name]["found_at"] if name in had else at
    return {"component_id": component_id, "vulnerability_id": numbers[name], "found_at": found_at, **_said(match)}


def _said(match: Match) -> dict[str, Any]:  # Any: column values
    return {
        "level": match.level.value,
        "level_source": match.level_source[:60],
        "fixed_version": match.fixed_version[:512],
        "fix_state": match.fix_state,
        "records": list(match.records),
    }


def _with(tally: list[int], more: Mapping[int, int]) -> list[int]:
    cells = list(tally)
    for place, count_ in more.items():
        cells[place] += count_
    return cells
