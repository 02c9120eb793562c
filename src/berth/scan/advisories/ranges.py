"""Which versions an advisory speaks of, as the OSV schema's evaluation says.

A range is a list of events in the order of their versions. Walking up it, a version is affected from an `introduced`
on, and no more from a `fixed` on or after a `last_affected`.

    introduced 0      fixed 1.2      introduced 2.0      last_affected 2.4
    |#################|              |###################|
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from berth.scan import versions
from berth.scan.versions import Key, VersionInvalid

Kind = Literal["introduced", "fixed", "last_affected", "limit"]
KINDS: tuple[Kind, ...] = ("introduced", "fixed", "last_affected", "limit")

FIRST = "0"
"""Introduced here is introduced before every version, whatever the ecosystem makes of a nought."""


class Event(NamedTuple):
    kind: Kind
    version: str


Range = tuple[Event, ...]


def ordered(ecosystem: str, events: Iterable[Event]) -> Range:
    """By version. Raises `VersionInvalid`: what cannot be put in order says nothing.

    Where two have the same version the given order holds, but for `last_affected`, which ends after what begins there.
    """
    given = list(events)
    if len(given) == 1 or (len(given) == 2 and _is_first(given[0])):  # noqa: PLR2004  most ranges are just that
        return tuple(given)
    at = {event.version: versions.key(ecosystem, event.version) for event in given if not _is_first(event)}
    first = [event for event in given if _is_first(event)]
    later = [event for event in given if not _is_first(event)]
    later.sort(key=lambda event: event.kind == "last_affected")
    later.sort(key=lambda event: at[event.version])
    return (*first, *later)


def _is_first(event: Event) -> bool:
    return event.kind == "introduced" and event.version == FIRST


def affects(ecosystem: str, events: Range, version: Key) -> bool:
    """Raises `VersionInvalid` for an event of which the range was never put in order."""
    limits = [event for event in events if event.kind == "limit" and event.version != "*"]
    if limits and not any(version < versions.key(ecosystem, event.version) for event in limits):
        return False
    affected = False
    for event in events:
        if event.kind == "introduced":
            affected = affected or _is_first(event) or not version < versions.key(ecosystem, event.version)
        elif event.kind == "fixed":
            affected = affected and version < versions.key(ecosystem, event.version)
        elif event.kind == "last_affected":
            affected = affected and not versions.key(ecosystem, event.version) < version
    return affected


def any_affects(ecosystem: str, ranges: Sequence[Range], version: Key) -> bool:
    """A range that cannot be evaluated affects nothing; what it lists version by version holds nevertheless."""
    for events in ranges:
        try:
            if affects(ecosystem, events, version):
                return True
        except VersionInvalid:
            continue
    return False


def fixes(ranges: Iterable[Range]) -> Iterator[str]:
    return (event.version for events in ranges for event in events if event.kind == "fixed")


def dump(ranges: Sequence[Range]) -> str:
    """Short, for there are millions: a letter for each kind."""
    lettered = [[_LETTERS[event.kind] + event.version for event in events] for events in ranges]
    return json.dumps(lettered, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> tuple[Range, ...]:
    return tuple(tuple(Event(_BY_LETTER[event[0]], event[1:]) for event in events) for events in json.loads(text))


_LETTERS: dict[Kind, str] = {"introduced": "i", "fixed": "f", "last_affected": "a", "limit": "m"}
_BY_LETTER: dict[str, Kind] = {letter: kind for kind, letter in _LETTERS.items()}
