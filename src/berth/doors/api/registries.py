"""Registries at this door."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from berth.db.pages import containing
from berth.db.tables import registry
from berth.doors.api import given as parts
from berth.doors.api import paging
from berth.doors.api.given import Expected, PerhapsExpected, TheCaller, TheSite
from berth.doors.api.shapes.places import NewRegistry, Registries, RegistriesWanted, Registry, RegistryEdit
from berth.people import sight
from berth.registry import opening, registries
from berth.words.actions import Action

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
    with site.db.write() as tx:
        made = registries.create(tx, caller.actor, at=site.now(), **given.model_dump())
    response.headers["Location"] = f"/api/v1/registries/{made.name}"
    parts.tag(response, made.version)
    return made


@router.get("/registries/{registry_name}", name="registry.show", response_model=Registry)
def show_registry(registry_name: str, site: TheSite, caller: TheCaller, response: Response) -> registries.Registry:
    """Show a registry."""
    with site.db.read() as tx:
        opening.open_registry(tx, caller, registry_name)
        found = registries.find(tx, registry_name)
    parts.tag(response, found.version)
    return found


@router.patch("/registries/{registry_name}", name="registry.edit", response_model=Registry)
def edit_registry(
    registry_name: str, given: RegistryEdit, expected: Expected, site: TheSite, caller: TheCaller, response: Response
) -> registries.Registry:
    """Change a registry's endpoints, description or create-on-push. Needs the right to admin on it."""
    with site.db.write() as tx:
        opening.open_registry(tx, caller, registry_name, Action.ADMIN)
        changed = given.model_dump(exclude_unset=True)
        edited = registries.edit(tx, caller.actor, registry_name, at=site.now(), expected=expected, **changed)
    parts.tag(response, edited.version)
    return edited


@router.delete("/registries/{registry_name}", name="registry.delete", status_code=204)
def delete_registry(registry_name: str, expected: PerhapsExpected, site: TheSite, caller: TheCaller) -> None:
    """Delete a registry that is empty. Only for administrators."""
    with site.db.write() as tx:
        opening.open_registry(tx, caller, registry_name)
        opening.operator(caller)
        registries.remove(tx, caller.actor, registry_name, at=site.now(), expected=expected)
