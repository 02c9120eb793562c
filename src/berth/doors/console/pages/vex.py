"""OpenVEX in the console: the waivers of a place as a document, and waivers from one."""

import json
from typing import Any

from berth.doors import endpoints
from berth.doors.console.languages import mark as _
from berth.doors.console.pages import days
from berth.doors.console.routes import get, post
from berth.doors.console.view import HEADERS, View
from berth.doors.http import Answer
from berth.people import sight
from berth.restriction import scopes, waivers
from berth.restriction.openvex import statements, taking, writing
from berth.restriction.terms import STATUSES
from berth.restriction.waivers import Filter
from berth.words.actions import Action
from berth.words.errors import FieldInvalid

SAID_WRONG = ("not_affected", "fixed")
"""The statuses that say that a finding is wrong; the others are taken when somebody asks for them."""


def export(view: View) -> Answer:
    now = view.site.now()
    with view.site.db.read() as tx:
        scope = scopes.opened(tx, view.caller, (view.asked("place") or "").strip())
        read = waivers.every(sight.of(tx, view.caller.principal), Filter(scope=scope, state="active"), at=now)
    document = writing.document(
        view.site,
        read,
        lambda tx: endpoints.of_paths(tx, view.site, view.scope),
        author=view.caller.principal.name,
        at=now,
    )
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Disposition", 'attachment; filename="waivers.openvex.json"'),
        *HEADERS,
    ]
    return Answer(200, headers, pieces=document)


def ask(view: View) -> Answer:
    return view.show("vex_import.html", owner=view.caller.principal.name, statuses=STATUSES, wrong=SAID_WRONG)


def take(view: View) -> Answer:
    """All that the document says within a place, or nothing of it."""
    document = statements.parse(_parsed(view))
    expires = days.end_of(view, "expires")
    if expires is None:
        raise FieldInvalid("expires_at", view.say(_("A day such as 2026-12-31.")))
    place, dry = view.field("place").strip(), view.is_on("dry_run")
    chosen = [each for each in STATUSES if each in view.form.all("statuses")]
    with view.site.db.read() as tx:
        within = scopes.opened(tx, view.caller, place, Action.MANAGE)
        wanted = taking.Wanted(within, expires, view.field("owner").strip() or view.caller.principal.name, chosen)
        found = taking.read(tx, document, wanted)
    with view.site.db.write() as tx:
        scopes.opened(tx, view.caller, place, Action.MANAGE)
        taken = taking.take(tx, view.caller.actor, document, wanted, found, at=view.site.now(), dry_run=dry)
    return view.show("vex_taken.html", taken=taken, dry=dry)


def _parsed(view: View) -> Any:  # Any: JSON from outside
    try:
        return json.loads(view.field("document"))
    except (ValueError, RecursionError):
        raise FieldInvalid("document", view.say(_("This is no JSON."))) from None


ROUTES = (
    get("/waivers/-/export", export),
    get("/waivers/-/import", ask),
    post("/waivers/-/import", take, "waiver.import", ask),
)
