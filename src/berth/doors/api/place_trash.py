"""Registries in the trash, and the trash of a registry, where its repositories are."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from berth.doors.api import deletion, paging, paths
from berth.doors.api.given import RegistryName, TheCaller, TheSite
from berth.doors.api.shapes.trash import (
    Discard,
    PlaceRestore,
    PlaceRestored,
    PlaceTrash,
    PlaceTrashed,
    PlaceTrashWanted,
)
from berth.registry import opening, place_restoring, place_trash

router = APIRouter(tags=["trash"])

WITHOUT_IMAGES: dict[int | str, dict[str, Any]] = {  # Any: as FastAPI takes it
    200: {"model": PlaceRestored, "description": "It is back; it had no images"}
}


@router.get(paths.REGISTRIES_TRASH, name="trash.list", response_model=PlaceTrash)
def list_registries_in_trash(
    wanted: Annotated[PlaceTrashWanted, Query()], site: TheSite, caller: TheCaller, request: Request, response: Response
) -> dict[str, Any]:
    """List the registries that were deleted and can be restored. Only for administrators."""
    opening.operator(caller)
    with site.db.read() as tx:
        found = place_trash.registries(tx, wanted.wanted(wanted.sort))
    return paging.turned(request, response, found, wanted.sort, PlaceTrashed.model_validate)


@router.get(paths.REPOSITORIES_TRASH, name="trash.list", response_model=PlaceTrash)
def list_repositories_in_trash(
    registry_name: RegistryName,
    wanted: Annotated[PlaceTrashWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the repositories of a registry that were deleted and that you may restore."""
    with site.db.read() as tx:
        above = opening.open_registry(tx, caller, registry_name)
        found = place_trash.repositories(tx, caller, above, wanted.wanted(wanted.sort))
    return paging.turned(request, response, found, wanted.sort, PlaceTrashed.model_validate)


@router.post(paths.REGISTRIES_TRASH + "/restore", name="registry.restore", status_code=202, responses=WITHOUT_IMAGES)
def restore_registry(given: PlaceRestore, site: TheSite, caller: TheCaller, response: Response) -> PlaceRestored:
    """Restore a registry with its repositories at once, and then their images. Only for administrators."""
    with site.db.write() as tx:
        asked = place_restoring.request_registry(tx, caller, given.id, at=site.now(), name=given.name)
    deletion.followed(response, asked.operation)
    return PlaceRestored.model_validate(asked)


@router.post(
    paths.REPOSITORIES_TRASH + "/restore", name="repository.restore", status_code=202, responses=WITHOUT_IMAGES
)
def restore_repository(
    registry_name: RegistryName, given: PlaceRestore, site: TheSite, caller: TheCaller, response: Response
) -> PlaceRestored:
    """Restore a repository with its settings at once, and then its images. Needs the right to admin on it."""
    with site.db.write() as tx:
        above = opening.open_registry(tx, caller, registry_name)
        asked = place_restoring.request_repository(tx, caller, above, given.id, at=site.now(), name=given.name)
    deletion.followed(response, asked.operation)
    return PlaceRestored.model_validate(asked)


@router.post(paths.REGISTRIES_TRASH + "/discard", name="trash.discard", status_code=204)
def discard_registries(given: Discard, site: TheSite, caller: TheCaller) -> None:
    """Give registries up for good before their time is over. Only for administrators."""
    with site.db.write() as tx:
        place_trash.discard(tx, caller, None, given.ids, at=site.now())


@router.post(paths.REPOSITORIES_TRASH + "/discard", name="trash.discard", status_code=204)
def discard_repositories(registry_name: RegistryName, given: Discard, site: TheSite, caller: TheCaller) -> None:
    """Give repositories up for good before their time is over. Needs the right to admin on them."""
    with site.db.write() as tx:
        above = opening.open_registry(tx, caller, registry_name)
        place_trash.discard(tx, caller, above, given.ids, at=site.now())
