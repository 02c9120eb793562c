"""OpenVEX at this door: waivers taken away as a document, and made from one."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection, select

from berth.db.tables import image, manifest
from berth.doors import endpoints
from berth.doors.api.given import TheCaller, TheSite
from berth.doors.api.shapes import waivers as shapes
from berth.people import sight
from berth.restriction import scopes, waivers, waiving
from berth.restriction.openvex import statements, taking, writing
from berth.restriction.openvex.taking import Taken
from berth.restriction.scopes import Scope
from berth.restriction.waivers import Filter
from berth.site import Site
from berth.words.actions import Action
from berth.words.errors import FieldInvalid

router = APIRouter(tags=["waivers"])


@router.get(
    "/openvex",
    name="waiver.export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "OpenVEX 0.2.0"}},
)
def export_waivers(
    wanted: Annotated[shapes.VexWanted, Query()], site: TheSite, caller: TheCaller, request: Request
) -> StreamingResponse:
    """Download the waivers in force in a place as a document of OpenVEX, or those that count for an image or digest."""
    now = site.now()
    with site.db.read() as tx:
        scope = scopes.opened(tx, caller, wanted.place)
        if wanted.applying and not scope.image:
            raise FieldInvalid("applying", "it is of an image or a digest")
        if wanted.applying:
            read = waivers.some(_applying(tx, site, scope))
        else:
            read = waivers.every(sight.of(tx, caller.principal), Filter(scope=scope, state="active"), at=now)
    document = writing.document(
        site,
        read,
        lambda tx: endpoints.of_paths(tx, site, request.scope),
        author=caller.principal.name,
        at=now,
        about=wanted.place if wanted.applying else "",
    )
    headers = {"Content-Disposition": 'attachment; filename="waivers.openvex.json"'}
    return StreamingResponse(document, media_type="application/json", headers=headers)


@router.post("/openvex", name="waiver.import")
def import_waivers(given: shapes.VexGiven, site: TheSite, caller: TheCaller) -> shapes.VexTaken:
    """Make waivers from a document of OpenVEX: all that it says within a place, or nothing of it.

    Needs the right to manage there. Of each statement it is told what came of it, and which products are unknown.
    """
    document = statements.parse(given.document)
    owner = given.owner or caller.principal.name
    with site.db.read() as tx:
        within = scopes.opened(tx, caller, given.place, Action.MANAGE)
        wanted = taking.Wanted(within, given.expires_at, owner, given.statuses)
        found = taking.read(tx, document, wanted)
    with site.db.write() as tx:
        scopes.opened(tx, caller, given.place, Action.MANAGE)
        taken = taking.take(tx, caller.actor, document, wanted, found, at=site.now(), dry_run=given.dry_run)
    return shapes.VexTaken(
        dry_run=given.dry_run,
        created=sum(len(each.created) for each in taken),
        renewed=sum(len(each.renewed) for each in taken),
        unchanged=sum(len(each.unchanged) for each in taken),
        statements=[_shown(each) for each in taken],
    )


def _applying(tx: Connection, site: Site, scope: Scope) -> list[int]:
    mine = (image.c.repository_id == scope.place.repository_id) & (image.c.name == scope.image)
    image_id: int = tx.execute(select(image.c.id).where(mine)).scalar_one()
    found = waiving.of_image(tx, image_id, at=site.now())
    counting = [each.id for each in found if not each.digest]
    if scope.digest:
        here = (manifest.c.image_id == image_id) & (manifest.c.digest == scope.digest)
        number: int = tx.execute(select(manifest.c.id).where(here)).scalar_one()
        named = waiving.among(tx, image_id, {each.digest for each in found if each.digest}).get(number, set())
        counting += [each.id for each in found if each.digest in named]
    return counting


def _shown(taken: Taken) -> shapes.VexStatement:
    return shapes.VexStatement(
        statement=taken.statement.place,
        vulnerability=taken.statement.vulnerability,
        status=taken.statement.status,
        outcome=taken.outcome,
        created=taken.created,
        renewed=taken.renewed,
        unchanged=taken.unchanged,
        unknown=[shapes.UnknownProduct(product=product, reason=reason) for product, reason in taken.unknown],
    )
