"""Search: images by name, tags by name, digests by their first digits, in all places the caller sees."""

from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import finding


def show(view: View) -> Answer:
    text = (view.query.get("q") or "").strip()[:128]
    with view.site.db.read() as tx:
        found = finding.find(tx, view.caller.principal, text) if text else finding.NOTHING
    return view.show("search.html", text=text, found=found, most=finding.MOST)


ROUTES = (get("/search", show),)
