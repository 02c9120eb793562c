"""Users, their keys and their grants."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from berth.doors.api.paging import Paging
from berth.doors.api.shapes.values import Description, Given, Instant, Moment, Page, Place, Shown, Text

Password = Annotated[str, Field(min_length=8, max_length=256, examples=["correct horse battery"])]
UserName = Annotated[Text, Field(max_length=64, examples=["alice"])]
ActionName = Literal["pull", "push", "delete", "manage", "admin", "pull-restricted"]
Word = Literal["reader", "writer", "manager", "owner", "pull", "push", "delete", "manage", "admin", "pull-restricted"]
Scope = Annotated[
    Text,
    Field(
        max_length=200,
        description="`registry:actions` or `registry/repository:actions`, with actions or roles separated by commas.",
        examples=["main/apps:pull,push"],
    ),
]
At = "2026-01-31T12:00:00.000000Z"


class User(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "alice",
                    "kind": "person",
                    "administrator": False,
                    "disabled": False,
                    "description": "",
                    "version": 1,
                    "created_by": "admin",
                    "created_at": At,
                    "edited_by": "admin",
                    "edited_at": At,
                }
            ]
        }
    )

    name: str
    kind: Annotated[Literal["person", "robot"], Field(description="A robot has keys and no password.")]
    administrator: bool
    disabled: bool
    description: str
    version: Annotated[int, Field(description="Goes up with every edit; also the `ETag`.")]
    created_by: str
    created_at: Instant
    edited_by: str
    edited_at: Instant


class Users(Page):
    items: list[User]


class NewUser(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "alice", "password": "correct horse battery"}]})

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]$")]
    kind: Literal["person", "robot"] = "person"
    password: Annotated[Password | None, Field(description="A person needs one, a robot has none.")] = None
    administrator: bool = False
    description: Description = ""


class UserEdit(Given):
    """What is not given stays. Disabling ends all keys and tokens at once, and they stay ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"disabled": True}]})

    administrator: bool = False
    disabled: bool = False
    description: Description = ""


class UsersWanted(Paging):
    sort: Literal["name", "-name", "created_at", "-created_at", "edited_at", "-edited_at"] = "name"
    name: Annotated[Text | None, Field(max_length=64, description="A part of the name, in whatever case.")] = None
    kind: Literal["person", "robot"] | None = None
    administrator: bool | None = None
    disabled: bool | None = None


class PasswordReset(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "correct horse battery"}]})

    password: Password


class OwnPassword(Given):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"old": "correct horse battery", "new": "a better one than that"}]}
    )

    old: Annotated[str, Field(max_length=256)]
    new: Password


class Ended(Shown):
    """A new password ends every key, token and session of the user."""

    keys_ended: int


class Key(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "bk_0123456789abcdef0123",
                    "owner": "ci",
                    "description": "nightly builds",
                    "scopes": ["main/apps:pull,push"],
                    "state": "active",
                    "expires_at": None,
                    "revoked_at": None,
                    "used_at": None,
                    "created_by": "admin",
                    "created_at": At,
                }
            ]
        }
    )

    id: str
    owner: str
    description: str
    scopes: Annotated[list[str] | None, Field(description="Null: all that the owner may do.")]
    state: Literal["active", "expired", "revoked"]
    expires_at: Instant | None
    revoked_at: Instant | None
    used_at: Annotated[Instant | None, Field(description="To the minute.")]
    created_by: str
    created_at: Instant


class NewlyMadeKey(Key):
    secret: Annotated[str, Field(description="Shown in this answer and never again.")]


class Keys(Page):
    items: list[Key]


class NewKey(Given):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"description": "nightly builds", "scopes": ["main/apps:pull,push"]}]}
    )

    owner: Annotated[UserName | None, Field(description="Whose key; your own when it is not given.")] = None
    description: Description = ""
    scopes: Annotated[list[Scope] | None, Field(min_length=1, max_length=100)] = None
    expires_at: Moment | None = None


class KeysWanted(Paging):
    sort: Literal["created_at", "-created_at", "id", "-id"] = "-created_at"
    owner: UserName | None = None
    state: Literal["active", "expired", "revoked"] | None = None


class Grant(Shown):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user": "alice",
                    "place": "main/apps",
                    "actions": ["pull", "push"],
                    "version": 2,
                    "created_by": "admin",
                    "created_at": At,
                }
            ]
        }
    )

    user: str
    place: Annotated[str, Field(description="`registry` or `registry/repository`.")]
    actions: list[ActionName]
    version: Annotated[int, Field(description="Goes up with every change; also the `ETag`.")]
    created_by: str
    created_at: Instant


class Grants(Page):
    items: list[Grant]


class GrantSet(Given):
    """All that the user may do there by grant, from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"actions": ["writer"]}]})

    actions: Annotated[list[Word], Field(min_length=1, max_length=20, description="Actions and roles.")]


class GrantsWanted(Paging):
    sort: Literal["place", "-place", "user", "-user", "created_at", "-created_at"] = "place"
    user: UserName | None = None
    place: Place | None = None


class Me(Shown):
    """Who the credentials of this request speak for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "alice", "administrator": False, "key": None, "scopes": None, "expires_at": None}]
        }
    )

    name: str
    administrator: bool
    key: Annotated[str | None, Field(description="The id of the access key, when one was sent.")]
    scopes: Annotated[list[str] | None, Field(description="Bounds of that key; null: none.")]
    expires_at: Instant | None
