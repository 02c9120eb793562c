"""Having digests checked for vulnerabilities, one or up to 50."""

from berth.doors.console.languages import mark as _
from berth.doors.console.pages import chosen, opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.scan import asking, library, standing
from berth.words.actions import Action

NEEDED = (Action.MANAGE, Action.PUSH)


def ask(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, *NEEDED)
        rows = chosen.found(tx, view, found.image)
        policy = standing.policy_of(tx, found.image.id)
        advisories = library.current(tx)
    return view.show("check.html", opened=found, rows=rows, policy=policy, advisories=advisories)


def check(view: View) -> Answer:
    wanted = chosen.digests(view)
    with view.site.db.write() as tx:
        found = opened.image(tx, view, *NEEDED)
        asking.by_hand(tx, found.image, wanted, view.caller.actor, at=view.site.now())
    return view.go(f"{found.url}/-/tags", view.say(_("Queued for a check.")))


ROUTES = (
    get(PATH + "/-/tags/check", ask),
    post(PATH + "/-/tags/check", check, "image.scan", ask),
    get(PATH + "/-/tags/{digest}/check", ask),
    post(PATH + "/-/tags/{digest}/check", check, "image.scan", ask),
)
