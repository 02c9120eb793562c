"""What advisories say nothing of, for an image: told with every result, so that a zero is never mistaken for good."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from berth.scan import ecosystems
from berth.scan.inventory import Gap, OperatingSystem
from berth.scan.results import BUILTIN

AGEING = timedelta(hours=24)
"""Some updates in a row have failed by then: who looks is warned, and results say nothing of it yet."""

OLD = timedelta(days=3)
"""Longer than a weekend: from then on it is a gap of the result, wherever that goes."""


def is_ageing(advisories_at: datetime | None, *, at: datetime) -> bool:
    """Of advisories whose time is known."""
    return advisories_at is not None and at - advisories_at > AGEING


def gaps(
    os: OperatingSystem | None,
    scanner: str,
    advisories_at: datetime | None,
    covered: Mapping[str, str],
    *,
    at: datetime,
) -> Iterator[Gap]:
    """Of the system and of the advisories' age; of languages `looking` tells more.

    `covered`: by ecosystem when its advisories left their source, empty where they are there.
    """
    ended = os is not None and os.eol_on is not None and os.eol_on < at.date()
    if os is not None and ended:
        yield Gap("os-eol", f"free support of {os.name or os.id} ended on {os.eol_on}: newer flaws may be missing")
    if os is not None and scanner == BUILTIN:
        yield from _of_system(os, covered, ended=ended)
    if advisories_at is not None and at - advisories_at > OLD:
        yield Gap("database-old", f"the advisories are of {advisories_at:%Y-%m-%d}")


def _of_system(os: OperatingSystem, covered: Mapping[str, str], *, ended: bool) -> Iterator[Gap]:
    """A release is taken out of the advisories some time after its support has ended."""
    named = ecosystems.of(os)
    keys = ecosystems.looked_up(named, covered) if named is not None else ()
    name = os.name or f"{os.id} {os.version}".strip()
    if not keys:
        yield Gap("os-no-data", f"there are no advisories for {name}")
    elif not ended and all(covered[key] for key in keys):
        left = max(covered[key] for key in keys)
        yield Gap("os-eol", f"advisories for {name} ended on {left[:10]}: newer flaws may be missing")
