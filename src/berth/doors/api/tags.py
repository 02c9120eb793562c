"""Tags at this door: Edit Tags, removing a name, its history, and putting it back."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from berth.doors.api import paging, paths
from berth.doors.api.given import (
    DigestText,
    ImageName,
    PerhapsExpected,
    RegistryName,
    RepositoryName,
    TagName,
    TheCaller,
    TheSite,
)
from berth.doors.api.shapes.tags import History, HistoryWanted, PutBack, Span, TagChange, TagChanges, TagsEdit
from berth.registry import history, images, naming, opening, tags
from berth.registry.naming import Edit
from berth.words import digest as digests
from berth.words.actions import Action

router = APIRouter(tags=["tags"])


@router.post(paths.DIGEST + "/tags", name="tag.edit")
def edit_tags(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    given: TagsEdit,
    expected: PerhapsExpected,
    site: TheSite,
    caller: TheCaller,
) -> TagChanges:
    """Add, rename, move and remove names of a digest, all or nothing. Needs the right to manage.

    With `dry_run` nothing changes, and what would move is shown.
    """
    wanted = Edit(add=given.add, rename=given.rename, move=given.move, remove=given.remove)
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE)[1]
        content = digests.parse(digest)
        changes = naming.edit(
            tx, found, content, wanted, caller.actor, at=site.now(), expected=expected, dry_run=given.dry_run
        )
    return TagChanges(items=[TagChange.model_validate(change) for change in changes])


@router.delete(paths.TAG, name="tag.delete", status_code=204)
def remove_tag(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    tag: TagName,
    site: TheSite,
    caller: TheCaller,
) -> None:
    """Remove one name; its digest stays. Needs the right to delete."""
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.DELETE)[1]
        tags.remove(tx, images.again(tx, found), tag, caller.actor, at=site.now())


@router.get(paths.TAG + "/history", name="tag.history", response_model=History)
def list_history(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    tag: TagName,
    wanted: Annotated[HistoryWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List what a tag pointed at, from when to when, by whom and why, the newest first."""
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        spans = history.page(tx, found, tag, wanted.wanted(wanted.sort))
    return paging.turned(request, response, spans, wanted.sort, Span.model_validate)


@router.post(paths.TAG + "/put-back", name="tag.put-back")
def put_tag_back(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    tag: TagName,
    given: PutBack,
    site: TheSite,
    caller: TheCaller,
) -> TagChange:
    """Let a tag point at what it pointed at then. Needs the right to manage."""
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE)[1]
        change = history.put_back(tx, found, tag, given.at, caller.actor, at=site.now(), dry_run=given.dry_run)
    return TagChange.model_validate(change)
