"""What was sent cannot be right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from berth.words.errors.kinds import Invalid

if TYPE_CHECKING:
    from berth.words.digest import Digest


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
        return f"{self.value[:120]!r} is no {self.what}: {self.rule}"


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
