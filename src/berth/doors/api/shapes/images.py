"""Images, digests and tags as they are shown."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.policies import ALL, Policies, PoliciesEdit
from berth.doors.api.shapes.references import AT, DIGEST
from berth.doors.api.shapes.restriction import PULL, Pull, Quarantine
from berth.doors.api.shapes.scans import SCAN, Scan
from berth.doors.api.shapes.values import Description, Given, Instant, Page, Shown, Text
from berth.scan import narrowing

State = Literal["active", "editing", "deleting", "inactive"]
DigestState = Literal["active", "deleting", "inactive"]
Kind = Literal["image", "index", "artifact"]
Version = Annotated[int, Field(description="Goes up with every edit; also the `ETag`.")]

_MADE: JsonDict = {"version": 3, "created_by": "alice", "created_at": AT, "edited_by": "alice", "edited_at": AT}
_IMAGE: JsonDict = {
    "id": 1,
    "name": "shop/web",
    "path": "main/apps/shop/web",
    "description": "The shop's front",
    "state": "active",
    "state_reason": "",
    "lock": None,
    "digests": 12,
    "tags": 3,
    "pulls": 4711,
    "pulled_at": AT,
    **_MADE,
}
_ROW: JsonDict = {
    "id": 7,
    "digest": DIGEST,
    "tags": ["v1.2"],
    "more_tags": False,
    "kind": "image",
    "media_type": "application/vnd.oci.image.manifest.v1+json",
    "artifact_type": None,
    "config_type": "application/vnd.oci.image.config.v1+json",
    "subject": None,
    "platforms": ["linux/amd64"],
    "size": 31337,
    "pulls": 12,
    "pulled_at": AT,
    "description": "",
    "state": "active",
    "state_reason": "",
    "lock": None,
    "children": 0,
    "referrers": 1,
    "restored_at": None,
    "quarantine": None,
    "pull": PULL,
    "scan": SCAN,
    **_MADE,
}


class Lock(Shown):
    what: Annotated[str, Field(description="What carries the lock: an image or a digest.")]
    by: str
    at: Instant
    reason: str
    until: Annotated[Instant | None, Field(description="From then on it holds nothing any more.")]


class Sizes(Shown):
    """Compressed bytes."""

    total: Annotated[int, Field(description="All that it reaches, each digest once.")]
    shared: Annotated[int, Field(description="The part of it that something else needs too.")]
    unique: Annotated[int, Field(description="What deleting it would free.")]


class Image(Shown):
    model_config = ConfigDict(json_schema_extra={"examples": [{**_IMAGE}]})

    id: int
    name: str
    path: str
    description: str
    state: State
    state_reason: Annotated[str, Field(description="Why its deletion failed.")]
    lock: Lock | None
    digests: int
    tags: int
    pulls: int
    pulled_at: Instant | None
    version: Version
    created_by: str
    created_at: Instant
    edited_by: str
    edited_at: Instant


class Images(Page):
    items: list[Image]


class ImagesWanted(Paging):
    sort: Literal["name", "-name", "created_at", "-created_at", "edited_at", "-edited_at", "pulls", "-pulls"] = "name"
    name: Annotated[Text | None, Field(max_length=255, description="A part of the name, in whatever case.")] = None
    state: State | None = None
    locked: bool | None = None


class Endpoints(Shown):
    """What clients write before the tag or digest."""

    private: str
    public: Annotated[str | None, Field(description="Null while the registry has no public endpoint.")]


class ImageDetail(Image):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_IMAGE,
                    "operation": None,
                    "policies": {**ALL},
                    "sizes": {"total": 31337, "shared": 1337, "unique": 30000},
                    "measured_at": None,
                    "endpoints": {"private": "registry.example.org/main/apps/shop/web", "public": None},
                }
            ]
        }
    )

    operation: Annotated[str | None, Field(description="The one that is changing the image.")]
    policies: Policies
    sizes: Sizes
    measured_at: Annotated[
        Instant | None, Field(description="When digests, tags and sizes of a large image were counted; null: just now.")
    ]
    endpoints: Endpoints


class ImageEdit(Given):
    """What is not given stays. The lock policy of an image is its lock."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "The shop's front"}]})

    description: Description | None = None
    policies: PoliciesEdit | None = None


