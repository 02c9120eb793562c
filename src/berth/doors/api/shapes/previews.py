"""What a policy of pulls would refuse, before it is saved."""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from berth.doors.api.paging import MAX_LIMIT
from berth.doors.api.shapes.policies import PULL, PullPolicy, ScanPolicy
from berth.doors.api.shapes.references import AT, DIGEST
from berth.doors.api.shapes.restriction import Outcome, PullReason
from berth.doors.api.shapes.values import Given, Instant, Page, Shown
from berth.registry.pulls import KEPT

DAYS = 7
SUMS: JsonDict = {
    "refused": 3,
    "partly": 0,
    "warned": 0,
    "more": 2,
    "fewer": 0,
    "pulled": 1,
    "digests": 4,
}


class PreviewAsked(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"pull": PULL, "days": 7}]})

    pull: Annotated[PullPolicy | None, Field(description="To be tried; else each image keeps its own.")] = None
    scan: Annotated[ScanPolicy | None, Field(description="The same of what is left out of findings.")] = None
    days: Annotated[int, Field(ge=1, le=KEPT.days, description="What was pulled within them was pulled lately.")] = DAYS
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Tags in one page.")] = 50
    cursor: Annotated[str | None, Field(max_length=4000, description="`next` of the page before.")] = None


class Sums(Shown):
    """Tags, unless it says otherwise."""

    refused: int
    partly: Annotated[int, Field(description="Indexes some of whose images are refused.")]
    warned: Annotated[int, Field(description="Served with a warning.")]
    more: Annotated[int, Field(description="Refused, and not as it is now.")]
    fewer: Annotated[int, Field(description="Refused as it is now, and no more.")]
    pulled: Annotated[int, Field(description="Refused, and their digests were pulled lately.")]
    digests: Annotated[int, Field(description="Refused digests, with those that have no tag.")]


class Switch(Shown):
    """One field alone, with all others as each image has them now."""

    field: str
    value: Annotated[bool | int | str, Field(description="As it is tried.")]
    sums: Sums


class Puller(Shown):
    principal: str
    last_day: date
    digests: int


class Pulled(Shown):
    principal: str
    last_day: date


class Stopped(Shown):
    """A tag that rules would stand against."""

    image: str
    tag: str
    digest: str
    verdict: Annotated[Outcome, Field(description="As it is tried.")]
    now: Outcome
    reasons: list[PullReason]
    pulled_at: Annotated[Instant | None, Field(description="The last time, by anybody.")]
    pulled_by: Annotated[list[Pulled], Field(description="Within the days asked for, up to 10, the last first.")]


class Preview(Page):
    """Nothing was saved."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "images": 1,
                    "tags": 120,
                    "now": {**SUMS, "refused": 1, "more": 0},
                    "tried": SUMS,
                    "switches": [{"field": "critical", "value": 1, "sums": SUMS}],
                    "pulled_by": [{"principal": "ci (BK1)", "last_day": "2026-01-30", "digests": 1}],
                    "more_pulled": False,
                    "items": [
                        {
                            "image": "shop/web",
                            "tag": "v1.2",
                            "digest": DIGEST,
                            "verdict": "refused",
                            "now": "allowed",
                            "reasons": [],
                            "pulled_at": AT,
                            "pulled_by": [{"principal": "ci (BK1)", "last_day": "2026-01-30"}],
                        }
                    ],
                    "next": None,
                }
            ]
        }
    )

    images: int
    tags: int
    now: Sums
    tried: Sums
    switches: Annotated[list[Switch], Field(description="What each field that differs would change alone.")]
    pulled_by: Annotated[list[Puller], Field(description="Who pulled lately what would be refused, up to 20.")]
    more_pulled: Annotated[bool, Field(description="There are others.")]
    items: Annotated[list[Stopped], Field(description="A page of the tags: refused, partly refused, or warned of.")]
