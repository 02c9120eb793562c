"""The tag deletion policy as a form has it. What the form does not show stays as it was."""

from dataclasses import replace

from berth.doors.console.languages import mark as _
from berth.doors.console.view import View
from berth.words.errors import FieldInvalid
from berth.words.policies import MAX_DAYS, DeletionPolicy, DeletionRule

LONGEST = 7
"""Digits of a number that a policy takes."""


def read_deletion(view: View, before: DeletionPolicy) -> DeletionPolicy:
    """Raises `FieldInvalid`."""
    return replace(
        before,
        enabled=view.is_on("enabled"),
        untagged=DeletionRule(view.is_on("untagged"), _days(view, "untagged_days", before.untagged.days)),
        old=DeletionRule(view.is_on("old"), _days(view, "old_days", before.old.days)),
        expression=view.field("expression").strip() or "*",
        breaker_count=_number(view, "breaker_count", before.breaker_count),
        breaker_share=_number(view, "breaker_share", before.breaker_share),
        breaker_last_tag=view.is_on("breaker_last_tag"),
    )


def _number(view: View, name: str, before: int) -> int:
    given = view.field(name).strip()
    if not given:
        return before
    if not given.isdecimal() or len(given) > LONGEST:
        raise FieldInvalid(name, view.say(_("Enter a whole number.")))
    return int(given)


def _days(view: View, name: str, before: int) -> int:
    """A field that is switched off sends nothing."""
    given = view.field(name).strip()
    if not given:
        return before
    if not given.isdecimal() or not 1 <= int(given[:9]) <= MAX_DAYS:
        raise FieldInvalid(name, view.say(_("Enter a whole number of days from 1 to 999.")))
    return int(given)