class Forecast(Shown):
    """What the deletion policy of the image comes to for a digest."""

    deleted: Annotated[bool, Field(description="Whether the next run deletes it.")]
    reason: Annotated[str, Field(description="The rule that takes it or what keeps it; see the items of policy runs.")]
    because: Annotated[str, Field(description="In particular: a digest, a name, a lock, a time.")]
    due_at: Annotated[Instant | None, Field(description="When its rule takes it, as things are.")]


class DigestRow(Shown):
    model_config = ConfigDict(json_schema_extra={"examples": [{**_ROW}]})

    id: int
    digest: str
    tags: Annotated[list[str], Field(description="Up to 20, as people count.")]
    more_tags: bool
    kind: Kind
    media_type: str
    artifact_type: str | None
    config_type: str | None
    subject: Annotated[str | None, Field(description="What it refers to, such as the digest it signs.")]
    platforms: list[str]
    size: Annotated[int, Field(description="With all it holds.")]
    pulls: int
    pulled_at: Instant | None
    description: str
    state: DigestState
    state_reason: str
    lock: Annotated[Lock | None, Field(description="In force: the image's, its own, or that of an index above it.")]
    children: int
    referrers: int
    restored_at: Instant | None
    quarantine: Annotated[Quarantine | None, Field(description="Whatever the rules say, it is not pulled.")]
    pull: Pull
    scan: Scan
    forecast: Annotated[Forecast | None, Field(description="Null where too much hangs together; see policy tests.")] = (
        None
    )
    version: Version
    created_by: str
    created_at: Instant
    edited_by: str
    edited_at: Instant


class Digests(Page):
    items: list[DigestRow]


class DigestsWanted(Paging):
    sort: Literal[
        "name", "-name", "pushed_at", "-pushed_at", "size", "-size", "pulls", "-pulls", "pulled_at", "-pulled_at"
    ] = "name"
    level: Annotated[
        Literal["top", "all"],
        Field(description="`top` leaves children of an index and referrers to the digest they belong to."),
    ] = "top"
    name: Annotated[Text, Field(max_length=128, description="A part of a tag, in whatever case.")] = ""
    kind: Kind | None = None
    tagged: bool | None = None
    locked: bool | None = None
    restricted: Annotated[
        bool | None,
        Field(description="Those that may not be pulled now, or may; an index may not when none of its images may."),
    ] = None
    platform: Annotated[Text, Field(max_length=100, examples=["linux/amd64"])] = ""
    state: DigestState | None = None
    digest: Annotated[
        Text, Field(max_length=135, pattern=r"^$|^sha(256|512):[0-9a-f]*$", description="How the digest begins.")
    ] = ""
    newly_affected: Annotated[
        bool, Field(description="Only those of which advisories have told more since their layers were read.")
    ] = False
    result: Annotated[
        narrowing.Asked | None,
        Field(
            description="How it stands, of an index any of its images: with findings that the policy leaves of this "
            "level or a worse one, `none`, `unchecked`, `checking`, `failed`."
        ),
    ] = None


class Parent(Shown):
    digest: str
    tag: Annotated[str | None, Field(description="One of its names.")]


class Address(Shown):
    by_digest: str
    by_tag: Annotated[list[str], Field(description="One for each tag shown.")]


class Addresses(Shown):
    """What clients write to get this very digest."""

    private: Address
    public: Address | None


class DigestDetail(DigestRow):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_ROW,
                    "image": "main/apps/shop/web",
                    "document_size": 1337,
                    "annotations": {},
                    "own_lock": None,
                    "policies": {**ALL},
                    "parents": [],
                    "children_rows": [],
                    "referrer_rows": [],
                    "subject_present": False,
                    "sizes": {"total": 31337, "shared": 1337, "unique": 30000},
                    "addresses": {
                        "private": {
                            "by_digest": f"registry.example.org/main/apps/shop/web@{DIGEST}",
                            "by_tag": ["registry.example.org/main/apps/shop/web:v1.2"],
                        },
                        "public": None,
                    },
                }
            ]
        }
    )

    tags: Annotated[list[str], Field(description="Up to 1000, as people count.")]
    image: str
    document_size: Annotated[int, Field(description="Bytes of the manifest itself.")]
    annotations: dict[str, str]
    own_lock: Lock | None
    policies: Annotated[Policies, Field(description="Of its image.")]
    parents: Annotated[list[Parent], Field(description="Indexes that list it.")]
    children_rows: list[DigestRow]
    referrer_rows: Annotated[list[DigestRow], Field(description="Signatures, inventories and the like.")]
    subject_present: bool
    sizes: Sizes
    addresses: Addresses


class DigestEdit(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "The one with the new font"}]})

    description: Description
