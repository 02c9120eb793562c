"""Pulls that were refused in the last days, of an image or of all of a repository: who, how often, why, what helps."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from berth.db.pages import Found
from berth.doors.console.pages import opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people.access import Place
from berth.registry import opening
from berth.restriction import refused
from berth.words.actions import Action

SORTS = ("-last_at", "-pulls")
DAYS = ("7", "1", "30", "90")
OUTCOMES = {"": ("refused",), "warned": ("warned",), "permitted": ("permitted",)}
REPOSITORY = "/registries/{registry}/repositories/{repository}"


def of_image(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        path = found.image.path
        place = opening.open_repository(tx, view.caller, path.registry, path.repository, Action.MANAGE)
        page = _page(tx, view, place, found.image.id)
    return _shown(view, page, str(path), found.url)


def of_repository(view: View) -> Answer:
    above, name = view.params["registry"], view.params["repository"]
    with view.site.db.read() as tx:
        place = opening.open_repository(tx, view.caller, above, name, Action.MANAGE)
        page = _page(tx, view, place, None)
    return _shown(view, page, f"{above}/{name}", f"/console/registries/{above}/repositories/{name}")


def _page(tx: Connection, view: View, place: Place, image_id: int | None) -> Found[refused.RefusedPull]:
    since = view.site.now() - timedelta(days=int(_days(view)) - 1)
    outcomes = OUTCOMES.get(view.asked("outcome") or "", OUTCOMES[""])
    return refused.page(tx, place, view.wanted(SORTS), since=since, image_id=image_id, outcomes=outcomes)


def _days(view: View) -> str:
    asked = view.asked("days")
    return asked if asked in DAYS else DAYS[0]


def _shown(view: View, page: Found[Any], place: str, back: str) -> Answer:  # Any: rows are drawn by name
    wanted = view.wanted(SORTS)
    kept = view.site.settings.refused_pull_days
    return view.show(
        "refused.html",
        rows=page.items,
        next=view.after(page, wanted),
        wanted=wanted,
        place=place,
        back=back,
        days=_days(view),
        spans=[each for each in sorted(DAYS, key=int) if int(each) <= kept or each == DAYS[0]],
    )


ROUTES = (get(PATH + "/-/refused", of_image), get(REPOSITORY + "/-/refused", of_repository))
