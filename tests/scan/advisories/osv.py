"""Real records (see data/README.md) and made ones, and files that are built of them."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from berth.scan.advisories import building, kept, sources
from berth.scan.advisories.opened import Advisories

DATA = Path(__file__).parent / "data"
ALL = DATA / "osv"

JSON = dict[str, Any]  # Any: a JSON object


def golden(name: str) -> Any:  # Any: JSON
    return json.loads((DATA / "golden" / f"{name}.json").read_text())


def packages(name: str) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = json.loads((DATA / "packages" / f"{name}.json").read_text())
    return listed


def record(name: str, *affected: JSON, **fields: Any) -> JSON:  # Any: fields of a record
    return {"id": name, "modified": "2026-01-01T00:00:00Z", "affected": list(affected), **fields}


def affected(ecosystem: str, name: str, *events: tuple[str, str], **fields: Any) -> JSON:  # Any: fields of an entry
    listed = {"ranges": [{"type": "ECOSYSTEM", "events": [{kind: version} for kind, version in events]}]}
    return {"package": {"ecosystem": ecosystem, "name": name}, **(listed if events else {}), **fields}


def pairs(*records: JSON, source: str = "test") -> Iterator[tuple[str, bytes]]:
    return ((source, json.dumps(each).encode()) for each in records)


@contextmanager
def opened(folder: Path, records: Iterable[tuple[str, bytes]] | None = None) -> Iterator[Advisories]:
    """What is in force in a folder, after it was built of these records if there are any."""
    if records is not None:
        building.build(folder, records)
    path = kept.in_force(folder)
    assert path is not None
    advisories = Advisories.open(path)
    try:
        yield advisories
    finally:
        advisories.close()


def everything() -> Iterator[tuple[str, bytes]]:
    return sources.folder(ALL)
