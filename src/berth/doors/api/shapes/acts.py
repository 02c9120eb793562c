"""What is done to digests: locks and deletion."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from berth.doors.api.shapes.references import DIGEST, Digests, DryRun, Reason
from berth.doors.api.shapes.values import Given, Moment, Shown


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


class Inside(Shown):
    """What goes with a whole."""

    repositories: Annotated[int, Field(description="Of a registry.")]
    images: int
    digests: int
    tags: int


class Deletion(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "operation": "0a6f3f62-6a0e-4f0e-9d0b-5b8c7f3f3a10",
                    "items": [{"digest": DIGEST, "accepted": True, "tags": ["v1.2"], "referrers": [], "problem": None}],
                    "inside": None,
                }
            ]
        }
    )

    operation: Annotated[str | None, Field(description="To follow at /operations; null when nothing is going on.")]
    items: list[Verdict]
    inside: Annotated[Inside | None, Field(description="What is in an image, a repository or a registry that goes.")]
