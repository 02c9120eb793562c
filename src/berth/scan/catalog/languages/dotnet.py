"""Packages of .NET: the `*.deps.json` that a build puts beside a program, and the runtime beside itself.

`libraries` lists all that the build knew; `targets` says of each what of it is there at run time. What is listed for
the compiler's sake only is not in the image.
"""

from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import gathered
from berth.scan.catalog.gathered import Damaged
from berth.scan.catalog.languages import documents, found
from berth.scan.inventory import Package
from berth.scan.reading import Contents, Reader

_LIMIT = 16 * 2**20
_RUNTIME_PACK = "runtimepack."
"""Put before the name of the runtime where a program brings its own; advisories speak of it without."""
_THERE = ("runtime", "runtimeTargets", "native", "resources")


def _read(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _told(path, file))


def _told(path: str, file: BinaryIO) -> Iterator[Package]:
    document = documents.table(documents.read(file, _LIMIT), "it")
    libraries = documents.table(document.get("libraries", {}), "`libraries`")
    target = _target(document)
    lacking = 0
    for key, library in libraries.items():
        kind = library.get("type") if isinstance(library, dict) else None
        if not isinstance(kind, str) or kind.lower() not in {"package", "runtimepack"} or not _is_there(key, target):
            continue
        name, _, version = key.removeprefix(_RUNTIME_PACK).partition("/")
        if (package := found.package("nuget", path, name, version)) is None:
            lacking += 1
        else:
            yield package
    if lacking:
        raise Damaged(f"{lacking} of its libraries lack a name or a version")


def _target(document: dict[str, object]) -> dict[str, object]:
    """What the target that is run says of each library; nothing where the file does not tell which one is run."""
    chosen = document.get("runtimeTarget")
    name = chosen.get("name") if isinstance(chosen, dict) else chosen
    targets = document.get("targets")
    target = targets.get(name) if isinstance(targets, dict) and isinstance(name, str) else None
    return target if isinstance(target, dict) else {}


def _is_there(key: str, target: dict[str, object]) -> bool:
    """A library of which the target says nothing counts, lest one be overlooked."""
    parts = target.get(key)
    return not isinstance(parts, dict) or any(parts.get(each) for each in _THERE)


READER = Reader("dotnet", lambda path, _: path.endswith(".deps.json"), _LIMIT, _read)
