"""Which advisories tell of which flaw, worked out from the links of all of them together."""

import sqlite3
from collections.abc import Iterator

from berth.scan.advisories import links

MAX_ALIASES = 64
"""Names of one flaw. A feed whose aliases would make more than that one is wrong, and each keeps its own."""


class Names:
    """Names that mean one flaw when they are joined, directly or by others."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._groups: dict[str, list[str]] = {}

    def join(self, one: str, other: str) -> None:
        first, second = self.flaw(one), self.flaw(other)
        ours, theirs = self._group(first), self._group(second)
        if first == second or len(ours) + len(theirs) > MAX_ALIASES:
            return
        if links.rank(second) < links.rank(first):
            first, second, ours, theirs = second, first, theirs, ours
        self._above[second] = first
        self._groups[first] = ours + theirs
        self._groups.pop(second, None)

    def flaw(self, name: str) -> str:
        """The name that stands for all of them."""
        while (above := self._above.get(name)) is not None:
            name = above
        return name

    def aliases(self) -> Iterator[tuple[str, str]]:
        return ((flaw, name) for flaw, group in self._groups.items() for name in group if name != flaw)

    def _group(self, flaw: str) -> list[str]:
        return self._groups.get(flaw) or [flaw]


def work_out(db: sqlite3.Connection) -> None:
    """Fill `tells` and `alias` anew. Withdrawn records tell of nothing, and what they call the same is not believed."""
    names = Names()
    for one, other in db.execute(_SAME):
        names.join(one, other)
    db.execute("DELETE FROM tells")
    db.execute("DELETE FROM alias")
    spoken_of = [(names.flaw(other), number) for number, other in db.execute(_SPOKEN_OF)]
    bulletins = {number for _, number in spoken_of}
    records = db.execute("SELECT number, id FROM advisory WHERE NOT withdrawn")
    own = [(names.flaw(name), number) for number, name in records if number not in bulletins]
    db.executemany("INSERT OR IGNORE INTO tells VALUES (?, ?)", sorted(own + spoken_of))
    db.executemany("INSERT INTO alias VALUES (?, ?)", sorted(names.aliases()))


# In an order that does not depend on that of the import, for the limit makes it matter.
_SAME = """
SELECT id, other FROM link JOIN advisory ON number = advisory
WHERE kind = 'same' AND NOT withdrawn ORDER BY id, other
"""
_SPOKEN_OF = """
SELECT advisory, other FROM link JOIN advisory ON number = advisory WHERE kind = 'speaks' AND NOT withdrawn
"""
