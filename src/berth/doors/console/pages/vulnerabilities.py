"""What a check found in a digest: what it comes to, its three lists, and the result to take away.

Of an index the results of its platforms stand together, or one of them alone.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from berth.doors.console.pages import found_lists, opened, verdicts
from berth.doors.console.pages.found_lists import Listed
from berth.doors.console.pages.opened import PATH, Opened
from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import below, rows
from berth.registry.images import Image
from berth.registry.rows import Row
from berth.restriction import judging, newest
from berth.scan import coverage, looking, reporting, standing
from berth.scan.reporting import Format
from berth.words import digest as digests
from berth.words.actions import Action
from berth.words.errors import ManifestUnknown


def show(view: View) -> Answer:
    elsewhere = found_lists.elsewhere(view)
    if elsewhere is not None:
        return view.go(elsewhere)
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        row, images = _row(tx, view, found.image)
        stands = standing.of(tx, found.image, [row, *images], at=view.site.now())
        shown = _chosen(view, row, images)
        known = stands[shown.id].counts is not None
        looked = looking.into(tx, found.image, digests.parse(shown.digest)) if known else None
        gaps = [] if looked is None else looking.gaps(tx, looked, at=view.site.now())
        listed = Listed() if looked is None else found_lists.read(tx, view, found.image, looked)
        pull = verdicts.told(tx, found.image, [shown.id], at=view.site.now())[shown.id]
        rules = judging.rules_of(tx, found.image.id)
        refused = pull["verdict"] in ("refused", "partly")
        other = newest.allowed(tx, found.image.id, rules, at=view.site.now()) if refused else None
    return view.show(
        "vulnerabilities.html",
        opened=found,
        row=row,
        platforms=[(each, stands[each.id], _name(each, images)) for each in images],
        shown=shown,
        stands=stands[shown.id],
        looked=looked,
        gaps=gaps,
        ageing=coverage.is_ageing(stands[shown.id].advisories_at, at=view.site.now())
        and not any(gap.code == "database-old" for gap in gaps),
        listed=listed,
        pull_told=pull,
        newest_allowed=other,
        next=view.after(listed.page, listed.wanted),
        list=found_lists.asked(view),
        hidden=view.asked("hidden") is not None,
        filtered=any(view.asked(name) for name in found_lists.FILTERS),
        may_waive=Action.MANAGE in found.rights,
        may_check=_may(found, shown),
        may_publish=shown.kind == "image" and shown.state == "active" and Action.PUSH in found.rights,
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
    return Answer(200, headers, pieces=exported.pieces)


def _row(tx: Connection, view: View, image: Image) -> tuple[Row, list[Row]]:
    """The digest, and of an index the images that it lists. Raises `ManifestUnknown`."""
    content = opened.content(view)
    row = rows.one(tx, image, content, at=view.site.now())
    if row is None:
        raise ManifestUnknown(view.params["digest"])
    if row.kind != "index":
        return row, []
    children = below.of_one(tx, image, content, at=view.site.now()).children
    return row, [each for each in children if each.kind == "image"]


def _chosen(view: View, row: Row, images: Sequence[Row]) -> Row:
    asked = view.asked("platform")
    return next((each for each in images if asked in (each.digest, _name(each, images))), row)


def _name(row: Row, images: Sequence[Row]) -> str:
    """Its platform, unless it has none or shares it."""
    same = [each for each in images if each.platforms[:1] == row.platforms[:1]]
    return row.platforms[0] if row.platforms and len(same) == 1 else row.digest


def _may(found: Opened, shown: Row) -> bool:
    return shown.state == "active" and (Action.MANAGE in found.rights or Action.PUSH in found.rights)


ROUTES = (
    get(PATH + "/-/tags/{digest}/vulnerabilities/export", export),
    get(PATH + "/-/tags/{digest}/vulnerabilities", show),
)
