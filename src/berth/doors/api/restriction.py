"""Pull restriction at this door: why a digest may be pulled or not, quarantine, and what was refused."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from berth.doors.api import paging, paths
from berth.doors.api.given import DigestText, ImageName, RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.shapes import restriction as shapes
from berth.doors.api.shapes.restriction import PullVerdict, QuarantineSet, RefusedPulls, RefusedPullsWanted
from berth.people import access
from berth.people.access import Place
from berth.people.callers import Caller
from berth.registry import opening
from berth.restriction import explaining, quarantine, refused
from berth.site import Site
from berth.words import digest as digests
from berth.words.actions import Action

router = APIRouter(tags=["pull restriction"])


@router.get(paths.DIGEST + "/pull-verdict", name="manifest.explain")
def explain_pull(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    site: TheSite,
    caller: TheCaller,
) -> PullVerdict:
    """Explain whether a digest may be pulled, by the rules of its image as they are now."""
    content = digests.parse(digest)
    with site.db.read() as tx:
        place, found = opening.open_image(tx, caller, registry_name, repository_name, image_name)
        explained = explaining.of(tx, found, content, at=site.now(), permitted=_permitted(tx, caller, place))
    return shapes.explained(explained)


@router.put(paths.DIGEST + "/quarantine", name="manifest.quarantine", status_code=204)
def quarantine_digest(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    given: QuarantineSet,
    site: TheSite,
    caller: TheCaller,
) -> None:
    """Put a digest out of use at once, and with an index the images that it lists. Needs the right to manage."""
    content = digests.parse(digest)
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE)[1]
        quarantine.put(tx, found, content, caller.actor, at=site.now(), reason=given.reason)


@router.delete(paths.DIGEST + "/quarantine", name="manifest.release", status_code=204)
def release_digest(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    site: TheSite,
    caller: TheCaller,
) -> None:
    """End a quarantine; the digest is judged by the rules again. Needs the right to manage."""
    content = digests.parse(digest)
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE)[1]
        quarantine.lift(tx, found, content, caller.actor, at=site.now())


@router.get(paths.REPOSITORY + "/refused-pulls", name="repository.refused", response_model=RefusedPulls)
def list_refused_of_repository(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    wanted: Annotated[RefusedPullsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List what was refused to whom in the images of a repository, and what would help. Needs the right to manage."""
    with site.db.read() as tx:
        place = opening.open_repository(tx, caller, registry_name, repository_name, Action.MANAGE)
        found = refused.page(
            tx, place, wanted.wanted(wanted.sort), since=_since(site, wanted), outcomes=wanted.verdict or ("refused",)
        )
    return paging.turned(request, response, found, wanted.sort, shapes.refused)


@router.get(paths.IMAGE + "/-/refused-pulls", name="image.refused", response_model=RefusedPulls)
def list_refused(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    wanted: Annotated[RefusedPullsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List what was refused to whom in an image, and what would help. Needs the right to manage."""
    with site.db.read() as tx:
        place, image = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE)
        found = refused.page(
            tx,
            place,
            wanted.wanted(wanted.sort),
            since=_since(site, wanted),
            image_id=image.id,
            outcomes=wanted.verdict or ("refused",),
        )
    return paging.turned(request, response, found, wanted.sort, shapes.refused)


def _permitted(tx: Connection, caller: Caller, place: Place) -> bool:
    return Action.PULL_RESTRICTED in access.allowed(tx, caller.principal, place)


def _since(site: Site, wanted: RefusedPullsWanted) -> datetime:
    return site.now() - timedelta(days=wanted.days - 1)
