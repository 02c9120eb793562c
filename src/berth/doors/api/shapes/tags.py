"""Tags: the list, Edit Tags, and their history."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.images import DigestState
from berth.doors.api.shapes.references import AT, DIGEST, Digest, DryRun, Renamed, Tags
from berth.doors.api.shapes.restriction import PULL, Pull
from berth.doors.api.shapes.values import Given, Instant, Moment, Page, Shown, Text


class TagsEdit(Given):
    """All of it happens, or nothing."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"add": ["v1.3"], "rename": {"rc": "v1.2"}, "move": ["latest"], "remove": []}]}
    )

    add: Tags = Field(default_factory=list, description="Names that are free.")
    rename: Renamed = Field(default_factory=dict, description="From a name the digest has to one that is free.")
    move: Tags = Field(default_factory=list, description="Names that are taken from other digests, or free.")
    remove: Tags = Field(default_factory=list)
    dry_run: DryRun = False


class TagChange(Shown):
    name: str
    before: Annotated[str | None, Field(description="The digest it pointed at.")]
    after: Annotated[str | None, Field(description="The digest it points at; null: the name is gone.")]
    moves: Annotated[bool, Field(description="Taken from another digest.")]


class TagChanges(Shown):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [{"name": "v1.3", "before": None, "after": DIGEST, "moves": False}]}]}
    )

    items: list[TagChange]


class Span(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "latest", "digest": DIGEST, "since": AT, "until": None, "by": "alice", "why": "push"}]
        }
    )

    name: str
    digest: Annotated[str | None, Field(description="Null: the name was gone.")]
    since: Instant
    until: Annotated[Instant | None, Field(description="Null: to this day.")]
    by: str
    why: str


class History(Page):
    items: list[Span]


class HistoryWanted(Paging):
    sort: Literal["at", "-at"] = "-at"


class PutBack(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"at": AT, "dry_run": True}]})

    at: Annotated[Moment, Field(description="The tag is put back to what it pointed at then.")]
    dry_run: DryRun = False


class TagRow(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "v1.2",
                    "digest": DIGEST,
                    "state": "active",
                    "pull": PULL,
                    "created_by": "alice",
                    "created_at": AT,
                    "edited_by": "alice",
                    "edited_at": AT,
                }
            ]
        }
    )

    name: str
    digest: str
    state: Annotated[DigestState, Field(description="Of its digest.")]
    pull: Pull
    created_by: str
    created_at: Instant
    edited_by: Annotated[str, Field(description="Who moved it last.")]
    edited_at: Instant


class TagsList(Page):
    items: list[TagRow]


class TagsWanted(Paging):
    sort: Annotated[
        Literal["name", "-name", "created_at", "-created_at", "edited_at", "-edited_at"],
        Field(description="By name as people count: 6.0.9 before 6.0.10."),
    ] = "name"
    name: Annotated[Text | None, Field(max_length=128, description="A part of the name, in whatever case.")] = None
    digest: Digest | None = None
    restricted: Annotated[bool | None, Field(description="Whose digests may not be pulled now, or may.")] = None
