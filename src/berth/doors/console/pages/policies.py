"""The policies of scans, pulls and tag deletion as forms have them. What a form has not sent stays as it was."""

from dataclasses import replace
from typing import Literal

from berth.doors.console.languages import mark as _
from berth.doors.console.view import View
from berth.words.errors import FieldInvalid
from berth.words.policies import (
    MAX_COUNT,
    MAX_DAYS,
    MAX_SHARE,
    MAX_WAIT,
    MODES,
    SBOMS,
    DeletionPolicy,
    DeletionRule,
    Level,
    Mode,
    PullPolicy,
    Sbom,
    ScanPolicy,
)

LEVELS = [level.value for level in Level]
LONGEST = 7
"""Digits of a number that a policy takes."""

NewestBy = Literal["push", "version"]


def read_deletion(view: View, before: DeletionPolicy) -> DeletionPolicy:
    """Raises `FieldInvalid`."""
    return replace(
        before,
        enabled=view.is_on("enabled"),
        untagged=DeletionRule(view.is_on("untagged"), _days(view, "untagged_days", before.untagged.days)),
        old=DeletionRule(view.is_on("old"), _days(view, "old_days", before.old.days)),
        expression=view.field("expression").strip() or "*",
        keep_newest=_number(view, "keep_newest", before.keep_newest, MAX_COUNT),
        keep_newest_by=_newest_by(view, before.keep_newest_by),
        keep_matching=_text(view, "keep_matching", before.keep_matching),
        keep_pulled_days=_number(view, "keep_pulled_days", before.keep_pulled_days, MAX_DAYS),
        keep_untagged_days=_number(view, "keep_untagged_days", before.keep_untagged_days, MAX_DAYS),
        breaker_count=_number(view, "breaker_count", before.breaker_count, MAX_COUNT),
        breaker_share=_number(view, "breaker_share", before.breaker_share, MAX_SHARE),
        breaker_last_tag=view.is_on("breaker_last_tag"),
    )


def read_scan(view: View, before: ScanPolicy) -> ScanPolicy:
    level = view.field("exclude_level")
    return replace(
        before,
        automatic=view.is_on("automatic"),
        exclusion=view.is_on("exclusion"),
        exclude_language_packages=view.is_on("exclude_language_packages"),
        exclude_secrets=view.is_on("exclude_secrets"),
        exclude_unfixed=view.is_on("exclude_unfixed"),
        exclude_level=Level(level) if level in LEVELS else None,
        publish_sbom=before.publish_sbom if view.form.get("publish_sbom") is None else read_sbom(view, "publish_sbom"),
    )


def read_pull(view: View, before: PullPolicy) -> PullPolicy:
    """A form without the limits is of before there were any, so its switches say nothing either."""
    if view.form.get("critical") is None:
        return before
    return replace(
        before,
        restrict_unscanned=view.is_on("restrict_unscanned"),
        restrict_vulnerable=view.is_on("restrict_vulnerable"),
        critical=_number(view, "critical", before.critical, MAX_COUNT),
        high=_number(view, "high", before.high, MAX_COUNT),
        exclude_unfixed=view.is_on("pull_exclude_unfixed"),
        mode=_mode(view, before.mode),
        grace_days=_number(view, "grace_days", before.grace_days, MAX_DAYS),
        wait_seconds=_number(view, "wait_seconds", before.wait_seconds, MAX_WAIT),
    )


def read_sbom(view: View, name: str) -> Literal["", Sbom]:
    """The format that a field names; none for anything else."""
    return next((each for each in SBOMS if each == view.field(name)), "")


def _newest_by(view: View, before: NewestBy) -> NewestBy:
    match view.form.get("keep_newest_by"):
        case "push":
            return "push"
        case "version":
            return "version"
    return before


def _mode(view: View, before: Mode) -> Mode:
    return next((each for each in MODES if each == view.field("mode")), before)


def _text(view: View, name: str, before: str) -> str:
    given = view.form.get(name)
    return before if given is None else given.strip()


def _number(view: View, name: str, before: int, most: int) -> int:
    """What an old form has not sent stays; what it has sent empty is an error."""
    if view.form.get(name) is None:
        return before
    given = view.field(name).strip()
    if not given.isdecimal() or len(given) > LONGEST or int(given) > most:
        raise FieldInvalid(name, f"a whole number from 0 to {most}")
    return int(given)


def _days(view: View, name: str, before: int) -> int:
    if view.form.get(name) is None:
        return before
    given = view.field(name).strip()
    if not given.isdecimal() or len(given) > LONGEST or not 1 <= int(given) <= MAX_DAYS:
        raise FieldInvalid(name, view.say(_("Enter a whole number of days from 1 to 999.")))
    return int(given)
