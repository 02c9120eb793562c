"""Audit events."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from berth.audit.trail import Filter
from berth.doors.api.paging import Paging
from berth.doors.api.shapes.values import Instant, Moment, Page, Shown, Text

Facts = dict[str, Any] | None  # Any: whatever was changed, as JSON


class Event(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 4711,
                    "at": "2026-01-31T12:00:00.000000Z",
                    "actor": "alice",
                    "address": "192.0.2.1",
                    "request_id": "4f1d2c3b5a697887",
                    "action": "repository.edit",
                    "target": "main/apps",
                    "outcome": "done",
                    "before": {"description": ""},
                    "after": {"description": "Images of the shop"},
                }
            ]
        }
    )

    id: int
    at: Instant
    actor: str
    address: str
    request_id: str
    action: str
    target: str
    outcome: Literal["done", "refused"]
    before: Facts
    after: Facts


class Events(Page):
    items: list[Event]


class EventsExported(BaseModel):
    model_config = ConfigDict(extra="forbid")

    actor: Annotated[Text | None, Field(max_length=200, description="A user, also by a key.")] = None
    action: Annotated[
        Text | None, Field(max_length=60, description="`registry.edit`; or `registry` for all of its kind.")
    ] = None
    target: Annotated[Text | None, Field(max_length=520, description="The path of a thing, or of what holds it.")] = (
        None
    )
    outcome: Literal["done", "refused"] | None = None
    since: Annotated[Moment | None, Field(description="Not before this time.")] = None
    until: Annotated[Moment | None, Field(description="Before this time.")] = None

    def asked(self) -> Filter:
        return Filter(self.actor, self.action, self.target, self.outcome, self.since, self.until)


class EventsWanted(EventsExported, Paging):
    sort: Literal["at", "-at"] = "-at"
