"""What advisories say nothing of, for an image: told with every result, so that a zero is never mistaken for good."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from berth.scan import ecosystems
from berth.scan.inventory import Gap, OperatingSystem
from berth.scan.results import BUILTIN

OLD = timedelta(days=3)
"""Advisories that nobody has renewed for longer are told to be old."""


def gaps(
    os: OperatingSystem | None,
    scanner: str,
    advisories_at: datetime | None,
    covered: Collection[str],
    *,
    at: datetime,
) -> Iterator[Gap]:
    """Of the system and of the advisories' age; of languages `looking` tells more."""
    if os is not None and os.eol_on is not None and os.eol_on < at.date():
        yield Gap("os-eol", f"free support of {os.name or os.id} ended on {os.eol_on}: newer flaws may be missing")
    if os is not None and scanner == BUILTIN:
        named = ecosystems.of(os)
        if named is None or not ecosystems.looked_up(named, covered):
            yield Gap("os-no-data", f"there are no advisories for {os.name or f'{os.id} {os.version}'.strip()}")
    if advisories_at is not None and at - advisories_at > OLD:
        yield Gap("database-old", f"the advisories are of {advisories_at:%Y-%m-%d}")
