"""The state of things stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from berth.words.errors.kinds import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from berth.words.digest import Digest


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
class RunGoesOn(Conflict):
    image: str
    run: str

    def __str__(self) -> str:
        return f"the deletion policy of {self.image} is being applied already, by run {self.run}"


@dataclass(eq=False)
class RunNotWaiting(Conflict):
    """Only a run that the circuit breaker has stopped can be approved or refused."""

    run: str

    def __str__(self) -> str:
        return f"run {self.run} does not wait for an approval"


@dataclass(eq=False)
class ImageBusy(Conflict):
    """An operation is changing the image, so its settings have to wait."""

    path: str
    operation: str

    def __str__(self) -> str:
        return f"{self.path} is being changed by operation {self.operation}; try again when that has ended"


@dataclass(eq=False)
class ManifestDeleting(Conflict):
    digest: str

    def __str__(self) -> str:
        return f"{self.digest} is being deleted, try again"


@dataclass(eq=False)
class ManifestInactive(Conflict):
    digest: str
    reason: str

    def __str__(self) -> str:
        return f"{self.digest} is inactive, it can only be deleted: {self.reason}"


@dataclass(eq=False)
class NotScannable(Conflict):
    digest: str

    def __str__(self) -> str:
        return f"{self.digest} is no image, and lists none: there is nothing in it to be checked"


class NoAdvisories(Conflict):
    def __str__(self) -> str:
        return "there are no such advisories yet; `berth vulndb update` or `berth vulndb import` gets some"


@dataclass(eq=False)
class NotScanned(Conflict):
    """There is no result, and none is ever made up."""

    digest: str
    state: str
    """What became of its scan: `not scanned`, `queued`, `running` or `failed`."""

    def __str__(self) -> str:
        return f"{self.digest} has no result of a scan: it is {self.state}"


@dataclass(eq=False)
class WaiverEnded(Conflict):
    """It was ended before its time; what was waived is waived anew by another one."""

    id: int
    by: str

    def __str__(self) -> str:
        return f"waiver {self.id} was ended by {self.by}; make another one"


@dataclass(eq=False)
class PlaceDeleting(Conflict):
    """A registry or repository is on its way out, or its deletion has failed."""

    what: str
    name: str
    reason: str = ""

    def __str__(self) -> str:
        if self.reason:
            return f"{self.what} {self.name} is inactive, it can only be deleted: {self.reason}"
        return f"{self.what} {self.name} is being deleted"


@dataclass(eq=False)
class Locked(Conflict):
    """`what` is the image path or digest that carries the lock."""

    what: str
    by: str
    at: datetime
    reason: str = ""
    until: datetime | None = None

    def __str__(self) -> str:
        end = "" if self.until is None else f", until {self.until:%Y-%m-%d %H:%M} UTC"
        why = f": {self.reason}" if self.reason else ""
        return f"{self.what} is locked by {self.by} since {self.at:%Y-%m-%d %H:%M} UTC{end}{why}"


@dataclass(eq=False)
class TagImmutable(Conflict):
    tag: str
    expression: str

    def __str__(self) -> str:
        return f"the tag {self.tag} is not moved: tags that match {self.expression!r} are immutable here"


@dataclass(eq=False)
class TagInUse(Conflict):
    """A name is wanted that another digest has; `offered` is one that is free."""

    tag: str
    holder: str
    offered: str

    def __str__(self) -> str:
        return f"the tag {self.tag} is in use for {self.holder}; {self.offered} is free"


@dataclass(eq=False)
class Unrestorable(Conflict):
    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what} cannot be restored: {self.reason}"


@dataclass(eq=False)
class PullRestricted(Conflict):
    """A rule of an image stands against pulling a digest of it."""

    text: str
    facts: Mapping[str, Any]
    """The same for programs. Any: JSON values."""

    def __str__(self) -> str:
        return self.text
