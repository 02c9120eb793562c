"""Rows of the Tags tab with what is unfolded below them. The address says of what: `open`, once for each digest.

So it is the same page after a reload, while a list follows what goes on, and for somebody who is sent the address.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from berth.doors.console.view import View
from berth.registry import below
from berth.registry.below import Below
from berth.registry.images import Image
from berth.registry.rows import Row

OPEN = "open"
MOST_LINES = 2000
"""On one page: what has more is a page of its own."""


@dataclass(frozen=True)
class Line:
    row: Row
    key: str
    """Of this line alone: one digest may stand below several."""
    depth: int
    is_open: bool
    turned: str
    """The address at which it is folded the other way."""


def lines(tx: Connection, view: View, image: Image, rows: Sequence[Row]) -> list[Line]:
    wanted = dict.fromkeys(view.query.all(OPEN))
    known = _unfolded(tx, view, image, rows, wanted)
    found: list[Line] = []
    for line in _lines(view, rows, known, list(wanted), ()):
        found.append(line)
        if len(found) == MOST_LINES:
            break
    return found


def _unfolded(
    tx: Connection, view: View, image: Image, rows: Sequence[Row], wanted: Mapping[str, None]
) -> dict[int, Below]:
    """What is below each of these that are open, and below that."""
    known: dict[int, Below] = {}
    level = {row.id: row.digest for row in rows if row.digest in wanted}
    while level:
        found = below.of(tx, image, level, at=view.site.now())
        known |= found
        inner = (row for each in found.values() for row in (*each.children, *each.referrers))
        level = {row.id: row.digest for row in inner if row.digest in wanted and row.id not in known}
    return known


def _lines(
    view: View, rows: Sequence[Row], known: Mapping[int, Below], opened: list[str], above: tuple[int, ...]
) -> Iterator[Line]:
    for row in rows:
        inner = known.get(row.id) if row.id not in above else None
        others = [each for each in opened if each != row.digest]
        turned = view.turned(**{OPEN: others if inner is not None else [*others, row.digest]})
        path = (*above, row.id)
        yield Line(row, "-".join(map(str, path)), len(above), inner is not None, turned)
        if inner is not None:
            yield from _lines(view, [*inner.children, *inner.referrers], known, opened, path)
