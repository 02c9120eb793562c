"""How lists look: columns that are left out, height of rows, rows on a page. One cookie keeps it in the browser.

    100!compact!tags=digest.pulls!users=kind

Of what it does not say, and of what makes no sense, a list is as it comes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from berth.doors.console.languages import mark as _

SIZES = (20, 50, 100)
COMPACT = "compact"

LISTS: Mapping[str, Mapping[str, str]] = {
    "tags": {
        "digest": _("Digest"),
        "size": _("Size"),
        "pushed": _("Pushed"),
        "edited": _("Edited"),
        "inspected": _("Inspected"),
        "result": _("Vulnerability check result"),
        "pulls": _("Pulls"),
        "status": _("Status"),
    },
    "images": {
        "status": _("Status"),
        "latest": _("Latest tag"),
        "size": _("Size"),
        "tags": _("Tags"),
        "digests": _("Digests"),
        "pulls": _("Pulls"),
        "result": _("Vulnerabilities"),
        "edited": _("Edited"),
    },
    "registries": {
        "status": _("Status"),
        "access": _("Access"),
        "endpoint": _("Public endpoint"),
        "created": _("Created"),
        "edited": _("Edited"),
    },
    "repositories": {
        "registry": _("Registry"),
        "status": _("Status"),
        "immutable": _("Immutable tags"),
        "created": _("Created"),
        "edited": _("Edited"),
    },
    "activity": {
        "status": _("Status"),
        "progress": _("Progress"),
        "by": _("By whom"),
        "started": _("Started"),
    },
    "keys": {
        "owner": _("Owner"),
        "status": _("Status"),
        "bounds": _("Bounds"),
        "used": _("Last used"),
        "expires": _("Expires"),
        "created": _("Created"),
    },
    "users": {
        "kind": _("Kind"),
        "status": _("Status"),
        "created": _("Created"),
        "edited": _("Edited"),
    },
    "waivers": {
        "place": _("Where"),
        "reason": _("Reason"),
        "owner": _("Who is responsible"),
        "status": _("Status"),
        "expires": _("Expires"),
        "created": _("Created"),
    },
    "refused": {
        "by": _("By whom"),
        "pulls": _("How often"),
        "last": _("Last"),
        "reason": _("Reason"),
        "helps": _("What helps"),
    },
    "trash": {
        "tags": _("Tags"),
        "digest": _("Digest"),
        "size": _("Size"),
        "deleted": _("Deleted"),
        "by": _("By whom"),
        "kept": _("Kept until"),
    },
    "vulnerabilities": {
        "severity": _("Severity"),
        "score": _("Score"),
        "package": _("Package"),
        "version": _("Current version"),
        "fix": _("Fix version"),
        "type": _("Type"),
        "location": _("Location"),
    },
    "packages": {
        "version": _("Current version"),
        "type": _("Type"),
        "findings": _("Vulnerabilities"),
        "location": _("Location"),
    },
    "secrets": {
        "line": _("Line"),
        "rule": _("Rule"),
        "severity": _("Severity"),
        "match": _("Match, masked"),
    },
    "audit": {
        "by": _("By whom"),
        "action": _("Action"),
        "target": _("Target"),
        "outcome": _("Outcome"),
        "address": _("Address"),
    },
}
"""The lists whose columns can be chosen. The first column of each always stays."""


@dataclass(frozen=True)
class Looks:
    size: int = SIZES[0]
    compact: bool = False
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By list the columns that are left out."""

    def columns(self, table: str) -> list[str]:
        """Those that are shown."""
        return [name for name in LISTS.get(table, {}) if name not in self.hidden.get(table, ())]

    def chosen(self, table: str, shown: Collection[str], *, size: int, compact: bool) -> "Looks":
        """With this choice for a list, and for all of them."""
        out = frozenset(name for name in LISTS.get(table, {}) if name not in shown)
        others = {name: columns for name, columns in self.hidden.items() if name != table}
        return replace(self, size=size, compact=compact, hidden={**others, table: out} if out else others)

    def written(self) -> str:
        parts = [str(self.size), COMPACT if self.compact else ""]
        parts += [f"{table}={'.'.join(sorted(columns))}" for table, columns in sorted(self.hidden.items())]
        return "!".join(parts)


def read(cookie: str) -> Looks:
    size, compact, *tables = [*cookie.split("!"), ""]
    hidden: dict[str, frozenset[str]] = {}
    for table, _equals, columns in (part.partition("=") for part in tables):
        out = frozenset(columns.split(".")) & LISTS.get(table, {}).keys()
        if out:
            hidden[table] = out
    return Looks(size_of(size) or SIZES[0], compact == COMPACT, hidden)


def size_of(given: str | None) -> int | None:
    """Rows on a page; None for a number that is not offered."""
    return next((size for size in SIZES if str(size) == given), None)
