"""Previews of a pull restriction at this door: what it would refuse, before anybody saves it."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection

from berth.doors import cursors
from berth.doors.api import paths
from berth.doors.api.given import ImageName, RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.shapes import previews as shapes
from berth.doors.api.shapes.previews import PreviewAsked
from berth.registry import opening
from berth.restriction import teaching
from berth.restriction.preview import showing
from berth.restriction.preview.naming import Stopped
from berth.restriction.preview.showing import Preview
from berth.restriction.preview.trying import Trial
from berth.site import Site
from berth.words.actions import Action
from berth.words.policies import PullPolicy, ScanPolicy

router = APIRouter(tags=["pull restriction"])

SORT = "tag"
"""The one order there is, for cursors."""


@router.post(paths.IMAGE + "/-/pull-restriction/preview", name="image.preview")
def preview_image(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    given: PreviewAsked,
    site: TheSite,
    caller: TheCaller,
) -> shapes.Preview:
    """Show which tags of an image a policy would refuse, what each switch changes alone, and who pulled them lately.

    Nothing is saved. Needs the right to manage, as saving does.
    """
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE)[1]
        return _preview(tx, site, found.repository_id, given, found.path.image)


@router.post(paths.REPOSITORY + "/pull-restriction/preview", name="repository.preview")
def preview_repository(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    given: PreviewAsked,
    site: TheSite,
    caller: TheCaller,
) -> shapes.Preview:
    """Show the same of a repository's default policy, as if all of its images had it. Needs the right to manage."""
    with site.db.read() as tx:
        place = opening.open_repository(tx, caller, registry_name, repository_name, Action.MANAGE)
        return _preview(tx, site, place.repository_id or 0, given)


def _preview(tx: Connection, site: Site, repository_id: int, given: PreviewAsked, image: str = "") -> shapes.Preview:
    tried = Trial(
        None if given.pull is None else PullPolicy.from_json(given.pull.model_dump()),
        None if given.scan is None else ScanPolicy.from_json(given.scan.model_dump()),
    )
    after = None if given.cursor is None else cursors.read(given.cursor, SORT)
    found = showing.of(
        tx, repository_id, tried, at=site.now(), days=given.days, limit=given.limit, after=after, image=image
    )
    return _shown(found, tried.pull)


def _shown(found: Preview, pull: PullPolicy | None) -> shapes.Preview:
    same = ("images", "tags", "now", "tried", "pulled_by", "more_pulled")
    switches = [{"field": each.field, "value": getattr(pull, each.field), "sums": each.sums} for each in found.switches]
    page = {
        "items": [_stopped(each) for each in found.page.items],
        "next": None if found.page.next is None else cursors.written(found.page.next, SORT),
    }
    facts = {name: getattr(found, name) for name in same}
    return shapes.Preview.model_validate({**facts, "switches": switches, **page}, from_attributes=True)


def _stopped(each: Stopped) -> dict[str, Any]:  # Any: fields of a shape
    same = ("image", "tag", "digest", "now", "pulled_at", "pulled_by")
    told = teaching.told(each.verdict)
    return {**{name: getattr(each, name) for name in same}, **told}
