"""Totals that take longer to tell than the page that has them: a page asks for each when it is there.

Without a script each is a page of its own.
"""

from sqlalchemy import Connection

from berth.db.tables import repository
from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import sight
from berth.people.access import Place
from berth.registry import latest, opening, overview, sizes
from berth.scan import narrowing, standing
from berth.scan.narrowing import Asked

REPOSITORY = "/registries/{registry}/repositories/{repository}"


def images_with(tx: Connection, view: View, place: Place, result: Asked) -> list[int]:
    """Those of a repository whose newest tag stands so."""
    newest = latest.of(tx, overview.all_images(tx, place))
    stands = standing.of_latest(tx, newest, at=view.site.now())
    return [number for number, each in stands.items() if narrowing.says(each, result)]


def storage(view: View) -> Answer:
    with view.site.db.read() as tx:
        amount = sizes.of_places(tx, sight.of(tx, view.caller.principal).of_repositories())
    return view.show("total.html", size=amount, address="", back="/console/")


def storage_of_repository(view: View) -> Answer:
    with view.site.db.read() as tx:
        place = _place(tx, view)
        amount = sizes.of_places(tx, repository.c.id == place.repository_id)
    return view.show("total.html", size=amount, address="", back=_images(place))


def critical(view: View) -> Answer:
    with view.site.db.read() as tx:
        place = _place(tx, view)
        many = len(images_with(tx, view, place, "critical"))
    back = _images(place)
    return view.show("total.html", size=None, many=many, address=f"{back}&vuln=critical", back=back)


def _place(tx: Connection, view: View) -> Place:
    return opening.open_repository(tx, view.caller, view.params["registry"], view.params["repository"])


def _images(place: Place) -> str:
    return f"/console/images?registry={place.registry_name}&repository={place.repository_name}"


ROUTES = (
    get("/storage", storage),
    get(REPOSITORY + "/-/storage", storage_of_repository),
    get(REPOSITORY + "/-/critical", critical),
)
