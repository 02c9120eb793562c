"""What a check found in a digest: three lists, what two digests differ in, and the result to take away."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from berth.db.pages import Found
from berth.doors.console.pages import opened
from berth.doors.console.pages.opened import PATH, Opened
from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import details, rows
from berth.scan import comparing, lists, looking, reporting, standing
from berth.scan.inventory import Kind
from berth.scan.lists import FindingFilters, PackageFilters, SecretFilters
from berth.scan.looking import Looked
from berth.scan.reporting import Format
from berth.words import digest as digests
from berth.words.actions import Action
from berth.words.digest import LENGTHS
from berth.words.errors import ManifestUnknown, Refusal
from berth.words.policies import Level

LEVELS = [(level.value, level.value.title()) for level in reversed(Level)]
KINDS: Mapping[str, Kind] = {"os": "os", "language": "language"}
SORTS = {
    "vulnerabilities": ("-severity", "vulnerability", "package", "fixed_version"),
    "packages": ("package", "type", "findings"),
    "secrets": ("file", "rule", "severity"),
}
OTHERS = 50
"""Tags that are offered to compare with."""


def show(view: View) -> Answer:
    asked = view.asked("list")
    list_ = asked if asked in SORTS else "vulnerabilities"
    wanted = view.wanted(SORTS[list_])
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        row = rows.one(tx, found.image, opened.content(view), at=view.site.now())
        if row is None:
            raise ManifestUnknown(view.params["digest"])
        stands = standing.of(tx, found.image, [row], at=view.site.now())[row.id]
        looked = looking.into(tx, found.image, opened.content(view)) if stands.counts is not None else None
        gaps = [] if looked is None else looking.gaps(tx, looked, at=view.site.now())
        page = Found[Any]([]) if looked is None else _page(tx, view, looked, list_)
    filters = ("q", "type", "severity", "fix")
    return view.show(
        "vulnerabilities.html",
        opened=found,
        row=row,
        stands=stands,
        looked=looked,
        gaps=gaps,
        rows=page.items,
        next=view.after(page, wanted),
        wanted=wanted,
        list=list_,
        hidden=view.asked("hidden") is not None,
        filtered=any(view.asked(name) for name in filters),
        severity_options=LEVELS,
        may=_may(found),
    )


def compare(view: View) -> Answer:
    given, problem, compared = (view.asked("base") or "").strip(), "", None
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        now = looking.into(tx, found.image, opened.content(view))
        if given:
            try:
                base = digests.parse(given if _is_digest(given) else details.resolve(tx, found.image, given))
                compared = comparing.between(tx, looking.into(tx, found.image, base), now)
            except Refusal as refusal:
                problem = view.said_of(refusal)
        others = [
            name
            for each in rows.page(tx, found.image, view.wanted(("-pushed_at",)), at=view.site.now()).items
            for name in each.tags
        ]
    return view.show(
        "compare.html",
        opened=found,
        digest=view.params["digest"],
        compared=compared,
        problem=problem,
        others=others[:OTHERS],
    )


def export(view: View) -> Answer:
    asked = view.asked("format")
    format_: Format = next((each for each in reporting.FORMATS if each == asked), "json")
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        report = reporting.of(tx, found.image, opened.content(view), at=view.site.now())
        exported = reporting.written(report, format_)
    headers = [
        ("Content-Type", exported.media_type),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Disposition", f'attachment; filename="{exported.filename}"'),
        ("Cache-Control", "no-store"),
    ]
    return Answer(200, headers, b"".join(exported.pieces))


def _page(tx: Connection, view: View, looked: Looked, list_: str) -> Found[Any]:  # Any: rows of one of the lists
    text, hidden = (view.asked("q") or "").strip(), view.asked("hidden") is not None
    kind, wanted = KINDS.get(view.asked("type") or ""), view.wanted(SORTS[list_])
    severity = [level for level in Level if level.value == view.asked("severity")]
    if list_ == "packages":
        chosen = lists.packages(looking.packages(tx, looked), PackageFilters(kind=kind, package=text))
        return lists.page(chosen, lists.PACKAGES, wanted)
    if list_ == "secrets":
        secrets = lists.secrets(looking.secrets(tx, looked), SecretFilters(severity, file=text, hidden=hidden))
        return lists.page(secrets, lists.SECRETS, wanted)
    fixable = {"yes": True, "no": False}.get(view.asked("fix") or "")
    filters = FindingFilters(severity, kind, fixable=fixable, hidden=hidden, either=text)
    page = lists.page(lists.findings(looking.findings(tx, looked), filters), lists.FINDINGS, wanted)
    return Found(looking.with_words(tx, page.items), page.next)


def _may(found: Opened) -> bool:
    return Action.MANAGE in found.rights or Action.PUSH in found.rights


def _is_digest(text: str) -> bool:
    return text.partition(":")[0] in LENGTHS


ROUTES = (
    get(PATH + "/-/tags/{digest}/vulnerabilities/export", export),
    get(PATH + "/-/tags/{digest}/vulnerabilities", show),
    get(PATH + "/-/tags/{digest}/compare", compare),
)
