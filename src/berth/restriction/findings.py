"""Critical and High findings of results, as rules count them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from berth.db import among
from berth.db.tables import component, component_match, result_component, vulnerability
from berth.registry import reach
from berth.restriction.sparing import Finding
from berth.words.policies import Level

LEVELS = (Level.CRITICAL, Level.HIGH)

COLUMNS = (
    component.c.ecosystem,
    component.c.name.label("package"),
    component.c.version,
    component.c.kind,
    component_match.c.level,
    component_match.c.fixed_version,
    component_match.c.found_at,
    vulnerability.c.name,
    vulnerability.c.aliases,
    vulnerability.c.published,
)
"""What `of` wants of a row."""


def worst(tx: Connection, result_ids: Collection[int]) -> dict[int, list[Finding]]:
    """By result, in no order."""
    found: dict[int, list[Finding]] = {}
    query = (
        select(result_component.c.result_id, result_component.c.units, *COLUMNS)
        .join_from(result_component, component_match, component_match.c.component_id == result_component.c.component_id)
        .join(component, component.c.id == component_match.c.component_id)
        .join(vulnerability, vulnerability.c.id == component_match.c.vulnerability_id)
        .where(component_match.c.level.in_(LEVELS))
    )
    for some in reach.batches(result_ids):
        for row in tx.execute(query.where(among(tx, result_component.c.result_id, some))):
            found.setdefault(row.result_id, []).append(of(row, row.units))
    return found


def of(row: Any, units: int) -> Finding:  # Any: a row with `COLUMNS`
    return Finding(
        row.name,
        tuple(row.aliases),
        row.ecosystem,
        row.package,
        row.version,
        row.kind,
        Level(row.level),
        row.fixed_version,
        row.published,
        row.found_at,
        units,
    )
