"""Registries and repositories: lists and details."""

from berth.db.pages import containing
from berth.db.tables import registry, repository
from berth.doors import endpoints
from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import sight
from berth.registry import opening, registries, repositories

SORTS = ("name", "created_at", "-edited_at")


def list_registries(view: View) -> Answer:
    wanted, name, state = view.wanted(SORTS), view.asked("name"), view.asked("state")
    with view.site.db.read() as tx:
        where = [sight.of(tx, view.caller.principal).of_registries()]
        if name is not None:
            where.append(containing(registry.c.name, name))
        if state is not None:
            where.append(registry.c.state == state)
        found = registries.page(tx, wanted, *where)
    return view.show("registries.html", rows=found.items, next=view.after(found, wanted), wanted=wanted)


def list_repositories(view: View) -> Answer:
    wanted, name, within = view.wanted(SORTS), view.asked("name"), view.asked("registry")
    with view.site.db.read() as tx:
        where = [sight.of(tx, view.caller.principal).of_repositories()]
        if name is not None:
            where.append(containing(repository.c.name, name))
        if within is not None:
            where.append(registry.c.name == within)
        found = repositories.page(tx, wanted, *where)
    return view.show("repositories.html", rows=found.items, next=view.after(found, wanted), wanted=wanted)


def show_registry(view: View) -> Answer:
    wanted, name = view.wanted(SORTS), view.params["registry"]
    with view.site.db.read() as tx:
        place = opening.open_registry(tx, view.caller, name)
        found = registries.find(tx, name)
        rights = view.rights(tx, place)
        ends = endpoints.of_registry(tx, view.site, view.scope, name)
        see = sight.of(tx, view.caller.principal)
        inside = repositories.page(tx, wanted, registry.c.id == place.registry_id, see.of_repositories())
    return view.show(
        "registry.html",
        registry=found,
        rights=rights,
        endpoints=ends,
        rows=inside.items,
        next=view.after(inside, wanted),
        wanted=wanted,
    )


def show_repository(view: View) -> Answer:
    above, name = view.params["registry"], view.params["repository"]
    with view.site.db.read() as tx:
        place = opening.open_repository(tx, view.caller, above, name)
        found = repositories.find(tx, above, name)
        rights = view.rights(tx, place)
        ends = endpoints.of_registry(tx, view.site, view.scope, above).below(name)
    return view.show("repository.html", repository=found, rights=rights, endpoints=ends)


ROUTES = (
    get("/registries", list_registries),
    get("/repositories", list_repositories),
    get("/registries/{registry}", show_registry),
    get("/registries/{registry}/repositories/{repository}", show_repository),
)
