"""Pages from templates: one set of them for each language, with the words and numbers a page needs."""

import json
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from berth.doors.console import assets, languages
from berth.words import time

FOLDER = Path(__file__).parent / "templates"
UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
STEP = 1024
SHORT = 12
AGO = (("year", 365 * 86400), ("month", 30 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60))


def draw(template: str, language: str, **facts: Any) -> str:  # Any: whatever a page shows
    return _environment(language).get_template(template).render(facts)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    words = languages.find(language)
    environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        size=size, count=count, short=short, utc=utc, second=second, minute=minute, quoted=quoted, jsonned=json.dumps
    )
    environment.globals.update(static=assets.address, language=language, languages=languages.NAMES, query=urlencode)
    environment.globals["lasting"] = _lasting
    return environment


def size(amount: int) -> str:
    """Bytes in the largest unit that leaves a whole one: `84.2 MiB`."""
    number, place = float(amount), 0
    while number >= STEP and place < len(UNITS) - 1:
        number, place = number / STEP, place + 1
    return f"{amount} B" if not place else f"{number:,.1f} {UNITS[place]}"


def count(number: int) -> str:
    return f"{number:,}"


def short(digest: str) -> str:
    algorithm, _, hexadecimal = digest.partition(":")
    return f"{algorithm}:{hexadecimal[:SHORT]}"


def utc(at: datetime) -> str:
    """For machines."""
    return time.text(at)


def second(at: datetime) -> str:
    """For the script that writes times in the zone of whoever looks."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def minute(at: datetime) -> str:
    """For people without a script that knows their zone."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def quoted(part: str) -> str:
    """A part of an address; an image's name keeps its slashes."""
    return quote(part, safe="/:")


def _lasting(since: datetime, now: datetime) -> tuple[str, int]:
    """How long ago, as a unit and how many of it; no unit is a moment."""
    passed = max(now - since, timedelta()).total_seconds()
    return next(((unit, int(passed // length)) for unit, length in AGO if passed >= length), ("", 0))
