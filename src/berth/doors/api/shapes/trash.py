"""The trash, and operations to follow."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.references import AT, DIGEST, Renamed
from berth.doors.api.shapes.values import Given, Instant, Page, Place, Shown, Text
from berth.registry.limits import MAX_ITEMS


class Trashed(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 17,
                    "kind": "digest",
                    "image": "shop/web",
                    "digest": DIGEST,
                    "tags": ["v1.2"],
                    "media_type": "application/vnd.oci.image.manifest.v1+json",
                    "size": 31337,
                    "batch": "0a6f3f62-6a0e-4f0e-9d0b-5b8c7f3f3a10",
                    "deleted_at": AT,
                    "deleted_by": "alice",
                    "why": "delete",
                    "purge_at": "2026-02-07T12:00:00.000000Z",
                }
            ]
        }
    )

    id: int
    kind: Annotated[Literal["digest", "image"], Field(description="`image` keeps what a whole image said of itself.")]
    image: str
    digest: str
    tags: list[str]
    media_type: str
    size: int
    batch: Annotated[str, Field(description="What was deleted together has the same one.")]
    deleted_at: Instant
    deleted_by: str
    why: str
    purge_at: Instant


class Trash(Page):
    items: list[Trashed]


class TrashWanted(Paging):
    sort: Literal["deleted_at", "-deleted_at", "purge_at", "-purge_at", "image", "-image", "size", "-size"] = (
        "-deleted_at"
    )
    image: Annotated[Text | None, Field(max_length=255)] = None


Ids = Annotated[list[Annotated[int, Field(ge=1, le=1 << 53)]], Field(min_length=1, max_length=MAX_ITEMS)]


class Restore(Given):
    """Either some entries of one image, or all that was deleted together."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ids": [17], "rename": {"v1.2": "v1.2-restored"}}]})

    ids: Ids | None = None
    batch: Annotated[Text | None, Field(max_length=36)] = None
    rename: Renamed = Field(default_factory=dict, description="Names that are in use become others.")


class Restored(Shown):
    image: str
    digests: list[str]
    tags: Annotated[dict[str, str], Field(description="By name its digest.")]


class Discard(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"ids": [17]}]})

    ids: Ids


class PlaceTrashed(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 4,
                    "kind": "repository",
                    "path": "main/apps",
                    "description": "Images of the shop",
                    "images": 3,
                    "deleted_at": AT,
                    "deleted_by": "alice",
                    "purge_at": "2026-02-07T12:00:00.000000Z",
                }
            ]
        }
    )

    id: int
    kind: Literal["registry", "repository"]
    path: str
    description: str
    images: Annotated[int, Field(description="So many whole images come back with it.")]
    deleted_at: Instant
    deleted_by: str
    purge_at: Instant


class PlaceTrash(Page):
    items: list[PlaceTrashed]


class PlaceTrashWanted(Paging):
    sort: Literal["deleted_at", "-deleted_at", "id", "-id"] = "-deleted_at"


class PlaceRestore(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 4, "name": "apps-restored"}]})

    id: Annotated[int, Field(ge=1, le=1 << 53)]
    name: Annotated[Text | None, Field(max_length=30, description="Another one, where its own is in use by now.")] = (
        None
    )


class PlaceRestored(Shown):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"path": "main/apps", "operation": "0a6f3f62-6a0e-4f0e-9d0b-5b8c7f3f3a10"}]}
    )

    path: str
    operation: Annotated[str | None, Field(description="That brings its images back; null when it has none.")]


class OperationItem(BaseModel):
    """Of one thing that was asked for; there may be more facts."""

    model_config = ConfigDict(extra="allow")

    item: str
    state: Literal["queued", "done", "refused", "failed"]
    reason: str


class Operation(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0a6f3f62-6a0e-4f0e-9d0b-5b8c7f3f3a10",
                    "kind": "delete digests",
                    "target": "main/apps/shop/web",
                    "state": "done",
                    "items": [{"item": DIGEST, "state": "done", "reason": ""}],
                    "total": 1,
                    "finished": 1,
                    "reason": "",
                    "started_by": "alice",
                    "started_at": AT,
                    "ended_at": AT,
                }
            ]
        }
    )

    id: str
    kind: str
    target: str
    state: Literal["queued", "running", "done", "failed"]
    items: list[OperationItem]
    total: int
    finished: int
    reason: Annotated[str, Field(description="Why it failed.")]
    started_by: str
    started_at: Instant
    ended_at: Instant | None


class Operations(Page):
    items: list[Operation]


class OperationsWanted(Paging):
    sort: Literal["started_at", "-started_at"] = "-started_at"
    place: Place | None = None
    state: Literal["queued", "running", "done", "failed"] | None = None
