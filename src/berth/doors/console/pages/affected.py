"""Vulnerabilities over all images: which have one, or a package; and what the advisories are.

Everybody sees what is in force and how old it is; why an update failed is for administrators, as in the API.
"""

from berth.db.pages import Found, Wanted
from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import sight
from berth.scan import affected, coverage, importing, library, news, queue
from berth.scan.affected import Affected

NEWS = 10
"""Digests that are told of as newly affected."""


def show(view: View) -> Answer:
    flaw, package, version = (
        (view.asked(name) or "").strip()[:120] for name in ("vulnerability", "package", "version")
    )
    wanted = view.wanted(("path",))
    with view.site.db.read() as tx:
        build = library.current(tx)
        page: Found[Affected] = Found([])
        seen = sight.of(tx, view.caller.principal).of_repositories()
        if flaw or package:
            page = affected.page(tx, wanted, seen, flaw=flaw, package=package, version=version)
        depth = sum(queue.depth(tx).values())
        told = news.of_digests(tx, Wanted("-id", NEWS), seen, affected=True).items
        latest = [each for each in told if each.opened]  # of the others the policy leaves nothing
        failure = importing.last_failure(tx) if view.is_operator else ""
    return view.show(
        "affected.html",
        build=build,
        ageing=build is not None and coverage.is_ageing(build.made_at, at=view.site.now()),
        depth=depth,
        failure=failure,
        latest=latest,
        rows=page.items,
        next=view.after(page, wanted),
        wanted=wanted,
        asked=bool(flaw or package),
    )


ROUTES = (get("/vulnerabilities", show),)
