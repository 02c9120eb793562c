"""The four policies an image carries, copied from its repository at its first push (SPEC 4).

They are plain records: each is stored as one JSON document, and what a policy means is decided elsewhere, once.
"""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal, Self, get_args

from berth.words import expression
from berth.words.errors import FieldInvalid

MAX_COUNT = 9_999_999
MAX_DAYS = 999
MAX_SHARE = 100
MAX_WAIT = 60
"""Seconds; clients give up not much later."""

Mode = Literal["off", "warn", "enforce"]
"""Of the pull restriction."""
MODES: tuple[Mode, ...] = get_args(Mode)
Sbom = Literal["cyclonedx", "spdx"]
"""Formats in which an inventory is published."""
SBOMS: tuple[Sbom, ...] = get_args(Sbom)


class Level(StrEnum):
    """Severity levels in their order, the least first."""

    NONE = "none"
    UNKNOWN = "unknown"
    NEGLIGIBLE = "negligible"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Record:
    """What the four have in common: they read and write themselves as JSON objects."""

    def to_json(self) -> dict[str, Any]:  # Any: a JSON object
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:  # Any: a JSON object
        return cls(**document)


@dataclass(frozen=True)
class ScanPolicy(Record):
    """Image scan (SPEC 4.1): whether a push is checked, what is left out, and what is published."""

    automatic: bool = False
    exclusion: bool = False
    exclude_language_packages: bool = False
    exclude_secrets: bool = False
    exclude_unfixed: bool = False
    exclude_level: Level | None = None
    publish_sbom: Literal["", Sbom] = ""
    """In which format the inventory becomes a referrer of the image after a scan; empty: it does not."""

    def __post_init__(self) -> None:
        if self.publish_sbom not in ("", *SBOMS):
            raise FieldInvalid("publish_sbom", f"one of {', '.join(SBOMS)}, or empty")


@dataclass(frozen=True)
class PullPolicy(Record):
    """Image pull restriction (SPEC 4.2): a pull is refused when a count exceeds its limit."""

    restrict_unscanned: bool = False
    restrict_vulnerable: bool = False
    critical: int = 1
    high: int = 1
    exclude_unfixed: bool = False
    mode: Mode = "enforce"
    """`warn`: what would be refused is served with a warning; `off`: nothing is judged."""
    grace_days: int = 0
    """Findings published within so many days do not count on a digest that was allowed before; 0: all count."""
    wait_seconds: int = 0
    """So long a pull waits for a scan that goes on; 0: it does not."""

    def __post_init__(self) -> None:
        limits = (("critical", MAX_COUNT), ("high", MAX_COUNT), ("grace_days", MAX_DAYS), ("wait_seconds", MAX_WAIT))
        for name, limit in limits:
            if not 0 <= getattr(self, name) <= limit:
                raise FieldInvalid(name, f"a whole number from 0 to {limit}")
        if self.mode not in MODES:
            raise FieldInvalid("mode", f"one of {', '.join(MODES)}")


@dataclass(frozen=True)
class LockPolicy(Record):
    """Lock (SPEC 4.3): as a repository's default, new images become locked when their first tag is put."""

    locked: bool = False


@dataclass(frozen=True)
class DeletionRule:
    enabled: bool = False
    days: int = 90

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MAX_DAYS:
            raise FieldInvalid("days", f"a whole number from 1 to {MAX_DAYS}")


@dataclass(frozen=True)
class DeletionPolicy(Record):
    """Tag deletion policy (SPEC 4.4): two rules, each with its own period counted from the first push."""

    enabled: bool = False
    untagged: DeletionRule = field(default_factory=DeletionRule)
    old: DeletionRule = field(default_factory=DeletionRule)
    expression: str = "*"
    keep_newest: int = 0
    """So many tags stay, the newest; 0: none for that."""
    keep_newest_by: Literal["push", "version"] = "push"
    keep_matching: str = ""
    """An expression; what has a name that matches stays. Empty: none."""
    keep_pulled_days: int = 0
    """What was pulled within so many days stays; 0: pulls do not count."""
    keep_untagged_days: int = 0
    """So many days after its last name is gone a digest stays; 0: that does not count."""
    breaker_count: int = 0
    """A run that would delete more digests waits for an approval; 0: their number does not count."""
    breaker_share: int = 0
    """So many percent of the image's digests, and more than that waits; 0: their share does not count."""
    breaker_last_tag: bool = False
    """A run that would take the last tag of an image waits."""

    def __post_init__(self) -> None:
        expression.parse(self.expression)
        if self.keep_matching:
            expression.parse(self.keep_matching, "keep_matching")
        if not 0 <= self.keep_newest <= MAX_COUNT:
            raise FieldInvalid("keep_newest", f"a whole number from 0 to {MAX_COUNT}")
        if not 0 <= self.breaker_count <= MAX_COUNT:
            raise FieldInvalid("breaker_count", f"a whole number from 0 to {MAX_COUNT}")
        if not 0 <= self.breaker_share <= MAX_SHARE:
            raise FieldInvalid("breaker_share", f"a whole number of percent from 0 to {MAX_SHARE}")
        for name in ("keep_pulled_days", "keep_untagged_days"):
            if not 0 <= getattr(self, name) <= MAX_DAYS:
                raise FieldInvalid(name, f"a whole number from 0 to {MAX_DAYS}")

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:  # Any: a JSON object
        rules: dict[str, Any] = {  # Any: the keyword arguments of this class
            name: DeletionRule(**document[name]) for name in ("untagged", "old") if name in document
        }
        return cls(**(document | rules))


@dataclass(frozen=True)
class Policies:
    scan: ScanPolicy = field(default_factory=ScanPolicy)
    pull: PullPolicy = field(default_factory=PullPolicy)
    lock: LockPolicy = field(default_factory=LockPolicy)
    deletion: DeletionPolicy = field(default_factory=DeletionPolicy)
