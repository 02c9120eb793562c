"""Advisories, what their changes came to, and the search over all results."""

from typing import Annotated, Literal

from pydantic import Field

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.policies import Level
from berth.doors.api.shapes.values import Instant, Page, Shown, Text


class SearchWanted(Paging):
    vulnerability: Annotated[
        Text, Field(max_length=120, description="Any name of it, whole, in whatever case.", examples=["CVE-2023-45853"])
    ] = ""
    package: Annotated[
        Text,
        Field(max_length=255, description="Its name, whole, or how it begins with `*` after it.", examples=["zlib*"]),
    ] = ""
    version: Annotated[Text, Field(max_length=255)] = ""
    sort: Literal["path", "-path"] = "path"


class Affected(Shown):
    image: str
    digest: str
    tags: list[str]
    package: str
    version: str
    ecosystem: str
    vulnerability: Annotated[str | None, Field(description="Null when a package was searched for.")]
    severity: Level | None
    fixed_version: str | None
    hidden: Annotated[str | None, Field(description="What of the policy of the image leaves it out of its results.")]


class AffectedPage(Page):
    items: list[Affected]


class Source(Shown):
    ecosystem: str
    records: int
    last_modified: str | None
    attribution: str


class Build(Shown):
    id: str
    records: int
    made_at: Instant
    made_by: str
    sources: list[Source]


class Advisories(Shown):
    """What scans match with. Without any, a scan waits."""

    current: Build | None
    previous: Annotated[Build | None, Field(description="The one to go back to.")]
    age_seconds: int | None
    old: Annotated[bool, Field(description="Nobody has renewed them for days; every result says so too.")]
    queue: Annotated[dict[str, int], Field(description="Scans that wait or run.")]
    update_failed: Annotated[
        str | None,
        Field(description="Why the last update failed; empty: it did not. Null for who is no administrator."),
    ]


class ReevaluationsWanted(Paging):
    sort: Literal["at", "-at"] = "-at"


class Reevaluation(Shown):
    """What came of advisories that changed."""

    id: int
    at: Instant
    before: str
    advisories: str
    names: Annotated[int, Field(description="Packages whose advisories changed.")]
    components: int
    results: Annotated[int, Field(description="Digests with more or fewer findings than before.")]
    opened: int
    closed: int


class Reevaluations(Page):
    items: list[Reevaluation]


class NewsWanted(Paging):
    sort: Literal["id", "-id"] = "-id"
    affected: Annotated[bool | None, Field(description="Only the newly affected, or only the others.")] = None


class News(Shown):
    """A digest that more or less is known of since."""

    image: str
    digest: str
    tags: list[str]
    at: Instant
    opened: Annotated[list[str], Field(description="Vulnerabilities it is now known to have, the worst first.")]
    closed: list[str]
    hidden: Annotated[int, Field(description="How many more were opened that the policy of the image leaves out.")]


class NewsPage(Page):
    items: list[News]
