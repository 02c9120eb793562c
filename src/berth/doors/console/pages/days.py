"""Days as forms have them: something holds to the end of one, in UTC."""

from datetime import datetime, time, timedelta

from berth.doors.console.languages import mark as _
from berth.doors.console.view import View
from berth.words.errors import FieldInvalid


def end_of(view: View, name: str) -> datetime | None:
    """When the day of a field has ended; None where there is none. Raises `FieldInvalid`."""
    given = view.field(name)
    if not given:
        return None
    try:
        day = datetime.fromisoformat(given).date()
        return datetime.combine(day, time(), view.site.now().tzinfo) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise FieldInvalid(name, view.say(_("A day such as 2026-12-31."))) from None


def shown(until: datetime | None) -> str:
    """The day at whose end something ends."""
    return "" if until is None else f"{until - timedelta.resolution:%Y-%m-%d}"
