"""Whether digests may be pulled, quarantine, and pulls that rules stood against."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.references import AT, DIGEST
from berth.doors.api.shapes.values import Given, Instant, Page, Shown, Text
from berth.restriction import teaching, wording
from berth.restriction.explaining import Explained
from berth.restriction.refused import RefusedPull as Row
from berth.restriction.verdict import Count, Verdict

Outcome = Annotated[
    Literal["allowed", "warned", "permitted", "refused", "exempt", "partly"],
    Field(
        description="`warned`: refused if rules were enforced. `permitted`: refused but for the caller's right. "
        "`exempt`: it is no image. `partly`: an index some of whose images are refused."
    ),
]
Rule = Literal["quarantined", "unscanned", "vulnerable"]
PULL: JsonDict = {"verdict": "allowed", "rule": None, "reason": ""}


class Pull(Shown):
    """Whether it may be pulled, by anybody who has no right to pass the rules."""

    verdict: Outcome
    rule: Annotated[Rule | None, Field(description="The first that stands against it.")]
    reason: Annotated[str, Field(description="In words, without the end of a sentence; empty: none.")]


class Quarantine(Shown):
    by: str
    at: Instant
    reason: str


class QuarantineSet(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "holds a stolen key"}]})

    reason: Annotated[Text, Field(min_length=1, max_length=255, description="Whoever is refused reads it.")]


class FoundAgainstLimit(Shown):
    severity: Literal["critical", "high"]
    found: Annotated[int, Field(description="Those that count.")]
    limit: Annotated[int, Field(description="A pull is refused when there are more.")]
    waived: Annotated[int, Field(description="Not counted: a waiver is in force for them.")]
    fresh: Annotated[int, Field(description="Not counted: they are within the grace.")]


class PullReason(Shown):
    rule: Rule
    text: str
    unscanned: Annotated[
        Literal["never", "queued", "running", "failed", "waiting"] | None,
        Field(description="Why there is no good result; `waiting`: for advisories."),
    ]
    counts: list[FoundAgainstLimit]
    quarantine: Quarantine | None


class WorstFinding(Shown):
    vulnerability: str
    severity: Literal["critical", "high"]
    package: str
    version: str
    fixed_version: Annotated[str, Field(description="Empty: there is none.")]


class PlatformVerdict(Shown):
    digest: str
    platform: str
    verdict: Outcome
    reason: str


class PullVerdict(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "image": "main/apps/shop/web",
                    "digest": DIGEST,
                    "mode": "enforce",
                    "verdict": "allowed",
                    "yours": "allowed",
                    "reasons": [],
                    "counts": [{"severity": "critical", "found": 0, "limit": 1, "waived": 1, "fresh": 0}],
                    "worst": [],
                    "others": 0,
                    "fix": "",
                    "newest_allowed": None,
                    "platforms": [],
                }
            ]
        }
    )

    image: str
    digest: str
    mode: Literal["off", "warn", "enforce"]
    verdict: Outcome
    yours: Annotated[Outcome, Field(description="The same for you, whom the right `pull-restricted` may let pass.")]
    reasons: Annotated[list[PullReason], Field(description="In the order of the rules.")]
    counts: Annotated[list[FoundAgainstLimit], Field(description="Of a good result, whether it is judged or not.")]
    worst: Annotated[list[WorstFinding], Field(description="Up to 5 of those that count, where they are too many.")]
    others: Annotated[int, Field(description="How many more of them there are.")]
    fix: Annotated[str, Field(description="What would let it be pulled, in words.")]
    newest_allowed: Annotated[str | None, Field(description="The newest tag that may be pulled, where this may not.")]
    platforms: Annotated[list[PlatformVerdict], Field(description="Of an index, its images one by one.")]


class RefusedPull(Shown):
    image: str
    digest: str
    reference: Annotated[str, Field(description="As it was asked for last: a tag, or the digest.")]
    principal: Annotated[str, Field(description="Who asked; a key in brackets.")]
    verdict: Literal["refused", "warned", "permitted"]
    rule: Rule
    pulls: Annotated[int, Field(description="How often within the days asked for.")]
    last_at: Instant
    reason: Annotated[str, Field(description="Of the last one, in words.")]
    fix: Annotated[str, Field(description="What would have let it be pulled, in words.")]
    newest_allowed: Annotated[str | None, Field(description="The newest tag that might have been pulled then.")]
    worst: list[WorstFinding]


class RefusedPulls(Page):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "image": "main/apps/shop/web",
                            "digest": DIGEST,
                            "reference": "v1.2",
                            "principal": "ci (BK1)",
                            "verdict": "refused",
                            "rule": "unscanned",
                            "pulls": 3,
                            "last_at": AT,
                            "reason": "it has not been scanned",
                            "fix": "have it scanned",
                            "newest_allowed": "v1.1",
                            "worst": [],
                        }
                    ],
                    "next": None,
                }
            ]
        }
    )

    items: list[RefusedPull]


class RefusedPullsWanted(Paging):
    sort: Literal["last_at", "-last_at", "pulls", "-pulls"] = "-last_at"
    days: Annotated[int, Field(ge=1, le=366, description="So far back, this day counted.")] = 7
    verdict: Annotated[
        list[Literal["refused", "warned", "permitted"]], Field(description="Which, several times; none: refused.")
    ] = Field(default_factory=list)


def pull(found: Verdict) -> Pull:
    return Pull(verdict=found.outcome, rule=found.rule, reason=wording.reasons(found))


def explained(found: Explained) -> PullVerdict:
    lesson = found.lesson
    facts = teaching.facts(lesson)
    return PullVerdict.model_validate(
        {
            **facts,
            "mode": found.mode,
            "yours": found.yours.outcome,
            "counts": [_count(each) for each in found.counts],
            "digest": lesson.reference,
            "platforms": [
                {
                    "digest": each.digest,
                    "platform": each.platform,
                    "verdict": each.verdict.outcome,
                    "reason": wording.reasons(each.verdict),
                }
                for each in found.children
            ],
        }
    )


def refused(row: Row) -> RefusedPull:
    same = ("fix", "newest_allowed", "worst")
    return RefusedPull.model_validate(
        {
            **{name: row.facts[name] for name in same},
            **{name: getattr(row, name) for name in ("image", "digest", "reference", "principal", "rule", "pulls")},
            "verdict": row.outcome,
            "last_at": row.last_at,
            "reason": "; ".join(each["text"] for each in row.facts["reasons"]),
        }
    )


def _count(found: Count) -> dict[str, Any]:  # Any: JSON values
    same = ("found", "limit", "waived", "fresh")
    return {"severity": found.level.value, **{name: getattr(found, name) for name in same}}
