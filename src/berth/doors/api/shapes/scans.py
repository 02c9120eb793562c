"""Scans, their results, and advisories."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.policies import Level, ScanPolicy
from berth.doors.api.shapes.references import AT, DIGEST, Digests
from berth.doors.api.shapes.values import Given, Instant, Page, Shown, Text
from berth.doors.api.shapes.waivers import Covered

ScanState = Annotated[
    Literal["not-scanned", "queued", "running", "done", "failed", "partial", "unsupported"],
    Field(description="`partial`: of an index some images have no result. `unsupported`: it is no image."),
]
Kind = Literal["os", "language"]
FixState = Literal["fixed", "unfixed", "wont-fix", "deferred", "unknown"]
Levels = Annotated[list[Level], Field(max_length=7, description="Any of them; none given: all.")]
Part = Annotated[Text, Field(max_length=255, description="A part of it, in whatever case.")]
Type = Annotated[Text, Field(max_length=20, description="Of package, as a package URL says it.", examples=["deb"])]

COUNTS: JsonDict = {
    "critical": 1,
    "high": 0,
    "medium": 0,
    "low": 1,
    "negligible": 18,
    "unknown": 3,
    "none": 0,
    "total": 23,
    "fixable": 0,
    "hidden": 0,
}
SCAN: JsonDict = {
    "state": "done",
    "code": "",
    "reason": "",
    "counts": COUNTS,
    "secrets": 0,
    "hidden_secrets": 0,
    "warnings": 0,
    "scanned_at": AT,
    "evaluated_at": AT,
    "advisories_at": AT,
    "re_scan_needed": False,
    "images": 1,
    "scanned": 1,
    "newly_affected_at": None,
    "progress": None,
}
PACKAGE: JsonDict = {
    "kind": "os",
    "type": "deb",
    "name": "zlib1g",
    "version": "1:1.2.13.dfsg-1",
    "source_name": "zlib",
    "source_version": "",
    "arch": "amd64",
    "path": "var/lib/dpkg/status",
    "license": "",
    "owned": False,
}


class Counts(Shown):
    """Findings that the exclusion policy of the image leaves: vulnerability, package and version."""

    critical: int
    high: int
    medium: int
    low: int
    negligible: int
    unknown: int
    none: int
    total: int
    fixable: Annotated[int, Field(description="Those of them that a newer version mends.")]
    hidden: Annotated[int, Field(description="Left out by the policy.")]


class Scan(Shown):
    """How a digest stands. Without a result there are no counts, which is never the same as nothing found."""

    state: ScanState
    code: Annotated[str, Field(description="Of a failure; `NO_DATABASE` while it waits for advisories.")]
    reason: str
    counts: Counts | None
    secrets: int
    hidden_secrets: int
    warnings: Annotated[int, Field(description="Things that were not checked.")]
    scanned_at: Instant | None
    evaluated_at: Annotated[Instant | None, Field(description="When it was last matched with advisories.")]
    advisories_at: Instant | None
    re_scan_needed: Annotated[bool, Field(description="The last scan failed; the result is of one before.")]
    images: Annotated[int, Field(description="How many images it speaks for: of an index, those that it lists.")]
    scanned: Annotated[int, Field(description="How many of these have a result.")]
    newly_affected_at: Annotated[
        Instant | None, Field(description="When advisories last told of more, since its layers were read.")
    ]
    progress: Annotated[
        int | None, Field(description="Percent of its layers that have been read, while it is `running`.")
    ]


class ScansAsked(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"digests": [DIGEST]}]})

    digests: Digests


class ScanAsked(Shown):
    digest: str
    queued: Annotated[int, Field(description="Images that now wait: one, or those that an index lists.")]
    going_on: Annotated[int, Field(description="Images that waited already.")]


class ScansQueued(Shown):
    items: list[ScanAsked]


class RepositoryQueued(Shown):
    queued: Annotated[int, Field(description="Images that now wait for it.")]


class Gap(Shown):
    """Something that was not checked."""

    code: str
    text: str


class System(Shown):
    id: str
    version: str
    name: str
    eol_on: Annotated[str | None, Field(description="The day on which its free support ends.")]


class ScannedImage(Shown):
    digest: str
    platform: str
    scanner: str
    scanner_version: str
    os: System | None
    packages: int
    scanned_at: Instant
    advisories: Annotated[str, Field(description="The build of advisories it was matched with.")]


class ScanDetail(Scan):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{**SCAN, "digest": DIGEST, "policy": None, "gaps": [], "results": []}]}
    )

    digest: str
    policy: Annotated[ScanPolicy | None, Field(description="The one in force, of the image.")]
    gaps: list[Gap]
    results: list[ScannedImage]


class Package(Shown):
    kind: Kind
    type: str
    name: str
    version: str
    source_name: str
    source_version: str
    arch: str
    path: str
    license: str
    owned: Annotated[bool, Field(description="It came with a package of the system, which alone is matched.")]


class FindingsWanted(Paging):
    sort: Literal[
        "severity",
        "-severity",
        "score",
        "-score",
        "vulnerability",
        "-vulnerability",
        "package",
        "-package",
        "fixed_version",
        "-fixed_version",
    ] = "-severity"
    severity: Annotated[Levels, Field(default_factory=list)]
    kind: Kind | None = None
    type: Type = ""
    package: Part = ""
    vulnerability: Part = ""
    fixable: bool | None = None
    hidden: Annotated[bool, Field(description="Those too that the policy leaves out.")] = False


class Finding(Shown):
    vulnerability: str
    aliases: list[str]
    severity: Level
    severity_source: Annotated[str, Field(description="Who rated it so; empty for an unknown level.")]
    package: Package
    paths: Annotated[list[str], Field(description="All places at which the package lies in this version.")]
    fixed_version: Annotated[str, Field(description="The smallest that mends it; empty: there is none.")]
    fix_state: FixState
    title: str
    description: str
    links: list[str]
    vector: str
    score: float | None
    published: Instant | None
    modified: Instant | None
    malware: bool
    records: Annotated[list[str], Field(description="Ids of the advisories that said so.")]
    found_at: Instant
    hidden: Annotated[str | None, Field(description="What of the policy leaves it out.")]
    waiver: Annotated[Covered | None, Field(description="It does not count for pulls, and who has answered for that.")]
    images: Annotated[list[str], Field(description="The digest of the image it is in: of an index, of one of its own.")]


class Findings(Page):
    items: list[Finding]


class PackagesWanted(Paging):
    sort: Literal["package", "-package", "findings", "-findings", "type", "-type"] = "package"
    kind: Kind | None = None
    type: Type = ""
    package: Part = ""
    vulnerable: bool | None = None


class ByLevel(Shown):
    critical: int
    high: int
    medium: int
    low: int
    negligible: int
    unknown: int
    none: int
    total: int


class PackageRow(Package):
    paths: Annotated[list[str], Field(description="All places at which it lies in this version.")]
    counts: ByLevel
    images: list[str]


class Packages(Page):
    items: list[PackageRow]


class SecretsWanted(Paging):
    sort: Literal["file", "-file", "severity", "-severity", "rule", "-rule"] = "file"
    severity: Annotated[Levels, Field(default_factory=list)]
    rule: Annotated[Text, Field(max_length=60)] = ""
    file: Part = ""
    hidden: bool = False


class Secret(Shown):
    rule: str
    severity: Level
    title: str
    file: str
    line: int
    masked: Annotated[str, Field(description="What was found, made unreadable; nothing else of it is kept.")]
    layer: str
    deleted_later: Annotated[bool, Field(description="A later layer deletes the file; who pulls has it nevertheless.")]
    hidden: str | None
    images: list[str]


class Secrets(Page):
    items: list[Secret]


class ScanRunsWanted(Paging):
    sort: Literal["asked_at", "-asked_at"] = "-asked_at"


class ScanRun(Shown):
    id: int
    state: Literal["queued", "running", "done", "failed"]
    code: str
    reason: str
    attempts: int
    asked_by: str
    asked_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    scanner: str
    advisories: str
    counts: Annotated[Counts | None, Field(description="As it was found, under the policy of now.")]


class ScanRuns(Page):
    items: list[ScanRun]


class CompareWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    base: Annotated[str, Field(max_length=135, description="The digest that is compared with, of the same image.")]


class PackageChange(Shown):
    type: str
    name: str
    before: Annotated[list[str], Field(description="Its versions in the base.")]
    after: list[str]


class FindingChange(Shown):
    vulnerability: str
    severity: Level
    package: str
    version: str
    fixed_version: str


class Comparison(Shown):
    """What a digest has that the base has not, and the other way round."""

    base: str
    digest: str
    packages_added: list[PackageChange]
    packages_removed: list[PackageChange]
    packages_changed: list[PackageChange]
    findings_added: list[FindingChange]
    findings_removed: list[FindingChange]
    findings_changed: Annotated[list[FindingChange], Field(description="Whose level or fix is another, as it is now.")]


class SbomAsked(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"format": "cyclonedx"}]})

    format: Annotated[Literal["cyclonedx", "spdx"], Field(description="CycloneDX 1.6 or SPDX 2.3.")]


class SbomPublished(Shown):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"digest": DIGEST, "artifact_type": "application/vnd.cyclonedx+json"}]}
    )

    digest: Annotated[str, Field(description="Of the referrer, which the image has among its digests.")]
    artifact_type: str
