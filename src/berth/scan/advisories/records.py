"""One OSV record (schema 1.3 to 1.9), read with care: it comes from outside, and fields come and go.

What is not known here is passed by. What makes a record useless makes it `RecordBroken`; what makes a part of it
useless leaves that part out, and the record says so.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

from berth.scan import ecosystems, modules
from berth.scan.advisories import links, ranges
from berth.scan.advisories.links import Links
from berth.scan.advisories.ranges import Event, Range

MAX_BYTES = 16 * 1024 * 1024
MAX_VALUES = 1_000_000
"""Values in one record, whose memory is many times that of the text."""
MAX_AFFECTED = 20_000
MAX_NAMES = 1_000
"""Aliases and the like of one record."""
MAX_EVENTS = 2_000
MAX_VERSIONS = 50_000
MAX_TEXT = 512
"""Characters of a name or a version."""

JSON = dict[str, Any]  # Any: a JSON object from outside

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/-]{0,119}")


class RecordBroken(ValueError):
    """A record that nothing can be learnt from; the text says why."""


@dataclass(frozen=True, slots=True)
class Affected:
    """What a record says of one package in one ecosystem."""

    ecosystem: str
    variant: str
    name: str
    ranges: tuple[Range, ...]
    versions: tuple[str, ...]
    document: JSON
    """As it stood there, for whoever rates it."""


@dataclass(frozen=True, slots=True)
class Record:
    id: str
    modified: datetime | None
    withdrawn: bool
    links: Links
    affected: tuple[Affected, ...]
    left_out: tuple[str, ...]
    """What of it could not be used, in words."""
    document: JSON


def parse(body: bytes) -> Record:
    """Raises `RecordBroken`."""
    document = _load(body)
    name = document.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise RecordBroken("it has no id")
    left_out: list[str] = []
    affected = tuple(_affected(document, left_out))
    return Record(
        id=name,
        modified=time_of(document, "modified"),
        withdrawn=_withdrawn(document),
        links=_links(name, document, affected),
        affected=affected,
        left_out=tuple(left_out),
        document=document,
    )


def _load(body: bytes) -> JSON:
    if len(body) > MAX_BYTES:
        raise RecordBroken(f"it is longer than {MAX_BYTES} bytes")
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        raise RecordBroken(f"it has more than {MAX_VALUES} values")
    try:
        document = json.loads(body)
    except RecursionError:
        raise RecordBroken("it is nested too deeply") from None
    except ValueError as error:
        raise RecordBroken(f"it is not JSON: {error}"[:200]) from None
    if not isinstance(document, dict):
        raise RecordBroken("it is not a JSON object")
    return document


def _withdrawn(document: JSON) -> bool:
    """A time that cannot be read may be one, so the record is not used rather than believed."""
    given = document.get("withdrawn")
    if not given:
        return False
    time = time_of(document, "withdrawn")
    if time is None and not str(given).startswith("0001-01-01"):
        raise RecordBroken("the time of its withdrawal cannot be read")
    return time is not None


def time_of(document: JSON, field: str) -> datetime | None:
    """None also for the year 1, which some converters write where there is no time."""
    given = document.get(field)
    try:
        time = datetime.fromisoformat(given) if isinstance(given, str) else None
        if time is None or time.year <= 1:
            return None
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _links(name: str, document: JSON, affected: tuple[Affected, ...]) -> Links:
    aliases, upstream = _names(document, "aliases"), _names(document, "upstream")
    if any(ecosystems.base(each.ecosystem) in ecosystems.SYSTEMS for each in affected):
        return links.of_system(name, aliases, upstream, _names(document, "related"))
    return links.of_language([alias for alias in aliases if alias != name], upstream)


def _names(document: JSON, field: str) -> list[str]:
    given = document.get(field)
    names = given if isinstance(given, list) else []
    return [each for each in names[:MAX_NAMES] if isinstance(each, str) and _ID.fullmatch(each)]


def _affected(document: JSON, left_out: list[str]) -> Iterator[Affected]:
    given = document.get("affected") or []
    if not isinstance(given, list) or len(given) > MAX_AFFECTED:
        raise RecordBroken(f"affected is not a list of at most {MAX_AFFECTED}")
    for index, each in enumerate(given):
        where = f"affected[{index}]"
        if not isinstance(each, dict):
            left_out.append(f"{where} is not an object")
        elif (named := _package(each, where, left_out)) is not None:
            place, name = named
            found = tuple(_ranges(place.ecosystem, each, where, left_out))
            listed = _versions(each, where, left_out)
            variant = modules.variant(place.variant, document.get("summary"), list(ranges.fixes(found)))
            yield Affected(place.ecosystem, variant, name, found, listed, each)


def _package(entry: JSON, where: str, left_out: list[str]) -> tuple[ecosystems.Place, str] | None:
    """None for what is never matched: a source repository, an ecosystem of which no image has packages."""
    package = entry.get("package")
    if package is None:
        return None
    ecosystem, name = (package.get(each) if isinstance(package, dict) else None for each in ("ecosystem", "name"))
    if not _is_text(ecosystem) or not _is_text(name):
        left_out.append(f"{where}.package has no ecosystem and name")
        return None
    place = ecosystems.placed(ecosystem)
    return (place, ecosystems.plain_name(place.ecosystem, name)) if place is not None else None


def _ranges(ecosystem: str, entry: JSON, where: str, left_out: list[str]) -> Iterator[Range]:
    for index, each in enumerate(_list(entry, "ranges", where, left_out)):
        if not isinstance(each, dict):
            left_out.append(f"{where}.ranges[{index}] is not an object")
        elif each.get("type") in {"ECOSYSTEM", "SEMVER"}:
            try:
                if events := ranges.ordered(ecosystem, _events(each)):
                    yield events
            except ValueError as error:
                left_out.append(f"{where}.ranges[{index}]: {error}"[:200])


def _events(given: JSON) -> list[Event]:
    """Raises `ValueError`: a range without one of its events would mean another one."""
    events = given.get("events")
    if not isinstance(events, list) or len(events) > MAX_EVENTS or not all(isinstance(each, dict) for each in events):
        raise ValueError(f"its events are not a list of at most {MAX_EVENTS} objects")
    found = [Event(kind, each[kind]) for each in events for kind in ranges.KINDS if kind in each]
    if not all(_is_text(event.version) for event in found):
        raise ValueError("one of its versions is no text")
    return found


def _versions(entry: JSON, where: str, left_out: list[str]) -> tuple[str, ...]:
    given = _list(entry, "versions", where, left_out)
    return tuple(each for each in given[:MAX_VERSIONS] if _is_text(each))


def _list(entry: JSON, field: str, where: str, left_out: list[str]) -> list[Any]:  # Any: JSON from outside
    given = entry.get(field) or []
    if isinstance(given, list):
        return given
    left_out.append(f"{where}.{field} is not a list")
    return []


def _is_text(value: object) -> TypeGuard[str]:
    """What can be the name of something: nothing that breaks a line or is half a character."""
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable()
