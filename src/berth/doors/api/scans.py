"""Scans at this door: asking for them, how a digest stands, and the lists of its result."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from berth.db.pages import Found
from berth.doors.api import paging, paths, scanned
from berth.doors.api.given import DigestText, ImageName, RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.shapes import scans as shapes
from berth.registry import opening, rows
from berth.restriction import covering
from berth.scan import asking, comparing, lists, looking, queue, reporting, standing
from berth.scan.lists import FindingFilters, PackageFilters, SecretFilters
from berth.scan.reporting import Format
from berth.words import digest as digests
from berth.words.actions import Action
from berth.words.errors import ManifestUnknown
from berth.words.policies import Level

router = APIRouter(tags=["scans"])

SCAN = paths.DIGEST + "/scan"


@router.post(paths.IMAGE + "/-/scans", name="image.scan", status_code=202)
def scan_digests(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    given: shapes.ScansAsked,
    site: TheSite,
    caller: TheCaller,
) -> shapes.ScansQueued:
    """Have up to 50 digests scanned; of an index the images that it lists. Needs the right to push or to manage."""
    contents = [digests.parse(each) for each in given.digests]
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE, Action.PUSH)[
            1
        ]
        asked = asking.by_hand(tx, found, contents, caller.actor, at=site.now())
    return shapes.ScansQueued.model_validate({"items": asked}, from_attributes=True)


@router.post(paths.REPOSITORY + "/scans", name="repository.scan", status_code=202)
def scan_repository(
    registry_name: RegistryName, repository_name: RepositoryName, site: TheSite, caller: TheCaller
) -> shapes.RepositoryQueued:
    """Have every image of a repository scanned, after those asked for one by one. Needs the right to manage."""
    with site.db.read() as tx:
        place = opening.open_repository(tx, caller, registry_name, repository_name, Action.MANAGE)
    return shapes.RepositoryQueued(queued=asking.whole(site, place, caller.actor))


@router.get(SCAN, name="scan.show")
def show_scan(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    site: TheSite,
    caller: TheCaller,
) -> shapes.ScanDetail:
    """Show how a digest stands, what its result was made with, and what was not checked."""
    content = digests.parse(digest)
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        row = rows.one(tx, found, content, at=site.now())
        if row is None:
            raise ManifestUnknown(digest)
        policy = standing.policy_of(tx, found.id)
        stands = standing.of(tx, found, [row], at=site.now(), policy=policy)[row.id]
        looked = looking.into(tx, found, content) if stands.counts is not None else None
        gaps = [] if looked is None else looking.gaps(tx, looked, at=site.now())
    more = {
        "digest": row.digest,
        "policy": policy,
        "gaps": gaps,
        "results": [] if looked is None else [scanned.image(part) for part in looked.parts],
    }
    return shapes.ScanDetail.model_validate({**scanned.facts(stands), **more}, from_attributes=True)


@router.get(SCAN + "/vulnerabilities", name="scan.vulnerabilities", response_model=shapes.Findings)
def list_vulnerabilities(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    wanted: Annotated[shapes.FindingsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List what was found in the packages of a digest, as the exclusion policy of its image leaves it."""
    filters = FindingFilters(
        [Level(each) for each in wanted.severity],
        wanted.kind,
        wanted.type,
        wanted.package,
        wanted.vulnerability,
        wanted.fixable,
        wanted.hidden,
    )
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        looked = looking.into(tx, found, digests.parse(digest))
        chosen = lists.findings(looking.findings(tx, looked), filters)
        page = lists.page(chosen, lists.FINDINGS, wanted.wanted(wanted.sort))
        told = Found(looking.with_words(tx, page.items), page.next)
        waived = covering.of_rows(tx, found, looked, told.items, at=site.now())
    shown = Found(list(zip(told.items, waived, strict=True)), told.next)
    return paging.turned(request, response, shown, wanted.sort, lambda each: scanned.finding(*each))


@router.get(SCAN + "/packages", name="scan.packages", response_model=shapes.Packages)
def list_packages(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    wanted: Annotated[shapes.PackagesWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the packages of a digest, with how many findings each has."""
    filters = PackageFilters(wanted.kind, wanted.type, wanted.package, wanted.vulnerable)
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        looked = looking.into(tx, found, digests.parse(digest))
        chosen = lists.packages(looking.packages(tx, looked), filters)
    page = lists.page(chosen, lists.PACKAGES, wanted.wanted(wanted.sort))
    return paging.turned(request, response, page, wanted.sort, scanned.package)


@router.get(SCAN + "/secrets", name="scan.secrets", response_model=shapes.Secrets)
def list_secrets(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    wanted: Annotated[shapes.SecretsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the secrets that lie in a digest, masked."""
    filters = SecretFilters([Level(each) for each in wanted.severity], wanted.rule, wanted.file, wanted.hidden)
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        looked = looking.into(tx, found, digests.parse(digest))
        chosen = lists.secrets(looking.secrets(tx, looked), filters)
    page = lists.page(chosen, lists.SECRETS, wanted.wanted(wanted.sort))
    return paging.turned(request, response, page, wanted.sort, scanned.secret)


@router.get(SCAN + "/history", name="scan.history", response_model=shapes.ScanRuns)
def list_scans(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    wanted: Annotated[shapes.ScanRunsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the last scans of a digest, how they ended and what they found."""
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        row = rows.one(tx, found, digests.parse(digest), at=site.now())
        if row is None:
            raise ManifestUnknown(digest)
        policy = standing.policy_of(tx, found.id)
        page = queue.page(tx, row.id, wanted.wanted(wanted.sort))
    return paging.turned(request, response, page, wanted.sort, lambda run: scanned.run(run, policy))


@router.get(SCAN + "/compare", name="scan.compare")
def compare_scans(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    wanted: Annotated[shapes.CompareWanted, Query()],
    site: TheSite,
    caller: TheCaller,
) -> shapes.Comparison:
    """Compare the packages and findings of two digests of an image."""
    content, base = digests.parse(digest), digests.parse(wanted.base)
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        compared = comparing.between(tx, looking.into(tx, found, base), looking.into(tx, found, content))
    return shapes.Comparison.model_validate(compared, from_attributes=True)


@router.get(
    SCAN + "/export",
    name="scan.export",
    response_class=Response,
    responses={200: {"content": {"*/*": {"schema": {"type": "string"}}}, "description": "The document"}},
)
def export_scan(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    site: TheSite,
    caller: TheCaller,
    *,
    format: Annotated[Format, Query(description="Of an index, ask for one of its images.")] = "json",  # noqa: A002
) -> Response:
    """Download the result of an image: as CSV, JSON or SARIF, or its inventory as CycloneDX 1.6 or SPDX 2.3."""
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        report = reporting.of(tx, found, digests.parse(digest), at=site.now())
    exported = reporting.written(report, format)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{exported.filename}"',
    }
    return StreamingResponse(exported.pieces, media_type=exported.media_type, headers=headers)
