"""Registries and repositories."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.policies import ALL, Policies, PoliciesEdit, PolicyName
from berth.doors.api.shapes.values import Description, Given, Instant, Page, Shown, Text

Host = Annotated[
    str,
    Field(
        pattern=r"^$|^[A-Za-z0-9.-]+(:[0-9]{1,5})?$",
        max_length=259,
        description="A host name with an optional port. Empty or null: none.",
        examples=["registry.example.org"],
    ),
]
Listener = Annotated[
    str,
    Field(
        pattern=r"^$|^[a-z][a-z0-9-]{0,31}$",
        description="The name of one of the listeners that `BERTH_LISTENERS` has. Empty or null: none.",
        examples=["edge"],
    ),
]
Search = Annotated[Text | None, Field(max_length=255, description="A part of the name, in whatever case.")]
Order = Literal["name", "-name", "created_at", "-created_at", "edited_at", "-edited_at"]

_MADE: JsonDict = {
    "version": 3,
    "created_by": "admin",
    "created_at": "2026-01-31T12:00:00.000000Z",
    "edited_by": "alice",
    "edited_at": "2026-02-01T08:30:00.000000Z",
}
_REGISTRY: JsonDict = {
    "name": "main",
    "description": "Images of the shop",
    "visibility": "private",
    "private_host": "registry.example.org",
    "public_host": None,
    "private_listener": None,
    "public_listener": None,
    "public_endpoint": False,
    "create_on_push": False,
}


class Registry(Shown):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 1, **_REGISTRY, "state": "active", **_MADE}]})

    id: int
    name: str
    description: str
    visibility: Annotated[Literal["private", "public"], Field(description="Fixed. Anybody may pull from a public one.")]
    private_host: Annotated[str | None, Field(description="Names at this host begin with the repository.")]
    public_host: str | None
    private_listener: Annotated[str | None, Field(description="What comes in by it is for this registry.")]
    public_listener: str | None
    public_endpoint: bool
    create_on_push: Annotated[bool, Field(description="Whether a push makes its repository.")]
    state: Literal["active", "deleting", "inactive"]
    version: Annotated[int, Field(description="Goes up with every edit; also the `ETag`.")]
    created_by: str
    created_at: Instant
    edited_by: str
    edited_at: Instant


class Registries(Page):
    items: list[Registry]


class NewRegistry(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [_REGISTRY]})

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{2,24}$")]
    description: Description = ""
    visibility: Literal["private", "public"] = "private"
    private_host: Host | None = None
    public_host: Host | None = None
    private_listener: Listener | None = None
    public_listener: Listener | None = None
    public_endpoint: bool = False
    create_on_push: bool = False


class RegistryEdit(Given):
    """What is not given stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "Images of the shop"}]})

    description: Description = ""
    private_host: Host | None = None
    public_host: Host | None = None
    private_listener: Listener | None = None
    public_listener: Listener | None = None
    public_endpoint: bool = False
    create_on_push: bool = False


class RegistriesWanted(Paging):
    sort: Order = "name"
    name: Search = None
    visibility: Literal["private", "public"] | None = None
    state: Literal["active", "deleting", "inactive"] | None = None


class PlaceDeleted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    everything: Annotated[bool, Field(description="With all that is inside.")] = False
    name: Annotated[Text, Field(max_length=60, description="With `everything`, its path, typed once more.")] = ""
    dry_run: Annotated[bool, Field(description="With `everything`, only say what would go.")] = False


class Repository(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "registry": "main",
                    "name": "apps",
                    "path": "main/apps",
                    "description": "Images of the shop",
                    "immutable_tags": "",
                    "policies": {**ALL},
                    "state": "active",
                    **_MADE,
                }
            ]
        }
    )

    id: int
    registry: str
    name: str
    path: str
    description: str
    immutable_tags: Annotated[str, Field(description="Tags that match it are never moved. Empty: none.")]
    policies: Annotated[Policies, Field(description="Copied by images that are born from now on.")]
    state: Literal["active", "deleting", "inactive"]
    version: Annotated[int, Field(description="Goes up with every edit; also the `ETag`.")]
    created_by: str
    created_at: Instant
    edited_by: str
    edited_at: Instant


class Repositories(Page):
    items: list[Repository]


class NewRepository(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "apps", "description": "Images of the shop"}]})

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,28}[a-z0-9]$")]
    description: Description = ""


class RepositoryEdit(Given):
    """What is not given stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"immutable_tags": "release-*", "policies": {"lock": {"locked": False}}}]}
    )

    description: Description | None = None
    immutable_tags: Annotated[
        str | None,
        Field(pattern=r"^([a-zA-Z0-9_*][a-zA-Z0-9._*-]{0,129})?$", description="An expression; empty: none."),
    ] = None
    policies: PoliciesEdit | None = None


class DefaultsApplied(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"policies": ["pull"], "dry_run": True}]})

    policies: Annotated[list[PolicyName], Field(min_length=1, max_length=4)]
    dry_run: Annotated[bool, Field(description="Only say what would become different.")] = False


class Difference(Shown):
    image: str
    policy: PolicyName
    before: dict[str, Any]  # Any: a policy
    after: dict[str, Any]  # Any: a policy


class Applied(Shown):
    operation: Annotated[str | None, Field(description="To follow at /operations; null for a dry run.")]
    items: Annotated[list[Difference], Field(description="Up to 1000 of what becomes different.")]


class RepositoriesWanted(Paging):
    sort: Order = "name"
    name: Search = None
    state: Literal["active", "deleting", "inactive"] | None = None
