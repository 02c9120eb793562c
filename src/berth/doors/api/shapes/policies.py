"""The four policies of an image, and a repository's defaults for them.

A policy that is given is given whole, so that nobody resets by accident what they did not write down.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from berth.doors.api.shapes.values import Given, Shown
from berth.words.policies import MAX_COUNT, MAX_DAYS, MAX_WAIT

Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
Expression = Annotated[
    str,
    Field(
        pattern=r"^[a-zA-Z0-9_*][a-zA-Z0-9._*-]{0,129}$",
        description="Matches the whole tag; only `*` is special.",
        examples=["release-*"],
    ),
]
PolicyName = Literal["scan", "pull", "lock", "deletion"]
Level = Literal["none", "unknown", "negligible", "low", "medium", "high", "critical"]

SCAN: JsonDict = {
    "automatic": True,
    "exclusion": True,
    "exclude_language_packages": False,
    "exclude_secrets": False,
    "exclude_unfixed": True,
    "exclude_level": "low",
    "publish_sbom": "",
}
PULL: JsonDict = {
    "restrict_unscanned": False,
    "restrict_vulnerable": True,
    "critical": 1,
    "high": 10,
    "exclude_unfixed": True,
    "mode": "enforce",
    "grace_days": 0,
    "wait_seconds": 0,
}
DELETION: JsonDict = {
    "enabled": True,
    "untagged": {"enabled": True, "days": 30},
    "old": {"enabled": False, "days": 90},
    "expression": "*",
    "keep_newest": 0,
    "keep_newest_by": "push",
    "keep_matching": "",
    "keep_pulled_days": 0,
    "keep_untagged_days": 0,
}
ALL: JsonDict = {"scan": SCAN, "pull": PULL, "lock": {"locked": False}, "deletion": DELETION}


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, from_attributes=True)


class ScanPolicy(_Policy):
    automatic: Annotated[bool, Field(description="A digest is checked when it is pushed.")]
    exclusion: Annotated[bool, Field(description="Whether the following count.")]
    exclude_language_packages: bool
    exclude_secrets: bool
    exclude_unfixed: bool
    exclude_level: Annotated[Level | None, Field(description="Findings of this level and below are left out.")]
    publish_sbom: Annotated[
        Literal["", "cyclonedx", "spdx"],
        Field(description="After a scan the inventory becomes a referrer of the image, in this format; empty: not."),
    ] = ""


class PullPolicy(_Policy):
    restrict_unscanned: bool
    restrict_vulnerable: bool
    critical: Annotated[Count, Field(description="A pull is refused when there are more; 0 refuses any.")]
    high: Count
    exclude_unfixed: bool
    mode: Annotated[
        Literal["off", "warn", "enforce"],
        Field(description="`warn` serves with a `Warning` header what would be refused; `off` judges nothing."),
    ] = "enforce"
    grace_days: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_DAYS,
            description="Findings published within so many days do not count on a digest that was allowed before.",
        ),
    ] = 0
    wait_seconds: Annotated[
        int, Field(ge=0, le=MAX_WAIT, description="So long a pull waits for a scan that goes on; 0: not.")
    ] = 0


class LockPolicy(_Policy):
    locked: Annotated[
        bool,
        Field(description="Of an image: whether it is locked. Of a repository: whether new images become so."),
    ]


class DeletionRule(_Policy):
    enabled: bool
    days: Annotated[int, Field(ge=1, le=MAX_DAYS, description="Counted from the digest's first push.")]


class DeletionPolicy(_Policy):
    enabled: bool
    untagged: DeletionRule
    old: DeletionRule
    expression: Annotated[Expression, Field(description="Of the rule `old`: which tags.")]
    keep_newest: Annotated[Count, Field(description="So many tags stay, the newest.")] = 0
    keep_newest_by: Annotated[
        Literal["push", "version"], Field(description="What is newest: the last first push, or the highest name.")
    ] = "push"
    keep_matching: Annotated[
        str,
        Field(
            pattern=r"^$|^[a-zA-Z0-9_*][a-zA-Z0-9._*-]{0,129}$",
            description="What has a tag that matches stays; empty: none.",
        ),
    ] = ""
    keep_pulled_days: Annotated[int, Field(ge=0, le=MAX_DAYS, description="What was pulled within them stays.")] = 0
    keep_untagged_days: Annotated[
        int, Field(ge=0, le=MAX_DAYS, description="So long a digest stays after its last tag is gone.")
    ] = 0
    breaker_count: Annotated[Count, Field(description="A run that would delete more waits to be approved; 0: off.")] = 0
    breaker_share: Annotated[
        int, Field(ge=0, le=100, description="So many percent of the digests, and more than that waits; 0: off.")
    ] = 0
    breaker_last_tag: Annotated[bool, Field(description="A run that would take the last tag waits.")] = False


class Policies(Shown):
    scan: ScanPolicy
    pull: PullPolicy
    lock: LockPolicy
    deletion: DeletionPolicy


class PoliciesEdit(Given):
    """What is not given stays; a policy that is given is given whole."""

    scan: ScanPolicy | None = None
    pull: PullPolicy | None = None
    lock: LockPolicy | None = None
    deletion: DeletionPolicy | None = None
