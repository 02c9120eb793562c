"""Waivers, and documents of OpenVEX that they come from or go into."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.references import AT
from berth.doors.api.shapes.values import Given, Instant, Moment, Page, Shown, Text
from berth.restriction import terms

Status = Annotated[
    Literal["affected", "not_affected", "fixed", "under_investigation"],
    Field(description="As OpenVEX says it. `affected`: the risk is accepted until then."),
]
Justification = Annotated[
    Literal[
        "",
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    ],
    Field(description="Of `not_affected`, as OpenVEX says it."),
]
Scope = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=460,
        description="`registry`, `registry/repository`, an image of that, or `image@sha256:...`",
        examples=["main/apps/shop/web"],
    ),
]
Name = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=terms.MAX_NAME,
        description="Any name of the vulnerability, in whatever case.",
        examples=["CVE-2023-45853"],
    ),
]
Package = Annotated[
    Text,
    Field(
        max_length=terms.MAX_PACKAGE,
        description="Its name; kept as advisories call it, which of a system is the source. Empty: any.",
        examples=["zlib"],
    ),
]
PackageVersion = Annotated[Text, Field(max_length=terms.MAX_PACKAGE, description="Empty: any.")]
Reason = Annotated[Text, Field(min_length=1, max_length=terms.MAX_TEXT, examples=["MiniZip is not built"])]
Impact = Annotated[Text, Field(max_length=terms.MAX_TEXT, description="Of `not_affected`: why, in words.")]
Owner = Annotated[
    Text, Field(min_length=1, max_length=terms.MAX_OWNER, description="Who is responsible.", examples=["team web"])
]
Expiry = Annotated[Moment, Field(description="It counts until then; at most 366 days from now.")]
State = Literal["active", "expired", "ended"]

WAIVER: JsonDict = {
    "id": 17,
    "place": "main/apps/shop/web",
    "state": "active",
    "vulnerability": "CVE-2023-45853",
    "package": "zlib",
    "package_version": "",
    "status": "not_affected",
    "justification": "vulnerable_code_not_present",
    "impact": "",
    "reason": "MiniZip is not built",
    "owner": "team web",
    "expires_at": "2026-06-30T00:00:00.000000Z",
    "ended_at": None,
    "ended_by": "",
    "version": 1,
    "created_by": "alice",
    "created_at": AT,
    "edited_by": "alice",
    "edited_at": AT,
}


class Waiver(Shown):
    model_config = ConfigDict(json_schema_extra={"examples": [WAIVER]})

    id: int
    place: Annotated[str, Field(description="Where it counts, and in all that is in it.")]
    state: Annotated[State, Field(description="`ended`: before its time.")]
    vulnerability: str
    package: str
    package_version: str
    status: Status
    justification: Justification
    impact: str
    reason: str
    owner: str
    expires_at: Instant
    ended_at: Instant | None
    ended_by: str
    version: int
    created_by: str
    created_at: Instant
    edited_by: str
    edited_at: Instant


class Waivers(Page):
    items: list[Waiver]


class WaiversWanted(Paging):
    place: Annotated[Scope | None, Field(description="Those of it, and of what is in it.")] = None
    vulnerability: Name | None = None
    package: Package | None = None
    owner: Annotated[Text | None, Field(max_length=terms.MAX_OWNER, description="A part of it.")] = None
    expires_before: Moment | None = None
    state: State | None = None
    sort: Literal[
        "expires_at",
        "-expires_at",
        "created_at",
        "-created_at",
        "vulnerability",
        "-vulnerability",
        "place",
        "-place",
    ] = "expires_at"


class VexWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    place: Scope
    applying: Annotated[
        bool, Field(description="Of an image or digest: all that counts for it, from wherever, said of it alone.")
    ] = False


class NewWaiver(Given):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "place": "main/apps/shop/web",
                    "vulnerability": "CVE-2023-45853",
                    "reason": "MiniZip is not built",
                    "expires_at": "2026-06-30T00:00:00Z",
                }
            ]
        }
    )

    place: Scope
    vulnerability: Name
    package: Package = ""
    package_version: PackageVersion = ""
    status: Status = "affected"
    justification: Justification = ""
    impact: Impact = ""
    reason: Reason
    owner: Annotated[Owner | None, Field(description="Who is responsible; else who asks.")] = None
    expires_at: Expiry


class WaiverEdit(Given):
    """What is not given stays. For which vulnerability it is, and in which registry, stays in any case."""

    place: Annotated[
        Scope | None, Field(description="Another one in its registry; needs the right to manage there too.")
    ] = None
    package: Package | None = None
    package_version: PackageVersion | None = None
    status: Status | None = None
    justification: Justification | None = None
    impact: Impact | None = None
    reason: Reason | None = None
    owner: Owner | None = None
    expires_at: Expiry | None = None


class Covered(Shown):
    """The waiver that covers a finding."""

    id: int
    place: str
    status: Status
    reason: str
    owner: str
    expires_at: Instant


class VexGiven(Given):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "place": "main/apps",
                    "expires_at": "2026-06-30T00:00:00Z",
                    "document": {
                        "@context": "https://openvex.dev/ns/v0.2.0",
                        "@id": "https://example.com/vex/1",
                        "author": "Wolfi J Inkinson",
                        "timestamp": "2026-01-31T12:00:00Z",
                        "version": 1,
                        "statements": [
                            {
                                "vulnerability": {"name": "CVE-2023-45853"},
                                "products": [
                                    {"@id": "pkg:oci/web?repository_url=registry.example.org/main/apps/shop/web"}
                                ],
                                "status": "not_affected",
                                "justification": "vulnerable_code_not_present",
                            }
                        ],
                    },
                }
            ]
        }
    )

    place: Annotated[Scope, Field(description="Products are looked for in it, and packages alone are waived in it.")]
    expires_at: Annotated[Moment, Field(description="Of all waivers that come of it; OpenVEX knows no end.")]
    owner: Annotated[Owner | None, Field(description="Who is responsible; else who asks.")] = None
    statuses: Annotated[
        list[Status],
        Field(
            default_factory=lambda: ["not_affected", "fixed"],
            min_length=1,
            max_length=4,
            description="Which of them are waived; the other two do not say that a finding is wrong.",
        ),
    ]
    dry_run: Annotated[bool, Field(description="Only say what would come of it.")] = False
    document: Annotated[dict[str, Any], Field(description="OpenVEX 0.2.0.")]  # Any: JSON from outside


class UnknownProduct(Shown):
    product: str
    reason: str


class VexStatement(Shown):
    """What came of one statement."""

    statement: Annotated[int, Field(description="Its place in the document, from 0.")]
    vulnerability: str
    status: Status
    outcome: Annotated[
        Literal["taken", "partly", "unknown", "passed-over"],
        Field(description="`partly`: some products are unknown. `passed-over`: its status is none of those asked for."),
    ]
    created: Annotated[list[str], Field(description="Places of new waivers.")]
    renewed: Annotated[list[str], Field(description="Those of waivers that were in force and say this now.")]
    unchanged: list[str]
    unknown: list[UnknownProduct]


class VexTaken(Shown):
    dry_run: bool
    created: int
    renewed: int
    unchanged: int
    statements: list[VexStatement]
