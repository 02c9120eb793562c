"""What a scan finds in an image before anything is said about it: packages, secrets, and what was not looked at."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal, Self

Kind = Literal["os", "language"]

GapCode = Literal[
    "os-unknown",  # no os-release, or one of a system that is not known
    "os-eol",  # its free support has ended, so advisories may be missing
    "os-no-data",  # there are no advisories for it
    "os-no-packages",  # its package database is missing or empty, so none of its packages are known
    "no-data",  # there are none for a kind of language package
    "unmatched",  # packages that no advisory can be compared with
    "truncated",  # a limit was reached, the rest was left out
    "damaged",  # a package database or archive that cannot be read
    "unread",  # something that is known but was not read: an rpm database in a form that was never verified
    "database-old",
]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not checked. It goes with every result, so that a zero is never mistaken for a clean image."""

    code: GapCode
    text: str
    """For people, in one sentence: which file, which limit, which system."""


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    """What os-release says (os-release(5))."""

    id: str
    """`debian`, `ubuntu`, `alpine`, `rhel`, `rocky`, ..."""
    version: str
    """`VERSION_ID`, as written; empty where there is none (Debian sid)."""
    name: str = ""
    """`PRETTY_NAME`."""
    codename: str = ""
    eol_on: date | None = None
    """The day on which its free support ends, where that is known."""


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A package that is installed in an image."""

    kind: Kind
    type: str
    """As a package URL says it: `deb apk rpm pypi npm composer nuget golang maven gem cargo`."""
    name: str
    """As people know it: of a binary package, `group:artifact` for maven, `vendor/name` for composer, `@scope/name`."""
    version: str
    """As people know it, with the epoch where there is one and it is not 0 (`1:2.38.1-5`)."""
    source_name: str = ""
    """Of the source package that advisories speak of; empty: the same as `name`."""
    source_version: str = ""
    arch: str = ""
    path: str = ""
    """The file that told of it, without a slash at its beginning."""
    layer: str = ""
    """Digest of the layer in which that file lies."""
    license: str = ""
    """As the package states it, an SPDX expression where it is one."""
    vendor: str = ""
    """Who built it, as an rpm says; tells the packages of third parties from those of the system."""
    module: str = ""
    """The modularity label of an rpm, `nodejs:18`; empty for most."""
    owned: bool = False
    """A language package whose files belong to a package of the system, which alone is then matched: distributions
    mend flaws without changing the version that the language's own package shows."""


@dataclass(frozen=True, slots=True, order=True)
class Secret:
    """A secret that lies in an image. The match is masked before it gets here, and nothing else of the line is kept."""

    rule: str
    """`aws-access-key-id`, `github-pat`, `gitlab-pat`, `private-key`, ..."""
    level: str
    """A value of `words.policies.Level`."""
    title: str
    path: str
    """The file; `config:env/NAME` and `config:history/3` for what stands in the image's config."""
    line: int
    """From 1; 0 where lines mean nothing."""
    masked: str
    layer: str = ""
    deleted_later: bool = False
    """A later layer deletes the file; whoever pulls the image has it nevertheless."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that was found in one image."""

    os: OperatingSystem | None
    packages: tuple[Package, ...] = ()
    secrets: tuple[Secret, ...] = ()
    gaps: tuple[Gap, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:  # Any: a JSON object
        document = asdict(self)
        if self.os is not None and self.os.eol_on is not None:
            document["os"]["eol_on"] = self.os.eol_on.isoformat()
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:  # Any: what `to_json` made
        os = document["os"]
        if os is not None:
            os = OperatingSystem(**(os | {"eol_on": date.fromisoformat(os["eol_on"]) if os["eol_on"] else None}))
        return cls(
            os=os,
            packages=tuple(Package(**each) for each in document["packages"]),
            secrets=tuple(Secret(**each) for each in document["secrets"]),
            gaps=tuple(Gap(**each) for each in document["gaps"]),
        )
