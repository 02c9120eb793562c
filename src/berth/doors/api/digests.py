"""Digests at this door: the tags list, detail, the manifest as it was pushed, and a description."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from berth.doors.api import addressed, paging, paths, scanned
from berth.doors.api import given as parts
from berth.doors.api.given import (
    DigestText,
    Expected,
    ImageName,
    RegistryName,
    RepositoryName,
    TagName,
    TheCaller,
    TheSite,
)
from berth.doors.api.shapes import restriction as shapes
from berth.doors.api.shapes.images import DigestDetail, DigestEdit, DigestRow, Digests, DigestsWanted
from berth.doors.api.shapes.tags import TagRow, TagsList, TagsWanted
from berth.registry import details, editing, opening, overview, rows
from berth.registry.images import Image
from berth.registry.rows import Filters, Row
from berth.restriction import judging, restricted, subjects
from berth.restriction.verdict import Verdict
from berth.retention import forecast
from berth.retention.forecast import Forecast
from berth.scan import narrowing, standing
from berth.scan.standing import Standing
from berth.site import Site
from berth.words import digest as digests
from berth.words.actions import Action
from berth.words.digest import Digest

router = APIRouter(tags=["digests"])

Download = Annotated[bool, Query(description="As a file to be saved.")]


@router.get(paths.DIGESTS, name="manifest.list", response_model=Digests)
def list_digests(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    wanted: Annotated[DigestsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the digests of an image with their tags."""
    filters = Filters(
        name=wanted.name,
        kind=wanted.kind,
        tagged=wanted.tagged,
        locked=wanted.locked,
        platform=wanted.platform,
        state=wanted.state,
        digest=wanted.digest,
        everything=wanted.level == "all",
    )
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        among = _among(tx, found, site, refused=wanted.restricted)
        filters = filters if among is None else filters.within(among)
        if wanted.newly_affected:
            filters = filters.within(standing.newly_affected(tx, found))
        policy = standing.policy_of(tx, found.id)
        where = [] if wanted.result is None else [narrowing.to(found, wanted.result, policy)]
        page = rows.page(tx, found, wanted.wanted(wanted.sort), at=site.now(), filters=filters, where=where)
        verdicts = forecast.of(tx, found, [row.id for row in page.items], at=site.now(), known=page.items)
        scans = standing.of(tx, found, page.items, at=site.now(), policy=policy)
        pulls = judging.shown(tx, found.id, [row.id for row in page.items], at=site.now())
    return paging.turned(request, response, page, wanted.sort, lambda row: _row(row, verdicts, scans, pulls))


@router.get(paths.DIGEST, name="manifest.show")
def show_digest(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> DigestDetail:
    """Show all that is known of a digest."""
    content = digests.parse(digest)
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        shown = _shown(tx, site, request, found, content)
    parts.tag(response, shown.version)
    return shown


@router.patch(paths.DIGEST, name="manifest.edit")
def edit_digest(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    given: DigestEdit,
    expected: Expected,
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> DigestDetail:
    """Describe a digest. Needs the right to manage."""
    content = digests.parse(digest)
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE)[1]
        editing.digest(
            tx, found, content, caller.actor, at=site.now(), description=given.description, expected=expected
        )
        shown = _shown(tx, site, request, found, content)
    parts.tag(response, shown.version)
    return shown


@router.get(
    paths.DIGEST + "/manifest",
    name="manifest.document",
    response_class=Response,
    responses={200: {"content": {"*/*": {"schema": {"type": "string"}}}, "description": "The bytes that were pushed"}},
)
def show_manifest(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    site: TheSite,
    caller: TheCaller,
    *,
    download: Download = False,
) -> Response:
    """Show the manifest, byte for byte and with its own media type, or download it as a JSON file."""
    content = digests.parse(digest)
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        media_type, body = details.document(tx, found, content)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Type": media_type}
    if download:
        headers["Content-Disposition"] = f'attachment; filename="{content.algorithm}-{content.hex}.json"'
    return Response(body, headers=headers)


@router.get(paths.TAGS, name="tag.list", response_model=TagsList)
def list_tags(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    wanted: Annotated[TagsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the tags of an image, one row for each name."""
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        among = _among(tx, found, site, refused=wanted.restricted)
        asked = wanted.wanted(wanted.sort)
        page = overview.tag_page(tx, found, asked, name=wanted.name, digest=wanted.digest, among=among)
        pulls = judging.shown(tx, found.id, {row.manifest_id for row in page.items}, at=site.now())

    def row(tag: overview.TagRow) -> TagRow:
        return TagRow.model_validate({**vars(tag), "pull": shapes.pull(pulls[tag.manifest_id])})

    return paging.turned(request, response, page, wanted.sort, row)


@router.get(paths.TAG, name="tag.show")
def show_tag(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    tag: TagName,
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> DigestDetail:
    """Show all that is known of the digest that a tag points at."""
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        content = digests.parse(details.resolve(tx, found, tag))
        shown = _shown(tx, site, request, found, content)
    parts.tag(response, shown.version)
    return shown


def _among(tx: Connection, found: Image, site: Site, *, refused: bool | None) -> frozenset[int] | None:
    return None if refused is None else restricted.of_image(tx, found, at=site.now(), refused=refused)


def _row(
    row: Row, verdicts: Mapping[int, Forecast], scans: Mapping[int, Standing], pulls: Mapping[int, Verdict]
) -> DigestRow:
    more = {"forecast": verdicts.get(row.id), "scan": scanned.scan(scans[row.id]), **_pull(row, pulls)}
    return DigestRow.model_validate({**vars(row), **more}, from_attributes=True)


def _shown(tx: Connection, site: Site, request: Request, found: Image, content: Digest) -> DigestDetail:
    detail = details.of_digest(tx, found, content, at=site.now())
    endpoints = addressed.image(tx, site, request, found.path)
    below = detail.below
    shown = [detail.row, *below.children, *below.referrers]
    verdicts = forecast.of(tx, found, [row.id for row in shown], at=site.now(), known=shown)
    scans = standing.of(tx, found, shown, at=site.now())
    pulls = judging.shown(tx, found.id, [row.id for row in shown], at=site.now())
    extra = {
        "forecast": verdicts.get(detail.row.id),
        "scan": scanned.scan(scans[detail.row.id]),
        **_pull(detail.row, pulls),
        "children_rows": [_row(row, verdicts, scans, pulls) for row in below.children],
        "referrer_rows": [_row(row, verdicts, scans, pulls) for row in below.referrers],
        "addresses": addressed.digest(endpoints, str(content), detail.tags),
    }
    return DigestDetail.model_validate({**vars(detail.row), **vars(detail), **extra}, from_attributes=True)


def _pull(row: Row, pulls: Mapping[int, Verdict]) -> dict[str, object]:
    put_out = subjects.quarantine_of(row.quarantined_by, row.quarantined_at, row.quarantine_reason)
    return {"quarantine": put_out, "pull": shapes.pull(pulls[row.id])}
