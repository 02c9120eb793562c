"""The trash of a repository at this door."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from berth.doors.api import paging, paths
from berth.doors.api.given import RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.shapes import trash as shapes
from berth.doors.api.shapes.trash import Discard, Restore, Restored, TrashWanted
from berth.registry import opening, restoring, trash
from berth.words.actions import Action
from berth.words.errors import FieldInvalid

router = APIRouter(tags=["trash"])


@router.get(paths.TRASH, name="trash.list", response_model=shapes.Trash)
def list_trash(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    wanted: Annotated[TrashWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List what was deleted and can be restored. Needs the right to manage or to delete."""
    with site.db.read() as tx:
        place = opening.open_repository(
            tx, caller, registry_name, repository_name, Action.MANAGE, Action.DELETE, Action.ADMIN
        )
        found = trash.page(tx, place, wanted.wanted(wanted.sort), image_name=wanted.image)
    return paging.turned(request, response, found, wanted.sort, shapes.Trashed.model_validate)


@router.post(paths.TRASH + "/restore", name="trash.restore", response_model=Restored)
def restore(
    registry_name: RegistryName, repository_name: RepositoryName, given: Restore, site: TheSite, caller: TheCaller
) -> restoring.Restored:
    """Restore entries with their tags and locks, and with what they need. Needs the right to manage."""
    if (given.ids is None) == (given.batch is None):
        raise FieldInvalid("ids", "either ids or a batch")
    with site.db.write() as tx:
        place = opening.open_repository(tx, caller, registry_name, repository_name, Action.MANAGE)
        if given.ids is not None:
            return restoring.restore(tx, place, given.ids, caller.actor, at=site.now(), rename=given.rename)
        batch = given.batch or ""
        return restoring.restore_batch(tx, place, batch, caller.actor, at=site.now(), rename=given.rename)


@router.post(paths.TRASH + "/discard", name="trash.discard", status_code=204)
def discard(
    registry_name: RegistryName, repository_name: RepositoryName, given: Discard, site: TheSite, caller: TheCaller
) -> None:
    """Give entries up for good before their time is over. Needs the right to delete."""
    with site.db.write() as tx:
        place = opening.open_repository(tx, caller, registry_name, repository_name, Action.DELETE)
        trash.discard(tx, place, given.ids, caller.actor, at=site.now())
