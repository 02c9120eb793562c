"""Packages of Node.js: every `package.json` below a `node_modules`, whichever of npm, Yarn and pnpm put it there.

The `package.json` of an application is not a package, as nobody published it.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import gathered
from berth.scan.catalog.gathered import Damaged, Exhausted
from berth.scan.catalog.languages import documents, found
from berth.scan.inventory import Package
from berth.scan.reading import Contents, Reader

_LIMIT = 2**20
_PATH = re.compile(r"(?:.*/)?node_modules/.+/package\.json")
_ROOT = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/]+/package\.json")
"""Where a package lies. Deeper files say of what kind the modules beside them are, belong to its tests and are
broken on purpose, or tell of a copy of another package: they need not name anything."""


def _read(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _told(path, file))


def _told(path: str, file: BinaryIO) -> Iterator[Package]:
    is_root = _ROOT.fullmatch(path) is not None
    try:
        document = documents.table(documents.read(file, _LIMIT), "it")
    except (Damaged, Exhausted):
        if is_root:
            raise
        return
    package = found.package("npm", path, document.get("name"), document.get("version"), _license(document))
    if package is not None:
        yield package


def _license(document: dict[str, object]) -> str:
    """A text; in old packages an object, or a list of objects."""
    stated = document.get("license") or document.get("licenses")
    several = stated if isinstance(stated, list) else [stated]
    return found.any_of(each.get("type") if isinstance(each, dict) else each for each in several)


READER = Reader("node", lambda path, _: _PATH.fullmatch(path) is not None, _LIMIT, _read)
