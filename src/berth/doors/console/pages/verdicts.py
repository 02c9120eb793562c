"""Whether the digests of a page may be pulled, as pages tell it: the verdict with all that stands against it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from berth.registry.images import Image
from berth.registry.rows import Row
from berth.restriction import judging, teaching
from berth.restriction.teaching import Facts
from berth.restriction.verdict import Rules


def told(
    tx: Connection, image: Image, ids: Collection[int], *, at: datetime, rules: Rules | None = None
) -> dict[int, Facts]:
    judged = judging.shown(tx, image.id, ids, at=at, rules=rules) if ids else {}
    return {number: teaching.told(verdict) for number, verdict in judged.items()}


def of_rows(tx: Connection, image: Image, rows: Collection[Row], rules: Rules, *, at: datetime) -> dict[int, Facts]:
    """By id, of those that something may stand against.

    Where the policy asks for nothing that is a quarantine, which a row tells itself, and of an index what it lists.
    """
    policy = rules.pull
    judges = policy.mode != "off" and (policy.restrict_unscanned or policy.restrict_vulnerable)
    asked = [row.id for row in rows if judges or row.quarantined_at is not None or row.kind == "index"]
    return told(tx, image, asked, at=at, rules=rules)
