"""What a waiver says: of which finding, as what, why, on whose responsibility, and until when.

Its status is a word of OpenVEX. `affected`: the risk is known and accepted until then. `under_investigation`: nobody
knows yet. `not_affected` and `fixed`: the finding is wrong here, and why that is so of the first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args

from berth.words import time
from berth.words.errors import FieldInvalid

Status = Literal["affected", "not_affected", "fixed", "under_investigation"]
STATUSES: tuple[Status, ...] = get_args(Status)
Justification = Literal[
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
]
JUSTIFICATIONS: tuple[Justification, ...] = get_args(Justification)

LONGEST = timedelta(days=366)
"""From now on; whoever needs it longer says so again."""
MAX_TEXT = 2000
MAX_NAME = 120
MAX_OWNER = 200
MAX_PACKAGE = 512


@dataclass(frozen=True)
class Terms:
    """Parsed: whoever has one need not look again."""

    vulnerability: str
    """Any of its names, in whatever case."""
    reason: str
    owner: str
    """Who is responsible: a person, a team, a ticket."""
    expires_at: datetime
    package: str = ""
    """As advisories call it: of a system, the source package. Empty: whichever has the vulnerability."""
    package_version: str = ""
    """The same; empty: any."""
    status: Status = "affected"
    justification: Justification | Literal[""] = ""
    impact: str = ""
    """Of `not_affected`: why, in words."""

    def __post_init__(self) -> None:
        for field, value, most in (
            ("vulnerability", self.vulnerability, MAX_NAME),
            ("reason", self.reason, MAX_TEXT),
            ("owner", self.owner, MAX_OWNER),
        ):
            if not value.strip() or len(value) > most:
                raise FieldInvalid(field, f"1 to {most} characters")
        if not _is_word(self.vulnerability):
            raise FieldInvalid("vulnerability", "a name such as CVE-2023-45853, without spaces")
        for field, value in (("package", self.package), ("package_version", self.package_version)):
            if len(value) > MAX_PACKAGE or (value and not _is_word(value)):
                raise FieldInvalid(field, f"at most {MAX_PACKAGE} characters, none of them a space")
        if self.package_version and not self.package:
            raise FieldInvalid("package_version", "it is of a package, which is to be named too")
        self._fit()

    def _fit(self) -> None:
        if self.status not in STATUSES:
            raise FieldInvalid("status", f"one of {', '.join(STATUSES)}")
        if self.justification and self.justification not in JUSTIFICATIONS:
            raise FieldInvalid("justification", f"one of {', '.join(JUSTIFICATIONS)}")
        if len(self.impact) > MAX_TEXT:
            raise FieldInvalid("impact", f"at most {MAX_TEXT} characters, this has {len(self.impact)}")
        wrong = self.status == "not_affected"
        if wrong and not self.justification and not self.impact.strip():
            raise FieldInvalid(
                "justification", "why it is not affected: one of OpenVEX's words, or an impact statement"
            )
        for field, value in (("justification", self.justification), ("impact", self.impact)):
            if value and not wrong:
                raise FieldInvalid(field, "only what is not_affected has one")

    @property
    def name(self) -> str:
        """By which it is found."""
        return self.vulnerability.lower()

    def bounded(self, *, at: datetime) -> "Terms":
        """Raises `FieldInvalid` for an end that is over, or too far away."""
        if self.expires_at <= at:
            raise FieldInvalid("expires_at", "it must be in the future")
        if self.expires_at > at + LONGEST:
            last = time.text(at + LONGEST)
            raise FieldInvalid("expires_at", f"at most {LONGEST.days} days from now, which is {last}")
        return self

    def but(self, **changed: object) -> "Terms":
        """With what is given and not None."""
        return replace(self, **{name: value for name, value in changed.items() if value is not None})  # type: ignore[arg-type]  # checked anew


def names(vulnerability: str, aliases: Iterable[str] = ()) -> list[str]:
    """All names of a vulnerability as waivers are found by them."""
    return [name.lower() for name in (vulnerability, *aliases)]


def _is_word(text: str) -> bool:
    return text.isprintable() and not any(sign.isspace() for sign in text)
