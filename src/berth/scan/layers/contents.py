"""What one layer tells, in a form that is kept: a layer is read once, however many images are made of it."""

import json
import zlib
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Self

from berth.scan.inventory import Gap, OperatingSystem, Package, Secret
from berth.scan.layers.paths import Keys
from berth.scan.reading import Contents

ANALYZER_VERSION = 2
"""Goes up when a layer would tell something else than before. What was kept under another number is of no use."""

JSON = dict[str, Any]  # Any: a JSON object of ours

_PACKAGE = tuple(each.name for each in fields(Package))
_SECRET = tuple(each.name for each in fields(Secret))


@dataclass(frozen=True)
class LayerContents:
    contents: dict[str, Contents] = field(default_factory=dict)
    """By path, of the files that tell something."""
    whiteouts: tuple[str, ...] = ()
    """Paths of the layers below that are gone."""
    opaque: tuple[str, ...] = ()
    """Directories of the layers below of which all that they held is gone."""
    symlinks: dict[str, str] = field(default_factory=dict)
    """What they say, by path."""
    hardlinks: dict[str, str] = field(default_factory=dict)
    """By path the path of the file: of files that tell something, and of those of the layers below."""
    secrets: tuple[Secret, ...] = ()
    """Their `layer` is not set."""
    gaps: tuple[Gap, ...] = ()
    files: Keys = field(default_factory=Keys)
    """Of everything that is no directory: it hides what lies at its path, and below it, in the layers below."""
    directories: Keys = field(default_factory=Keys)
    """They hide what lies at their path and is no directory."""
    entries: int = 0
    size: int = 0
    """Unpacked, as far as it was read."""

    def to_body(self) -> bytes:
        document = {
            "contents": {path: _contents_to(each) for path, each in self.contents.items()},
            "whiteouts": self.whiteouts,
            "opaque": self.opaque,
            "symlinks": self.symlinks,
            "hardlinks": self.hardlinks,
            "secrets": [[getattr(each, name) for name in _SECRET] for each in self.secrets],
            "gaps": _gaps_to(self.gaps),
            "files": self.files.to_text(),
            "directories": self.directories.to_text(),
            "entries": self.entries,
            "size": self.size,
        }
        return zlib.compress(json.dumps(document, separators=(",", ":")).encode())

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """Of what `to_body` made under the same `ANALYZER_VERSION`."""
        document: JSON = json.loads(zlib.decompress(body))
        return cls(
            contents={path: _contents_from(each) for path, each in document["contents"].items()},
            whiteouts=tuple(document["whiteouts"]),
            opaque=tuple(document["opaque"]),
            symlinks=document["symlinks"],
            hardlinks=document["hardlinks"],
            secrets=tuple(Secret(*values) for values in document["secrets"]),
            gaps=_gaps_from(document["gaps"]),
            files=Keys.from_text(document["files"]),
            directories=Keys.from_text(document["directories"]),
            entries=document["entries"],
            size=document["size"],
        )


def _contents_to(contents: Contents) -> JSON:
    document: JSON = {}
    if contents.packages:
        document["packages"] = [[getattr(each, name) for name in _PACKAGE] for each in contents.packages]
    if contents.os is not None:
        document["os"] = _os_to(contents.os)
    if contents.owns:
        document["owns"] = contents.owns
    if contents.gaps:
        document["gaps"] = _gaps_to(contents.gaps)
    return document


def _contents_from(document: JSON) -> Contents:
    return Contents(
        packages=tuple(Package(*values) for values in document.get("packages", ())),
        os=_os_from(document["os"]) if "os" in document else None,
        owns=tuple(document.get("owns", ())),
        gaps=_gaps_from(document.get("gaps", ())),
    )


def _os_to(os: OperatingSystem) -> JSON:
    return {
        "id": os.id,
        "version": os.version,
        "name": os.name,
        "codename": os.codename,
        "eol_on": os.eol_on.isoformat() if os.eol_on else None,
    }


def _os_from(document: JSON) -> OperatingSystem:
    eol_on = date.fromisoformat(document["eol_on"]) if document["eol_on"] else None
    return OperatingSystem(**(document | {"eol_on": eol_on}))


def _gaps_to(gaps: tuple[Gap, ...]) -> list[list[str]]:
    return [[each.code, each.text] for each in gaps]


def _gaps_from(gaps: Any) -> tuple[Gap, ...]:  # Any: a JSON list of ours
    return tuple(Gap(code, text) for code, text in gaps)
