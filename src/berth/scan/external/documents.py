"""JSON that a scanner wrote: read within bounds, and its fields taken for what they should be, or for nothing.

Much in it comes from the image, so texts lose what could steer a terminal or turn the direction of reading.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NoReturn

from berth.scan.failed import ScanFailed

JSON = dict[str, Any]  # Any: a JSON object from outside

MAX_VALUES = 5_000_000
"""Values in one document, whose memory is many times that of the `{}` it takes to write one."""
MAX_TEXT = 512
"""Characters of a name or a version."""
MAX_PATH = 4_096


def load(body: bytes, whose: str) -> JSON:
    """Raises `ScanFailed` for what is no JSON object, or holds too much."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        raise ScanFailed("SCANNER_OUTPUT", f"the report of {whose} has more than {MAX_VALUES} values")
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except RecursionError:
        raise ScanFailed("SCANNER_OUTPUT", f"the report of {whose} is nested too deeply") from None
    except ValueError:
        raise ScanFailed("SCANNER_OUTPUT", f"what {whose} reports is not JSON") from None
    if not isinstance(document, dict):
        raise ScanFailed("SCANNER_OUTPUT", f"what {whose} reports is not a JSON object")
    return document


def same_image(told: str, config: str, whose: str) -> None:
    """Raises `ScanFailed` where a report tells of an image with another config than was given to be scanned."""
    if told and config and told != config:
        raise ScanFailed("SCANNER_OUTPUT", f"the report of {whose} is of another image: its config is {told}")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def table(value: object) -> JSON:
    return value if isinstance(value, dict) else {}


def tables(value: object) -> Iterator[JSON]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def entries(value: object) -> Iterator[JSON | None]:
    """Of a list that may be null; None for what is no object, and for something that is no list at all."""
    if not isinstance(value, list | None):
        yield None
    for each in value if isinstance(value, list) else ():
        yield each if isinstance(each, dict) else None


def texts(value: object, limit: int = MAX_TEXT) -> Iterator[str]:
    """The texts in a list that are not empty."""
    return filter(None, (text(each, limit) for each in value)) if isinstance(value, list) else iter(())


def text(value: object, limit: int = MAX_TEXT) -> str:
    """One line."""
    return _clean(value, limit, "") if isinstance(value, str) else ""


def prose(value: object, limit: int) -> str:
    """Text that may have several lines."""
    return _clean(value.replace("\r\n", "\n"), limit, "\n\t") if isinstance(value, str) else ""


def _clean(value: str, limit: int, kept: str) -> str:
    cut = value[:limit]
    if not cut.isprintable():
        cut = "".join(each if each.isprintable() or each in kept else " " * each.isspace() for each in cut)
    return cut.strip()


def instant(value: object) -> datetime | None:
    """None also for the year 1, which Go writes where there is no time."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        if time is None or time.year <= 1:
            return None
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
