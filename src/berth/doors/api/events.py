"""The audit log at this door: a list to look through, and an export as JSON lines."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from berth.audit import trail
from berth.audit.trail import Filter
from berth.doors.api import paging
from berth.doors.api.given import TheCaller, TheSite
from berth.doors.api.shapes.events import Event, Events, EventsExported, EventsWanted
from berth.registry import opening
from berth.site import Site

router = APIRouter(tags=["audit"])

LINES = "application/x-ndjson"
AT_ONCE = 200


@router.get("/events", name="event.list", response_model=Events)
def list_events(
    wanted: Annotated[EventsWanted, Query()], site: TheSite, caller: TheCaller, request: Request, response: Response
) -> dict[str, Any]:
    """List what was done and what was refused, the newest first. Only for administrators."""
    opening.operator(caller)
    with site.db.read() as tx:
        found = trail.page(tx, wanted.wanted(wanted.sort), wanted.asked())
    return paging.turned(request, response, found, wanted.sort, Event.model_validate)


@router.get(
    "/events/export",
    name="event.export",
    response_class=StreamingResponse,
    responses={200: {"content": {LINES: {"schema": {"type": "string"}}}, "description": "One event a line"}},
)
def export_events(wanted: Annotated[EventsExported, Query()], site: TheSite, caller: TheCaller) -> StreamingResponse:
    """Export all events that pass the filters as JSON lines, the oldest first. Only for administrators."""
    opening.operator(caller)
    headers = {"Content-Disposition": 'attachment; filename="events.jsonl"'}
    return StreamingResponse(_lines(site, wanted.asked()), media_type=LINES, headers=headers)


def _lines(site: Site, asked: Filter) -> Iterator[str]:
    """Some hundred lines at once, for each piece costs a change of threads."""
    lines: list[str] = []
    for event in trail.every(site, asked):
        lines.append(Event.model_validate(event).model_dump_json() + "\n")
        if len(lines) == AT_ONCE:
            yield "".join(lines)
            lines = []
    yield "".join(lines)
