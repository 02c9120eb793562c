"""Registries at this door."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from berth.db.pages import containing
from berth.db.tables import registry
from berth.doors.api import deletion, paging, paths
from berth.doors.api import given as parts
from berth.doors.api.given import Expected, PerhapsExpected, RegistryName, TheCaller, TheSite
from berth.doors.api.shapes.acts import Deletion
from berth.doors.api.shapes.places import (
    NewRegistry,
    PlaceDeleted,
    Registries,
    RegistriesWanted,
    Registry,
    RegistryEdit,
)
from berth.people import sight
from berth.registry import deletion as rooms
from berth.registry import opening, registries, trash
from berth.site import Site
from berth.words.actions import Action
from berth.words.errors import FieldInvalid

router = APIRouter(tags=["registries"])


@router.get("/registries", name="registry.list", response_model=Registries)
def list_registries(
    wanted: Annotated[RegistriesWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the registries you may see."""
    with site.db.read() as tx:
        where = [sight.of(tx, caller.principal).of_registries()]
        if wanted.name is not None:
            where.append(containing(registry.c.name, wanted.name))
        if wanted.visibility is not None:
            where.append(registry.c.visibility == wanted.visibility)
        if wanted.state is not None:
            where.append(registry.c.state == wanted.state)
        found = registries.page(tx, wanted.wanted(wanted.sort), *where)
    return paging.turned(request, response, found, wanted.sort, Registry.model_validate)


@router.post("/registries", name="registry.create", status_code=201, response_model=Registry)
def create_registry(given: NewRegistry, site: TheSite, caller: TheCaller, response: Response) -> registries.Registry:
    """Create a registry. Only for administrators."""
    opening.operator(caller)
    _listeners_exist(site, given)
    with site.db.write() as tx:
        made = registries.create(tx, caller.actor, at=site.now(), **given.model_dump())
    response.headers["Location"] = f"/api/v1/registries/{made.name}"
    parts.tag(response, made.version)
    return made


@router.get(paths.REGISTRY, name="registry.show", response_model=Registry)
def show_registry(
    registry_name: RegistryName, site: TheSite, caller: TheCaller, response: Response
) -> registries.Registry:
    """Show a registry."""
    with site.db.read() as tx:
        opening.open_registry(tx, caller, registry_name)
        found = registries.find(tx, registry_name)
    parts.tag(response, found.version)
    return found


@router.patch(paths.REGISTRY, name="registry.edit", response_model=Registry)
def edit_registry(
    registry_name: RegistryName,
    given: RegistryEdit,
    expected: Expected,
    site: TheSite,
    caller: TheCaller,
    response: Response,
) -> registries.Registry:
    """Change a registry's endpoints, description or create-on-push. Needs the right to admin on it."""
    with site.db.write() as tx:
        opening.open_registry(tx, caller, registry_name, Action.ADMIN)
        _listeners_exist(site, given)
        changed = given.model_dump(exclude_unset=True)
        edited = registries.edit(tx, caller.actor, registry_name, at=site.now(), expected=expected, **changed)
    parts.tag(response, edited.version)
    return edited


@router.delete(
    paths.REGISTRY,
    name="registry.delete",
    status_code=202,
    response_model=Deletion,
    responses={
        200: {"model": Deletion, "description": "A dry run"},
        204: {"description": "It was empty and is gone"},
    },
)
def delete_registry(
    registry_name: RegistryName,
    asked: Annotated[PlaceDeleted, Query()],
    expected: PerhapsExpected,
    site: TheSite,
    caller: TheCaller,
    response: Response,
) -> Deletion | Response:
    """Delete a registry that is empty, or with everything inside. Only for administrators."""
    with site.db.write() as tx:
        place = opening.open_registry(tx, caller, registry_name)
        opening.operator(caller)
        if not asked.everything:
            keep = trash.kept(site.settings)
            registries.remove(tx, caller.actor, registry_name, at=site.now(), keep=keep, expected=expected)
            return Response(status_code=204)
        requested = rooms.request_place(tx, place, asked.name, caller.actor, at=site.now(), dry_run=asked.dry_run)
    return deletion.told(response, requested)


def _listeners_exist(site: Site, given: NewRegistry | RegistryEdit) -> None:
    """Raises `FieldInvalid` for a listener that this server does not have."""
    known = [listener.name for listener in site.settings.listeners]
    for field in registries.LISTENERS:
        asked = getattr(given, field)
        if asked and asked not in known:
            there = f"there are {', '.join(known)}" if known else "there are none"
            raise FieldInvalid(field, f"BERTH_LISTENERS has no listener {asked!r}; {there}")
