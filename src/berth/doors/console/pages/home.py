"""Service Home: what there is, what was pushed lately, what goes on, and how to begin."""

from sqlalchemy import func, select

from berth.db.pages import Wanted
from berth.db.tables import image, operation, registry, repository
from berth.doors import endpoints
from berth.doors.console.pages import seen
from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import sight
from berth.registry import operations, registries, repositories

RECENT = 10


def show(view: View) -> Answer:
    with view.site.db.read() as tx:
        see = sight.of(tx, view.caller.principal)
        counts = {
            "registries": tx.scalar(select(func.count()).select_from(registry).where(see.of_registries())) or 0,
            "repositories": tx.scalar(
                select(func.count()).select_from(repository).join(registry).where(see.of_repositories())
            )
            or 0,
        }
        images = select(func.count()).select_from(image).join(repository).join(registry)
        counts["images"] = tx.scalar(images.where(see.of_repositories(), image.c.born_at.is_not(None))) or 0
        goes_on = operation.c.state.in_(operations.GOING_ON)
        seen_by = operations.visible(tx, view.caller)
        going = operations.page(tx, None, Wanted("-started_at", RECENT), seen_by, goes_on)
        recent = seen.recent_pushes(tx, view.caller, RECENT)
        first = repositories.page(tx, Wanted("name", 1), see.of_repositories()).items
        some = registries.page(tx, Wanted("name", 1), see.of_registries()).items
        start = endpoints.of_registry(tx, view.site, view.scope, first[0].registry) if first else None
    return view.show(
        "home.html",
        counts=counts,
        going=going.items,
        recent=recent,
        place=first[0] if first else None,
        registry=some[0] if some else None,
        endpoint=None if start is None else start.private,
    )


ROUTES = (get("/", show),)
