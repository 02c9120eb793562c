"""An image: its details, its user guide, and the history of its tags."""

from datetime import UTC, datetime

from berth.db.pages import Wanted
from berth.doors.console.languages import mark as _
from berth.doors.console.pages import opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import details, history
from berth.words.actions import Action
from berth.words.errors import FieldInvalid

SPANS = 100


def show(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        detail = details.of_image(tx, found.image, at=view.site.now())
    return view.show("image.html", opened=found, detail=detail, tab="details")


def guide(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
    base = opened.base(view, found.endpoints)
    return view.show("image_guide.html", opened=found, reference=f"{base}:TAG", host=base.partition("/")[0])


def show_history(view: View) -> Answer:
    name = view.asked("tag")
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        detail = details.head(tx, found.image, at=view.site.now())
        spans = [] if name is None else history.page(tx, found.image, name, Wanted("-at", SPANS)).items
    return view.show("history.html", opened=found, detail=detail, tag=name, spans=spans, tab="history")


def ask_put_back(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        digest = history.digest_at(tx, found.image, _tag(view), _moment(view))
    return view.show("put_back.html", opened=found, tag=_tag(view), digest=digest, moment=_moment(view))


def put_back(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        history.put_back(tx, found.image, _tag(view), _moment(view), view.caller.actor, at=view.site.now())
    return view.go(f"{found.url}/-/history?tag={_tag(view)}", view.say(_("Put back.")))


def _tag(view: View) -> str:
    return view.query.get("tag") or ""


def _moment(view: View) -> datetime:
    try:
        at = datetime.fromisoformat(view.query.get("at") or "")
    except ValueError:
        raise FieldInvalid("at", view.say(_("A time such as 2026-01-31T12:00:00Z."))) from None
    if at.tzinfo is None:
        raise FieldInvalid("at", view.say(_("A time with its zone.")))
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise FieldInvalid("at", view.say(_("A time such as 2026-01-31T12:00:00Z."))) from None


ROUTES = (
    get(PATH + "/-/guide", guide),
    get(PATH + "/-/history", show_history),
    get(PATH + "/-/put-back", ask_put_back),
    post(PATH + "/-/put-back", put_back, "tag.put-back", ask_put_back),
    get(PATH, show),
)
