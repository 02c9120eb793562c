"""The console's languages. A sentence is written in English where it is used, and looked up for the others."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "locale"
NAMES = {"en": "English", "ko": "한국어"}
"""By code, in their own words; the first is the one that sentences are written in."""


def mark(message: str) -> str:
    """Marks a sentence for the catalogues where it is not looked up at once; imported as `_`."""
    return message


class Language:
    def __init__(self, code: str) -> None:
        self.code = code
        self._known = _catalogue(code)

    def gettext(self, message: str) -> str:
        return self._known.get(message, message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Korean has one form for all numbers."""
        known = self._known.get(one)
        return known if known is not None else (one if count == 1 else many)

    def said(self, message: str, **facts: Any) -> str:  # Any: whatever a sentence names
        return self.gettext(message) % facts


@cache
def find(code: str) -> Language:
    """Raises `KeyError`."""
    NAMES[code]
    return Language(code)


def preferred(accept: str) -> str:
    """The best of ours for an `Accept-Language` (RFC 9110, section 12.5.4)."""
    best, weight = next(iter(NAMES)), 0.0
    for part in accept[:1000].split(","):
        name, _, quality = part.strip().partition(";q=")
        code = name.partition("-")[0].lower()
        try:
            asked = float(quality or 1)
        except ValueError:
            continue
        if code in NAMES and asked > weight:
            best, weight = code, asked
    return best


def _catalogue(code: str) -> Mapping[str, str]:
    path = FOLDER / code / "console.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    return {
        _first(message.id): _first(message.string) for message in catalogue if message.id and _first(message.string)
    }


def _first(text: Any) -> str:  # Any: Babel has a text, or one for each form of the plural
    return str(text if isinstance(text, str) else text[0])
