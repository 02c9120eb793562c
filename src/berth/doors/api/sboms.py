"""Inventories that are published at this door: as referrers of their images, for clients to find."""

from fastapi import APIRouter, Response

from berth.doors.api import paths
from berth.doors.api.given import DigestText, ImageName, RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.shapes import scans as shapes
from berth.registry import opening
from berth.scan import publishing
from berth.words import digest as digests
from berth.words.actions import Action

router = APIRouter(tags=["scans"])


@router.post(
    paths.DIGEST + "/scan/sbom",
    name="scan.publish",
    status_code=201,
    responses={200: {"model": shapes.SbomPublished, "description": "It was there"}},
)
def publish_sbom(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    given: shapes.SbomAsked,
    site: TheSite,
    caller: TheCaller,
    response: Response,
) -> shapes.SbomPublished:
    """Publish the inventory of an image beside it, in the place of older ones. Needs the right to push."""
    content = digests.parse(digest)
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.PUSH)[1]
    published = publishing.publish(site, found, content, given.format, caller.actor)
    if not published.new:
        response.status_code = 200
    return shapes.SbomPublished(digest=str(published.digest), artifact_type=published.artifact_type)
