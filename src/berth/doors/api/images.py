"""Images at this door: lists, detail, description and policies."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from berth.doors.api import addressed, paging, paths
from berth.doors.api import given as parts
from berth.doors.api.given import Expected, ImageName, RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.policies import chosen
from berth.doors.api.shapes.images import Image, ImageDetail, ImageEdit, Images, ImagesWanted
from berth.registry import details, editing, opening, overview
from berth.registry.images import Image as Opened
from berth.site import Site
from berth.words.actions import Action

router = APIRouter(tags=["images"])


@router.get(paths.IMAGES, name="image.list", response_model=Images)
def list_images(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    wanted: Annotated[ImagesWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the images of a repository."""
    with site.db.read() as tx:
        place = opening.open_repository(tx, caller, registry_name, repository_name)
        found = overview.image_page(
            tx,
            place,
            wanted.wanted(wanted.sort),
            at=site.now(),
            name=wanted.name,
            state=wanted.state,
            locked=wanted.locked,
        )
    return paging.turned(request, response, found, wanted.sort, Image.model_validate)


@router.get(paths.IMAGE, name="image.show")
def show_image(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> ImageDetail:
    """Show an image with its policies, its lock and what it weighs."""
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        shown = _shown(tx, site, request, found)
    parts.tag(response, shown.version)
    return shown


@router.patch(paths.IMAGE, name="image.edit")
def edit_image(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    given: ImageEdit,
    expected: Expected,
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> ImageDetail:
    """Change the description and the policies of an image. Needs the right to manage."""
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE)[1]
        policies = chosen(given.policies)
        editing.image_(
            tx,
            found,
            caller.actor,
            at=site.now(),
            description=given.description,
            policies=policies,
            expected=expected,
        )
        shown = _shown(tx, site, request, found)
    parts.tag(response, shown.version)
    return shown


def _shown(tx: Connection, site: Site, request: Request, found: Opened) -> ImageDetail:
    detail = details.of_image(tx, found, at=site.now())
    extra = {"name": found.path.image, "endpoints": addressed.image(tx, site, request, found.path)}
    return ImageDetail.model_validate({**vars(detail), **extra}, from_attributes=True)
