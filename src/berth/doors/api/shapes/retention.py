"""Tests and runs of deletion policies."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.policies import DELETION, DeletionPolicy
from berth.doors.api.shapes.references import AT, DIGEST
from berth.doors.api.shapes.values import Given, Instant, Page, Shown, Text

Kind = Literal["test", "run"]
Outcome = Literal["queued", "deleted", "drifted", "failed"]

RUN_ID = "0a6f3f62-6a0e-4f0e-9d0b-5b8c7f3f3a10"


class PolicyRunAsked(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "test", "policy": DELETION}]})

    kind: Kind
    policy: Annotated[
        DeletionPolicy | None, Field(description="Of a test: one that is not saved. Without it, the image's.")
    ] = None
    source: Annotated[
        Text | None, Field(max_length=36, description="Of a run: the test beyond which it deletes nothing.")
    ] = None


class PolicyRun(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": RUN_ID,
                    "kind": "test",
                    "state": "done",
                    "reason": "",
                    "policy": DELETION,
                    "source": None,
                    "asked_by": "alice",
                    "asked_at": AT,
                    "planned_at": AT,
                    "ended_at": AT,
                    "deleted": 3,
                    "kept": 17,
                    "freed": 73400320,
                    "breaker": "",
                    "approved_by": None,
                }
            ]
        }
    )

    id: str
    kind: Kind
    state: Annotated[
        Literal["queued", "running", "waiting", "done", "failed", "refused"],
        Field(description="`waiting` is for an approval."),
    ]
    reason: Annotated[str, Field(description="Why it failed, or was refused.")]
    policy: Annotated[DeletionPolicy, Field(description="As it was when it was asked for.")]
    source: str | None
    asked_by: Annotated[str, Field(description="`policy`: by itself, as every hour.")]
    asked_at: Instant
    planned_at: Instant | None
    ended_at: Instant | None
    deleted: Annotated[int, Field(description="Digests: a test would delete them, a run has deleted them.")]
    kept: int
    freed: Annotated[int, Field(description="Bytes, once the trash and the sweep are through.")]
    breaker: Annotated[str, Field(description="Why it needs an approval; of a test, why a run would.")]
    approved_by: str | None


class PolicyRuns(Page):
    items: list[PolicyRun]


class PolicyRunsWanted(Paging):
    sort: Literal["asked_at", "-asked_at"] = "-asked_at"
    kind: Kind | None = None


class PolicyRunItem(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "digest": DIGEST,
                    "tags": ["nightly-1"],
                    "deleted": True,
                    "reason": "old",
                    "because": "",
                    "due_at": AT,
                    "outcome": "",
                    "size": 29360128,
                    "freed": 8388608,
                    "pushed_at": AT,
                }
            ]
        }
    )

    digest: str
    tags: list[str]
    deleted: Annotated[bool, Field(description="The verdict.")]
    reason: Annotated[
        str,
        Field(
            description="What decided. It goes: `untagged`, `old`, `with-subject`. It stays: `policy-off`, `rule-off`, "
            "`too-young`, `other-name`, `newest`, `kept-name`, `pulled`, `lately-untagged`, `locked`, `listed`, "
            "`speaks-of`, `spoken-of-by`, `busy`."
        ),
    ]
    because: Annotated[str, Field(description="In particular: a digest, a name, a lock, a time.")]
    due_at: Annotated[Instant | None, Field(description="When its rule takes it, as things are.")]
    outcome: Annotated[str, Field(description="Of a run: `queued`, `deleted`, `drifted` or `failed`. Of a test: none.")]
    size: Annotated[int | None, Field(description="With all it holds; null in reports of older releases.")]
    freed: Annotated[int | None, Field(description="Of that, what nothing else holds; of what goes.")]
    pushed_at: Annotated[Instant | None, Field(description="First; null in reports of older releases.")]


class PolicyRunItems(Page):
    items: list[PolicyRunItem]


class PolicyRunItemsWanted(Paging):
    sort: Literal["place", "-place"] = "place"
    deleted: bool | None = None
    outcome: Outcome | None = None
