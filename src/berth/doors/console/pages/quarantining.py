"""Quarantine of a digest: put out of use at once, with a reason, and released."""

from berth.doors.console.languages import mark as _
from berth.doors.console.pages import chosen, opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import rows
from berth.restriction import quarantine
from berth.words.actions import Action
from berth.words.errors import ManifestUnknown


def ask(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        row = rows.one(tx, found.image, opened.content(view), at=view.site.now())
        if row is None:
            raise ManifestUnknown(view.params["digest"])
        shown = chosen.found(tx, view, found.image)
    return view.show("quarantine.html", opened=found, row=row, rows=shown)


def put(view: View) -> Answer:
    """Or end it: `release` says which button was pressed."""
    now, release = view.site.now(), view.is_on("release")
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        content = opened.content(view)
        if release:
            quarantine.lift(tx, found.image, content, view.caller.actor, at=now)
        else:
            reason = view.field("reason").strip()
            quarantine.put(tx, found.image, content, view.caller.actor, at=now, reason=reason)
    return view.go(f"{found.url}/-/tags", view.say(_("Released.") if release else _("In quarantine.")))


ROUTES = (
    get(PATH + "/-/tags/{digest}/quarantine", ask),
    post(PATH + "/-/tags/{digest}/quarantine", put, "manifest.quarantine", ask),
)
