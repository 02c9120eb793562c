"""Every refusal the rooms can raise, with the facts it carries and nothing about HTTP.

Refusal
├── Invalid            what was sent cannot be right
│   ├── FieldInvalid · NameInvalid · TagInvalid · DigestInvalid
│   ├── ManifestInvalid · ManifestTooLarge · PartsMissing
│   └── DigestMismatch · SizeMismatch · BlobTooLarge · ChunkOutOfOrder · UploadBusy
├── Unknown            there is no such thing, or the caller may not know of it
│   ├── RegistryUnknown · RepositoryUnknown · ImageUnknown
│   ├── ManifestUnknown · BlobUnknown · UploadUnknown
│   └── UserUnknown · KeyUnknown · GrantUnknown
├── Conflict           the state of things stands in the way
│   ├── AlreadyExists · NotEmpty · LastAdministrator · Stale
│   ├── ManifestReferenced · ReferrerHeld · BlobHeld
│   └── ImageDeleting · ImageInactive
└── Access             who asks is the reason
    └── Unauthenticated · TokenTooNarrow · Denied · TooManyAttempts
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from berth.words.digest import Digest


class Refusal(Exception):
    """Something asked for is refused; `str()` of it is a sentence for the person who asked."""


class Invalid(Refusal):
    """What was sent cannot be right."""


class Unknown(Refusal):
    """There is no such thing, or the caller may not know of it."""


class Conflict(Refusal):
    """The state of things stands in the way."""


class Access(Refusal):
    """Who asks is the reason."""


@dataclass(eq=False)
class FieldInvalid(Invalid):
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


@dataclass(eq=False)
class NameInvalid(Invalid):
    """A registry, repository, image or user name that breaks its rule."""

    what: str
    value: str
    rule: str

    def __str__(self) -> str:
        return f"{self.value[:120]!r} is not a {self.what}: {self.rule}"


@dataclass(eq=False)
class TagInvalid(Invalid):
    value: str

    def __str__(self) -> str:
        return (
            f"{self.value[:130]!r} is not a tag: up to 128 letters, digits, '_', '.' and '-', "
            "beginning with a letter, a digit or '_'"
        )


@dataclass(eq=False)
class DigestInvalid(Invalid):
    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.value[:160]!r} is not a digest: {self.reason}"


@dataclass(eq=False)
class ManifestInvalid(Invalid):
    reason: str

    def __str__(self) -> str:
        return f"manifest invalid: {self.reason}"


@dataclass(eq=False)
class ManifestTooLarge(Invalid):
    limit: int

    def __str__(self) -> str:
        return f"the manifest is larger than {self.limit} bytes"


@dataclass(eq=False)
class PartsMissing(Invalid):
    """A manifest names blobs or manifests that its image does not hold."""

    blobs: list[Digest] = field(default_factory=list)
    manifests: list[Digest] = field(default_factory=list)

    def __str__(self) -> str:
        missing = ", ".join(str(digest) for digest in [*self.blobs, *self.manifests])
        return f"the manifest refers to what this image does not hold: {missing}"


@dataclass(eq=False)
class DigestMismatch(Invalid):
    expected: Digest
    actual: Digest

    def __str__(self) -> str:
        return f"the digest given is {self.expected}, the content's is {self.actual}"


@dataclass(eq=False)
class SizeMismatch(Invalid):
    expected: int
    actual: int

    def __str__(self) -> str:
        return f"{self.expected} bytes were announced, {self.actual} arrived"


@dataclass(eq=False)
class BlobTooLarge(Invalid):
    limit: int

    def __str__(self) -> str:
        return f"the blob is larger than {self.limit} bytes"


@dataclass(eq=False)
class ChunkOutOfOrder(Invalid):
    """A chunk does not begin where the upload ends; the upload lives on."""

    upload: str
    offset: int
    start: int

    def __str__(self) -> str:
        return f"the chunk begins at byte {self.start}, the upload goes on at byte {self.offset}"


@dataclass(eq=False)
class UploadBusy(Invalid):
    upload: str

    def __str__(self) -> str:
        return "another request is writing to this upload"


@dataclass(eq=False)
class RegistryUnknown(Unknown):
    name: str

    def __str__(self) -> str:
        return f"there is no registry {self.name!r}"


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
class AlreadyExists(Conflict):
    what: str
    name: str

    def __str__(self) -> str:
        return f"{self.what} {self.name!r} exists already"


@dataclass(eq=False)
class NotEmpty(Conflict):
    """A registry or repository that still holds something is not deleted."""

    what: str
    name: str
    contents: str

    def __str__(self) -> str:
        return f"{self.what} {self.name!r} is not empty: it holds {self.contents}"


@dataclass(eq=False)
class LastAdministrator(Conflict):
    name: str

    def __str__(self) -> str:
        return f"{self.name!r} is the last active administrator"


@dataclass(eq=False)
class Stale(Conflict):
    """An edit speaks of a version that is no longer the one there is."""

    what: str

    def __str__(self) -> str:
        return f"the {self.what} has been changed since it was read; read it again and decide anew"


@dataclass(eq=False)
class ManifestReferenced(Conflict):
    """An index lists this manifest, so it cannot go before the index does."""

    digest: Digest
    parents: list[str]

    def __str__(self) -> str:
        return f"{self.digest} is listed by {', '.join(self.parents)}; delete that first"


@dataclass(eq=False)
class ReferrerHeld(Conflict):
    """A referrer would go with its subject, but something holds it."""

    subject: Digest
    referrer: str
    reason: str

    def __str__(self) -> str:
        return f"{self.subject} is kept because its referrer {self.referrer} {self.reason}"


@dataclass(eq=False)
class BlobHeld(Conflict):
    digest: Digest
    holder: str

    def __str__(self) -> str:
        return f"{self.digest} is held by the manifest {self.holder} of this image"


@dataclass(eq=False)
class ImageDeleting(Conflict):
    path: str

    def __str__(self) -> str:
        return f"{self.path} is being deleted, try again"


@dataclass(eq=False)
class ImageInactive(Conflict):
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path} is inactive: {self.reason}"


@dataclass(eq=False)
class Unauthenticated(Access):
    """Nobody, or nobody known, asks for what needs a name."""

    reason: str = "authentication required"

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class TokenTooNarrow(Access):
    """The bearer token was not asked for this action; a new one may be."""

    path: str
    action: str

    def __str__(self) -> str:
        return f"the token does not allow {self.action} on {self.path}"


@dataclass(eq=False)
class Denied(Access):
    reason: str = "requested access to the resource is denied"

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class TooManyAttempts(Access):
    retry_after: int

    def __str__(self) -> str:
        return f"too many failed sign-ins, try again in {self.retry_after} seconds"
