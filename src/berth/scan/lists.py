"""The three lists of a result, filtered, sorted and turned page by page: findings, packages, secrets.

A result is bounded, so a list is made whole and cut; the key of a page is that of its last row.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from berth.db.pages import Found, Wanted
from berth.scan.hiding import RANKS
from berth.scan.inventory import Kind
from berth.scan.looking import FindingRow, PackageRow, SecretRow
from berth.scan.unpacked import LONGEST, Key, mark
from berth.words.errors import FieldInvalid
from berth.words.policies import Level

T = TypeVar("T")

Orders = Mapping[str, Callable[[T], Key]]
"""By the name of an order the key of a row, which tells all rows apart; each of its parts is a number or a text."""


@dataclass(frozen=True)
class FindingFilters:
    levels: Collection[Level] = field(default=())
    """Any of them; none: all."""
    kind: Kind | None = None
    type: str = ""
    """Of package: `deb`, `pypi`, ..."""
    package: str = ""
    """A part of its name, in whatever case."""
    vulnerability: str = ""
    """The same of its name or of another name of it."""
    fixable: bool | None = None
    hidden: bool = False
    """Those too that the policy leaves out."""
    either: str = ""
    """A part of the name of the package or of the vulnerability."""


@dataclass(frozen=True)
class PackageFilters:
    kind: Kind | None = None
    type: str = ""
    package: str = ""
    vulnerable: bool | None = None


@dataclass(frozen=True)
class SecretFilters:
    levels: Collection[Level] = field(default=())
    rule: str = ""
    file: str = ""
    hidden: bool = False


def findings(rows: Iterable[FindingRow], filters: FindingFilters) -> list[FindingRow]:
    return [row for row in rows if _finding_wanted(row, filters)]


def packages(rows: Iterable[PackageRow], filters: PackageFilters) -> list[PackageRow]:
    return [row for row in rows if _package_wanted(row, filters)]


def secrets(rows: Iterable[SecretRow], filters: SecretFilters) -> list[SecretRow]:
    return [row for row in rows if _secret_wanted(row, filters)]


def page(rows: Collection[T], orders: Orders[T], wanted: Wanted) -> Found[T]:
    """Raises `FieldInvalid` for an order that is none of these, and for a key that does not fit it."""
    down = wanted.sort.startswith("-")
    key = orders.get(wanted.sort.removeprefix("-"))
    if key is None:
        raise FieldInvalid("sort", f"one of {', '.join(orders)}, with '-' before it for the other way round")
    sorted_ = sorted(rows, key=key, reverse=down)
    begins = 0 if wanted.after is None else _begins(sorted_, key, wanted.after, down=down)
    some = sorted_[begins : begins + wanted.limit]
    more = begins + wanted.limit < len(sorted_)
    return Found(some, key(some[-1]) if more and some else None)


def _begins(sorted_: list[T], key: Callable[[T], Key], after: tuple[Any, ...], *, down: bool) -> int:
    """Where the page after this key begins. Any: a key comes from outside, so it may be anything."""
    if sorted_ and [type(part) for part in after] != [type(part) for part in key(sorted_[0])]:
        raise FieldInvalid("cursor", "it is none that this list has given out")
    if not down:
        return bisect_right(sorted_, after, key=key)
    return bisect_left(sorted_, True, key=lambda row: key(row) < after)  # noqa: FBT003  the first that comes after


def _of_secret(row: SecretRow) -> Key:
    return (row.secret.path[:LONGEST], row.secret.line, row.secret.rule, mark(row.secret, row.parts))


def _score(row: FindingRow) -> int:
    """In tenths, and so a whole number; -1 for none."""
    score = row.finding.match.vulnerability.score
    return -1 if score is None else round(score * 10)


FINDINGS: Orders[FindingRow] = {
    "severity": lambda row: (RANKS[row.finding.match.level], _score(row), *row.key),
    "score": lambda row: (_score(row), *row.key),
    "vulnerability": lambda row: row.key,
    "package": lambda row: (row.finding.package.name[:LONGEST], *row.key),
    "fixed_version": lambda row: (row.finding.match.fixed_version[:LONGEST], *row.key),
}
PACKAGES: Orders[PackageRow] = {
    "package": lambda row: row.key,
    "findings": lambda row: (row.counts.critical, row.counts.high, row.counts.total, *row.key),
    "type": lambda row: (row.package.type, *row.key),
}
SECRETS: Orders[SecretRow] = {
    "file": _of_secret,
    "severity": lambda row: (RANKS[Level(row.secret.level)], *_of_secret(row)),
    "rule": lambda row: (row.secret.rule, *_of_secret(row)),
}


def _finding_wanted(row: FindingRow, filters: FindingFilters) -> bool:
    package, match = row.finding.package, row.finding.match
    names = (match.vulnerability.id, *match.vulnerability.aliases)
    return (
        (filters.hidden or row.hidden is None)
        and (not filters.levels or match.level in filters.levels)
        and _fits(filters.kind, package.kind)
        and _fits(filters.type, package.type)
        and _contains(package.name, filters.package)
        and any(_contains(name, filters.vulnerability) for name in names)
        and any(_contains(name, filters.either) for name in (package.name, *names))
        and (filters.fixable is None or filters.fixable == bool(match.fixed_version))
    )


def _package_wanted(row: PackageRow, filters: PackageFilters) -> bool:
    return (
        _fits(filters.kind, row.package.kind)
        and _fits(filters.type, row.package.type)
        and _contains(row.package.name, filters.package)
        and (filters.vulnerable is None or filters.vulnerable == (row.counts.total > 0))
    )


def _secret_wanted(row: SecretRow, filters: SecretFilters) -> bool:
    return (
        (filters.hidden or row.hidden is None)
        and (not filters.levels or Level(row.secret.level) in filters.levels)
        and _fits(filters.rule, row.secret.rule)
        and _contains(row.secret.path, filters.file)
    )


def _fits(wanted: str | None, value: str) -> bool:
    return not wanted or wanted == value


def _contains(text: str, part: str) -> bool:
    return part.lower() in text.lower()
