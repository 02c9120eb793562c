"""The three lists of a result as its page has them: what they are filtered by, and what is left of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection

from berth.db.pages import Found, Wanted
from berth.doors.console.view import View
from berth.registry.images import Image
from berth.restriction import covering
from berth.restriction.waiving import Cover
from berth.scan import lists, looking, report
from berth.scan.inventory import Kind, Package
from berth.scan.lists import FindingFilters, Orders, PackageFilters, SecretFilters
from berth.scan.looking import FindingRow, Looked, SecretRow
from berth.scan.report import ByLevel, Counts
from berth.words.policies import Level

T = TypeVar("T")

FINDINGS, PACKAGES, SECRETS = "vulnerabilities", "packages", "secrets"
SORTS = {
    FINDINGS: ("-severity", "score", "vulnerability", "package", "fixed_version"),
    PACKAGES: ("package", "type", "findings"),
    SECRETS: ("file", "rule", "severity"),
}
FILTERS = ("q", "type", "of", "severity", "fix", "findings")
"""`type` is of the system or of a language, `of` of which."""
KINDS: Mapping[str, Kind] = {"os": "os", "language": "language"}
SECRET = "secret"  # noqa: S105  a type of finding, no password
YES = {"yes": True, "no": False}


@dataclass(frozen=True)
class Listed:
    page: Found[Any] = field(default_factory=lambda: Found([]))  # Any: rows of one of the lists
    wanted: Wanted = field(default_factory=lambda: Wanted("", 0))
    matching: int = 0
    """Rows that the filters leave, on all pages."""
    counts: Counts | None = None
    """Of the whole result, without filters."""
    covers: Sequence[Cover | None] = ()
    """Of findings the waivers that cover them, in their order."""
    types: tuple[tuple[str, str], ...] = ()
    """Types of packages to choose from, each with its name for people."""


def asked(view: View) -> str:
    given = view.asked("list")
    return given if given in SORTS else FINDINGS


def elsewhere(view: View) -> str | None:
    """Where the list is that has what the type asks for: secrets have one of their own."""
    type_, list_ = view.asked("type"), asked(view)
    if type_ == SECRET and list_ != SECRETS:
        return _turned(view, SECRETS)
    if type_ in KINDS and list_ == SECRETS:
        return _turned(view, None)
    return None


def read(tx: Connection, view: View, image: Image, looked: Looked) -> Listed:
    list_ = asked(view)
    wanted = view.wanted(SORTS[list_])
    found, secrets = looking.findings(tx, looked), looking.secrets(tx, looked)
    counts = _counts(found, secrets)
    if list_ == PACKAGES:
        packages = looking.packages(tx, looked)
        types = _types(row.package for row in packages)
        return _listed(lists.packages(packages, _of_packages(view)), lists.PACKAGES, wanted, counts, types)
    if list_ == SECRETS:
        return _listed(lists.secrets(secrets, _of_secrets(view)), lists.SECRETS, wanted, counts)
    types = _types(row.finding.package for row in found)
    listed = _listed(lists.findings(found, _of_findings(view)), lists.FINDINGS, wanted, counts, types)
    page = Found(looking.with_words(tx, listed.page.items), listed.page.next)
    covers = covering.of_rows(tx, image, looked, page.items, at=view.site.now())
    return Listed(page, wanted, listed.matching, counts, covers, types)


def _listed(
    rows: Collection[T],
    orders: Orders[T],
    wanted: Wanted,
    counts: Counts,
    types: tuple[tuple[str, str], ...] = (),
) -> Listed:
    return Listed(lists.page(rows, orders, wanted), wanted, len(rows), counts, types=types)


def _counts(found: Sequence[FindingRow], secrets: Sequence[SecretRow]) -> Counts:
    """What the lists come to without filters: every row is one."""
    matches = [row.finding.match for row in found if row.hidden is None]
    shown = [row.secret for row in secrets if row.hidden is None]
    return Counts(
        findings=ByLevel.of(match.level for match in matches),
        fixable=ByLevel.of(match.level for match in matches if match.fixed_version),
        vulnerabilities=len({match.vulnerability.id for match in matches}),
        hidden=len(found) - len(matches),
        secrets=ByLevel.of(Level(secret.level) for secret in shown),
        hidden_secrets=len(secrets) - len(shown),
    )


def _of_findings(view: View) -> FindingFilters:
    return FindingFilters(
        levels=_levels(view),
        kind=KINDS.get(view.asked("type") or ""),
        type=view.asked("of") or "",
        fixable=YES.get(view.asked("fix") or ""),
        hidden=view.asked("hidden") is not None,
        either=_text(view),
    )


def _of_packages(view: View) -> PackageFilters:
    return PackageFilters(
        kind=KINDS.get(view.asked("type") or ""),
        type=view.asked("of") or "",
        package=_text(view),
        vulnerable=YES.get(view.asked("findings") or ""),
    )


def _of_secrets(view: View) -> SecretFilters:
    return SecretFilters(levels=_levels(view), file=_text(view), hidden=view.asked("hidden") is not None)


def _text(view: View) -> str:
    return (view.asked("q") or "").strip()


def _levels(view: View) -> list[Level]:
    given = view.query.all("severity")
    return [level for level in Level if level.value in given]


def _types(packages: Iterable[Package]) -> tuple[tuple[str, str], ...]:
    types = sorted({package.type for package in packages})
    return tuple((type_, report.LANGUAGES.get(type_, type_)) for type_ in types)


def _turned(view: View, list_: str | None) -> str:
    """The other list with the filters that it has too."""
    return view.turned(q=None, of=None, fix=None, findings=None, sort=None, after=None, list=list_)
