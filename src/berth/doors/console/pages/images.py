"""The image list of a repository, and the selector of registry and repository."""

from berth.doors import endpoints
from berth.doors.console.languages import mark as _
from berth.doors.console.pages import opened, seen, totals
from berth.doors.console.routes import get, post
from berth.doors.console.view import SCOPE, View
from berth.doors.http import Answer
from berth.registry import latest, opening, overview
from berth.scan import narrowing, standing
from berth.words.errors import FieldInvalid, Unknown

SORTS = ("name", "-created_at", "-edited_at", "-pulls")
STATES = ("active", "editing", "deleting", "inactive")
MOST_COUNTED = 100_000
YEAR = 365 * 24 * 3600


def show(view: View) -> Answer:
    """Without a scope in the address: the one used last, else the selector."""
    above, within = view.asked("registry"), view.asked("repository")
    if above is None or within is None:
        return _scope(view)
    wanted, name, state = view.wanted(SORTS), view.asked("q"), view.asked("status")
    result = next((each for each in narrowing.ASKED if each == view.asked("vuln")), None)
    with view.site.db.read() as tx:
        place = opening.open_repository(tx, view.caller, above, within)
        rights = view.rights(tx, place)
        ends = endpoints.of_registry(tx, view.site, view.scope, above).below(within)
        now, state_ = view.site.now(), state if state in STATES else None
        among = None if result is None else totals.images_with(tx, view, place, result)
        found = overview.image_page(tx, place, wanted, at=now, name=name, state=state_, among=among)
        newest = latest.of(tx, [row.id for row in found.items])
        stands = standing.of_latest(tx, newest, at=now)
        counts = overview.count(tx, place, MOST_COUNTED)
    view.keep(SCOPE, f"{above}/{within}", YEAR)
    return view.show(
        "images.html",
        place=place,
        rights=rights,
        endpoints=ends,
        rows=found.items,
        newest=newest,
        stands=stands,
        totals=counts,
        most=MOST_COUNTED,
        next=view.after(found, wanted),
        wanted=wanted,
        filtered=name is not None or state is not None or result is not None,
    )


def _scope(view: View) -> Answer:
    above, _slash, within = view.given.get(SCOPE, "").partition("/")
    if above and within:
        try:
            with view.site.db.read() as tx:
                opening.open_repository(tx, view.caller, above, within)
            return view.go(f"/console/images?registry={above}&repository={within}")
        except Unknown:
            pass
    return select(view)


def select(view: View) -> Answer:
    above, _slash, within = view.given.get(SCOPE, "").partition("/")
    with view.site.db.read() as tx:
        places = seen.places(tx, view.caller)
        taking = seen.takes_repositories(tx, view.caller)
    current = f"{view.asked('registry') or above}/{view.asked('repository') or within}"
    return view.show("images_select.html", places=places, current=current, taking=taking, most=seen.MOST_LINKS)


def choose(view: View) -> Answer:
    above, slash, within = view.field("place").partition("/")
    if not slash:
        raise FieldInvalid("place", view.say(_("Choose a repository.")))
    with view.site.db.read() as tx:
        opening.open_repository(tx, view.caller, above, within)
    return view.go(f"/console/images?registry={above}&repository={within}")


def push_guide(view: View) -> Answer:
    above, within = view.params["registry"], view.params["repository"]
    with view.site.db.read() as tx:
        opening.open_repository(tx, view.caller, above, within)
        ends = endpoints.of_registry(tx, view.site, view.scope, above)
    base = opened.base(view, ends)
    host = base.partition("/")[0]
    back = f"/console/images?registry={above}&repository={within}"
    return view.show("push_guide.html", base=f"{base}/{within}", host=host, back=back, endpoints=ends)


def guide(view: View) -> Answer:
    """How to push to the repository that was looked at last, else to the first there is."""
    above, _slash, within = view.given.get(SCOPE, "").partition("/")
    with view.site.db.read() as tx:
        places = seen.places(tx, view.caller)
    if not places.has(above, within):
        if places.first is None:
            return view.go("/console/registries")
        above, within = places.first
    return view.go(f"/console/registries/{above}/repositories/{within}/-/guide")


ROUTES = (
    get("/guide", guide),
    get("/images", show),
    get("/images/select", select),
    post("/images/select", choose, "image.select", select),
    get("/registries/{registry}/repositories/{repository}/-/guide", push_guide),
)
