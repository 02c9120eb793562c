"""Deleting digests and images at this door: it goes on after the answer, which names the operation to follow."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from berth.doors.api import paths, recorded
from berth.doors.api.errors import in_short
from berth.doors.api.given import DigestText, ImageName, RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.shapes.acts import Deletion, DigestsDeleted, Inside, ProblemInShort, Verdict
from berth.registry import deletion, opening
from berth.registry.deletion import Requested
from berth.words import digest as digests
from berth.words.actions import Action

router = APIRouter(tags=["deletion"])

ACCEPTED = 202
DryRun = Annotated[bool, Query(description="Only say what would happen.")]


@router.post(
    paths.DIGESTS + "/delete",
    name="manifest.delete",
    status_code=ACCEPTED,
    responses={200: {"model": Deletion, "description": "Nothing is going on: all is refused, or it is a dry run"}},
)
def delete_digests(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    given: DigestsDeleted,
    site: TheSite,
    caller: TheCaller,
    response: Response,
) -> Deletion:
    """Delete up to 50 digests with their names and referrers. Needs the right to delete.

    The answer says of each whether it goes; the operation says when it has gone.
    """
    wanted = [digests.parse(text) for text in given.digests]
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.DELETE)[1]
        asked = deletion.request_digests(tx, found, wanted, caller.actor, at=site.now(), dry_run=given.dry_run)
    if not given.dry_run:
        said = ((str(verdict.digest), verdict.refusal) for verdict in asked.verdicts)
        recorded.refused(site, caller, "manifest.delete", found, said)
    return told(response, asked)


@router.delete(
    paths.DIGEST,
    name="manifest.delete",
    status_code=ACCEPTED,
    responses={200: {"model": Deletion, "description": "A dry run"}},
)
def delete_digest(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    site: TheSite,
    caller: TheCaller,
    response: Response,
    *,
    dry_run: DryRun = False,
) -> Deletion:
    """Delete one digest with its names and referrers. Needs the right to delete."""
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.DELETE)[1]
        wanted = [digests.parse(digest)]
        asked = deletion.request_digests(tx, found, wanted, caller.actor, at=site.now(), dry_run=dry_run)
        for verdict in asked.verdicts:
            if verdict.refusal is not None:
                raise verdict.refusal
    return told(response, asked)


@router.delete(
    paths.IMAGE,
    name="image.delete",
    status_code=ACCEPTED,
    responses={200: {"model": Deletion, "description": "A dry run"}},
)
def delete_image(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    site: TheSite,
    caller: TheCaller,
    response: Response,
    *,
    dry_run: DryRun = False,
) -> Deletion:
    """Delete an image with all in it, also one whose deletion has failed before. Needs the right to delete."""
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.DELETE)[1]
        asked = deletion.request_image(tx, found, caller.actor, at=site.now(), dry_run=dry_run)
    return told(response, asked)


def followed(response: Response, operation: str | None) -> None:
    """202 with the operation's address, or 200 where nothing goes on."""
    response.status_code = 200 if operation is None else ACCEPTED
    if operation is not None:
        response.headers["Location"] = f"/api/v1/operations/{operation}"


def told(response: Response, asked: Requested) -> Deletion:
    followed(response, asked.operation)
    return Deletion(
        operation=asked.operation,
        inside=None if asked.inside is None else Inside.model_validate(asked.inside),
        items=[
            Verdict(
                digest=str(verdict.digest),
                accepted=verdict.accepted,
                tags=list(verdict.tags),
                referrers=sorted(verdict.referrers.values()),
                problem=None if verdict.refusal is None else ProblemInShort(**in_short(verdict.refusal)),
            )
            for verdict in asked.verdicts
        ],
    )
