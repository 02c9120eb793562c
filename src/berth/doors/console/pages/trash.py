"""The trash: what was deleted in a repository, and whole registries and repositories; restoring and giving up."""

from typing import Any

from sqlalchemy import Connection

from berth.doors.console.languages import mark as _
from berth.doors.console.pages import seen
from berth.doors.console.routes import get, post
from berth.doors.console.view import SCOPE, View
from berth.doors.http import Answer
from berth.people.access import Place
from berth.registry import opening, place_restoring, place_trash, restoring, trash
from berth.words.actions import Action
from berth.words.errors import TrashUnknown

NEEDED = (Action.MANAGE, Action.DELETE, Action.ADMIN)
"""One of these lets somebody see the trash."""
SORTS = ("-deleted_at", "purge_at", "image", "-size")
MOST_WHOLE = 50
"""Registries and repositories; the API and the command line have the others."""


def show(view: View) -> Answer:
    """Of the repository asked for; else of the one looked at last, where its trash may be seen, else of the first."""
    wanted, name = view.wanted(SORTS), view.asked("image")
    with view.site.db.read() as tx:
        places = seen.places(tx, view.caller, *NEEDED)
        here = _asked(view) or _looked_at(view, places) or places.first
        whole = place_trash.every(tx, view.caller, MOST_WHOLE)
        same: dict[str, Any] = {  # Any: whatever the page shows
            "places": places,
            "wanted": wanted,
            "whole": whole[:MOST_WHOLE],
            "more_whole": whole[MOST_WHOLE:],
        }
        if here is None:
            return view.show("trash.html", place=None, rows=[], next=None, rights=(), **same)
        place = opening.open_repository(tx, view.caller, *here, *NEEDED)
        rights = view.rights(tx, place)
        found = trash.page(tx, place, wanted, image_name=name)
    next_page = view.after(found, wanted)
    return view.show("trash.html", place=place, rows=found.items, next=next_page, rights=rights, **same)


def ask_restore(view: View) -> Answer:
    with view.site.db.read() as tx:
        place = _place(tx, view, Action.MANAGE)
        item = trash.find(tx, place, _id(view))
    return view.show("trash_restore.html", place=place, item=item)


def restore(view: View) -> Answer:
    """With other names for those that are in use, when the form has such."""
    rename = {name: view.field(f"as {name}").strip() for name in view.form.all("name") if view.field(f"as {name}")}
    with view.site.db.write() as tx:
        place = _place(tx, view, Action.MANAGE)
        item = trash.find(tx, place, _id(view))
        now = view.site.now()
        if item.kind == trash.IMAGE:
            restoring.restore_batch(tx, place, item.batch, view.caller.actor, at=now, rename=rename)
        else:
            restoring.restore(tx, place, [item.id], view.caller.actor, at=now, rename=rename)
    return view.go(_back(place), view.say(_("Restored.")))


def ask_discard(view: View) -> Answer:
    with view.site.db.read() as tx:
        place = _place(tx, view, Action.DELETE)
        item = trash.find(tx, place, _id(view))
    return view.show("trash_discard.html", place=place, item=item)


def discard(view: View) -> Answer:
    with view.site.db.write() as tx:
        place = _place(tx, view, Action.DELETE)
        trash.discard(tx, place, [_id(view)], view.caller.actor, at=view.site.now())
    return view.go(_back(place), view.say(_("Deleted for good.")))


def ask_restore_place(view: View) -> Answer:
    return view.show("trash_place_restore.html", item=_whole(view))


def restore_place(view: View) -> Answer:
    name = view.field("name").strip() or None
    with view.site.db.write() as tx:
        above, now = _above(tx, view), view.site.now()
        if above is None:
            asked = place_restoring.request_registry(tx, view.caller, _id(view), at=now, name=name)
        else:
            asked = place_restoring.request_repository(tx, view.caller, above, _id(view), at=now, name=name)
    if asked.operation is None:
        return view.go("/console/trash", view.say(_("Restored.")))
    return view.go("/console/activity", view.say(_("%(name)s is back; its images follow."), name=asked.path))


def ask_discard_place(view: View) -> Answer:
    return view.show("trash_place_discard.html", item=_whole(view))


def discard_place(view: View) -> Answer:
    with view.site.db.write() as tx:
        place_trash.discard(tx, view.caller, _above(tx, view), [_id(view)], at=view.site.now())
    return view.go("/console/trash", view.say(_("Deleted for good.")))


def _whole(view: View) -> place_trash.Item:
    with view.site.db.read() as tx:
        return place_trash.find(tx, view.caller, _above(tx, view), _id(view))


def _above(tx: Connection, view: View) -> Place | None:
    """The registry whose repository it is; None: it is a registry."""
    name = view.params.get("registry")
    return None if name is None else opening.open_registry(tx, view.caller, name)


def _place(tx: Connection, view: View, needed: Action) -> Place:
    return opening.open_repository(tx, view.caller, view.params["registry"], view.params["repository"], needed)


def _id(view: View) -> int:
    given = view.params["item"]
    if not given.isdecimal() or len(given) > 18:  # noqa: PLR2004  digits of an id
        raise TrashUnknown(0)
    return int(given)


def _asked(view: View) -> tuple[str, str] | None:
    above, slash, within = (view.asked("place") or "").partition("/")
    return (above, within) if slash else None


def _looked_at(view: View, places: seen.Places) -> tuple[str, str] | None:
    above, _slash, within = view.given.get(SCOPE, "").partition("/")
    return (above, within) if places.has(above, within) else None


def _back(place: Place) -> str:
    return f"/console/trash?place={place}"


_ONE = "/trash/{registry}/{repository}/{item}"
_WHOLE = ("/trash/-/{item}", "/trash/-/{registry}/{item}")
"""A registry, and a repository of one."""

ROUTES = (
    get("/trash", show),
    get(_ONE + "/restore", ask_restore),
    post(_ONE + "/restore", restore, "trash.restore", ask_restore),
    get(_ONE + "/discard", ask_discard),
    post(_ONE + "/discard", discard, "trash.discard", ask_discard),
    *(get(path + "/restore", ask_restore_place) for path in _WHOLE),
    *(post(path + "/restore", restore_place, "trash.restore", ask_restore_place) for path in _WHOLE),
    *(get(path + "/discard", ask_discard_place) for path in _WHOLE),
    *(post(path + "/discard", discard_place, "trash.discard", ask_discard_place) for path in _WHOLE),
)
