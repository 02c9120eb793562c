"""Those digests alone that stand in one way: said of one that is known (`says`), and a condition for lists (`to`).

An index stands as the images that it lists, and indexes in it. What a policy hides counts for nothing. A test holds the
two to each other.
"""

from collections.abc import Callable
from typing import Literal, get_args

from sqlalchemy import Alias, ColumnElement, FromClause, and_, exists, false, func, or_, select

from berth.db.tables import manifest, manifest_edge, scan_result
from berth.registry.images import Image
from berth.scan import queue, tally
from berth.scan.hiding import LEVELS
from berth.scan.standing import Standing
from berth.words.policies import Level, ScanPolicy

Asked = Literal["critical", "high", "any", "none", "unchecked", "checking", "failed"]
"""`high`: or worse. `unchecked`: without a result, and nobody has one made."""
ASKED: tuple[Asked, ...] = get_args(Asked)

_LEAST = {"critical": Level.CRITICAL, "high": Level.HIGH, "any": LEVELS[0]}
_RESULT = scan_result.alias("judged")
"""Rows have one of their own."""
_Table = FromClause | Alias


def says(stands: Standing, asked: Asked) -> bool:
    """Whether a digest that stands so, under the policy that counts there, is one of them."""
    if asked == "none":
        return stands.counts is not None and not stands.counts.total
    if asked in _LEAST:
        worse = LEVELS[LEVELS.index(_LEAST[asked]) :]
        return stands.counts is not None and any(stands.counts.levels[each] for each in worse)
    if asked == "unchecked":
        return "not-scanned" in stands.states
    return not stands.states.isdisjoint(queue.GOING_ON if asked == "checking" else ("failed",))


def to(found: Image, asked: Asked, policy: ScanPolicy) -> ColumnElement[bool]:
    """A condition on `manifest`; `policy` is that of the image."""
    if asked == "none":
        return and_(_all(found, _is_known), ~_all(found, _has(policy, LEVELS[0])))
    if asked in _LEAST:
        return _all(found, _has(policy, _LEAST[asked]))
    if asked == "unchecked":
        return _all(found, lambda each: and_(each.c.scan_state.in_(("", "done")), ~_is_known(each)))
    states = queue.GOING_ON if asked == "checking" else ("failed",)
    return _all(found, lambda each: each.c.scan_state.in_(states))


def _all(found: Image, condition: Callable[[_Table], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Of images those of which it is true, of indexes those that list such a one."""
    each = manifest.alias("each")
    such = select(each.c.id).where(each.c.image_id == found.id, each.c.kind == "image", condition(each))
    edge = manifest_edge.c
    above = select(edge.parent_id.label("id")).where(edge.child_id.in_(such)).cte(recursive=True)
    above = above.union(select(edge.parent_id).join(above, edge.child_id == above.c.id))
    alone = and_(manifest.c.kind == "image", condition(manifest))
    return or_(alone, and_(manifest.c.kind == "index", manifest.c.id.in_(select(above.c.id))))


def _is_known(each: _Table) -> ColumnElement[bool]:
    return exists().where(_RESULT.c.id == each.c.result_id, _RESULT.c.evaluated_at.is_not(None))


def _has(policy: ScanPolicy, least: Level) -> Callable[[_Table], ColumnElement[bool]]:
    """Whether a result has a finding of this level, or a worse one, that the policy leaves."""
    cells = tally.visible(policy, LEVELS[LEVELS.index(least) :])
    counted = [func.coalesce(_RESULT.c.tally[place].as_integer(), 0) > 0 for place in cells]
    return lambda each: exists().where(
        _RESULT.c.id == each.c.result_id, _RESULT.c.evaluated_at.is_not(None), or_(false(), *counted)
    )
