"""There is no such thing, or the caller may not know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from berth.words.errors.kinds import Unknown

if TYPE_CHECKING:
    from berth.words.digest import Digest


@dataclass(eq=False)
class RegistryUnknown(Unknown):
    name: str

    def __str__(self) -> str:
        return f"there is no registry {self.name!r}"


@dataclass(eq=False)
class EndpointOff(Unknown):
    """The request came in by the listener of a public endpoint that is off."""

    def __str__(self) -> str:
        return "this endpoint is off"


@dataclass(eq=False)
class RepositoryUnknown(Unknown):
    """`may_create` is set when the caller pushes in this registry, so that the answer may teach."""

    registry: str
    name: str
    may_create: bool = False

    def __str__(self) -> str:
        if not self.may_create:
            return f"there is no repository {self.registry}/{self.name}"
        return (
            f"repository {self.registry}/{self.name} does not exist; create it before the first push "
            f"('berth repository create {self.registry}/{self.name}', or let the registry create repositories "
            f"on push: 'berth registry edit {self.registry} --create-on-push')"
        )


@dataclass(eq=False)
class ImageUnknown(Unknown):
    path: str

    def __str__(self) -> str:
        return f"there is no image {self.path}"


@dataclass(eq=False)
class ManifestUnknown(Unknown):
    reference: str

    def __str__(self) -> str:
        return f"there is no manifest {self.reference} in this image"


@dataclass(eq=False)
class BlobUnknown(Unknown):
    digest: Digest

    def __str__(self) -> str:
        return f"this image holds no blob {self.digest}"


@dataclass(eq=False)
class UploadUnknown(Unknown):
    upload: str

    def __str__(self) -> str:
        return "there is no such upload; it was finished, cancelled or has expired"


@dataclass(eq=False)
class UserUnknown(Unknown):
    name: str

    def __str__(self) -> str:
        return f"there is no user {self.name!r}"


@dataclass(eq=False)
class KeyUnknown(Unknown):
    id: str

    def __str__(self) -> str:
        return f"there is no access key {self.id!r}"


@dataclass(eq=False)
class GrantUnknown(Unknown):
    user: str
    place: str

    def __str__(self) -> str:
        return f"{self.user!r} has no grant on {self.place}"


@dataclass(eq=False)
class TrashUnknown(Unknown):
    id: int

    def __str__(self) -> str:
        return f"there is no entry {self.id} in the trash; it was restored or its time is over"


@dataclass(eq=False)
class RunUnknown(Unknown):
    id: str

    def __str__(self) -> str:
        return f"there is no policy run {self.id!r} of this image; old ones are forgotten"


@dataclass(eq=False)
class WaiverUnknown(Unknown):
    id: int

    def __str__(self) -> str:
        return f"there is no waiver {self.id}"


@dataclass(eq=False)
class OperationUnknown(Unknown):
    id: str

    def __str__(self) -> str:
        return f"there is no operation {self.id!r}"
