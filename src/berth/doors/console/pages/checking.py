"""Having digests checked for vulnerabilities: one, up to 50, or all images of a repository."""

from sqlalchemy import Connection

from berth.doors.console.languages import mark as _
from berth.doors.console.pages import chosen, opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people.access import Place
from berth.registry import opening
from berth.scan import asking, library, standing
from berth.words.actions import Action

NEEDED = (Action.MANAGE, Action.PUSH)
REPOSITORY = "/registries/{registry}/repositories/{repository}"


def ask(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, *NEEDED)
        rows = chosen.found(tx, view, found.image)
        policy = standing.policy_of(tx, found.image.id)
        advisories = library.current(tx)
    images = [row for row in rows if row.kind != "artifact"]
    others = [row for row in rows if row.kind == "artifact"]
    return view.show("check.html", opened=found, rows=images, others=others, policy=policy, advisories=advisories)


def check(view: View) -> Answer:
    wanted = chosen.digests(view)
    with view.site.db.write() as tx:
        found = opened.image(tx, view, *NEEDED)
        asking.by_hand(tx, found.image, wanted, view.caller.actor, at=view.site.now())
    return view.go(f"{found.url}/-/tags", view.say(_("Queued for a check.")))


def ask_whole(view: View) -> Answer:
    with view.site.db.read() as tx:
        place = _place(tx, view)
        images, advisories = asking.how_many(tx, place), library.current(tx)
    return view.show("check_repository.html", place=place, images=images, advisories=advisories)


def check_whole(view: View) -> Answer:
    with view.site.db.read() as tx:
        place = _place(tx, view)
    queued = asking.whole(view.site, place, view.caller.actor)
    said = view.language.ngettext(
        _("%(num)s image was queued for a check."), _("%(num)s images were queued for a check."), queued
    )
    path = f"/console/registries/{place.registry_name}/repositories/{place.repository_name}"
    return view.go(path, said % {"num": queued})


def _place(tx: Connection, view: View) -> Place:
    return opening.open_repository(tx, view.caller, view.params["registry"], view.params["repository"], Action.MANAGE)


ROUTES = (
    get(REPOSITORY + "/-/check", ask_whole),
    post(REPOSITORY + "/-/check", check_whole, "repository.scan", ask_whole),
    get(PATH + "/-/tags/check", ask),
    post(PATH + "/-/tags/check", check, "image.scan", ask),
    get(PATH + "/-/tags/{digest}/check", ask),
    post(PATH + "/-/tags/{digest}/check", check, "image.scan", ask),
)
