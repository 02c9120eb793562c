"""What became of digests when advisories changed: the newly affected, and those that are so no more."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from berth.db import among, pages, update_many
from berth.db.pages import Found, Wanted
from berth.db.tables import (
    component,
    component_match,
    image,
    manifest,
    reevaluated,
    reevaluation,
    registry,
    repository,
    result_component,
    scan_result,
    vulnerability,
)
from berth.registry import images, reach, rows
from berth.scan.evaluation import MAX_NEWS
from berth.scan.hiding import hides
from berth.scan.inventory import Kind
from berth.words.policies import Level, ScanPolicy

Said = tuple[Kind, Level, bool]
"""Of a finding what policies go by: of what it is, its level, and whether there is a fix."""
Told = dict[tuple[int, str], list[Said]]
"""By result and vulnerability."""

IS_NEW = reevaluated.c.opened_at > scan_result.c.taken_at
"""What was told of a result since its layers were read."""

SORTS = {"at": (reevaluation.c.at, reevaluation.c.id)}
NEWS_SORTS = {"id": (reevaluated.c.reevaluation_id, manifest.c.id)}


@dataclass(frozen=True)
class Reevaluation:
    id: int
    at: datetime
    before: str
    """The build that was in force."""
    advisories: str
    names: int
    components: int
    results: int
    opened: int
    closed: int


@dataclass(frozen=True)
class News:
    image: str
    digest: str
    tags: list[str]
    at: datetime
    opened: list[str]
    """Those that the policy of the image leaves."""
    closed: list[str]
    hidden: int
    """How many more it leaves out."""


def page(tx: Connection, wanted: Wanted) -> Found[Reevaluation]:
    """Raises `FieldInvalid`."""
    return pages.fetch(tx, select(reevaluation), SORTS, wanted, _reevaluation)


def opened(tx: Connection, ids: Collection[int], policy: ScanPolicy) -> dict[int, datetime]:
    """By result when advisories last told of more that the policy leaves, since its layers were read."""
    found: dict[int, datetime] = {}
    row = reevaluated.c
    for some in reach.batches(ids):
        mine = row.result_id.in_(some) & IS_NEW
        if policy.exclusion:
            found |= _left(tx, mine, policy)
        else:
            last = select(row.result_id, func.max(row.opened_at)).join_from(reevaluated, scan_result)
            found |= dict(tx.execute(last.where(mine).group_by(row.result_id)).all())
    return found


def _left(tx: Connection, which: ColumnElement[bool], policy: ScanPolicy) -> dict[int, datetime]:
    """The same where a policy may leave nothing of what was told."""
    row = reevaluated.c
    query = select(row.result_id, row.opened_at, row.opened).join_from(reevaluated, scan_result)
    news = tx.execute(query.where(which).order_by(row.opened_at)).all()
    told = _told(tx, {each.result_id for each in news}, {name for each in news for name in each.opened})
    return {
        each.result_id: each.opened_at
        for each in news
        if any(said and not _hidden(policy, said) for said in (told.get((each.result_id, n), ()) for n in each.opened))
    }


def still(tx: Connection, wanted: Mapping[int, Collection[str]]) -> set[tuple[int, str]]:
    """Which of these vulnerabilities these results have now, in whichever of their packages."""
    having: dict[int, list[str]] = defaultdict(list)
    match = component_match.c
    named = select(match.component_id, vulnerability.c.name).join_from(component_match, vulnerability)
    for names in reach.batches({name for some in wanted.values() for name in some}):
        for number, name in tx.execute(named.where(among(tx, vulnerability.c.name, names))).all():
            having[number].append(name)
    found: set[tuple[int, str]] = set()
    linked = select(result_component.c.result_id, result_component.c.component_id)
    for numbers in reach.batches(having):
        for result_id, number in tx.execute(linked.where(among(tx, result_component.c.component_id, numbers))).all():
            mine = wanted.get(result_id, ())
            found.update((result_id, name) for name in having[number] if name in mine)
    return found


def settle(tx: Connection, closed: Mapping[int, Collection[str]], *, but: int) -> None:
    """Let results be newly affected no more by what has just been closed in them; that it was told of stays.

    Of one that was told of more than was named nobody knows, so it stays as it is. So does what this re-evaluation
    tells, which closes nothing that it opened.
    """
    row = reevaluated.c
    keys = ["reevaluation_id", "result_id"]
    for some in reach.batches(closed):
        marked = among(tx, row.result_id, some) & row.opened_at.is_not(None) & (row.reevaluation_id != but)
        query = select(row.reevaluation_id, row.result_id, row.opened).where(marked)
        told = [
            each for each in tx.execute(query).all()
            if len(each.opened) < MAX_NEWS and any(name in closed[each.result_id] for name in each.opened)
        ]  # fmt: skip
        wanted: dict[int, set[str]] = defaultdict(set)
        for each in told:
            wanted[each.result_id].update(each.opened)
        has = still(tx, wanted)
        over = [each for each in told if not any((each.result_id, name) in has for name in each.opened)]
        update_many(
            tx, reevaluated, keys, [{**{key: getattr(each, key) for key in keys}, "opened_at": None} for each in over]
        )


def of_digests(
    tx: Connection, wanted: Wanted, *where: ColumnElement[bool], affected: bool | None = None
) -> Found[News]:
    """Digests with news, of all re-evaluations; `where` is what the caller may see. Raises `FieldInvalid`.

    With `affected` only those that are newly affected, or only the others.
    """
    query = (
        select(
            registry.c.name.label("registry_name"),
            repository.c.name.label("repository_name"),
            image.c.name.label("image_name"),
            manifest.c.id.label("manifest_id"),
            manifest.c.digest,
            image.c.policy_scan,
            reevaluation.c.at,
            reevaluated.c.result_id,
            reevaluated.c.opened,
            reevaluated.c.closed,
        )
        .join_from(reevaluated, reevaluation, reevaluation.c.id == reevaluated.c.reevaluation_id)
        .join(manifest, manifest.c.result_id == reevaluated.c.result_id)
        .join(image, image.c.id == manifest.c.image_id)
        .join(repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .where(image.c.state.in_(images.VISIBLE), manifest.c.state == "active", *where)
    )
    if affected is not None:
        there = reevaluated.c.opened_at.is_not(None)
        query = query.where(there if affected else ~there)
    found = pages.fetch(tx, query, NEWS_SORTS, wanted, lambda row: row)
    names = rows.first_names(tx, [row["manifest_id"] for row in found.items])
    opened_ = {name for row in found.items for name in row["opened"]}
    told = _told(tx, {row["result_id"] for row in found.items}, opened_)
    return Found([_news(row, names.get(row["manifest_id"], []), told) for row in found.items], found.next)


def _told(tx: Connection, results: Collection[int], names: Collection[str]) -> Told:
    """What is said now of these vulnerabilities in these results."""
    match = component_match.c
    query = (
        select(result_component.c.result_id, vulnerability.c.name, component.c.kind, match.level, match.fixed_version)
        .join_from(result_component, component)
        .join(component_match, match.component_id == component.c.id)
        .join(vulnerability, vulnerability.c.id == match.vulnerability_id)
        .where(result_component.c.result_id.in_(results))
    )
    told: Told = defaultdict(list)
    for some in reach.batches(names):
        for result_id, name, kind, level, fixed in tx.execute(query.where(vulnerability.c.name.in_(some))):
            told[result_id, name].append((kind, Level(level), bool(fixed)))
    return told


def _reevaluation(row: RowMapping) -> Reevaluation:
    return Reevaluation(**{name: row[name] for name in Reevaluation.__dataclass_fields__})


def _news(row: RowMapping, tags: list[str], told: Told) -> News:
    path = f"{row['registry_name']}/{row['repository_name']}/{row['image_name']}"
    policy = ScanPolicy.from_json(row["policy_scan"])
    shown = [name for name in row["opened"] if not _hidden(policy, told.get((row["result_id"], name), ()))]
    return News(path, row["digest"], tags, row["at"], shown, row["closed"], len(row["opened"]) - len(shown))


def _hidden(policy: ScanPolicy, said: Collection[Said]) -> bool:
    """Whether the policy leaves out a vulnerability wherever it is; one that is not there any more it does not."""
    return bool(said) and all(hides(policy, kind, level, fixed=fixed) for kind, level, fixed in said)
