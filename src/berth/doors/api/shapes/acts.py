"""What is done to digests and tags: locks, names, deletion, the trash, and operations to follow."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.values import Given, Instant, Moment, Page, Place, Shown, Text
from berth.registry.limits import MAX_ITEMS

DIGEST = "sha256:" + "4f" * 32
AT = "2026-01-31T12:00:00.000000Z"

Digest = Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$", examples=[DIGEST])]
Tag = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$", examples=["v1.2"])]
Digests = Annotated[list[Digest], Field(min_length=1, max_length=MAX_ITEMS)]
Tags = Annotated[list[Tag], Field(max_length=100)]
Renamed = Annotated[dict[Tag, Tag], Field(max_length=100)]
Reason = Annotated[Text, Field(max_length=255, examples=["in production"])]
DryRun = Annotated[bool, Field(description="Only say what would happen.")]


class LockSet(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "in production"}]})

    reason: Reason = ""
    until: Annotated[Moment | None, Field(description="From then on the lock holds nothing any more.")] = None


class DigestsLocked(LockSet):
    model_config = ConfigDict(json_schema_extra={"examples": [{"digests": [DIGEST], "reason": "in production"}]})

    digests: Digests


class DigestsUnlocked(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"digests": [DIGEST]}]})

    digests: Digests


class ProblemInShort(BaseModel):
    """A problem document without the request's id. Some types carry more facts."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


class Outcome(Shown):
    digest: str
    done: bool
    problem: Annotated[ProblemInShort | None, Field(description="Why it was left as it was.")]


class Outcomes(Shown):
    """What became of each, in the order asked for."""

    items: list[Outcome]


class DigestsDeleted(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"digests": [DIGEST], "dry_run": True}]})

    digests: Digests
    dry_run: DryRun = False


class Verdict(Shown):
    digest: str
    accepted: bool
    tags: Annotated[list[str], Field(description="Names that go with it.")]
    referrers: Annotated[list[str], Field(description="Digests that go with it, such as signatures.")]
    problem: Annotated[ProblemInShort | None, Field(description="Why it stays.")]


class Deletion(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "operation": "0a6f3f62-6a0e-4f0e-9d0b-5b8c7f3f3a10",
                    "items": [{"digest": DIGEST, "accepted": True, "tags": ["v1.2"], "referrers": [], "problem": None}],
                }
            ]
        }
    )

    operation: Annotated[str | None, Field(description="To follow at /operations; null when nothing is going on.")]
    items: list[Verdict]


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
